"""Entries of camt.053 and their details: what one Ntry says, and the lines that it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from iys_portal.shared.money import ZERO
from iys_portal.shared.sheets.text import clean
from iys_portal.shared.sheets.xmlstream import Values
from payments.statements.account import compact, find_iban, iban_of
from payments.statements.base import BankLine, Problem
from payments.statements.sums import money
from payments.statements.values import (
    MAX_NAME,
    MAX_RAW,
    MAX_REFERENCE,
    MAX_TEXT,
    FieldError,
    currency_code,
    day_of_instant,
    given,
    iso_day,
    plain_amount,
    tax_number,
    unique_id,
    words_of,
)

_DETAILS = "NtryDtls/TxDtls/"
_REMITTANCE = frozenset(
    _DETAILS + path
    for path in (
        "RmtInf/Ustrd",
        "RmtInf/Strd/CdtrRefInf/Ref",
        "RmtInf/Strd/RfrdDocInf/Nb",
        "RmtInf/Strd/AddtlRmtInf",
        "AddtlTxInf",
    )
)
_DETAIL_FIELDS = {
    _DETAILS + path: key
    for path, key in {
        "Refs/AcctSvcrRef": "bank_id",
        "Refs/EndToEndId": "end_to_end",
        "Refs/TxId": "transaction",
        "Refs/InstrId": "instruction",
        "Amt": "amount",
        "Amt@Ccy": "currency",
        "AmtDtls/TxAmt/Amt": "tx_amount",
        "AmtDtls/TxAmt/Amt@Ccy": "tx_currency",
        "AmtDtls/CntrValAmt/Amt": "counter_amount",
        "AmtDtls/CntrValAmt/Amt@Ccy": "counter_currency",
        "CdtDbtInd": "direction",
        "RtrInf/Rsn/Cd": "returned",
        "RtrInf/Rsn/Prtry": "returned",
        "RtrInf/OrgnlBkTxCd/Domn/Cd": "returned",
        **{
            f"RltdPties/{party}{path}": f"{party}_{key}"
            for party in ("Dbtr", "Cdtr", "UltmtDbtr", "UltmtCdtr")
            for path, key in {
                "/Nm": "name",
                "/Id/OrgId/Othr/Id": "id",
                "/Id/PrvtId/Othr/Id": "id",
                "Acct/Id/IBAN": "iban",
            }.items()
        },
    }.items()
}
_ENTRY_FIELDS = {
    "Amt": "amount",
    "Amt@Ccy": "currency",
    "CdtDbtInd": "direction",
    "RvslInd": "reversal",
    "Sts": "status",
    "Sts/Cd": "status",
    "Sts/Prtry": "status",
    "BookgDt/Dt": "booked_day",
    "BookgDt/DtTm": "booked_instant",
    "ValDt/Dt": "value_day",
    "ValDt/DtTm": "value_instant",
    "AcctSvcrRef": "bank_id",
    "NtryRef": "reference",
    "AddtlNtryInf": "text",
}
ENTRY_PATHS = frozenset(_ENTRY_FIELDS) | frozenset(_DETAIL_FIELDS) | _REMITTANCE
_PREFIX = len("Stmt/Ntry/")
_AMOUNTS = (("amount", "currency"), ("tx_amount", "tx_currency"), ("counter_amount", "counter_currency"))
_SIGNS = {"CRDT": 1, "DBIT": -1}
_NOT_BOOKED = {
    "PDNG": "Bekleyen (PDNG) hareket",
    "INFO": "Bilgi amaçlı (INFO) hareket",
    "FUTR": "İleri tarihli (FUTR) hareket",
}


@dataclass(slots=True)
class Detail:
    """A TxDtls: its fields (the first of each) and its texts, in the file's order."""

    number: int
    fields: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    tax_numbers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, number: int, values: Values) -> "Detail":
        """Return the detail of the values that stand in it."""
        detail = cls(number)
        for path, text in values:
            inside = path[_PREFIX:]
            if inside in _REMITTANCE:
                detail.texts.append(text)
                continue
            key = _DETAIL_FIELDS.get(inside)
            bare = text.strip()
            if key is None or not bare:
                continue
            if key.endswith("_id"):
                detail._take_id(key, bare)
            detail.fields.setdefault(key, bare)
        return detail

    def _take_id(self, key: str, written: str) -> None:
        """A party may have several ids; the one that is a tax number is of use."""
        number = tax_number(written)
        if number is not None:
            self.tax_numbers.setdefault(key, number)


