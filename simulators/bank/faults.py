"""Faults that can be ordered: each hits the next call(s) of one kind, and then is gone."""

import time
from dataclasses import dataclass

from django.http import HttpRequest

from simulators.bank import store

#: What a fault can hit: the merchant's calls, the taking of money, the bank's 3-D page, and the webhook.
KINDS = {
    "bin": "Kart sorgusu (BIN)",
    "installment": "Taksit sorgusu",
    "initialize": "Ödemeyi başlatma",
    "charge": "Paranın çekilmesi",
    "detail": "Ödeme sorgusu",
    "cancel": "İptal",
    "refund": "İade",
    "report": "Günlük rapor",
    "3d": "3-D Secure sayfası",
    "webhook": "Bildirim (webhook)",
    "statement": "Ekstre servisi",
}
#: The faults. “slow” and “late” take seconds, “mdstatus” takes the value.
NAMES = {
    "slow": "Yavaş yanıt",
    "drop-before": "İşlemden önce bağlantıyı kes",
    "drop-after": "İşlemden sonra bağlantıyı kes",
    "http-500": "İşlemden önce HTTP 500",
    "http-500-after": "İşlemden sonra HTTP 500",
    "malformed": "Bozuk yanıt",
    "wrong-signature": "Yanlış imza",
    "wrong-amount": "Yanlış tutar",
    "mdstatus": "mdStatus değeri",
    "duplicate": "Bildirimi iki kez gönder",
    "early": "Bildirimi dönüşten önce gönder",
    "late": "Bildirimi geç gönder",
    "lost": "Bildirimi hiç gönderme",
}
_CALLS = {"slow", "drop-before", "drop-after", "http-500", "http-500-after", "malformed", "wrong-signature"}
_WEBHOOK = {"duplicate", "early", "late", "lost", "wrong-signature"}
_ALLOWED = {
    **dict.fromkeys(KINDS, _CALLS),
    "charge": _CALLS | {"wrong-amount"},
    "detail": _CALLS | {"wrong-amount"},
    "3d": {"mdstatus"},
    "webhook": _WEBHOOK,
    "statement": {"slow", "drop-before", "http-500", "malformed"},
}
_DEFAULTS = {"slow": 30.0, "late": 60.0}


@dataclass(frozen=True)
class Fault:
    """One fault. `number` is seconds or an mdStatus; `remaining` how many calls it still hits."""

    id: int
    kind: str
    name: str
    number: float
    remaining: int

    @property
    def words(self) -> str:
        """The fault as a sentence for the switch page."""
        number = f"{self.number:g}".replace(".", ",")
        unit = {"slow": f" ({number} saniye)", "late": f" ({number} saniye)", "mdstatus": f" {number}"}
        return f"{KINDS[self.kind]}: {NAMES[self.name]}{unit.get(self.name, '')}"


class UnknownFaultError(ValueError):
    """There is no such fault, or not for this kind of call."""


def order(kind: str, name: str, *, number: float | None = None, count: int = 1) -> None:
    """Let the next `count` calls of `kind` go wrong. Raises UnknownFaultError."""
    if name not in _ALLOWED.get(kind, set()) or not 1 <= count <= 1000:
        raise UnknownFaultError(f"{kind}: {name}")
    value = _DEFAULTS.get(name, 0.0) if number is None else number
    if not 0 <= value <= (8 if name == "mdstatus" else 3600):
        raise UnknownFaultError(f"{name}: {value}")
    with store.transaction() as database:
        database.execute(
            "INSERT INTO fault (kind, name, number, remaining) VALUES (?, ?, ?, ?)", [kind, name, value, count]
        )


def clear() -> None:
    """Forget every fault that has not struck yet."""
    with store.transaction() as database:
        database.execute("DELETE FROM fault")


def waiting() -> list[Fault]:
    """Return the faults that have not struck yet, in the order in which they will."""
    with store.transaction() as database:
        return [Fault(**dict(row)) for row in database.execute("SELECT * FROM fault ORDER BY id")]


def take(kind: str) -> Fault | None:
    """Return the fault that hits this call, and count it down; None when all goes well."""
    with store.transaction() as database:
        row = database.execute("SELECT * FROM fault WHERE kind = ? ORDER BY id", [kind]).fetchone()
        if row is None:
            return None
        database.execute("UPDATE fault SET remaining = remaining - 1 WHERE id = ?", [row["id"]])
        database.execute("DELETE FROM fault WHERE remaining <= 0")
        return Fault(**dict(row))


def name_of(fault: Fault | None) -> str:
    """Return the fault's name, empty for none."""
    return fault.name if fault else ""


def sleep(fault: Fault | None) -> None:
    """Wait, if that is the fault."""
    if fault and fault.name == "slow":
        time.sleep(fault.number)


def drop(request: HttpRequest) -> None:
    """Close the caller's connection at once; whatever is answered after this reaches nobody."""
    request.META["bank.drop"]()
