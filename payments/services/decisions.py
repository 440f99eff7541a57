"""What people decide about bank movements: each decision disposes of the whole line, to the kuruş, or of nothing.

Locks are taken in the house's order: line, orders, subscription. Who was slower is told who was faster (ADR 30).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from accounts.models import Person
from iys_portal.audit.selectors import history_of
from iys_portal.audit.services import move, record
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.codes import display
from iys_portal.shared.money import ZERO, format_lira, lira
from payments.enums import (
    BANK_REFUND_TRANSITIONS,
    DECISION_TRANSITIONS,
    LINE_TRANSITIONS,
    ORDER_TRANSITIONS,
    BankRefundState,
    DecisionKind,
    DecisionState,
    LineState,
    OrderState,
)
from payments.models import BankRefund, LineComment, LineDecision, Order, StatementLine
from payments.rules import (
    IBAN_FORM,
    AllocationRefused,
    may_pay,
    needs_second_person,
    refusal_of_share,
    turkish_iban,
)
from payments.selectors.lines import AWAITING_A_PERSON, DECIDED, seen_of
from payments.selectors.orders import allocated_to
from payments.selectors.refunds import goes_back_still
from payments.services.allocations import allocate, locked_orders, take_back

RULE = "person"
_STATE_AFTER = {
    DecisionKind.ALLOCATE: LineState.MATCHED,
    DecisionKind.REFUND: LineState.REFUND,
    DecisionKind.IGNORE: LineState.IGNORED,
    DecisionKind.UNDO: LineState.UNMATCHED,
}


class DecisionRefused(AllocationRefused):
    """The decision cannot be made; `str()` says why, in Turkish. Nothing was changed."""


class AlreadyDecided(Exception):
    """Somebody was faster: the movement is no longer what the page showed. `str()` names who and when."""

    def __init__(self, who: str, at: datetime) -> None:
        super().__init__(
            f"Bu hareket az önce {who} tarafından işlendi ({at.astimezone(ISTANBUL):%d.%m.%Y %H:%M})."
            " Kararınız uygulanmadı; yazdıklarınız aşağıda duruyor."
        )
        self.who = who
        self.at = at


@dataclass(frozen=True)
class Wanted:
    """A decision as a person states it; amounts in TRY, codes without dashes."""

    kind: DecisionKind
    reason: str
    shares: Sequence[tuple[str, Decimal]] = ()
    refund_amount: Decimal | None = None
    refund_iban: str = ""
    refund_name: str = ""


@transaction.atomic
def decide(
    *,
    line_id: int,
    kind: DecisionKind,
    reason: str,
    person: Person,
    now: datetime,
    seen: str,
    shares: Sequence[tuple[str, Decimal]] = (),
    refund_amount: Decimal | None = None,
    refund_iban: str = "",
    refund_name: str = "",
) -> LineDecision:
    """Decide a movement, or, above the limit, ask a second person to; return the decision.

    `seen` is `seen_of` the line as the page showed it. Raises AlreadyDecided when that is no longer true,
    DecisionRefused when the rules do not allow it. Locks the line, then its orders.
    """
    line = _locked(line_id)
    _require_seen(line, seen)
    wanted = _checked(line, Wanted(kind, reason, shares, refund_amount, refund_iban, refund_name))
    decision = LineDecision(
        line=line,
        kind=kind,
        shares=[[code, str(amount)] for code, amount in wanted.shares],
        refund_amount=wanted.refund_amount,
        refund_iban=wanted.refund_iban,
        refund_name=wanted.refund_name,
        reason=wanted.reason,
        requested_by=person,
        requested_at=now,
    )
    if line.decisions.filter(state=DecisionState.AWAITING).exists():
        raise DecisionRefused("Bu hareketin ikinci onay bekleyen bir kararı var; önce o sonuçlanmalı.")
    if _needs_second(line, wanted):
        decision.state = DecisionState.AWAITING
        decision.save()
        record(action="decision_requested", subject=line, actor=person, reason=wanted.reason, kind=kind.value)
        return decision
    decision.save()
    _apply(line, decision, second=None, now=now)
    return decision


@transaction.atomic
def confirm(*, decision_id: int, person: Person, now: datetime, seen: str) -> LineDecision:
    """Let a decision count that waits for a second person; never the one who asked. Locks line, orders.

    Raises AlreadyDecided, DecisionRefused; the latter also when the orders changed meanwhile and the decision no
    longer fits: it goes on waiting, and can be rejected.
    """
    line, decision = _awaiting(decision_id, seen)
    if decision.requested_by_id == person.pk:
        raise DecisionRefused("Kendi kararınızı onaylayamazsınız; ikinci bir kişinin onayı gerekir.")
    move(
        decision,
        DecisionState.DONE,
        table=DECISION_TRANSITIONS,
        actor=person,
        reason=decision.reason,
        decided_by=person,
        decided_at=now,
    )
    _checked(line, _wanted(decision))
    _apply(line, decision, second=person, now=now)
    return decision


@transaction.atomic
def reject(*, decision_id: int, person: Person, reason: str, now: datetime, seen: str) -> LineDecision:
    """Drop a decision that waits for a second person; who asked for it may withdraw it. Locks the line.

    The line waits on. Raises AlreadyDecided, DecisionRefused.
    """
    line, decision = _awaiting(decision_id, seen)
    reason = _with_words(reason)
    second = {} if decision.requested_by_id == person.pk else {"decided_by": person, "decided_at": now}
    move(decision, DecisionState.REJECTED, table=DECISION_TRANSITIONS, actor=person, reason=reason, **second)
    record(action="decision_rejected", subject=line, actor=person, reason=reason)
    return decision


@transaction.atomic
def comment(*, line_id: int, text: str, person: Person, now: datetime) -> LineComment:
    """Note something on a movement, in any state. Raises DecisionRefused for an empty note."""
    text = text.strip()
    if not text:
        raise DecisionRefused("Not boş olamaz.")
    return LineComment.objects.create(line_id=line_id, person=person, text=text, created_at=now)


def _locked(line_id: int) -> StatementLine:
    return StatementLine.objects.select_for_update(of=("self",), no_key=True).get(pk=line_id)


def _awaiting(decision_id: int, seen: str) -> tuple[StatementLine, LineDecision]:
    line = _locked(LineDecision.objects.values_list("line_id", flat=True).get(pk=decision_id))
    _require_seen(line, seen)
    decision = LineDecision.objects.select_for_update(of=("self",), no_key=True).get(pk=decision_id)
    if decision.state != DecisionState.AWAITING:
        raise DecisionRefused("Bu karar artık onay beklemiyor.")
    return line, decision


def _require_seen(line: StatementLine, seen: str) -> None:
    if seen == seen_of(line):
        return
    last = history_of(line).last()
    raise AlreadyDecided(last.actor_name if last else "Sistem", last.at if last else line.statement.received_at)


def _with_words(reason: str) -> str:
    if len(reason.strip()) < 3:
        raise DecisionRefused("Kararın gerekçesini yazın (en az 3 karakter).")
    return reason.strip()


def _checked(line: StatementLine, wanted: Wanted) -> Wanted:
    """Return the decision with what follows from it filled in; raise DecisionRefused when it may not be made."""
    wanted = replace(wanted, reason=_with_words(wanted.reason))
    if wanted.kind == DecisionKind.UNDO:
        _may_undo(line)
        return Wanted(wanted.kind, wanted.reason)
    if line.state not in AWAITING_A_PERSON:
        raise DecisionRefused(f"Bu hareket «{line.get_state_display()}» durumunda; önce kararı geri alın.")
    if wanted.kind == DecisionKind.IGNORE:
        return Wanted(wanted.kind, wanted.reason)
    if not may_pay(line):
        raise DecisionRefused("Bu hareket bir ödeme değil; siparişe yazılamaz ve iade edilemez.")
    if wanted.kind == DecisionKind.REFUND:
        return _with_payee(line, replace(wanted, shares=(), refund_amount=line.amount))
    return _checked_split(line, wanted)


def _checked_split(line: StatementLine, wanted: Wanted) -> Wanted:
    shares = tuple((code, lira(amount)) for code, amount in wanted.shares)
    if not shares:
        raise DecisionRefused("En az bir sipariş kodu ve tutar yazın.")
    codes = [code for code, _ in shares]
    if len(set(codes)) < len(codes):
        raise DecisionRefused("Aynı sipariş iki kez yazılmış; tutarlarını tek satırda toplayın.")
    rest = line.amount - sum((amount for _, amount in shares), ZERO)
    if rest != (wanted.refund_amount or ZERO) or rest < 0:
        raise DecisionRefused(
            f"Siparişlere yazılan ile iadenin toplamı hareketin tutarı ({format_lira(line.amount)}) olmalı;"
            f" iadeye kalan {format_lira(rest)}."
            if rest >= 0
            else f"Siparişlere yazılan toplam, hareketin tutarını ({format_lira(line.amount)}) aşıyor."
        )
    orders = Order.objects.in_bulk(codes, field_name="code")
    for code, amount in shares:
        if code not in orders:
            raise DecisionRefused(f"{display(code)} kodlu bir sipariş yok.")
        order = orders[code]
        if refusal := refusal_of_share(order, amount, due=order.gross - allocated_to(order)):
            raise DecisionRefused(refusal)
    return _with_payee(line, replace(wanted, shares=shares, refund_amount=rest or None))


def _with_payee(line: StatementLine, wanted: Wanted) -> Wanted:
    """Fill in the sender as the payee of a refund; what a person wrote instead has to be a valid Turkish IBAN."""
    if wanted.refund_amount is None:
        return replace(wanted, refund_iban="", refund_name="")
    iban = "".join(wanted.refund_iban.split()).upper() or turkish_iban(line.payer_iban)
    if iban and not turkish_iban(iban):
        raise DecisionRefused(f"İade IBAN'ı geçersiz: {IBAN_FORM}")
    return replace(wanted, refund_iban=iban, refund_name=(wanted.refund_name.strip() or line.payer_name)[:140])


def _may_undo(line: StatementLine) -> None:
    if line.state not in DECIDED:
        raise DecisionRefused("Bu harekette geri alınacak bir karar yok.")
    if not may_pay(line):
        raise DecisionRefused("Bu hareket bir ödeme değil; kapsam dışı kalır.")
    exported = line.bank_refunds.filter(state__in=[BankRefundState.EXPORTED, BankRefundState.CONFIRMED]).first()
    if exported is not None:
        raise DecisionRefused(
            f"Bu hareketin iadesi «{exported.get_state_display()}» durumunda; karar artık geri alınamaz."
        )


def _needs_second(line: StatementLine, wanted: Wanted) -> bool:
    """Above the limit, and whenever a package would end."""
    if needs_second_person(line.amount):
        return True
    live = line.allocations.filter(reverses=None, reversed_by=None)
    return wanted.kind == DecisionKind.UNDO and live.filter(order__state=OrderState.COMPLETED).exists()


def _wanted(decision: LineDecision) -> Wanted:
    return Wanted(
        DecisionKind(decision.kind),
        decision.reason,
        tuple((code, Decimal(amount)) for code, amount in decision.shares),
        decision.refund_amount,
        decision.refund_iban,
        decision.refund_name,
    )


def _apply(line: StatementLine, decision: LineDecision, *, second: Person | None, now: datetime) -> None:
    person, wanted = decision.requested_by, _wanted(decision)
    refund = _refund(line, decision, second=second, now=now)
    if wanted.kind == DecisionKind.UNDO:
        _undo(line, person, wanted.reason, now)
    elif wanted.kind != DecisionKind.IGNORE:
        allocate(line=line, shares=wanted.shares, refund=refund, actor=person, reason=wanted.reason, rule=RULE, now=now)
    move(
        line,
        _STATE_AFTER[wanted.kind],
        table=LINE_TRANSITIONS,
        actor=second or person,
        reason=wanted.reason,
        rule=RULE,
        verdict=_verdict(wanted),
    )


def _verdict(wanted: Wanted) -> str:
    return f"Karar geri alındı: {wanted.reason}" if wanted.kind == DecisionKind.UNDO else wanted.reason


def _refund(line: StatementLine, decision: LineDecision, *, second: Person | None, now: datetime) -> BankRefund | None:
    """Return the refund that a decision asks for, unsaved; who confirmed the decision has seen its payee."""
    if decision.refund_amount is None:
        return None
    seen_whole = second if decision.refund_iban and decision.refund_name else None
    codes = [code for code, _ in decision.shares]
    return BankRefund(
        line=line,
        order=Order.objects.filter(code__in=codes).order_by("pk").first() if codes else None,
        amount=decision.refund_amount,
        iban=decision.refund_iban,
        name=decision.refund_name,
        reason=decision.reason,
        requested_by=decision.requested_by,
        approved_by=seen_whole,
        approved_at=now if seen_whole else None,
        created_at=now,
    )


def _undo(line: StatementLine, person: Person, reason: str, now: datetime) -> None:
    """Take back what a line paid, and what was owed of it; its orders are locked together, before its refunds.

    An order whose money was to go back and no longer does is looked into again.
    """
    live = Q(allocations__in=line.allocations.filter(reverses=None, reversed_by=None))
    owed = line.bank_refunds.filter(state=BankRefundState.OWED)
    locked_orders(list(Order.objects.filter(live | Q(bank_refunds__in=owed)).values_list("code", flat=True)))
    take_back(line=line, actor=person, reason=reason, now=now)
    cancelled = list(owed.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for refund in cancelled:
        move(refund, BankRefundState.CANCELLED, table=BANK_REFUND_TRANSITIONS, actor=person, reason=reason)
    numbers = {refund.order_id for refund in cancelled if refund.order_id is not None}
    for order in Order.objects.filter(pk__in=numbers, state=OrderState.REFUND_DUE).order_by("pk"):
        if not goes_back_still(order):
            words = f"İadesinden vazgeçildi: {reason}"
            move(order, OrderState.IN_REVIEW, table=ORDER_TRANSITIONS, actor=person, reason=words)
