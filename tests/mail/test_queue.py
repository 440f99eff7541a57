"""Queueing: written at once, in the caller's transaction, once for a key."""

from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.models import Provider
from iys_portal.audit.models import OutboxMessage
from iys_portal.celery import app
from iys_portal.mail.enums import MailKind, MailState
from iys_portal.mail.models import Mail
from iys_portal.mail.services import queue
from tests.child import in_child
from tests.mail.conftest import EXPIRED, work_off

Queued = Callable[..., Mail]


def test_the_row_holds_the_email_and_the_promise_only_its_number(queued: Queued, provider: Provider) -> None:
    mail = queued()
    assert (mail.state, mail.to, mail.provider_id) == (MailState.QUEUED, provider.email, provider.pk)
    assert mail.subject == "İLETİ-150 paketinizin süresi doldu"
    message = OutboxMessage.objects.get()
    assert (message.topic, message.payload) == ("mail.send", {"mail_id": mail.pk})


def test_a_key_is_queued_once(queued: Queued) -> None:
    first = queued(key="notice:1:expired")
    assert queued(key="notice:1:expired") == first
    assert queued(key="notice:2:expired") != first
    assert [queued().pk == queued().pk, Mail.objects.count(), OutboxMessage.objects.count()] == [False, 4, 4]


def test_what_is_rolled_back_was_never_written(queued: Queued) -> None:
    with pytest.raises(RuntimeError):
        _queue_and_fail(queued)
    assert (Mail.objects.count(), OutboxMessage.objects.count()) == (0, 0)


@transaction.atomic
def _queue_and_fail(queued: Queued) -> None:
    queued()
    raise RuntimeError


def test_a_template_that_misses_a_value_writes_nothing(queued: Queued) -> None:
    with pytest.raises(ValueError, match="not given"):
        queued(context={"title": "A"})
    assert Mail.objects.count() == 0


def test_an_attachment_nobody_can_load_is_refused(queued: Queued) -> None:
    with pytest.raises(ValueError, match="no loader for picture"):
        queued(attachment=("picture", 1))


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_delays_but_loses_nothing(provider: Provider, mailoutbox: list[object]) -> None:
    def queue_without_broker() -> None:
        app.conf.broker_url = app.conf.broker_write_url = "redis://127.0.0.1:1/0"  # nothing listens there
        values = {"to": provider.email, "provider_id": provider.pk, "context": EXPIRED}
        queue(kind=MailKind.SUBSCRIPTION_EXPIRED, **values)  # type: ignore[arg-type]

    assert in_child(queue_without_broker) == 0
    assert Mail.objects.get().state == MailState.QUEUED
    assert work_off() == [True]
    assert (Mail.objects.get().state, len(mailoutbox)) == (MailState.SENT, 1)
