"""A day of card money beside the gateway's own report of it: both directions, midnight, and again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain

import hypothesis
import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import Person
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.shared.clock import ISTANBUL
from payments.gateways.base import GatewayUnavailableError
from payments.models import CardAttempt, CardDay, CardDifference, Refund
from payments.services import card_day
from payments.services.card_day import AlreadyClosed, close, compare_again, promise_due, reconcile
from tests.payments.card_days.conftest import GROSS, Reports

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=ISTANBUL)
MORNING = datetime(2026, 11, 21, 6, 30, tzinfo=ISTANBUL)
CENT = Decimal("0.01")

Captured = Callable[..., CardAttempt]
GivenBack = Callable[..., Refund]
Difference = tuple[str, str, str, Decimal | None, Decimal | None, bool]


def compare(day: date = DAY, *, now: datetime = MORNING) -> CardDay:
    return reconcile(gateway_name="iyzico", day=day, now=now)


def differences() -> list[Difference]:
    """Return kind, event, payment, ours, theirs and whether it is open."""
    return [
        (row.kind, row.event, row.payment_id, row.ours, row.theirs, row.closed_at is None)
        for row in CardDifference.objects.order_by("pk")
    ]


def test_a_day_that_agrees(bank: Reports, captured: Captured, given_back: GivenBack) -> None:
    first, second = captured(NOON), captured(NOON + timedelta(hours=1), paid_amount=GROSS + 100)
    given_back(second, "k1", Decimal("100.00"), NOON + timedelta(hours=2))
    bank.tell("1", first.conversation_id, "2026-11-20 12:00:00")
    bank.tell("2", second.conversation_id, "2026-11-20 13:00:00", amount=GROSS + 100)
    bank.tell("2", "k1", "2026-11-20 14:00:00", amount=Decimal("100.00"), kind="REFUND")
    row = compare()
    assert differences() == []
    assert (row.ours_count, row.ours_sum) == (row.theirs_count, row.theirs_sum) == (2, 2 * GROSS + 100)
    assert (row.ours_back_count, row.ours_back_sum) == (row.theirs_back_count, row.theirs_back_sum) == (1, 100)
    assert (row.compared_at, row.problem, bank.calls["report"]) == (MORNING, "", 1)


def test_what_the_bank_does_not_have(bank: Reports, captured: Captured, given_back: GivenBack) -> None:
    attempt = captured(NOON)
    given_back(attempt, "k1", GROSS, NOON)
    compare()
    assert differences() == [
        ("missing_there", "payment", "1", GROSS, None, True),
        ("missing_there", "refund", "1", GROSS, None, True),
    ]
    assert [row.attempt for row in CardDifference.objects.all()] == [attempt, attempt]


def test_what_we_do_not_have(bank: Reports, captured: Captured) -> None:
    """Of an attempt that we thought over, of nobody we know, and money given back at the bank's own screen."""
    over = captured(NOON, state="abandoned", surplus=False, payment_id="", settled_at=None)
    known = captured(NOON, surplus=False)
    bank.tell("77", over.conversation_id, "2026-11-20 12:00:00")
    bank.tell("78", "", "2026-11-20 12:00:00")
    bank.tell("2", known.conversation_id, "2026-11-20 12:00:00")
    bank.tell("2", "", "2026-11-20 13:00:00", amount=Decimal("10.00"), kind="REFUND")
    bank.tell("2", "", "2026-11-20 13:05:00", amount=Decimal("5.00"), kind="REFUND")
    bank.tell("2", "", "2026-11-20 13:05:00", amount=Decimal("7.00"), kind="CANCEL")
    compare()
    assert differences() == [
        ("missing_here", "payment", "77", None, GROSS, True),
        ("missing_here", "payment", "78", None, GROSS, True),
        ("missing_here", "refund", "2", None, Decimal("22.00"), True),
    ]
    assert [row.attempt for row in CardDifference.objects.order_by("pk")] == [over, None, known]
    assert [m.payload for m in OutboxMessage.objects.filter(topic="card.settle")] == [{"attempt_id": over.pk}]


def test_a_second_capture_of_one_attempt_is_told(bank: Reports, captured: Captured) -> None:
    attempt = captured(NOON)
    bank.tell("1", attempt.conversation_id, "2026-11-20 12:00:00")
    bank.tell("99", attempt.conversation_id, "2026-11-20 12:00:01")
    compare()
    assert differences() == [("missing_here", "payment", "99", None, GROSS, True)]
    assert CardDifference.objects.get().attempt == attempt
    assert OutboxMessage.objects.filter(topic="card.settle").count() == 0


