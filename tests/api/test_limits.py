"""Limits: by the second and by the hour, per account and address, in all processes, with the cache away."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import ApiAccount, Provider
from iys_portal import throttling
from iys_portal.api import limits, registry
from iys_portal.api.registry import Endpoint, Hourly, Needs
from tests.api.conftest import Api, codes

Make = Callable[..., Api]


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands half a second after a full hour."""
    clock = [3_600_000_000.5]
    monkeypatch.setattr(limits.time, "time", lambda: clock[0])
    return clock


def limited(client: Api, **values: Any) -> Api:
    ApiAccount.objects.filter(pk=client.account.pk).update(**values)
    return client


def test_requests_of_a_second(api: Make, provider: Provider, still: list[float]) -> None:
    client = limited(api(provider), per_second=2)
    answers = [client.get("/info/city/6") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (*codes(answers[2]), answers[2].headers["Retry-After"]) == (429, ["H124"], "1")
    assert client.get("/info/city/6", REMOTE_ADDR="192.0.2.1").status_code == 200
    still[0] += 1
    assert client.get("/info/city/6").status_code == 200


@pytest.mark.parametrize(("hourly", "column"), [("STATUS", "status_per_hour"), ("HISTORY", "history_per_hour")])
def test_requests_of_an_hour(
    api: Make,
    provider: Provider,
    still: list[float],
    own_registry: None,
    hourly: str,
    column: str,
) -> None:
    declared = Endpoint(lambda _call: 1, "POST", ("/info/x",), Needs.TOKEN, "", "", hourly=Hourly[hourly])
    registry._add("/info/x", declared)
    client = limited(api(provider), **{column: 1, "per_second": 100})
    assert client.post("/info/x", {}).status_code == 200
    answer = client.post("/info/x", {})
    assert (*codes(answer), answer.headers["Retry-After"]) == (429, [Hourly[hourly].value], "3600")
    still[0] += 3599
    assert codes(client.post("/info/x", {})) == (429, [Hourly[hourly].value])
    still[0] += 1
    assert client.log_in().post("/info/x", {}).status_code == 200
    limited(client, **{column: None})
    assert client.post("/info/x", {}).status_code == 200


def test_tokens_of_an_hour(api: Make, provider: Provider, still: list[float]) -> None:
    client = limited(api(provider), tokens_per_hour=2)
    fields = {"username": client.account.username, "password": client.issued.secret, "grant_type": "password"}
    assert client.ask_token(**fields).status_code == 200
    answer = client.ask_token(**fields)
    assert (*codes(answer), answer.headers["Retry-After"]) == (429, ["H084"], "3600")


def test_while_the_cache_is_away_each_process_counts(
    api: Make, provider: Provider, still: list[float], lose_cache: Callable[[], list[object]]
) -> None:
    asked = lose_cache()
    client = limited(api(provider), per_second=2)
    assert [client.get("/info/city/6").status_code for _ in range(3)] == [200, 200, 429]
    assert len(asked) == 1  # then it is left alone for some seconds


def test_counts_are_shared_between_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process counted is in the cache only; this one's own count starts from nothing."""
    monkeypatch.setattr(throttling, "_count", lambda *_: 1)
    key = "api:test:shared"
    assert [throttling.counts_of([throttling.Counter(key, 60)])[0] for _ in range(3)] == [1, 2, 3]


def test_limits_of_a_new_account(api: Make, provider: Provider, settings: Any) -> None:
    settings.DEMO_MODE = False
    account = api(provider).account
    assert (account.per_second, account.tokens_per_hour) == (10, 100)
    assert (account.status_per_hour, account.history_per_hour) == (1000, 100)
    settings.DEMO_MODE = True
    account = api(provider).account
    assert (account.per_second, account.tokens_per_hour) == (1000, None)
    assert (account.status_per_hour, account.history_per_hour) == (None, None)
