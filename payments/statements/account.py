"""Account numbers: is this statement about our account, and who sent the money?"""

import re
from functools import lru_cache

from stdnum import iban

from payments.statements.base import ReadResult, StatementRefused

_SPACES = re.compile(r"\s+")
_TURKISH_IBAN = re.compile(r"TR(?:\s?[0-9]){24}")
_TR_AS_DIGITS = "2927"
_DIGITS = re.compile(r"[0-9]+")
_NOT_DIGITS = re.compile(r"[^0-9]")
_CURRENCY_AT_END = re.compile(r"[A-Z]{3}$")
# A Turkish IBAN is TR, two check digits, five of the bank, one reserved, sixteen of the account.
_BANK = slice(4, 9)
_ACCOUNT = slice(10, 26)
_FEWEST_DIGITS = 7


def compact(written: str) -> str:
    """Return an account as written in a file without spaces, in capitals."""
    return _SPACES.sub("", written).upper()


@lru_cache(maxsize=4096)  # the library's check is thorough and slow; a customer pays more than once
def iban_of(written: str) -> str | None:
    """Return the IBAN of a compact account field (``/TR82…``, ``TR82…TRY``, ``TR82…/TRY``) if it is valid."""
    bare = _CURRENCY_AT_END.sub("", written).rstrip("/").rpartition("/")[2]
    return bare if iban.is_valid(bare, check_country=False) else None


def find_iban(text: str, own: str | None = None) -> str | None:
    """Return the first valid Turkish IBAN in `text` that is not `own`: the other side of a transfer."""
    if "TR" not in text:
        return None
    for match in _TURKISH_IBAN.finditer(text):
        found = compact(match[0])
        # Country and length are right already; a line has no time for the library's general check.
        if found != own and int(f"{found[4:]}{_TR_AS_DIGITS}{found[2:4]}") % 97 == 1:
            return found
    return None


def same_account(written: str, own_iban: str) -> bool:
    """Return whether an account field means our account.

    It does when it holds our IBAN, or the number inside our Turkish IBAN: banks write
    ``0010-00760/123456785001``, ``760-12345678-5001`` and the like. What stands before the number must be our
    bank or our branch.
    """
    found = iban_of(written)
    if found is not None:
        return found == own_iban
    before, _, number = _CURRENCY_AT_END.sub("", written).rstrip("/").rpartition("/")
    digits = _NOT_DIGITS.sub("", number).lstrip("0")
    if len(digits) < _FEWEST_DIGITS or not own_iban[_ACCOUNT].endswith(digits):
        return False
    prefix = _DIGITS.search(before)
    if prefix is None or int(prefix[0]) == int(own_iban[_BANK]):
        return True
    return prefix[0].lstrip("0") in own_iban[_ACCOUNT]


def require_account(result: ReadResult, *, own_iban: str, currency: str = "TRY") -> None:
    """Raise StatementRefused unless every statement of the file is about our account, in its currency.

    A file cut off before its last statement names an account is not refused for that: it holds no line of it. Nor
    is a table whose bank writes no account into it: the person who chose the account answers for that.
    """
    for statement in result.statements:
        if not statement.account and not statement.lines:
            continue
        if statement.names_account and not same_account(statement.account, own_iban):
            raise StatementRefused(
                f"Dosya başka bir hesaba ait: “{statement.account[:40]}”. Seçilen hesap: {own_iban}."
            )
        if statement.currency != currency:
            raise StatementRefused(f"Dosyanın para birimi {statement.currency}; seçilen hesap {currency} hesabıdır.")