def test_another_amount_or_currency(bank: Reports, captured: Captured) -> None:
    for number in (1, 2):
        captured(NOON, surplus=number > 1)
    bank.tell("1", "", "2026-11-20 12:00:00", amount=GROSS - CENT)
    bank.tell("2", "", "2026-11-20 12:00:00", currency="USD")
    row = compare()
    assert differences() == [
        ("amount", "payment", "1", GROSS, GROSS - CENT, True),
        ("amount", "payment", "2", GROSS, GROSS, True),
    ]
    assert [row.currency for row in CardDifference.objects.order_by("pk")] == ["TRY", "USD"]
    assert (row.theirs_count, row.theirs_sum) == (2, GROSS - CENT)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("2026-11-20T23:59:59.999999", "2026-11-21 00:00:01"),
        ("2026-11-20T00:00:00", "2026-11-19 23:59:59"),
        ("2026-12-31T23:59:59", "2027-01-01 00:00:01"),
        ("2028-02-29T23:59:59", "2028-03-01 00:00:01"),
    ],
)
def test_midnight_is_no_difference(bank: Reports, captured: Captured, ours: str, theirs: str) -> None:
    at = datetime.fromisoformat(ours).replace(tzinfo=ISTANBUL)
    bank.tell("1", captured(at).conversation_id, theirs)
    for offset in (-1, 0, 1):
        compare(at.date() + timedelta(days=offset), now=at + timedelta(days=3))
    assert differences() == []


def test_what_we_learned_of_days_later_is_no_difference(bank: Reports, captured: Captured) -> None:
    attempt = captured(NOON, created_at=NOON - timedelta(days=4))
    bank.tell("1", attempt.conversation_id, "2026-11-16 12:00:00")
    for offset in range(-5, 2):
        compare(DAY + timedelta(days=offset), now=MORNING + timedelta(days=3))
    assert differences() == []


def test_two_days_later_is_a_difference(bank: Reports, captured: Captured) -> None:
    """The tolerance has an end: a line two days after our capture is another story."""
    bank.tell("1", captured(NOON).conversation_id, "2026-11-22 12:00:00")
    compare(now=MORNING + timedelta(days=5))
    assert differences() == [("missing_there", "payment", "1", GROSS, None, True)]


def test_again_changes_nothing(bank: Reports, captured: Captured) -> None:
    captured(NOON)
    bank.tell("78", "", "2026-11-20 12:00:00")
    compare()
    first, events = differences(), AuditEvent.objects.count()
    compare(now=MORNING + timedelta(hours=4))
    assert (differences(), AuditEvent.objects.count(), CardDay.objects.count()) == (first, events, 1)
    assert len(first) == 2


def test_what_vanished_is_closed_by_the_system(bank: Reports, captured: Captured) -> None:
    """The bank's line came late, and ours, too: both are closed, with a note, and opened again if they come back."""
    attempt = captured(NOON)
    over = captured(NOON, state="abandoned", surplus=False, payment_id="", settled_at=None)
    bank.tell("77", over.conversation_id, "2026-11-20 12:00:00")
    compare()
    bank.tell("1", attempt.conversation_id, "2026-11-21 00:10:00")
    CardAttempt.objects.filter(pk=over.pk).update(state="succeeded", surplus=True, payment_id="77", settled_at=MORNING)
    later = MORNING + timedelta(hours=4)
    compare(now=later)
    assert [row[-1] for row in differences()] == [False, False]
    rows = list(CardDifference.objects.all())
    assert {(row.vanished, row.closed_by, row.closed_at) for row in rows} == {(True, None, later)}
    assert {row.note for row in rows} == {card_day._VANISHED}
    bank.lines.pop()
    compare(now=later)
    assert sorted((row[0], row[-1]) for row in differences()) == [("missing_here", False), ("missing_there", True)]


def test_an_empty_report_closes_nothing(bank: Reports, captured: Captured) -> None:
    """That a line is gone from the bank's report does not say that the money is."""
    captured(NOON)
    bank.tell("78", "", "2026-11-20 12:00:00")
    bank.tell("1", "", "2026-11-20 12:00:00", amount=GROSS + CENT)
    compare()
    bank.lines.clear()
    compare()
    assert [(row[0], row[-1]) for row in differences()] == [
        ("missing_here", True),
        ("amount", True),
        ("missing_there", True),
    ]


def test_what_a_person_closed_stays_closed_until_its_figures_change(
    bank: Reports, captured: Captured, accountant: Person
) -> None:
    bank.tell("78", "", "2026-11-20 12:00:00", amount=GROSS)
    compare()
    row = CardDifference.objects.get()
    close(difference_id=row.pk, person=accountant, note="Deneme işlemi", now=MORNING)
    with pytest.raises(AlreadyClosed, match=r"Bu fark daha önce kapatılmış"):
        close(difference_id=row.pk, person=accountant, note="Bir daha", now=MORNING)
    compare()
    row.refresh_from_db()
    assert (row.closed_by, row.note, row.vanished) == (accountant, "Deneme işlemi", False)
    bank.lines[0]["paidPrice"] = str(GROSS + CENT)
    compare()
    row.refresh_from_db()
    assert (row.closed_at, row.closed_by, row.note, row.theirs) == (None, None, "", GROSS + CENT)
    actions = AuditEvent.objects.filter(object_type="payments.carddifference").order_by("pk")
    assert list(actions.values_list("action", "actor_name", "reason")) == [
        ("difference_found", "Sistem", "Bankada var, bizde yok"),
        ("difference_closed", accountant.get_full_name(), "Deneme işlemi"),
        ("difference_found", "Sistem", "Bankada var, bizde yok"),
    ]


