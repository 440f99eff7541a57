"""What an accountant needs to decide about one bank movement: its candidates compared, and what one key would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import QuerySet

from iys_portal.shared import codes
from iys_portal.shared.clock import istanbul_day, last_day
from iys_portal.shared.money import ZERO, format_lira
from payments.enums import OrderState
from payments.matching import LineView, read_line
from payments.matching.evidence import LIKE_TITLE, SAME_TITLE, payer_of, title_similarity
from payments.matching.marks import Piece, pieces
from payments.matching.reading import Reading
from payments.models import Allocation, Order, StatementLine
from payments.rules import may_pay, refusal_of_share
from payments.selectors.accounting import names_order, with_due

OFFERED = 5
"""So many orders a search shows beside the candidates."""


@dataclass(frozen=True)
class Check:
    """One comparison of a movement with an order: `agrees` is None where there is nothing to compare."""

    name: str
    value: str
    agrees: bool | None
    note: str = ""


@dataclass(frozen=True)
class Candidate:
    """An order that may be meant. `due` and `difference` (what came less it) in TRY; `refusal`: why it cannot pay."""

    order: Order
    reason: str
    due: Decimal
    difference: Decimal
    checks: Sequence[Check]
    refusal: str

    @property
    def fit(self) -> str:
        """How the money fits: ``tam``, ``eksik``, ``fazla``, or ``kapali`` where the order takes none."""
        if self.refusal:
            return "kapali"
        return "tam" if not self.difference else "eksik" if self.difference < 0 else "fazla"


@dataclass(frozen=True)
class Option:
    """A decision that is ready to be made: shares (code, TRY), what is left for a refund, the sentence for it."""

    value: str
    fit: str
    shares: Sequence[tuple[str, Decimal]]
    excess: Decimal
    reason: str

    @property
    def summary(self) -> str:
        """What would happen, in a few words."""
        parts = [f"{codes.display(code)} → {format_lira(amount)}" for code, amount in self.shares]
        return ", ".join([*parts, f"iade → {format_lira(self.excess)}"] if self.excess else parts)


READY = "oneri"
"""The option that is a whole split."""


class Workplace:
    """A movement with everything around it that a decision needs; a handful of queries, whatever is shown."""

    def __init__(self, line: StatementLine, *, search: str = "") -> None:
        self.line = line
        self.search = search.strip()

    @cached_property
    def reading(self) -> Reading:
        """The line as the matching reads it."""
        line = self.line
        return read_line(
            LineView(
                amount=line.amount,
                currency=line.currency,
                text=line.text,
                value_on=line.value_on,
                reversal=line.is_reversal,
                payer_name=line.payer_name,
                payer_tax_number=line.payer_tax_number,
                payer_iban=line.payer_iban,
            )
        )

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The orders the matching suggests, best first, then those a search found."""
        reasons = {entry["code"]: entry["reason"] for entry in self.line.candidates}
        rows: QuerySet[Order] = with_due(Order.objects.filter(code__in=reasons)).select_related("provider")
        found = rows.in_bulk(field_name="code")
        orders = [found[code] for code in reasons if code in found]
        orders += [order for order in self._searched() if order.code not in reasons]
        paid_before = self._known_providers({order.provider_id for order in orders})
        return [
            self._candidate(order, reasons.get(order.code, "Aramayla bulundu."), order.provider_id in paid_before)
            for order in orders
        ]

    def _searched(self) -> list[Order]:
        if not self.search:
            return []
        orders = names_order(with_due(Order.objects.exclude(state=OrderState.DRAFT)), self.search)
        return list(orders.select_related("provider").order_by("-pk")[:OFFERED])

    def _known_providers(self, providers: set[int]) -> set[int]:
        """Providers whose orders the sender's account paid before."""
        if not self.line.payer_iban or not providers:
            return set()
        before = Allocation.objects.filter(
            line__payer_iban=self.line.payer_iban, order__provider_id__in=providers, reverses=None, reversed_by=None
        ).exclude(line=self.line)
        return set(before.values_list("order__provider_id", flat=True))

    def _candidate(self, order: Order, reason: str, iban_known: bool) -> Candidate:  # noqa: FBT001  (one of its own facts)
        due: Decimal = order.due  # type: ignore[attr-defined]  # annotated by with_due
        line = self.line
        refusal = "" if may_pay(line) else "Bu hareket bir ödeme değil."
        refusal = refusal or refusal_of_share(order, min(due, line.amount), due=due) or ""
        if not due and not refusal:
            refusal = "Bu siparişin ödemesi tamam."
        checks = [
            _amount(line, due),
            _state(order, refusal),
            self._title(order),
            self._tax_number(order),
            _iban(line, known=iban_known),
            _dates(line, order),
        ]
        return Candidate(order, reason, due, line.amount - due, checks, refusal)

    def _title(self, order: Order) -> Check:
        similarity = title_similarity(payer_of(self.reading), order.provider.title)
        note = "aynı" if similarity >= SAME_TITLE else "benzer" if similarity >= LIKE_TITLE else "yazmıyor"
        agrees = True if similarity >= SAME_TITLE else False if self.line.payer_name and note == "yazmıyor" else None
        return Check("Unvan", order.provider.title, agrees, "farklı" if agrees is False else note)

    def _tax_number(self, order: Order) -> Check:
        numbers = self.reading.tax_numbers
        provider = order.provider
        agrees = True if provider.tin in numbers else False if self.line.payer_tax_number else None
        note = "aynı" if agrees else "farklı" if agrees is False else "yazmıyor"
        return Check(provider.tin_label, provider.shown_tin, agrees, note)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The bank's text, marked where it agrees with the candidates."""
        orders = [candidate.order for candidate in self.candidates]
        return pieces(
            self.reading,
            codes={order.code for order in orders},
            tax_numbers={order.provider.tin for order in orders},
            titles={order.provider.title for order in orders},
        )

    @cached_property
    def options(self) -> list[Option]:
        """What can be decided by one key, the likeliest first: a ready split of several orders, then each order."""
        if not may_pay(self.line):
            return []
        single = [_option(self.line, candidate) for candidate in self.candidates if not candidate.refusal]
        ready = self._ready()
        return [ready, *single] if ready else single

    def _ready(self) -> Option | None:
        """A split over several orders: as the matching prepared it, or because the line covers what all await."""
        shares = [(code, Decimal(amount)) for code, amount in (self.line.proposal or {}).get("shares", [])]
        open_ones = {c.order.code: c.due for c in self.candidates if not c.refusal}
        if len(shares) < 2:
            named = {entry["code"] for entry in self.line.candidates}
            shares = [(code, due) for code, due in open_ones.items() if code in named]
        fits = all(code in open_ones and 0 < amount <= open_ones[code] for code, amount in shares)
        excess = self.line.amount - sum((amount for _, amount in shares), ZERO)
        if len(shares) < 2 or not fits or excess < 0:
            return None
        ending = f"{format_lira(excess)} fazla geldi" if excess else "toplamı gelen tutarla aynı"
        reason = f"{len(shares)} siparişin beklenen tutarları karşılanıyor; {ending}."
        return Option(READY, "bol", shares, excess, reason)

    def option(self, value: str) -> Option | None:
        """Return the option with this value, or None when there is no such thing to decide any more."""
        return next((option for option in self.options if option.value == value), None)


