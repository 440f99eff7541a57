"""Orders and lines that the matching tests share."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from payments.matching import LineView, OrderView

DUE = Decimal("5097.60")
ORDER = OrderView("KM7T3RAWC", DUE, "transfer_pending", "HİZMET SAĞLAYICI ANONİM ŞİRKETİ", "1234567890")
OTHER = OrderView("4H9WX6DRJ", DUE, "transfer_pending", "Deneme Ticaret Ltd. Şti.", "9876543210")
LETTERS = OrderView("ACDEFHRNT", DUE, "transfer_pending", "BİEN TEKNOLOJİ A.Ş.", "5555555550")
DIGITS = OrderView("336997996", DUE, "transfer_pending", "ABCDE Bilişim Anonim Şirketi", "4444444440")

LINE = LineView(DUE, "TRY", "", date(2026, 11, 23), balance_ok=True)


def line(text: str, amount: str = "5097.60", **changes: object) -> LineView:
    """Return a line of an incoming transfer of our price, with changes."""
    return replace(LINE, text=text, amount=Decimal(amount), **changes)  # type: ignore[arg-type]
