"""The fields of an MT940 statement (SWIFT category 9): balances, transactions, descriptions.

Amounts have a decimal comma and no thousands separator; anything else is refused rather than guessed.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from payments.statements.account import compact, find_iban
from payments.statements.values import MAX_NAME, MAX_REFERENCE, FieldError, exact_amount, short_day

_AMOUNT = re.compile(r"([0-9]+),([0-9]*)")
_BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})(.*)")
_ENTRY = re.compile(r"([0-9]{6})([0-9]{4})?(R?[CD])([A-Z])?([0-9.,']*)(.*)")
_AFTER_AMOUNT = re.compile(r"(?:[A-Z](...))?(.*)")
_SUBFIELD = re.compile(r"\?([0-9]{2})")
_STRUCTURED = re.compile(r"(?:[0-9]{3})?(?=\?[0-9]{2})")
# Code words of the international layout: /IBAN/TR…/NAME/…/REMI/…
_CODED = re.compile(r"\s*/[A-Z]{3,4}/")
_CODE_WORD = re.compile(
    r"/(ORDP|BENM|NAME|IBAN|ACCT|ADDR|BIC|TRTP|RTYP|EREF|IREF|PREF|MARF|CSID|ID|REMI|INFO|SVCL|PURP|ISDT)/"
)
_NAME, _ACCOUNT = ("32", "33"), ("31", "38")
_TEXT = frozenset(f"{number:02}" for number in (*range(20, 30), *range(60, 64)))
# The bank code and two numbers of the bank's own book-keeping.
_NO_USE = frozenset({"10", "30", "34"})


class Balance(NamedTuple):
    """A balance on a day; negative when the account is overdrawn."""

    day: date
    currency: str
    amount: Decimal


class Entry(NamedTuple):
    """The first line of a :61: field. `amount` is negative when money left the account."""

    value_on: date
    booked_on: date
    amount: Decimal
    reversal: bool
    reference: str


class Information(NamedTuple):
    """An :86: field: the description and, where the bank tells them apart, who paid from which account."""

    text: str
    payer_name: str | None
    payer_iban: str | None


def parse_amount(written: str) -> Decimal:
    """Return a positive amount with two places; raise FieldError for what would have to be guessed."""
    match = _AMOUNT.fullmatch(written)
    if match is None:
        raise FieldError(
            f"Tutar okunamadı: “{written[:40]}”. "
            "MT940 tutarında yalnızca ondalık virgülü bulunur, binlik ayırıcı olmaz."
        )
    return exact_amount(match[1], match[2], written)


@lru_cache(maxsize=512)
def nearest_day(month_day: str, value_on: date) -> date:
    """Return the day MMDD that lies closest to the value date, so that December may be booked in January."""
    month, day = int(month_day[:2]), int(month_day[2:])
    near = []
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            near.append(date(year, month, day))
        except ValueError:
            continue
    if not near:
        raise FieldError(f"Böyle bir kayıt tarihi yok: “{month_day}” (ay, gün).")
    return min(near, key=lambda candidate: abs(candidate - value_on))


def parse_balance(written: str) -> Balance:
    """Return the balance of a :60a: or :62a: field such as ``C240716TRY000000108256,39``."""
    match = _BALANCE.fullmatch(written)
    if match is None:
        raise FieldError(f"Bakiye satırı okunamadı: “{written[:60]}”.")
    sign, day, currency, amount = match.groups()
    value = parse_amount(amount)
    return Balance(short_day(day), currency, -value if sign == "D" else value)


def parse_entry(written: str) -> Entry:
    """Return the transaction of a :61: field such as ``2407170717CY000000108256,39NDDBREF//BANKREF``.

    RC takes back a credit, RD takes back a debit.
    """
    match = _ENTRY.fullmatch(written)
    if match is None:
        raise FieldError(f"Hareket satırı okunamadı: “{written[:60]}”.")
    day, month_day, mark, _funds_code, amount, rest = match.groups()
    tail = _AFTER_AMOUNT.fullmatch(rest)
    if tail is None or (tail[1] is None and rest.strip()):
        raise FieldError(f"Tutardan sonrası okunamadı: “{written[:60]}”.")
    value_on = short_day(day)
    value = parse_amount(amount)
    return Entry(
        value_on=value_on,
        booked_on=nearest_day(month_day, value_on) if month_day else value_on,
        amount=value if mark in {"C", "RD"} else -value,
        reversal=mark.startswith("R"),
        reference=tail[2].strip()[:MAX_REFERENCE],
    )


def parse_information(lines: list[str], *, own_iban: str | None) -> Information:
    """Return the description of an :86: field, given as its lines.

    Structured fields (``?20…?29?60…?63`` text, ``?31`` account, ``?32?33`` name) are cut at fixed widths, so
    their pieces are joined without a space; other subfields, free text and code words (``/NAME/…/REMI/…``) keep
    their lines.
    """
    joined = "".join(lines)
    start = _STRUCTURED.match(joined)
    if start is None:
        text = "\n".join(line.strip() for line in lines).strip()
        return Information(text, _coded_name(joined), find_iban(text, own_iban))
    pieces = _SUBFIELD.split(joined[start.end() :])
    subfields = list(zip(pieces[1::2], pieces[2::2], strict=True))
    name = "".join(value for key, value in subfields if key in _NAME).strip()
    account = " ".join(value for key, value in subfields if key in _ACCOUNT)
    text = "".join(value for key, value in subfields if key in _TEXT)
    others = [value for key, value in subfields if key not in {*_NAME, *_ACCOUNT, *_TEXT, *_NO_USE}]
    return Information(
        text="\n".join([*others, text]).strip(),
        payer_name=name[:MAX_NAME] or None,
        payer_iban=find_iban(compact(account), own_iban) or find_iban(text, own_iban),
    )


def _coded_name(joined: str) -> str | None:
    """Return the name of a description in code words: what the payer wrote (REMI) ends the search for it.

    The text itself is kept whole, code words included.
    """
    if not _CODED.match(joined):
        return None
    pieces = _CODE_WORD.split(joined)
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        if word == "REMI":
            return None
        name = value.strip(" /")
        if word in {"NAME", "ORDP"} and name:
            return name[:MAX_NAME]
    return None
