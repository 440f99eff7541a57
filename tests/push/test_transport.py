"""One POST over a real socket: what is sent, and what comes of every kind of answer."""

import pytest
from pytest_django import Settings

from push.enums import Result
from push.transport import Letter, post
from tests.push.receiver import PASSWORD, USER, Receiver


def letter(receiver: Receiver, **changes: object) -> Letter:
    values = {"url": receiver.url, "body": b'{"list":[]}', "username": USER, "password": PASSWORD}
    return Letter(**(values | changes))  # type: ignore[arg-type]


def test_what_is_sent(receiver: Receiver) -> None:
    outcome = post(letter(receiver, headers={"X-IYS-Delivery": "7"}), seconds=5)
    assert (outcome.result, outcome.status) == (Result.OK, 200)
    headers, body = receiver.got[0]
    assert body == b'{"list":[]}'
    assert (headers["Content-Type"], headers["X-IYS-Delivery"]) == ("application/json; charset=utf-8", "7")
    assert headers["Host"] == receiver.url.split("/")[2]


@pytest.mark.parametrize(
    ("answer", "result", "status"),
    [
        (204, Result.OK, 204),
        (500, Result.STATUS, 500),
        ("redirect", Result.STATUS, 302),
        ("noise", Result.NONSENSE, None),
        ("silent", Result.TIMEOUT, None),
    ],
)
def test_answers(receiver: Receiver, answer: int | str, result: Result, status: int | None) -> None:
    receiver.answers.append(answer)
    outcome = post(letter(receiver), seconds=0.5 if answer == "silent" else 5)
    assert (outcome.result, outcome.status) == (result, status)
    assert len(receiver.got) == 1


def test_a_certificate_that_nobody_vouches_for(receiver: Receiver, settings: Settings) -> None:
    settings.PUSH_CA_FILE = ""
    assert post(letter(receiver), seconds=5).result == Result.CERTIFICATE
    assert receiver.got == []


def test_nobody_listens(receiver: Receiver) -> None:
    assert post(letter(receiver, url="https://127.0.0.1:1/"), seconds=5).result == Result.UNREACHABLE
    assert post(letter(receiver, url="https://yok.invalid/"), seconds=5).result == Result.UNREACHABLE


def test_outside_demonstrations_the_same_address_is_not_spoken_to(receiver: Receiver, settings: Settings) -> None:
    settings.DEMO_MODE = False
    assert post(letter(receiver), seconds=5).result == Result.FORBIDDEN
    assert receiver.got == []
