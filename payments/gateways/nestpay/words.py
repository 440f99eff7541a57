"""What the codes of NestPay banks mean: of a refusal, of 3-D Secure, and of an order's state."""

import re
from decimal import Decimal, InvalidOperation

from payments.gateways.base import DeclineGroup, Outcome, Result

_G = DeclineGroup

_BY_CODE = {
    "01": _G.DO_NOT_HONOUR,
    "02": _G.DO_NOT_HONOUR,
    "04": _G.LOST_OR_STOLEN,
    "05": _G.DO_NOT_HONOUR,
    "07": _G.LOST_OR_STOLEN,
    "12": _G.INVALID_TRANSACTION,
    "14": _G.INVALID_CARD,
    "15": _G.INVALID_CARD,
    "33": _G.EXPIRED_CARD,
    "34": _G.FRAUD,
    "41": _G.LOST_OR_STOLEN,
    "43": _G.LOST_OR_STOLEN,
    "51": _G.INSUFFICIENT_FUNDS,
    "54": _G.EXPIRED_CARD,
    "57": _G.NOT_PERMITTED,
    "58": _G.NOT_PERMITTED,
    "59": _G.FRAUD,
    "61": _G.INSUFFICIENT_FUNDS,
    "62": _G.NOT_PERMITTED,
    "65": _G.INSUFFICIENT_FUNDS,
    "82": _G.INVALID_CODE,
    "84": _G.INVALID_CODE,
    "93": _G.RESTRICTED_BY_LAW,
}
# mdStatus: with these the bank goes on to take the money, with those it does not.
AUTHENTICATED = frozenset({"1", "2", "3", "4"})
NOT_AUTHENTICATED = frozenset({"0", "5", "6", "7", "8"})

# TRANS_STAT: captured and not settled, settled, authorised (all of a sale); refused; taken back.
TAKEN = frozenset({"C", "S", "A"})
REFUSED = frozenset({"D", "ERR"})
TAKEN_BACK = frozenset({"V", "CNCL"})

LIRA = "949"

# A line of an order's history: kind (S sale, C credit), state, and more, with tabs between.
HISTORY_LINE = re.compile(r"TRX[0-9]+")


def group_of(code: str) -> DeclineGroup:
    """Return what a bank's return code means for the payer."""
    return _BY_CODE.get(code, DeclineGroup.OTHER)


def declined(code: str, *, reference: str = "") -> Outcome:
    """Return the outcome of a refusal with a bank's return code."""
    return Outcome(result=Result.DECLINED, group=group_of(code), reference=reference[:64], detail=f"code {code}")


def lira(text: str) -> Decimal | None:
    """Return an amount as forms write it (``100.25``), None for anything else."""
    return _exact(text, places=0)


def kurus(text: str) -> Decimal | None:
    """Return an amount as order states write it, in kuruş (``10025``)."""
    return _exact(text, places=-2)


def _exact(text: str, *, places: int) -> Decimal | None:
    if len(text) > 15:
        return None
    try:
        amount = Decimal(text).scaleb(places)
        exact = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return exact if exact == amount and exact >= 0 else None


def card_digits(masked: str) -> tuple[str, str]:
    """Return the first six and the last four digits of a masked number, empty where it shows none."""
    masked = masked.replace(" ", "")
    first, last = masked[:6], masked[-4:]
    masked_between = len(masked) > 10 and not masked.isdigit()
    return (_digits(first), _digits(last)) if masked_between else ("", "")


def _digits(part: str) -> str:
    return part if part.isascii() and part.isdigit() else ""
