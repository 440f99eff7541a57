"""Orders and lines that the matching tests share."""

from datetime import date
from decimal import Decimal

from iys_portal.shared import codes
from payments.matching import Kind, LineView, OrderBook, OrderView, Ours, Rule, Share, Verdict, decide, read_line

DUE = Decimal("5097.60")
ORDER = OrderView("KM7T3RAWC", DUE, "transfer_pending", "HİZMET SAĞLAYICI ANONİM ŞİRKETİ", "1234567890")
OTHER = OrderView("4H9WX6DRJ", DUE, "transfer_pending", "Deneme Ticaret Ltd. Şti.", "9876543210")
LETTERS = OrderView("ACDEFHRNT", DUE, "transfer_pending", "BİEN TEKNOLOJİ A.Ş.", "5555555550")
DIGITS = OrderView("336997996", DUE, "transfer_pending", "ABCDE Bilişim Anonim Şirketi", "4444444440")

LINE = LineView(DUE, "TRY", "", date(2026, 11, 23), balance_ok=True)


def line(text: str, amount: str = "5097.60", **changes: object) -> LineView:
    """Return a line of an incoming transfer of our price, with changes."""
    return LINE._replace(text=text, amount=Decimal(amount), **changes)  # type: ignore[arg-type]


BOOK = OrderBook([ORDER, OTHER, LETTERS, DIGITS])
IBAN = "TR330006100519786457841326"


def judged(view: LineView, book: OrderBook = BOOK, ours: Ours = Ours()) -> Verdict:  # noqa: B008
    return decide(read_line(view, ours), book)


def with_order(**changes: object) -> OrderBook:
    """The book with our order changed."""
    return OrderBook([ORDER._replace(**changes), OTHER, LETTERS, DIGITS])  # type: ignore[arg-type]


def automatic(rule: Rule, order: OrderView = ORDER) -> Verdict:
    reason = f"{codes.display(order.code)} kodu ve 5.097,60 ₺ tutarı siparişle aynı."
    return Verdict(Kind.AUTO, rule, reason, shares=(Share(order.code, DUE),))


def outline(verdict: Verdict) -> tuple[Kind, Rule, list[str]]:
    return verdict.kind, verdict.rule, [candidate.code for candidate in verdict.candidates]
