"""Writes camt.053 and Ziraat files for tests, independently of the readers: what goes in must come out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

OUR_IBAN = "TR820001000760123456785001"


@dataclass(frozen=True)
class Detail:
    """A TxDtls: a signed amount and its words."""

    amount: Decimal
    text: str = ""
    name: str = ""
    iban: str = ""
    id: str = ""


@dataclass(frozen=True)
class Entry:
    """A Ntry of details; its amount is their sum unless `amount` says otherwise. Without details it needs one."""

    details: tuple[Detail, ...] = ()
    amount: Decimal | None = None
    booked_on: date = date(2026, 11, 23)
    value_on: date = date(2026, 11, 23)
    status: str = "BOOK"
    reversal: bool = False
    text: str = ""

    def total(self) -> Decimal:
        """Return the signed amount of the entry."""
        return sum((d.amount for d in self.details), Decimal("0.00")) if self.amount is None else self.amount


def camt(
    *entries: Entry,
    version: int = 8,
    opening: Decimal = Decimal("1000.00"),
    closing: Decimal | None = None,
    iban: str = OUR_IBAN,
    prefix: str = "",
) -> str:
    """Return a camt.053 file of one statement, one element a line; `closing` defaults to the true one."""
    booked = sum((e.total() for e in entries if e.status == "BOOK"), Decimal("0.00"))
    closing = opening + booked if closing is None else closing
    body = [
        "<Id>E1</Id>",
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>TRY</Ccy></Acct>",
        _balance("OPBD", opening),
        _balance("CLBD", closing),
        *(line for entry in entries for line in _entry(entry, version)),
    ]
    lines = ["<BkToCstmrStmt>", "<Stmt>", *body, "</Stmt>", "</BkToCstmrStmt>"]
    colon = f":{prefix}" if prefix else ""
    if prefix:
        lines = [line.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:") for line in lines]
    root = f"{prefix}:Document" if prefix else "Document"
    space = f'xmlns{colon}="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"'
    return "\n".join(['<?xml version="1.0"?>', f"<{root} {space}>", *lines, f"</{root}>", ""])


def _balance(kind: str, amount: Decimal) -> str:
    side = "DBIT" if amount < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_amount(amount)}"
        f"<CdtDbtInd>{side}</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>"
    )


def _amount(amount: Decimal) -> str:
    return f'<Amt Ccy="TRY">{abs(amount)}</Amt>'


def _side(amount: Decimal) -> str:
    return f"<CdtDbtInd>{'DBIT' if amount < 0 else 'CRDT'}</CdtDbtInd>"


def _entry(entry: Entry, version: int) -> list[str]:
    status = f"<Cd>{entry.status}</Cd>" if version >= 8 else entry.status
    return [
        "<Ntry>",
        f"{_amount(entry.total())}{_side(entry.total())}",
        "<RvslInd>true</RvslInd>" if entry.reversal else "",
        f"<Sts>{status}</Sts>",
        f"<BookgDt><Dt>{entry.booked_on}</Dt></BookgDt><ValDt><Dt>{entry.value_on}</Dt></ValDt>",
        "<NtryDtls>" if entry.details else "",
        *(line for detail in entry.details for line in _detail(detail, version)),
        "</NtryDtls>" if entry.details else "",
        f"<AddtlNtryInf>{escape(entry.text)}</AddtlNtryInf>" if entry.text else "",
        "</Ntry>",
    ]


def _detail(detail: Detail, version: int) -> list[str]:
    if version == 2:
        money = f"<AmtDtls><TxAmt>{_amount(detail.amount)}</TxAmt></AmtDtls>"
    else:
        money = f"{_amount(detail.amount)}{_side(detail.amount)}"
    party = "Cdtr" if detail.amount < 0 else "Dbtr"
    name = f"<Nm>{escape(detail.name)}</Nm>"
    name = f"<Pty>{name}</Pty>" if version >= 8 else name
    parties = f"<{party}>{name}</{party}>" if detail.name else ""
    if detail.iban:
        parties += f"<{party}Acct><Id><IBAN>{detail.iban}</IBAN></Id></{party}Acct>"
    return [
        "<TxDtls>",
        f"<Refs><AcctSvcrRef>{detail.id}</AcctSvcrRef></Refs>" if detail.id else "",
        money,
        f"<RltdPties>{parties}</RltdPties>" if parties else "",
        f"<RmtInf><Ustrd>{escape(detail.text)}</Ustrd></RmtInf>" if detail.text else "",
        "</TxDtls>",
    ]


def ziraat(
    *movements: tuple[date, Decimal, str], opening: Decimal = Decimal("1000.00"), spoil: dict[int, str] | None = None
) -> str:
    """Return an answer of Ziraat's service; `spoil` replaces the running balance of movements by their number."""
    balance = opening
    rows = []
    for number, (day, amount, text) in enumerate(movements):
        balance += amount
        written = (spoil or {}).get(number, f"{balance:>20}")
        rows.append(
            f"<HareketlerDetay><IslemTarihi>{day:%y%m%d}</IslemTarihi><Valor>{day:%y%m%d}</Valor>"
            f"<Referans>00000000</Referans><Aciklama>{escape(text)}</Aciklama><Tutar>{abs(amount)}</Tutar>"
            f"<BorcAlacak>{'B' if amount < 0 else 'A'}</BorcAlacak><TimeStamp>20261123FNCC{number:06}</TimeStamp>"
            f"<musteriVergiNumarasi>0000000000</musteriVergiNumarasi><Bakiye>{written}</Bakiye></HareketlerDetay>"
        )
    return "\n".join(
        [
            "<HesapEkstre><BankaKodu>010</BankaKodu><hataKodu>00</hataKodu>",
            "<Bakiye><subeKodu>760</subeKodu><HesapNo>12345678-5001</HesapNo><DovizTipi>TL</DovizTipi>",
            f"<AcilisBakiye>{opening}</AcilisBakiye><CariBakiye>{balance}</CariBakiye><Detay>",
            *rows,
            "</Detay></Bakiye></HesapEkstre>",
        ]
    )
