"""Template filters: amounts and instants as they are written in Turkish, and states as words."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.template import Library

from simulators.bank.store import State, lira

register = Library()
_ISTANBUL = ZoneInfo("Europe/Istanbul")
_STATES = {
    State.OPEN: "Kart bekleniyor",
    State.CODE: "3-D kodu bekleniyor",
    State.VERIFIED: "Üye işyerinin onayı bekleniyor",
    State.CAPTURED: "Çekildi",
    State.CANCELLED: "İptal edildi",
    State.DECLINED: "Alınamadı",
}


@register.filter
def money(kurus: int) -> str:
    """Return kuruş as ``5.097,60 ₺``."""
    return amount(lira(kurus))


@register.filter
def amount(value: Decimal) -> str:
    """Return lira as ``5.097,60 ₺``."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,")) + " ₺"


@register.filter
def moment(seconds: float) -> str:
    """Return an instant as ``23.11.2026 14:05``."""
    return datetime.fromtimestamp(seconds, _ISTANBUL).strftime("%d.%m.%Y %H:%M") if seconds else ""


@register.filter
def state(name: str) -> str:
    """Return a payment's state in words."""
    return _STATES[State(name)]


@register.filter
def months(count: int) -> str:
    """Return a number of instalments in words."""
    return "Peşin" if count == 1 else f"{count} taksit"


@register.filter
def grouped(number: str) -> str:
    """Return a card number in groups, as it is printed on the card."""
    if len(number) == 15:
        return f"{number[:4]} {number[4:10]} {number[10:]}"
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