def _option(line: StatementLine, candidate: Candidate) -> Option:
    taken = min(line.amount, candidate.due)
    return Option(
        candidate.order.code, candidate.fit, [(candidate.order.code, taken)], line.amount - taken, candidate.reason
    )


def _amount(line: StatementLine, due: Decimal) -> Check:
    difference = line.amount - due
    if not difference:
        return Check("Beklenen tutar", format_lira(due), agrees=True, note="tutuyor")
    word = "eksik" if difference < 0 else "fazla"
    return Check("Beklenen tutar", format_lira(due), agrees=False, note=f"{format_lira(abs(difference))} {word}")


def _state(order: Order, refusal: str) -> Check:
    awaited = order.state in {OrderState.TRANSFER_PENDING, OrderState.PARTIALLY_PAID, OrderState.CONTRACT_ACCEPTED}
    agrees = False if refusal else True if awaited else None
    return Check("Durum", order.get_state_display(), agrees, "" if awaited else "ödeme beklenmiyordu")


def _iban(line: StatementLine, *, known: bool) -> Check:
    if not line.payer_iban:
        return Check("Gönderen IBAN", "–", None, "yazmıyor")
    return Check("Gönderen IBAN", line.payer_iban, True if known else None, "daha önce ödedi" if known else "ilk kez")


def _dates(line: StatementLine, order: Order) -> Check:
    if order.accepted_at is None:
        return Check("Onay – son gün", "–", None)
    first = istanbul_day(order.accepted_at)
    last = last_day(order.pay_by) if order.pay_by else None
    shown = f"{first:%d.%m.%Y} – {last:%d.%m.%Y}" if last else f"{first:%d.%m.%Y}"
    if line.value_on < first:
        return Check("Onay – son gün", shown, agrees=False, note="para onaydan önce geldi")
    if last is not None and line.value_on > last:
        return Check("Onay – son gün", shown, agrees=False, note="para son günden sonra geldi")
    return Check("Onay – son gün", shown, agrees=True, note="süresinde")
