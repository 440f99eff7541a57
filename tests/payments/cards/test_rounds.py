"""Rounds of asking gateways: one of a kind at a time, not for long, past a gateway that hangs, by indexes."""

import threading

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from payments.gateways.base import Outcome, Result
from payments.models import CardAttempt, GatewayEvent
from payments.models.cards import LEFT_AT_BANK
from payments.services.asking import Question, ask_round

pytestmark = pytest.mark.django_db


class Desk:
    """Gateways that answer after some seconds of a clock of their own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.asked: list[str] = []

    def question(self, gateway: str, result: Result, seconds: float) -> Question:
        def ask() -> Outcome:
            self.asked.append(gateway)
            self.seconds += seconds
            return Outcome(result=result)

        return Question(gateway, 1, ask)

    def round(self, *questions: Question) -> int:
        return ask_round("card", lambda: questions, clock=lambda: self.seconds)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_gateway_that_hangs_is_asked_once_and_keeps_no_other_from_being_asked(desk: Desk) -> None:
    hanging, quick = desk.question("a", Result.UNKNOWN, 10), desk.question("b", Result.UNKNOWN, 0.1)
    assert desk.round(hanging, hanging, quick, quick) == 3
    assert desk.asked == ["a", "b", "b"]


def test_a_round_ends_although_more_is_due(desk: Desk) -> None:
    slow = desk.question("a", Result.SUCCEEDED, 4)
    assert desk.round(*[slow] * 10) == 4


def test_a_failure_of_ours_stops_nothing_and_the_workers_time_limit_all(desk: Desk) -> None:
    def fail(error: type[Exception]) -> Question:
        def ask() -> Outcome:
            raise error

        return Question("a", 1, ask)

    quick = desk.question("a", Result.SUCCEEDED, 0)
    assert desk.round(fail(RuntimeError), quick) == 2
    with pytest.raises(SoftTimeLimitExceeded):
        desk.round(fail(SoftTimeLimitExceeded), quick)
    assert desk.asked == ["a"]


def test_two_workers_make_one_round_of_a_kind_at_a_time(desk: Desk) -> None:
    """The second one is another session of the database."""
    asked: dict[str, int] = {}
    quick = desk.question("a", Result.SUCCEEDED, 0)

    def elsewhere() -> None:
        try:
            for kind in ("card", "refund"):
                asked[kind] = ask_round(kind, lambda: [quick])
        finally:
            connection.close()

    def meanwhile() -> list[Question]:
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join()
        return [quick]

    assert (ask_round("card", meanwhile), asked) == (1, {"card": 0, "refund": 1})


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (CardAttempt.objects.filter(LEFT_AT_BANK), "attempt_left"),
        (GatewayEvent.objects.filter(conversation_id__in=["a", "b"]), "gateway_event_number"),
    ],
)
def test_what_is_asked_often_is_found_by_an_index(rows: object, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in rows.order_by().explain()  # type: ignore[attr-defined]
