"""Sending to a real mail server over a socket, the friendly one and the others."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.checks import mail_leaves_the_house
from iys_portal.mail.enums import MailState
from iys_portal.mail.models import Mail
from iys_portal.mail.sending import message_id
from iys_portal.mail.transport import transport
from tests.mail.conftest import work_off
from tests.mail.smtp import MailServer, mail_server

Queued = Callable[..., Mail]


def use(settings: Settings, url: str) -> None:
    """Send as an installation with this EMAIL_URL does."""
    for name, value in transport(url, folder=Path("/unused")).items():
        setattr(settings, name, value)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as state:
        use(settings, state.url)
        yield state


def outcome(mail: Mail) -> tuple[str, str]:
    mail.refresh_from_db()
    return mail.state, mail.problem


def test_it_arrives_whole(queued: Queued, server: MailServer) -> None:
    mail = queued()
    assert work_off() == [True]
    assert outcome(mail) == (MailState.SENT, "")
    (message,) = server.messages
    assert server.recipients == [mail.to]
    assert (message["Subject"], message["Message-ID"]) == (mail.subject, message_id(mail))
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == mail.text
    assert html.get_content().replace("\r\n", "\n") == mail.html


def test_a_recipient_that_is_refused_for_good(queued: Queued, server: MailServer) -> None:
    server.answers["RCPT"] = "550 5.1.1 No such user"
    mail = queued()
    assert work_off() == [True]
    assert outcome(mail) == (
        MailState.FAILED,
        "Alıcının sunucusu adresi kabul etmedi (550): 5.1.1 No such user",
    )
    assert server.messages == []


def test_a_recipient_that_is_refused_for_now(queued: Queued, server: MailServer) -> None:
    server.answers["RCPT"] = "451 4.7.1 Greylisted"
    mail = queued()
    assert work_off() == [False]
    assert outcome(mail) == (MailState.QUEUED, "Alıcının sunucusu adresi kabul etmedi (451): 4.7.1 Greylisted")
    message = OutboxMessage.objects.get()
    assert (message.attempts, message.last_error) == (1, "MailDelayed: SMTPRecipientsRefused")  # names no address
    del server.answers["RCPT"]
    assert work_off() == [True]
    assert outcome(mail) == (MailState.SENT, "")
    assert len(server.messages) == 1


@pytest.mark.parametrize(("code", "done", "state"), [(554, True, "failed"), (452, False, "queued")])
def test_an_email_that_is_refused(queued: Queued, server: MailServer, code: int, done: bool, state: str) -> None:
    server.answers["BODY"] = f"{code} No"
    mail = queued()
    assert work_off() == [done]
    assert outcome(mail) == (state, f"Posta sunucusu iletiyi kabul etmedi ({code}): No")


def test_a_server_that_stumbles_over_the_good_bye_gets_no_second_copy(queued: Queued, server: MailServer) -> None:
    server.drops_at = "QUIT"
    mail = queued()
    assert work_off() == [True]
    assert outcome(mail) == (MailState.SENT, "")
    assert len(server.messages) == 1


def test_a_server_that_hangs_up_half_way_is_tried_again(queued: Queued, server: MailServer) -> None:
    server.drops_at = "DATA"
    mail = queued()
    assert work_off() == [False]
    assert outcome(mail) == (MailState.QUEUED, "Posta sunucusuna ulaşılamadı. (SMTPServerDisconnected)")


def test_nobody_listens(queued: Queued, settings: Settings) -> None:
    use(settings, "smtp+plain://127.0.0.1:1")
    mail = queued()
    assert work_off() == [False]
    assert outcome(mail) == (MailState.QUEUED, "Posta sunucusuna ulaşılamadı. (ConnectionRefusedError)")


def test_a_server_that_says_nothing_is_left_in_time(queued: Queued, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(settings, f"smtp+plain://127.0.0.1:{silent.getsockname()[1]}")
        assert settings.EMAIL_TIMEOUT == 10
        settings.EMAIL_TIMEOUT = 0.2
        mail = queued()
        assert work_off() == [False]
    assert outcome(mail) == (MailState.QUEUED, "Posta sunucusuna ulaşılamadı. (SMTPServerDisconnected)")


def test_a_server_without_encryption_gets_nothing_where_it_is_asked_for(
    queued: Queued, server: MailServer, settings: Settings
) -> None:
    use(settings, f"smtp://127.0.0.1:{server.port}")
    mail = queued()
    assert work_off() == [False]
    assert outcome(mail) == (MailState.QUEUED, "Posta sunucusuna ulaşılamadı. (SMTPNotSupportedError)")
    assert server.recipients == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://posta.example", ("posta.example", 587, "", "", False, True)),
        ("smtp://b%40x:p%2Fw@posta.example:2525", ("posta.example", 2525, "b@x", "p/w", False, True)),
        ("smtps://posta.example", ("posta.example", 465, "", "", True, False)),
        ("smtp+plain://127.0.0.1", ("127.0.0.1", 25, "", "", False, False)),
    ],
)
def test_addresses_of_mail_servers(url: str, expected: tuple[Any, ...]) -> None:
    found = transport(url, folder=Path("/unused"))
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_SSL", "USE_TLS")
    assert tuple(found[f"EMAIL_{name}"] for name in names) == expected
    assert found["EMAIL_TIMEOUT"] == 10


@pytest.mark.parametrize("url", ["posta.example", "http://posta.example", "smtp://", "smtp:geheim"])
def test_other_addresses_are_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL must be") as error:
        transport(url, folder=Path("/unused"))
    assert "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "warnings"),
    [("", ["mail.W001"]), ("smtp+plain://127.0.0.1", ["mail.W002"]), ("smtp://a", []), ("smtps://a", [])],
)
def test_check_deploy_warns_of_mail_that_stays_or_travels_in_clear(
    settings: Settings, url: str, warnings: list[str]
) -> None:
    use(settings, url)
    assert [warning.id for warning in mail_leaves_the_house()] == warnings
