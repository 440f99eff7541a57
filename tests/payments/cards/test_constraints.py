"""What must stay true of card money even when somebody types SQL."""

from collections.abc import Callable
from datetime import datetime
from itertools import product

import pytest
from django.db import connection

from iys_portal.shared.states import ForbiddenTransition, check
from payments.enums import ATTEMPT_TRANSITIONS, REFUND_TRANSITIONS, AttemptState, RefundState
from payments.models import Allocation, CardAttempt, GatewayEvent, Order, Refund, Statement
from tests.architecture.test_constraints import refused
from tests.payments.conftest import imported  # noqa: F401  (fixture)
from tests.payments.mt940 import Transfer

pytestmark = pytest.mark.django_db

Make = Callable[..., Order]
A, R = AttemptState, RefundState
BY_HAND = "state = 'confirmed', sent_at = now(), confirmed_at = now(), paid_by_id = p.id"

ATTEMPT_EDGES = {
    *product([A.CREATED], [A.NEEDS_3DS, A.SUCCEEDED, A.DECLINED, A.UNKNOWN, A.ABANDONED]),
    *product([A.NEEDS_3DS], [A.SUCCEEDED, A.DECLINED, A.UNKNOWN, A.ABANDONED]),
    *product([A.UNKNOWN], [A.NEEDS_3DS, A.SUCCEEDED, A.DECLINED, A.ABANDONED]),
    (A.DECLINED, A.SUCCEEDED),
    (A.ABANDONED, A.SUCCEEDED),
}
REFUND_EDGES = {
    (R.REQUESTED, R.APPROVED),
    (R.REQUESTED, R.REJECTED),
    (R.APPROVED, R.SENDING),
    (R.APPROVED, R.REJECTED),
    (R.SENDING, R.CONFIRMED),
    (R.SENDING, R.FAILED),
    (R.SENDING, R.UNKNOWN),
    (R.UNKNOWN, R.CONFIRMED),
    (R.UNKNOWN, R.FAILED),
    (R.FAILED, R.APPROVED),
    (R.FAILED, R.REJECTED),
    (R.FAILED, R.BY_HAND),
    (R.BY_HAND, R.CONFIRMED),
    (R.BY_HAND, R.FAILED),
}


@pytest.fixture
def order(accepted: Make) -> Order:
    return accepted("ileti-150")


def attempt(order: Order, number: int, **changes: object) -> CardAttempt:
    values = {
        "provider_id": order.provider_id,
        "order": order,
        "person": order.person,
        "gateway": "iyzico",
        "conversation_id": f"{number:032x}",
        "form_nonce": f"{number:064x}",
        "amount": order.gross,
        "paid_amount": order.gross,
    }
    return CardAttempt.objects.create(**values | changes)


def captured(order: Order, number: int, now: datetime, **changes: object) -> CardAttempt:
    paid = {"state": A.SUCCEEDED, "payment_id": str(number), "settled_at": now}
    return attempt(order, number, **paid | changes)


def refund(taken: CardAttempt, key: str, **changes: object) -> Refund:
    values = {"provider_id": taken.provider_id, "order_id": taken.order_id, "attempt": taken, "key": key}
    return Refund.objects.create(**values | {"amount": taken.paid_amount, "reason": "Fazla çekim"} | changes)


@pytest.mark.parametrize(("source", "target"), list(product(A, A)))
def test_attempts_move_only_along_the_specified_edges(source: A, target: A) -> None:
    if (source, target) in ATTEMPT_EDGES:
        check("attempt", ATTEMPT_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("attempt", ATTEMPT_TRANSITIONS, source, target)


@pytest.mark.parametrize(("source", "target"), list(product(R, R)))
def test_refunds_move_only_along_the_specified_edges(source: R, target: R) -> None:
    if (source, target) in REFUND_EDGES:
        check("refund", REFUND_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("refund", REFUND_TRANSITIONS, source, target)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("attempt_state_known", "state = 'stolen'"),
        ("attempt_amounts", "paid_amount = amount - 1"),
        ("attempt_instalments", "instalments = 13"),
        ("attempt_card_digits", "bin = '123'"),
        ("attempt_card_digits", "last4 = '12a4'"),
        ("attempt_captured_is_known", "state = 'succeeded'"),
        ("attempt_declined_has_group", "state = 'declined'"),
        ("attempt_surplus_is_captured", "surplus = true"),
        ("attempt_kept_covers_its_price", "other_amount = amount - 0.01"),
    ],
)
def test_attempts(order: Order, constraint: str, change: str) -> None:
    row = attempt(order, 1)
    refused(constraint, f"UPDATE payments_cardattempt SET {change} WHERE id = %s", row.pk)