@pytest.mark.usefixtures("clock")
def test_no_answer_is_visible_and_asked_again(bank: Reports, captured: Captured, now: datetime) -> None:
    captured(now - timedelta(days=1))
    assert promise_due(now=now) == 1
    message = OutboxMessage.objects.get(topic="card.compare_day")
    bank.order("report", "http-500")
    assert outbox.run(message.pk) is False
    row = CardDay.objects.get()
    assert (row.compared_at, row.problem) == (None, card_day._PROBLEM)
    message.refresh_from_db()
    assert (message.attempts, message.failed_at) == (1, None)
    assert outbox.run(message.pk) is True
    row.refresh_from_db()
    assert (row.compared_at, row.problem) == (now, "")
    bank.order("report", "malformed")
    with pytest.raises(GatewayUnavailableError):
        compare(row.day, now=now + timedelta(hours=4))
    row.refresh_from_db()
    assert (row.compared_at, row.asked_at, row.problem) == (now, now + timedelta(hours=4), card_day._PROBLEM)


def test_the_days_that_are_due(bank: Reports, captured: Captured) -> None:
    """Three days each morning; of the last month those that were never compared; none before the first attempt."""
    now = MORNING
    assert promise_due(now=now) == 0
    captured(NOON - timedelta(days=40))
    for back in range(2, 30):
        compare(DAY - timedelta(days=back))
    OutboxMessage.objects.all().delete()
    assert promise_due(now=now) == 3
    CardDay.objects.filter(day=DAY - timedelta(days=9)).update(compared_at=None, problem="x")
    CardDay.objects.filter(day=DAY - timedelta(days=12)).delete()
    OutboxMessage.objects.all().delete()
    assert promise_due(now=now) == 5
    days = [m.payload["day"] for m in OutboxMessage.objects.order_by("pk")]
    assert days == ["2026-11-20", "2026-11-19", "2026-11-18", "2026-11-11", "2026-11-08"]
    assert {m.payload["gateway_name"] for m in OutboxMessage.objects.all()} == {"iyzico"}


def test_a_gateway_without_a_report_is_asked_about_what_ended_yesterday_without_money(
    bank: Reports, captured: Captured, settings: Settings
) -> None:
    settings.NESTPAY_STORE_KEY = "x"
    refused = {"gateway": "nestpay", "state": "declined", "decline_group": "other", "payment_id": "", "surplus": False}
    last = NOON.replace(hour=23, minute=59, second=59)
    captured(NOON, gateway="nestpay")
    captured(last - timedelta(days=1), **refused)
    captured(NOON + timedelta(days=1), **refused)
    captured(NOON, **refused | {"state": "needs_3ds", "settled_at": None, "decline_group": ""})
    expected = [captured(at, **refused | {"state": state}) for at, state in ((NOON, "declined"), (last, "abandoned"))]
    assert promise_due(now=MORNING) == 2
    promised = OutboxMessage.objects.filter(topic="card.settle").order_by("pk")
    assert [message.payload for message in promised] == [{"attempt_id": attempt.pk} for attempt in expected]


def test_a_day_that_is_not_over_is_not_compared(bank: Reports, accountant: Person) -> None:
    with pytest.raises(ValueError, match="not over"):
        compare(DAY, now=NOON)
    again = {"gateway_name": "iyzico", "person": accountant, "now": NOON}
    assert compare_again(day=DAY, **again) is False
    assert compare_again(day=DAY - timedelta(days=400), **again) is False
    assert compare_again(day=DAY, **{**again, "gateway_name": "other"}) is False
    assert compare_again(day=DAY - timedelta(days=1), **again) is True
    assert OutboxMessage.objects.get().payload == {"gateway_name": "iyzico", "day": "2026-11-19"}


@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    ours=st.sets(st.integers(1, 6), max_size=6),
    theirs=st.dictionaries(st.integers(1, 6), st.integers(0, 2), max_size=6),
    minutes=st.integers(-2, 2),
)
def test_differences_are_exactly_what_is_not_on_both_sides(
    bank: Reports, captured: Captured, ours: set[int], theirs: dict[int, int], minutes: int
) -> None:
    """Around midnight, in whatever mixture: what is on both sides equally is no difference, everything else is."""
    CardDifference.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM payments_cardattempt")
    bank.lines.clear()
    midnight = datetime(2026, 11, 21, 0, 0, tzinfo=ISTANBUL)
    at = midnight + timedelta(minutes=minutes)
    for number in sorted(ours):
        captured(midnight, payment_id=str(number), surplus=True)
    for number, cents in theirs.items():
        bank.tell(str(number), "", f"{at:%Y-%m-%d %H:%M:%S}", amount=GROSS + cents * CENT)
    for day in (DAY, DAY + timedelta(days=1)):
        compare(day, now=MORNING + timedelta(days=3))
    expected = chain(
        (("missing_there", str(n)) for n in ours - theirs.keys()),
        (("missing_here", str(n)) for n in theirs.keys() - ours),
        (("amount", str(n)) for n in ours & theirs.keys() if theirs[n]),
    )
    assert sorted((row[0], row[2]) for row in differences()) == sorted(expected)
