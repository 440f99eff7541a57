"""Large camt.053 files for measuring: written a piece at a time, true in their sums."""

from decimal import Decimal
from pathlib import Path

_OPENING = Decimal("1000.00")
_AMOUNTS = (Decimal("5097.60"), Decimal("5805.60"), Decimal("-12.50"))
_PIECE = 1_000
_MEBIBYTE = 1024 * 1024

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
 <BkToCstmrStmt>
  <GrpHdr><MsgId>OLCUM</MsgId><CreDtTm>2026-11-23T23:59:00+03:00</CreDtTm></GrpHdr>
  <Stmt>
   <Id>OLCUM-1</Id>
   <Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>TRY</Ccy></Acct>
{opening}"""
_BALANCE = """   <Bal>
    <Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>
    <Amt Ccy="TRY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt>
   </Bal>
"""
_ENTRY = """   <Ntry>
    <NtryRef>{number}</NtryRef>
    <Amt Ccy="TRY">{amount}</Amt>
    <CdtDbtInd>{direction}</CdtDbtInd>
    <RvslInd>false</RvslInd>
    <Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>2026-11-23</Dt></BookgDt>
    <ValDt><Dt>2026-11-23</Dt></ValDt>
    <AcctSvcrRef>{reference}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
    <NtryDtls>
     <TxDtls>
      <Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
      <Amt Ccy="TRY">{amount}</Amt>
      <CdtDbtInd>{direction}</CdtDbtInd>
      <RltdPties>
       <Dbtr><Pty><Nm>Örnek {number} Gıda Sanayi ve Ticaret Limited Şirketi</Nm></Pty></Dbtr>
       <DbtrAcct><Id><IBAN>TR330006100519786457841326</IBAN></Id></DbtrAcct>
      </RltdPties>
      <RmtInf><Ustrd>{text}</Ustrd></RmtInf>
     </TxDtls>
    </NtryDtls>
   </Ntry>
"""
_TAIL = "  </Stmt>\n </BkToCstmrStmt>\n</Document>\n"


def make_camt(path: Path, megabytes: int, *, iban: str = "TR820001000760123456785001") -> int:
    """Write a camt.053.001.08 file of at least `megabytes` MiB for an account; return the number of its entries.

    The closing balance, which is right, stands after the entries: the sum is known only then.
    """
    total, count, written = _OPENING, 0, 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        written += file.write(_HEAD.format(iban=iban, opening=_balance("OPBD", _OPENING)))
        while written < megabytes * _MEBIBYTE:
            piece = []
            for number in range(count + 1, count + _PIECE + 1):
                amount = _AMOUNTS[number % len(_AMOUNTS)]
                total += amount
                piece.append(_entry(number, amount))
            count += _PIECE
            written += file.write("".join(piece))
        file.write(_balance("CLBD", total) + _TAIL)
    return count


def _entry(number: int, amount: Decimal) -> str:
    return _ENTRY.format(
        number=number,
        amount=abs(amount),
        direction="DBIT" if amount < 0 else "CRDT",
        reference=f"20261123FT{number:09}",
        text=f"Gelen FAST {number:09} sipariş ödemesi, internet şubesi, yıllık hizmet bedeli",
    )


def _balance(kind: str, amount: Decimal) -> str:
    return _BALANCE.format(kind=kind, amount=abs(amount), direction="DBIT" if amount < 0 else "CRDT")
