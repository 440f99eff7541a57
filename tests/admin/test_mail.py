"""Administrators read every e-mail, take it home as a file, and have it sent again where it could not be delivered."""

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Person, Provider
from accounts.notifying import queue_for
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.mail.enums import MailKind, MailState
from iys_portal.mail.models import Mail
from iys_portal.mail.services import mark_refused, queue
from tests.accounts.company import invite, member

MAILS = "/yonetim/mail/mail/"
VALUES = {
    "title": "<b>Çağrı</b> A.Ş.",
    "package": "İLETİ-150",
    "last_day": "22.11.2027",
    "link": "https://portal.example/paket/sec/",
}


@pytest.fixture
def mail(provider: Provider) -> Mail:
    return queue(kind=MailKind.SUBSCRIPTION_EXPIRED, to="yok", provider_id=provider.pk, context=VALUES)


@pytest.fixture
def failed(mail: Mail) -> Mail:
    mark_refused(mail_id=mail.pk, problem="E-posta adresi geçersiz.")
    mail.refresh_from_db()
    OutboxMessage.objects.all().delete()
    return mail


def press(browser: Client, *mails: Mail) -> int:
    form = {"action": "try_again", "_selected_action": [mail.pk for mail in mails]}
    return browser.post(MAILS, form).status_code


def test_the_list_and_the_page_name_the_company_and_the_state(
    browser: Client, failed: Mail, provider: Provider
) -> None:
    company = f"{provider.title} ({provider.iys_code})"
    for address in (MAILS, f"{MAILS}{failed.pk}/change/"):
        html = browser.get(address).content.decode()
        for words in (company, "Gönderilemedi", "E-posta adresi geçersiz.", "Süre doldu"):
            assert words in html, (address, words)


def test_the_page_shows_the_text_and_no_markup_of_the_email(browser: Client, mail: Mail) -> None:
    html = browser.get(f"{MAILS}{mail.pk}/change/").content.decode()
    assert "Sayın &lt;b&gt;Çağrı&lt;/b&gt; A.Ş. yetkilisi," in html
    assert "style=" not in html[html.index("<main") :]
    assert "<iframe" not in html


def test_the_file_is_the_whole_email(browser: Client, mail: Mail, provider: Provider) -> None:
    mail.to = provider.email
    mail.save()
    answer = browser.get(f"{MAILS}{mail.pk}/ileti.eml")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "message/rfc822",
        f'attachment; filename="ileti-{mail.pk}.eml"',
    )
    message = message_from_bytes(answer.content, policy=policy.default)
    assert (message["To"], message["Subject"]) == (provider.email, mail.subject)
    html = message.get_body(("html",))  # type: ignore[attr-defined]
    assert html.get_content() == mail.html


def test_a_file_whose_attachment_is_missing_is_not_there(browser: Client, mail: Mail) -> None:
    Mail.objects.update(attachment_topic="contract", attachment_id=0)
    assert browser.get(f"{MAILS}{mail.pk}/ileti.eml").status_code == 404
    assert browser.get(f"{MAILS}0/ileti.eml").status_code == 404


def test_nobody_else_sees_an_email(
    accountant: Person, alice: Person, client_of: Callable[[Person], Client], mail: Mail
) -> None:
    for address in (MAILS, f"{MAILS}{mail.pk}/change/", f"{MAILS}{mail.pk}/ileti.eml"):
        assert client_of(accountant).get(address).status_code == 403
        assert client_of(alice).get(address).status_code == 302
        assert Client().get(address).status_code == 302


def test_what_failed_is_sent_again_to_the_address_of_today(
    browser: Client, administrator: Person, failed: Mail, provider: Provider, mailoutbox: list[object]
) -> None:
    assert press(browser, failed) == 302
    failed.refresh_from_db()
    assert (failed.state, failed.to, failed.problem) == (MailState.QUEUED, provider.email, "")
    assert press(browser, failed) == 302  # pressed twice
    message = OutboxMessage.objects.get()
    assert message.payload == {"mail_id": failed.pk}
    assert outbox.run(message.pk) is True
    failed.refresh_from_db()
    assert (failed.state, len(mailoutbox)) == (MailState.SENT, 1)
    events = AuditEvent.objects.filter(object_type="mail.mail", actor_id=administrator.pk).order_by("pk")
    assert [event.action for event in events] == ["mail:again", "state:queued"]
    assert events[0].detail == {"address_changed": True}
    assert events[0].provider_id == provider.pk


def test_what_was_written_to_a_person_is_sent_again_to_that_person(
    browser: Client, failed: Mail, provider: Provider, alice: Person, now: datetime
) -> None:
    member(provider, Role.OWNER, email="sahip@ornek.com.tr")
    context = {**VALUES, "title": provider.title}
    _, copy = queue_for(provider, kind=MailKind.SUBSCRIPTION_EXPIRED, context=context, key="test")
    invite(provider, alice, now=now)
    personal = [copy, Mail.objects.get(kind=MailKind.INVITATION)]
    for mail in personal:
        mark_refused(mail_id=mail.pk, problem="E-posta adresi geçersiz.")
    press(browser, failed, *personal)
    again = Mail.objects.filter(pk__in=[failed.pk, *(each.pk for each in personal)], state=MailState.QUEUED)
    assert [mail.to for mail in again.order_by("pk")] == [
        provider.email,
        "sahip@ornek.com.tr",
        "sule@ornek.com.tr",
    ]


def test_what_was_sent_or_waits_is_left_alone(browser: Client, mail: Mail) -> None:
    answer = browser.post(MAILS, {"action": "try_again", "_selected_action": [mail.pk]}, follow=True)
    assert "Seçilenler arasında gönderilemeyen e-posta yok." in answer.content.decode()
    assert (OutboxMessage.objects.count(), AuditEvent.objects.count()) == (1, 0)


def test_an_accountant_cannot_press_the_button(
    accountant: Person, client_of: Callable[[Person], Client], failed: Mail
) -> None:
    assert press(client_of(accountant), failed) == 403
    failed.refresh_from_db()
    assert failed.state == MailState.FAILED


def test_an_email_is_found_by_its_company(browser: Client, mail: Mail, provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(title="İSTANBUL IŞIK A.Ş.")
    for typed, found in (("istanbul isik", 1), (str(provider.iys_code), 1), ("ankara", 0), (mail.to, 0)):
        assert browser.get(MAILS, {"q": typed}).context["cl"].result_count == found, typed
