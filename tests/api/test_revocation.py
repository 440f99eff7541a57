"""What is taken back is gone with the next call, though calls remember who may what."""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import ModuleType, SimpleNamespace

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import connection
from django.test import TestCase

from accounts.models import ApiRequest, Person, Provider
from accounts.services import api_accounts
from brands.enums import BrandState
from brands.services import brands
from iys_portal import changes, throttling
from iys_portal import settings as shipped
from iys_portal.api import brief, handling, reach
from iys_portal.audit.models import AuditEvent
from packages.services import pause
from partners.enums import Right
from partners.services import directory, grants
from tests import factories
from tests.api.conftest import Api, codes
from tests.partners.scene import authorise

Make = Callable[..., Api]


@pytest.fixture(autouse=True)
def remembered(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Let calls remember, by a clock that stands still: what is noticed is noticed for another reason."""
    clock = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(django_settings, "API_STANDING_SECONDS", shipped.API_STANDING_SECONDS)
    monkeypatch.setattr(brief, "_kept", {})
    monkeypatch.setattr(brief, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    with time_machine.travel(now, tick=False):
        yield clock


class Scene:
    """A partner and its provider, who both call about a brand."""

    def __init__(self, api: Make, provider: Provider, alice: Person, now: datetime) -> None:
        self.now, self.alice, self.provider = now, alice, provider
        self.term = factories.subscription(provider, now=now)
        self.partner, self.brand = factories.PartnerFactory.create(), factories.BrandFactory.create(provider=provider)
        self.grant = authorise(self.brand, self.partner, person=alice, now=now, mesaj=Right.READ)
        self.of_partner, self.of_provider = api(self.partner, now=now), api(provider, now=now)
        self.path = f"/sps/{provider.iys_code}/brands/{self.brand.code}/consents/changes?limit=1"


def commit(change: Callable[[], object]) -> None:
    connection.run_on_commit = []  # what the test's own transaction, which never ends, gathered before
    with TestCase.captureOnCommitCallbacks(execute=True):
        change()


@pytest.fixture
def scene(api: Make, provider: Provider, alice: Person, now: datetime) -> Scene:
    return Scene(api, provider, alice, now)


def of_provider(scene: Scene) -> Api:
    return scene.of_provider


def of_partner(scene: Scene) -> Api:
    return scene.of_partner


CASES: dict[str, tuple[Callable[[Scene], Api], Callable[[Scene], object], tuple[int, list[str]]]] = {
    "grant revoked": (
        of_partner,
        lambda it: grants.revoke(grant=it.grant, person=it.alice, now=it.now),
        (403, ["H353"]),
    ),
    "partner suspended": (
        of_partner,
        lambda it: directory.suspend(party=it.partner, actor=it.alice, reason="Şikâyet", now=it.now),
        (403, ["H353"]),
    ),
    "brand made passive": (
        of_provider,
        lambda it: brands.set_state(brand=it.brand, to=BrandState.PASSIVE, person=it.alice),
        (403, ["H353"]),
    ),
    "for other brands only": (
        of_provider,
        lambda it: api_accounts.change_brands(account=it.of_provider.account, brand_codes=[1], actor=it.alice),
        (403, ["H353"]),
    ),
    "from other addresses only": (
        of_provider,
        lambda it: api_accounts.change_networks(account=it.of_provider.account, networks=["192.0.2.0/24"], actor=None),
        (403, ["P007"]),
    ),
    "account revoked": (
        of_provider,
        lambda it: api_accounts.revoke_account(account=it.of_provider.account, now=it.now, actor=it.alice),
        (401, ["H351"]),
    ),
    "secret changed": (
        of_provider,
        lambda it: api_accounts.rotate_secret(account=it.of_provider.account, now=it.now, actor=it.alice),
        (401, ["H351"]),
    ),
    "package paused": (
        of_provider,
        lambda it: pause(subscription=it.term, actor=it.alice, reason="İnceleme", now=it.now),
        (403, ["H520"]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_next_call_is_refused(scene: Scene, case: str) -> None:
    caller, take_back, refusal = CASES[case]
    client = caller(scene)
    for _ in range(2):
        assert client.get(scene.path).status_code == 204
    commit(lambda: take_back(scene))
    assert codes(client.get(scene.path)) == refusal


def test_while_the_cache_is_away_it_is_gone_within_a_second(
    scene: Scene, remembered: SimpleNamespace, lose_cache: Callable[[], list[object]]
) -> None:
    lose_cache()
    assert scene.of_partner.get(scene.path).status_code == 204
    commit(lambda: grants.revoke(grant=scene.grant, person=scene.alice, now=scene.now))
    assert scene.of_partner.get(scene.path).status_code == 204  # remembered
    remembered.seconds = 1.0
    assert codes(scene.of_partner.get(scene.path)) == (403, ["H353"])


def test_what_was_read_before_a_change_is_not_remembered_beyond_it(remembered: SimpleNamespace) -> None:
    """A call that began earlier reads the old and stores it last; it stores it under the number that it knew."""
    brief.know_changes(1)
    assert brief.briefly("of a test", lambda: "old") == "old"
    brief.know_changes(2)
    assert brief.briefly("of a test", lambda: "new") == "new"
    brief.know_changes(1)
    brief.briefly("of a test", lambda: "old")
    brief.know_changes(2)
    assert brief.briefly("of a test", lambda: "new") == "new"
    brief.begin_call()
    assert brief.briefly("of a test", lambda: "newer") == "new"
    brief.know_changes(3)
    assert brief.briefly("of a test", lambda: "newer") == "newer"
    assert brief.briefly("lasting", lambda: "ever", is_lasting=True) == "ever"
    brief.know_changes(4)
    assert brief.briefly("lasting", lambda: "never", is_lasting=True) == "ever"


def test_a_burst_asks_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(module: ModuleType, name: str) -> None:
        read = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, **named: asked.append(name) or read(*given, **named))

    counted(handling, "live_session")
    counted(reach, "_read")
    assert [scene.of_provider.get(scene.path).status_code for _ in range(3)] == [204] * 3
    assert asked == ["live_session", "_read"]
    commit(lambda: brands.rename(brand=scene.brand, name="Başka", actor=scene.alice))
    assert scene.of_provider.get(scene.path).status_code == 204
    assert asked == ["live_session", "_read"] * 2


def test_a_call_that_is_refused_on_the_second_look_is_nobodys(scene: Scene) -> None:
    assert scene.of_provider.get(scene.path).status_code == 204
    account = scene.of_provider.account
    before = ApiRequest.objects.filter(account=account).count()
    commit(lambda: api_accounts.revoke_account(account=account, now=scene.now, actor=scene.alice))
    assert codes(scene.of_provider.get(scene.path)) == (401, ["H351"])
    assert ApiRequest.objects.filter(account=account).count() == before


def test_a_cache_that_hangs_is_waited_for_once(scene: Scene, lose_cache: Callable[[], list[object]]) -> None:
    asked = lose_cache()
    for number in range(3):
        commit(lambda name=f"Marka {number}": brands.rename(brand=scene.brand, name=name, actor=scene.alice))
    assert len(asked) == 2  # and once more, over another connection


def test_a_transaction_moves_the_number_once(scene: Scene) -> None:
    def number() -> int:
        return throttling.counts_of([changes.COUNT])[0]

    before, connection.run_on_commit = number(), []
    with TestCase.captureOnCommitCallbacks(execute=True) as told:
        for turn in range(3):
            brands.rename(brand=scene.brand, name=f"Başka {turn}", actor=scene.alice)
    assert AuditEvent.objects.filter(object_id=str(scene.brand.pk), action="rename").count() == 3
    assert [call for call in told if call is changes._move] == [changes._move]
    assert number() == before + 1
    caches["default"].delete(changes.COUNT.key)
    assert number() == 0
