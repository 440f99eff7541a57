"""What goes out, what is noted about it, and what happens when a worker dies on the way."""

from collections.abc import Callable, Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Provider
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.audit.outbox import MAX_ATTEMPTS
from iys_portal.mail import attachments, services
from iys_portal.mail.attachments import Attachment, AttachmentMissing
from iys_portal.mail.enums import MailState
from iys_portal.mail.models import Mail
from iys_portal.mail.sending import message_id
from iys_portal.mail.transport import transport
from tests.child import run_in_a_worker_that_dies
from tests.mail.conftest import EXPIRED, work_off

Queued = Callable[..., Mail]


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The folder into which e-mails are written, as in development."""
    for name, value in transport("", folder=tmp_path / "mail").items():
        setattr(settings, name, value)
    return tmp_path / "mail"


@pytest.fixture
def files() -> Iterator[dict[tuple[int, int], bytes]]:
    """Files that can be attached as `test`, by (provider, number)."""
    held: dict[tuple[int, int], bytes] = {}

    @attachments.attachment("test")
    def load(number: int, /, *, provider_id: int) -> Attachment:
        if (provider_id, number) not in held:
            raise AttachmentMissing
        return Attachment("belge.pdf", held[provider_id, number], "application/pdf")

    yield held
    del attachments._LOADERS["test"]


def written(folder: Path) -> list[EmailMessage]:
    """Return the e-mails of all files, as a mail program reads them."""
    files = [path.read_bytes() for path in sorted(folder.iterdir())]
    parts = [part for file in files for part in file.split(b"\n" + b"-" * 79 + b"\n") if part.strip()]
    return [message_from_bytes(part, policy=policy.default) for part in parts]  # type: ignore[misc]


def test_a_file_that_can_be_read(queued: Queued, folder: Path, provider: Provider) -> None:
    mail = queued()
    assert work_off() == [True]
    (file,) = folder.iterdir()
    raw = file.read_text(encoding="utf-8")
    assert "Çalışmaya devam edenler:" in raw  # readable as it lies there, no base64
    (message,) = written(folder)
    assert dict(message.items()) == {
        "Content-Type": message["Content-Type"],
        "MIME-Version": "1.0",
        "Subject": "İLETİ-150 paketinizin süresi doldu",
        "From": "İleti Yönetim Sistemi <bilgi@iys.org.tr>",
        "To": provider.email,
        "Date": message["Date"],
        "Message-ID": message_id(mail),
        "Content-Language": "tr",
        "Auto-Submitted": "auto-generated",
    }
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()  # type: ignore[misc]
    assert text.get_content() == mail.text
    assert html.get_content() == mail.html
    assert html.get_content_type() == "text/html"


def test_sent_is_noted_once_with_its_instant(queued: Queued, mailoutbox: list[object]) -> None:
    mail = queued()
    assert work_off() == [True]
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (MailState.SENT, "")
    assert mail.sent_at is not None
    OutboxMessage.objects.update(done_at=None)  # the worker died just before it noted that the work is done
    assert work_off() == [True]
    assert len(mailoutbox) == 1
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["state:sent"]


def test_the_attachment_is_loaded_when_it_is_sent(
    queued: Queued, folder: Path, files: dict[tuple[int, int], bytes], provider: Provider
) -> None:
    mail = queued(attachment=("test", 7))
    assert work_off() == [False]
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.problem) == (MailState.QUEUED, 1, "Eki henüz hazır değil.")
    assert OutboxMessage.objects.get().last_error == "MailDelayed: AttachmentMissing"
    files[provider.pk, 7] = b"%PDF-1.7 deneme"
    assert work_off() == [True]
    (message,) = written(folder)
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("belge.pdf", "application/pdf")
    assert file.get_content() == b"%PDF-1.7 deneme"
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (MailState.SENT, "")


def test_another_providers_file_is_never_attached(queued: Queued, files: dict[tuple[int, int], bytes]) -> None:
    mail = queued(attachment=("test", 7))
    files[mail.provider_id + 1, 7] = b"%PDF-1.7 deneme"
    assert work_off() == [False]


def test_it_is_given_up_visibly_and_can_be_queued_again(
    queued: Queued, files: dict[tuple[int, int], bytes], provider: Provider, mailoutbox: list[object]
) -> None:
    mail = queued(attachment=("test", 7))
    assert [work_off() for _ in range(MAX_ATTEMPTS)] == [[False]] * (MAX_ATTEMPTS - 1) + [[True]]
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (MailState.FAILED, "Eki henüz hazır değil.")
    assert work_off() == []
    files[provider.pk, 7] = b"%PDF-1.7"
    assert services.send_again(mail_id=mail.pk, to=mail.to, actor=None) is True
    assert services.send_again(mail_id=mail.pk, to=mail.to, actor=None) is False
    assert work_off() == [True]
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, len(mailoutbox)) == (MailState.SENT, 0, 1)


@pytest.mark.parametrize(
    "address", ["", "yok", "a@b", "şirket@ornek.com.tr", "a@ornek.example\r\nBcc: b@ornek.example", "a@b.c, d@e.f"]
)
def test_an_address_that_is_none_fails_with_the_reason(queued: Queued, mailoutbox: list[object], address: str) -> None:
    mail = queued(to=address)
    assert work_off() == [True]
    mail.refresh_from_db()
    assert (mail.state, mail.problem) == (MailState.FAILED, "E-posta adresi geçersiz.")
    assert mailoutbox == []


def test_a_title_puts_nothing_into_the_header(queued: Queued, folder: Path) -> None:
    queued(context={**EXPIRED, "package": "İLETİ\r\nBcc: kurban@ornek.example\r\n\r\n<script>"})
    assert work_off() == [True]
    (message,) = written(folder)
    assert message["Bcc"] is None
    assert message["Subject"].strip() == "İLETİ Bcc: kurban@ornek.example <script> paketinizin süresi doldu"


def test_message_ids_are_the_same_for_one_email_and_differ_for_two(queued: Queued) -> None:
    one, other = queued(), queued()
    assert message_id(one) == message_id(Mail.objects.get(pk=one.pk))
    assert message_id(one) != message_id(other)
    assert message_id(one).endswith("@iys.org.tr>")


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_anywhere_sends_it_all_the_same_and_copies_are_known_as_one(
    queued: Queued, folder: Path, now: datetime
) -> None:
    """Between the server's answer and our note lies the one place where a death makes a copy."""
    mail = queued()
    message = OutboxMessage.objects.get()
    kills = 0
    while run_in_a_worker_that_dies(message.pk, at_statement=kills + 1):
        kills += 1
        mail.refresh_from_db()
        assert len(written(folder) if folder.exists() else []) >= (mail.state == MailState.SENT)
    assert kills >= 5
    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    copies = written(folder)
    assert len(copies) > 1
    assert {copy["Message-ID"] for copy in copies} == {message_id(mail)}
    assert work_off() in ([], [True])
    assert len(written(folder)) == len(copies)