@dataclass(slots=True)
class Entry:
    """An Ntry: its own fields, and its details."""

    number: int
    fields: dict[str, str] = field(default_factory=dict)
    details: list[Detail] = field(default_factory=list)

    def take(self, values: Values) -> None:
        """Keep the values that belong to the entry itself."""
        for path, text in values:
            key = _ENTRY_FIELDS.get(path[_PREFIX:])
            bare = text.strip()
            if key and bare:
                self.fields.setdefault(key, bare)


@dataclass(frozen=True, slots=True)
class _Booking:
    """What all lines of an entry share."""

    booked_on: date
    value_on: date
    amount: Decimal
    currency: str
    sign: int
    reversal: bool
    own_iban: str | None


def lines_of_entry(
    entry: Entry, first: int, account_currency: str, own_iban: str | None
) -> tuple[list[BankLine], list[Problem]]:
    """Return the lines of an entry, whose first has position `first`, or a problem for each of them.

    The details must add up to the entry: otherwise none of them is read.
    """
    try:
        _require_booked(entry)
        booking = _booking(entry, account_currency, own_iban)
        details = entry.details or [Detail(entry.number)]
        amounts = _amounts(booking, details)
    except _NotBookedError as error:
        return [], list(_problems(entry, first, str(error), ignored=True))
    except Exception as error:  # noqa: BLE001  (words_of: one entry, not the file)
        return [], list(_problems(entry, first, words_of(error)))
    lines, problems = [], []
    for position, (detail, amount) in enumerate(zip(details, amounts, strict=True), start=first):
        try:
            lines.append(_line(entry, booking, detail, position, amount))
        except Exception as error:  # noqa: BLE001  (words_of: one transaction, not the file)
            problems.append(Problem(detail.number, words_of(error), position, _raw(entry, detail)))
    return lines, problems


class _NotBookedError(Exception):
    """The bank has not booked the entry; the text says so in Turkish."""


def _require_booked(entry: Entry) -> None:
    status = entry.fields.get("status", "")
    if status == "BOOK":
        return
    what = _NOT_BOOKED.get(status)
    if what is None:
        raise FieldError(f"Hareketin durumu (Sts) okunamadı: “{status[:40]}”.")
    written = f"{entry.fields.get('amount', '')} {entry.fields.get('currency', '')}".strip()[:40]
    raise _NotBookedError(f"{what} işlenmedi: {written}. Kesinleşince bankanın ekstresinde yeniden gelir.")


def _booking(entry: Entry, account_currency: str, own_iban: str | None) -> _Booking:
    fields = entry.fields
    currency = currency_code(fields.get("currency", ""))
    if account_currency and currency != account_currency:
        raise FieldError(f"Hareketin para birimi {currency}, hesabınki {account_currency}.")
    booked_on, value_on = _day(fields, "booked"), _day(fields, "value")
    day = booked_on or value_on
    if day is None:
        raise FieldError("Hareketin tarihi (BookgDt, ValDt) yok.")
    return _Booking(
        booked_on=day,
        value_on=value_on or day,
        amount=plain_amount(fields.get("amount", "")),
        currency=currency,
        sign=_sign(fields.get("direction", "")),
        reversal=_truth(fields.get("reversal", "false")),
        own_iban=own_iban,
    )


def _day(fields: dict[str, str], which: str) -> date | None:
    day, instant = fields.get(f"{which}_day"), fields.get(f"{which}_instant")
    if day is not None:
        return iso_day(day)
    return None if instant is None else day_of_instant(instant)


def _sign(direction: str) -> int:
    sign = _SIGNS.get(direction)
    if sign is None:
        raise FieldError(f"Hareketin yönü (CdtDbtInd) okunamadı: “{direction[:20]}”.")
    return sign


def _signed(amount: Decimal, sign: int) -> Decimal:
    """Return the amount, negative for money that left; zero has no sign."""
    return -amount if sign < 0 else amount


def _truth(written: str) -> bool:
    if written in {"true", "1"}:
        return True
    if written in {"false", "0"}:
        return False
    raise FieldError(f"Ters kayıt işareti (RvslInd) okunamadı: “{written[:20]}”.")