def test_an_order_has_one_live_attempt_and_keeps_one_capture(order: Order, now: datetime) -> None:
    captured(order, 1, now)
    captured(order, 2, now, surplus=True)
    over = attempt(order, 3, state=A.DECLINED, decline_group="other")
    attempt(order, 4)
    refused("attempt_one_live", "UPDATE payments_cardattempt SET state = 'unknown' WHERE id = %s", over.pk)
    refused("attempt_one_kept", "UPDATE payments_cardattempt SET surplus = false WHERE id <> %s", over.pk)
    refused("attempt_of_payment", "UPDATE payments_cardattempt SET payment_id = '2' WHERE payment_id = '1'")
    refused(
        "attempt_one_a_form",
        "UPDATE payments_cardattempt SET form_nonce = (SELECT form_nonce FROM payments_cardattempt WHERE id = %s)"
        " WHERE payment_id = '1'",
        over.pk,
    )


def test_an_attempt_belongs_to_its_orders_provider(order: Order) -> None:
    row = attempt(order, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused(
        "payments_cardattempt",
        "UPDATE payments_cardattempt SET provider_id = provider_id + 1000000 WHERE id = %s",
        row.pk,
    )


def test_a_capture_settles_its_own_order_once(
    order: Order,
    imported: Callable[..., Statement],
    now: datetime,
) -> None:
    insert = (
        "INSERT INTO payments_allocation (order_id, attempt_id, amount, rule, reason) VALUES (%s, %s, %s, 'card', 'x')"
    )
    open_attempt = attempt(order, 1)
    refused("allocation_within_line", insert, order.pk, open_attempt.pk, order.gross)
    taken = captured(order, 2, now)
    refused("allocation_within_line", insert, order.pk, taken.pk, order.gross + 1)
    line = imported(Transfer("KIRA", amount=order.gross)).lines.get()
    both = insert.replace("attempt_id,", "attempt_id, line_id,").replace("(%s, %s, %s,", "(%s, %s, %s, %s,")
    refused("allocation_one_source", both, order.pk, taken.pk, line.pk, order.gross)
    refused("allocation_one_source", insert, order.pk, None, order.gross)
    Allocation.objects.create(order=order, attempt=taken, amount=order.gross - 1, rule="card", reason="x")
    refused("allocation_one_a_capture", insert, order.pk, taken.pk, 1)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("refund_positive", "amount = 0"),
        ("refund_state_known", "state = 'lost', sent_at = now()"),
        ("refund_consequence_known", "consequence = 'maybe'"),
        ("refund_has_reason", "reason = ''"),
        ("refund_second_is_another", "needs_second = true, requested_by_id = p.id, approved_by_id = p.id"),
        ("refund_sent_is_approved", "needs_second = true, state = 'sending', sent_at = now()"),
        ("refund_sent_has_instant", "state = 'failed'"),
        ("refund_confirmed_has_instant", "state = 'confirmed', sent_at = now()"),
        ("refund_by_hand_is_said", "state = 'by_hand', sent_at = now()"),
        ("refund_by_hand_is_said", "paid_by_id = p.id"),
        ("refund_by_hand_is_said", BY_HAND),
        ("refund_by_hand_second_is_another", f"{BY_HAND}, paid_confirmed_by_id = p.id"),
        ("refund_within_capture", "amount = amount + 1"),
    ],
)
def test_refunds(order: Order, now: datetime, constraint: str, change: str) -> None:
    row = refund(captured(order, 1, now), "a")
    sql = f"UPDATE payments_refund SET {change} FROM accounts_person p WHERE payments_refund.id = %s AND p.id = %s"
    refused(constraint, sql.replace("amount = amount", "amount = payments_refund.amount"), row.pk, order.person_id)


def test_refunds_never_exceed_their_capture(order: Order, now: datetime) -> None:
    taken = captured(order, 1, now)
    first = refund(taken, "a", amount=taken.paid_amount - 10)
    refund(taken, "b", amount=10)
    refused("refund_within_capture", "UPDATE payments_refund SET amount = amount + 1 WHERE id = %s", first.pk)
    Refund.objects.filter(key="b").update(state=R.REJECTED)
    refund(taken, "c", amount=10)
    refused("refund_within_capture", "UPDATE payments_refund SET state = 'requested' WHERE key = 'b'")
    with pytest.raises(Exception, match="refunds would be"):
        refund(attempt(order, 2), "d")


def test_messages_of_gateways_are_kept_once_and_as_they_came() -> None:
    values = {"gateway": "iyzico", "payment_id": "1", "conversation_id": "2", "kind": "X", "status": "SUCCESS"}
    row = GatewayEvent.objects.create(**values)
    columns = ", ".join(values)
    refused(
        "gateway_event_once",
        f"INSERT INTO payments_gatewayevent ({columns}) VALUES (%s, %s, %s, %s, %s)",
        *values.values(),
    )
    refused("append-only", "UPDATE payments_gatewayevent SET status = 'FAILURE' WHERE id = %s", row.pk)
