"""Send the e-mails that were queued."""

from django.utils import timezone

from iys_portal.audit.outbox import handler
from iys_portal.mail import sending


@handler("mail.send")
def send_mail(*, mail_id: int) -> None:
    """Send one e-mail."""
    sending.send(mail_id=mail_id, now=timezone.now())
