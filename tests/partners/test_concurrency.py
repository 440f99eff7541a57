"""Authorisations that happen at the same time as themselves or as a revocation, in real transactions."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connections, transaction
from django.test import Client

from accounts.models import Person
from brands.models import Brand
from packages.models import Subscription
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.services import revoke
from tests.locks import PATIENCE, wait_until_blocked
from tests.partners import scene

pytestmark = pytest.mark.django_db(transaction=True)


def submit(client: Client, address: str, ticks: dict[str, str]) -> tuple[int, str]:
    """Send a form from a thread of its own; return (status, where it leads)."""
    try:
        answer = client.post(address, ticks)
        return answer.status_code, answer.headers.get("Location", "")
    finally:
        connections.close_all()


def together(brand: Brand, clients: list[Client], address: str, ticks: dict[str, str]) -> list[tuple[int, str]]:
    """Send the same form from all clients; none may pass the brand's lock before all have come to it."""
    with ThreadPoolExecutor(len(clients)) as pool:
        with transaction.atomic():
            Brand.objects.select_for_update(no_key=True).get(pk=brand.pk)
            answers: list[Future[tuple[int, str]]] = [pool.submit(submit, c, address, ticks) for c in clients]
            wait_until_blocked(len(clients))
        return [answer.result(PATIENCE) for answer in answers]


def test_two_tabs_make_one_partner_grant(
    brand: Brand,
    partner: Partner,
    package: Subscription,
    alice: Person,
    client_of: Callable[[Person], Client],
) -> None:
    clients = [client_of(alice), client_of(alice)]
    answers = together(brand, clients, scene.url("partner_add", brand, party=partner), {"mesaj_write": "on"})
    assert answers == [(302, "/markalar/")] * 2
    grant = PartnerGrant.objects.get()
    assert [action for action, _, _ in scene.events(grant)] == ["grant"]


def test_two_tabs_make_one_intermediary_grant(
    brand: Brand, intermediary: Intermediary, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    clients = [client_of(alice), client_of(alice)]
    address = scene.url("intermediary_add", brand, party=intermediary)
    answers = together(brand, clients, address, {"mesaj_read": "on"})
    assert answers == [(302, "/markalar/")] * 2
    grant = IntermediaryGrant.objects.get()
    assert [action for action, _, _ in scene.events(grant)] == ["grant"]


def test_a_change_does_not_undo_a_revocation(
    brand: Brand,
    partner: Partner,
    package: Subscription,
    alice: Person,
    client_of: Callable[[Person], Client],
    now: datetime,
) -> None:
    grant = scene.authorise(brand, partner, person=alice, now=now)
    client, address = client_of(alice), scene.url("partner_add", brand, party=partner)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            revoke(grant=grant, person=alice, now=now)
            answer = pool.submit(submit, client, address, {"agreement": "on"})
            wait_until_blocked(1)
        assert answer.result(PATIENCE) == (302, "/markalar/")
    kept = PartnerGrant.objects.order_by("pk").values_list("agreement", "mesaj", "revoked_at")
    assert list(kept) == [(False, "read", now), (True, "none", None)]


@pytest.mark.parametrize("kind", ["partner", "intermediary"])
def test_an_edit_of_what_is_being_revoked_gives_nothing_back(
    brand: Brand,
    partner: Partner,
    intermediary: Intermediary,
    package: Subscription,
    alice: Person,
    client_of: Callable[[Person], Client],
    now: datetime,
    kind: str,
) -> None:
    grant: PartnerGrant | IntermediaryGrant
    if kind == "partner":
        grant = scene.authorise(brand, partner, person=alice, now=now)
    else:
        grant = scene.let_read(brand, intermediary, person=alice, now=now)
    client, address = client_of(alice), scene.url(f"{kind}_grant_edit", brand, grant.pk)

    def edit() -> list[str]:
        try:
            return scene.errors(client.post(address, {"arama_read": "on"}))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            revoke(grant=grant, person=alice, now=now)
            said = pool.submit(edit)
            wait_until_blocked(1)
        assert said.result(PATIENCE) == ["Bu yetki az önce kaldırıldı."]
    kept = type(grant)._default_manager.values_list("pk", "revoked_at")
    assert list(kept) == [(grant.pk, now)]


def test_two_revocations_are_one(
    brand: Brand,
    intermediary: Intermediary,
    alice: Person,
    client_of: Callable[[Person], Client],
    now: datetime,
) -> None:
    grant = scene.let_read(brand, intermediary, person=alice, now=now)
    clients, address = (
        [client_of(alice), client_of(alice)],
        scene.url("intermediary_grant_revoke", brand, grant.pk),
    )
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            IntermediaryGrant.objects.select_for_update(no_key=True).get(pk=grant.pk)
            answers = [pool.submit(submit, client, address, {}) for client in clients]
            wait_until_blocked(2)
        assert [answer.result(PATIENCE) for answer in answers] == [(302, f"/markalar/{brand.code}/")] * 2
    assert [action for action, _, _ in scene.events(grant)] == ["grant", "revoke"]