def _amounts(booking: _Booking, details: list[Detail]) -> list[Decimal]:
    """Return the signed amount of each detail; together they are the entry's."""
    total = _signed(booking.amount, booking.sign)
    if len(details) == 1:
        alone = _detail_amount(details[0], booking)
        if alone is not None and alone != total:
            raise FieldError(_does_not_add_up(total, alone, booking.currency))
        return [total]
    amounts = [_detail_amount(detail, booking) for detail in details]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        raise FieldError("Toplu kaydın ayrıntılarından birinin hesap para biriminde tutarı yok; kayıt bölünemedi.")
    if sum(known, start=ZERO) != total:
        raise FieldError(_does_not_add_up(total, sum(known, start=ZERO), booking.currency))
    return known


def _does_not_add_up(total: Decimal, found: Decimal, currency: str) -> str:
    return (
        f"Kaydın tutarı {money(total)} {currency}, ayrıntılarının toplamı {money(found)} {currency}; "
        "hangisinin doğru olduğu bilinemediği için okunmadı."
    )


def _detail_amount(detail: Detail, booking: _Booking) -> Decimal | None:
    """Return the first amount of a detail that is in the account's currency, signed."""
    fields = detail.fields
    sign = _sign(fields["direction"]) if "direction" in fields else booking.sign
    for amount, currency in _AMOUNTS:
        if amount in fields and currency_code(fields.get(currency, "")) == booking.currency:
            return _signed(plain_amount(fields[amount]), sign)
    return None


def _line(entry: Entry, booking: _Booking, detail: Detail, position: int, amount: Decimal) -> BankLine:
    fields = detail.fields
    returned = "returned" in fields
    # Who stands on the other side: of money that came in the debtor, and the other way round where it is taken back.
    incoming = (amount >= 0) != booking.reversal
    party = "Dbtr" if incoming else "Cdtr"
    text = "\n".join(_texts(entry, detail))
    if len(text) > MAX_TEXT:
        raise FieldError("Hareketin açıklaması 4.000 karakterden uzun.")
    name = fields.get(f"{party}_name") or fields.get(f"Ultmt{party}_name")
    bank_id = unique_id(fields.get("bank_id", ""))
    if bank_id is None and len(entry.details) < 2:
        bank_id = unique_id(entry.fields.get("bank_id", ""))
    reference = _reference(entry, detail)
    return BankLine(
        position=position,
        source_line=detail.number,
        booked_on=booking.booked_on,
        value_on=booking.value_on,
        amount=amount,
        currency=booking.currency,
        text=text,
        reversal=booking.reversal or returned,
        reference=bank_id if bank_id == reference else reference,  # one object of two equal ones
        payer_name=clean(name)[:MAX_NAME] if name else None,
        payer_iban=_other_iban(fields.get(f"{party}_iban", ""), booking.own_iban) or find_iban(text, booking.own_iban),
        payer_tax_number=detail.tax_numbers.get(f"{party}_id") or detail.tax_numbers.get(f"Ultmt{party}_id"),
        bank_id=bank_id,
    )


def _texts(entry: Entry, detail: Detail) -> Iterator[str]:
    """Yield the description's parts: what the payer wrote, his own reference, what the bank adds."""
    seen = ""
    for text in detail.texts:
        for row in text.splitlines():
            bare = clean(row).strip()
            if bare:
                seen += f"{bare}\n"
                yield bare
    own = clean(given(detail.fields.get("end_to_end", "")))
    if own and own not in seen:
        yield own
    more = clean(entry.fields.get("text", "")) if len(entry.details) < 2 else ""
    if more and more not in seen:
        yield more.strip()


def _reference(entry: Entry, detail: Detail) -> str:
    for key in ("end_to_end", "transaction", "instruction", "bank_id"):
        reference = given(detail.fields.get(key, ""))
        if reference:
            return clean(reference)
    own = given(entry.fields.get("bank_id", "")) or given(entry.fields.get("reference", ""))
    return clean(own)[:MAX_REFERENCE]


def _other_iban(written: str, own_iban: str | None) -> str | None:
    found = iban_of(compact(written)) if written else None
    return None if found == own_iban else found


def _problems(entry: Entry, first: int, message: str, *, ignored: bool = False) -> Iterator[Problem]:
    for position, detail in enumerate(entry.details or [Detail(entry.number)], start=first):
        yield Problem(detail.number, message, position, _raw(entry, detail), ignored=ignored)


def _raw(entry: Entry, detail: Detail) -> str:
    """Return what an entry says, for the person who has to look at it."""
    told = [*entry.fields.values(), *detail.fields.values(), *detail.texts]
    return clean(" · ".join(told)[:MAX_RAW])
