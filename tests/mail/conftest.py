"""E-mails as the services queue them, and the worker's part done by hand."""

from collections.abc import Callable

import pytest

from accounts.models import Provider
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.enums import MailKind
from iys_portal.mail.models import Mail
from iys_portal.mail.services import queue

EXPIRED = {
    "title": "Hizmet Sağlayıcı A.Ş.",
    "package": "İLETİ-150",
    "last_day": "22.11.2027",
    "link": "https://portal.example/paket/sec/",
}


@pytest.fixture
def queued(provider: Provider) -> Callable[..., Mail]:
    """Return an e-mail to Alice's company that a worker has not sent yet; keywords go to `queue`."""

    def make(**values: object) -> Mail:
        known = {"kind": MailKind.SUBSCRIPTION_EXPIRED, "to": provider.email, "provider_id": provider.pk}
        return queue(**{**known, "context": EXPIRED, **values})  # type: ignore[arg-type]

    return make


def work_off() -> list[bool]:
    """Run the open messages of `mail.send` once, as a worker does; return which are done."""
    messages = OutboxMessage.objects.filter(topic="mail.send", done_at=None, failed_at=None).order_by("pk")
    return [outbox.run(pk) for pk in list(messages.values_list("pk", flat=True))]
