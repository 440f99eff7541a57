"""Work that the portal gave up on is taken up again by an administrator, and by nobody else."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from accounts.models import Person
from iys_portal.audit.models import AuditEvent, OutboxMessage

OUTBOX = "/yonetim/audit/outboxmessage/"


@pytest.fixture
def given_up(now: datetime) -> OutboxMessage:
    return OutboxMessage.objects.create(
        topic="contract.issue",
        payload={"document_id": 0},
        due_at=now,
        attempts=12,
        failed_at=now,
        last_error="Boom",
    )


def press(browser: Client, *messages: OutboxMessage) -> int:
    form = {"action": "try_again", "_selected_action": [message.pk for message in messages]}
    return browser.post(OUTBOX, form).status_code


def test_given_up_work_is_due_again_and_audited(
    browser: Client, administrator: Person, given_up: OutboxMessage, now: datetime
) -> None:
    assert press(browser, given_up) == 302
    given_up.refresh_from_db()
    assert (given_up.failed_at, given_up.attempts, given_up.due_at) == (None, 0, now)
    event = AuditEvent.objects.get()
    assert (event.action, event.object_id, event.actor_id) == ("retry", str(given_up.pk), administrator.pk)
    assert event.detail == {"attempts": 12}


def test_work_that_was_not_given_up_is_left_alone(browser: Client, now: datetime) -> None:
    done = OutboxMessage.objects.create(topic="contract.issue", due_at=now, attempts=1, done_at=now)
    waiting = OutboxMessage.objects.create(topic="contract.issue", due_at=now, attempts=3)
    assert press(browser, done, waiting) == 302
    assert list(OutboxMessage.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 3]
    assert AuditEvent.objects.count() == 0


def test_an_accountant_cannot_press_the_button(
    accountant: Person, client_of: Callable[[Person], Client], given_up: OutboxMessage
) -> None:
    assert press(client_of(accountant), given_up) == 403
    given_up.refresh_from_db()
    assert given_up.attempts == 12
