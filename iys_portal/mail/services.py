"""Queue e-mails, note what became of them, and queue again what could not be delivered."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from iys_portal.audit.outbox import MAX_ATTEMPTS, promise
from iys_portal.audit.services import Actor, move, record
from iys_portal.mail import attachments
from iys_portal.mail.enums import MAIL_TRANSITIONS, MailKind, MailState
from iys_portal.mail.models import Mail
from iys_portal.mail.rendering import Value, render

_PROBLEM_LENGTH = 300


@transaction.atomic
def queue(
    *,
    kind: MailKind,
    to: str,
    provider_id: int | None,
    context: Mapping[str, Value],
    attachment: tuple[str, int] | None = None,
    key: str | None = None,
    is_personal: bool = False,
    leave_url: str = "",
) -> Mail:
    """Write an e-mail now and promise to send it, in the caller's transaction; return it.

    `provider_id` is None for somebody who has none. `context` fills ``templates/email/<kind>.txt``. `attachment` is
    (topic, number) of a registered loader. `is_personal`: `to` is a person's, not the provider's mailbox. With a
    `key`, an e-mail that was queued with the same key before is returned instead: nothing is sent twice. `leave_url` is
    where the reader ends e-mails of this kind; mail programs show it as a button. Raises ValueError when the template
    misses a value or the topic of the attachment is unknown.
    """
    if attachment is not None and not attachments.is_known(attachment[0]):
        raise ValueError(f"no loader for {attachment[0]}")
    rendered = render(kind, context)
    topic, number = attachment or ("", None)
    values = {
        "kind": kind,
        "to": to[:254],
        "provider_id": provider_id,
        "is_personal": is_personal,
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "leave_url": leave_url,
        "attachment_topic": topic,
        "attachment_id": number,
    }
    if key is None:
        mail, created = Mail.objects.create(**values), True
    else:
        mail, created = Mail.objects.get_or_create(key=key, defaults=values)
    if created:
        promise("mail.send", mail_id=mail.pk)
    return mail


def public_link(route: str, **arguments: object) -> str:
    """Return the address of a page as it stands in an e-mail."""
    return f"{settings.PUBLIC_URL}{reverse(route, kwargs=arguments)}"


@transaction.atomic
def mark_sent(*, mail_id: int, now: datetime) -> None:
    """Note that a mail server took the e-mail; does nothing when that was noted before. Locks it."""
    mail = _locked(mail_id)
    if mail.state == MailState.QUEUED:
        _move(mail, MailState.SENT, actor=None, reason="Posta sunucusu iletiyi aldı.", sent_at=now, problem="")


@transaction.atomic
def mark_refused(*, mail_id: int, problem: str) -> None:
    """Note that the e-mail can never be delivered as it is. Locks it."""
    mail = _locked(mail_id)
    if mail.state == MailState.QUEUED:
        _fail(mail, problem)


@transaction.atomic
def mark_delayed(*, mail_id: int, problem: str) -> bool:
    """Count a try that failed for now; return whether to try again. The last one fails the e-mail. Locks it."""
    mail = _locked(mail_id)
    if mail.state != MailState.QUEUED:
        return False
    mail.attempts += 1
    mail.problem = problem[:_PROBLEM_LENGTH]
    mail.save(update_fields=["attempts", "problem"])
    if mail.attempts < MAX_ATTEMPTS:
        return True
    _fail(mail, problem)
    return False


@transaction.atomic
def send_again(*, mail_id: int, to: str, actor: Actor | None) -> bool:
    """Queue an e-mail that could not be delivered once more, to the address `to`; return whether it was one.

    Locks it, so that pressed twice it is queued once. The address itself is not audited, only that it changed.
    """
    mail = _locked(mail_id)
    if mail.state != MailState.FAILED:
        return False
    record(action="mail:again", subject=mail, actor=actor, address_changed=to != mail.to)
    mail.to = to[:254]
    mail.save(update_fields=["to"])
    _move(mail, MailState.QUEUED, actor=actor, reason="Yeniden gönderilecek.", attempts=0, problem="")
    promise("mail.send", mail_id=mail.pk)
    return True


def _locked(mail_id: int) -> Mail:
    return Mail.objects.select_for_update(of=("self",), no_key=True).get(pk=mail_id)


def _fail(mail: Mail, problem: str) -> None:
    _move(mail, MailState.FAILED, actor=None, reason="Gönderilemedi.", problem=problem[:_PROBLEM_LENGTH])


def _move(mail: Mail, state: MailState, *, actor: Actor | None, reason: str, **changes: object) -> None:
    move(mail, state, table=MAIL_TRANSITIONS, actor=actor, reason=reason, **changes)
