"""How often one address may ask: with the cache, without it, behind a proxy."""

import secrets
import socket

import pytest
import time_machine
from django.core.cache import caches
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from iys_portal import throttling
from iys_portal.throttling import address_of, is_too_often


def ask(address: str, **headers: str) -> HttpRequest:
    return RequestFactory().get("/", REMOTE_ADDR=address, **headers)


def fresh() -> str:
    return f"198.51.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def lose_cache(settings: Settings) -> None:
    """Let the cache's server answer no more."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    default = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{port}/0"}
    settings.CACHES = {**settings.CACHES, "default": default}


@pytest.fixture
def dead_cache(settings: Settings) -> None:
    """A cache whose server does not answer."""
    lose_cache(settings)


def counted(address: str, count: int, what: str = "test") -> list[bool]:
    return [is_too_often(ask(address), what=what, times=3, seconds=3600) for _ in range(count)]


def test_this_run_counts_apart_from_every_other() -> None:
    assert caches["default"].key_prefix.startswith("test-")


@time_machine.travel("2026-11-23T09:05:00Z", tick=False)
def test_the_fourth_of_three_is_too_often_for_one_address_and_one_purpose() -> None:
    address = fresh()
    assert counted(address, 5) == [False, False, False, True, True]
    assert counted(address, 1, what="else") == [False]
    assert counted("203.0.113.77", 1, what=secrets.token_hex(4)) == [False]
    with time_machine.travel("2026-11-23T10:00:01Z", tick=False):
        assert counted(address, 1) == [False]


@time_machine.travel("2026-11-23T09:05:00Z", tick=False)
def test_without_the_cache_it_is_counted_in_the_process(dead_cache: None) -> None:
    assert counted(fresh(), 4) == [False, False, False, True]


@time_machine.travel("2026-11-23T09:05:00Z", tick=False)
def test_what_came_before_the_cache_went_away_counts(settings: Settings) -> None:
    address = fresh()
    assert counted(address, 2) == [False, False]
    lose_cache(settings)
    assert counted(address, 2) == [False, True]


def test_an_answer_that_is_an_error_is_not_taken_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "_AWAY_SECONDS", 0)
    wrong, right = secrets.token_hex(4), secrets.token_hex(4)
    cache = caches["default"]
    cache._cache.get_client().lpush(cache.make_key(wrong), "text")  # type: ignore[attr-defined]  # Django hides it
    asked = [throttling.Counter(right, 60), throttling.Counter(wrong, 60)]
    assert [throttling.counts_of(asked)[1] for _ in range(3)] == [1, 2, 3]  # the process's own count
    assert throttling.counts_of([throttling.Counter(right, 60), throttling.Counter(right, 60, 5)]) == [4, 9]


def test_no_address_is_kept() -> None:
    address, purpose = fresh(), secrets.token_hex(4)
    counted(address, 1, what=purpose)
    client = caches["default"]._cache.get_client()  # type: ignore[attr-defined]
    keys = [key.decode() for key in client.scan_iter(f"*{purpose}*")]
    assert len(keys) == 1
    assert address not in keys[0]


@pytest.mark.parametrize(
    ("behind", "remote", "forwarded", "address"),
    [
        (False, "192.0.2.1", "203.0.113.5", "192.0.2.1"),
        (True, "127.0.0.1", "10.0.0.1, 203.0.113.5", "203.0.113.5"),
        (True, "192.0.2.1", "", "192.0.2.1"),
        (True, "127.0.0.1", "nonsense", "unknown"),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
    ],
)
def test_whose_request_it_is(behind: bool, remote: str, forwarded: str, address: str, settings: Settings) -> None:
    settings.BEHIND_PROXY = behind
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert address_of(ask(remote, **headers)) == address
