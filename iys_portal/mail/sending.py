"""Hand a queued e-mail to the mail server.

At least once: a worker that dies after the server took the e-mail and before that is noted sends it again. Both
copies carry the same Message-ID, which mail servers and programs know as one e-mail.
"""

import smtplib
from contextlib import suppress
from datetime import datetime
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email

from iys_portal.mail import attachments, services
from iys_portal.mail.attachments import AttachmentMissing
from iys_portal.mail.enums import MailState
from iys_portal.mail.models import Mail

logger = structlog.get_logger(__name__)

BAD_ADDRESS = "E-posta adresi geçersiz."
NO_ATTACHMENT = "Eki henüz hazır değil."
UNREACHABLE = "Posta sunucusuna ulaşılamadı."


class MailDelayed(Exception):
    """The e-mail could not be sent now; the outbox tries again. `str()` names no address."""


class _Refused(Exception):
    """The e-mail can never be delivered as it is; `str()` says why, in Turkish, for administrators."""


class _Delayed(Exception):
    """As above, but a later try may succeed."""


def send(*, mail_id: int, now: datetime) -> None:
    """Send a queued e-mail and note it; does nothing when it was sent or given up before.

    What no later try can mend fails the e-mail; anything else raises MailDelayed for the outbox, until the tries
    are used up. No row is locked and no transaction open while the mail server is spoken to.
    """
    mail = Mail.objects.get(pk=mail_id)
    if mail.state != MailState.QUEUED:
        return
    try:
        _deliver(message_of(mail))
    except _Refused as refusal:
        services.mark_refused(mail_id=mail_id, problem=str(refusal))
        logger.warning("mail_refused", mail_id=mail_id)
    except (_Delayed, AttachmentMissing) as delay:
        problem = NO_ATTACHMENT if isinstance(delay, AttachmentMissing) else str(delay)
        if services.mark_delayed(mail_id=mail_id, problem=problem):
            raise MailDelayed(type(delay.__cause__ or delay).__name__) from delay
    else:
        services.mark_sent(mail_id=mail_id, now=now)


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """Return the e-mail as it goes out; raises AttachmentMissing when its attachment is not there."""
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[mail.to],
        headers={
            "Message-ID": message_id(mail),
            "Content-Language": "tr",
            # No "out of office" answers, please (RFC 3834).
            "Auto-Submitted": "auto-generated",
            **_ways_out(mail),
        },
    )
    message.attach_alternative(mail.html, "text/html")
    if mail.attachment_id is not None and mail.provider_id is not None:
        file = attachments.load(mail.attachment_topic, mail.attachment_id, provider_id=mail.provider_id)
        message.attach(file.filename, file.content, file.mimetype)
    return message


def _ways_out(mail: Mail) -> dict[str, str]:
    """Return the headers of which mail programs make a button that ends such e-mails with one click (RFC 8058)."""
    if not mail.leave_url:
        return {}
    return {"List-Unsubscribe": f"<{mail.leave_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def message_id(mail: Mail) -> str:
    """Return the Message-ID: the same for every copy of one e-mail, another for every other."""
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"<{mail.pk}.{mail.created_at:%Y%m%d%H%M%S%f}@{sender.rpartition('@')[2]}>"


def _deliver(message: EmailMultiAlternatives) -> None:
    (address,) = message.to
    try:
        validate_email(address)
    except ValidationError:
        raise _Refused(BAD_ADDRESS) from None
    connection = get_connection()
    try:
        connection.open()
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = error.recipients[address]
        raise _judged("Alıcının sunucusu adresi kabul etmedi", code, words) from error
    except smtplib.SMTPDataError as error:
        raise _judged("Posta sunucusu iletiyi kabul etmedi", error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise _Delayed(f"{UNREACHABLE} ({type(error).__name__})") from error
    finally:
        # The e-mail is out by now: a server that stumbles over the good-bye must not have it sent again.
        with suppress(smtplib.SMTPException, OSError):
            connection.close()


def _judged(what: str, code: int, words: bytes | str) -> _Refused | _Delayed:
    """Return a refusal for good (5xx) or for now (4xx), with the server's own words."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    kind = _Refused if code >= 500 else _Delayed
    return kind(f"{what} ({code}): {' '.join(said.split())}")
