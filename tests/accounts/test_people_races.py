"""Two people at once, in real transactions: one owner stays, and a link opens once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Membership, Person, Provider
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.accounts.company import TCKN, invite, member, membership_of
from tests.locks import PATIENCE, wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def post(client: Client, address: str) -> int:
    try:
        return client.post(address).status_code
    finally:
        connections.close_all()


def together(provider: Provider, requests: list[tuple[Client, str]]) -> list[int]:
    """Send the requests; none passes the provider's lock before all have come to it."""
    with ThreadPoolExecutor(len(requests)) as pool:
        with transaction.atomic():
            Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
            answers: list[Future[int]] = [pool.submit(post, *request) for request in requests]
            wait_until_blocked(len(requests))
        return [answer.result(PATIENCE) for answer in answers]


def test_two_owners_who_remove_each_other_leave_one(
    provider: Provider, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    other = member(provider, Role.OWNER)
    addresses = [f"/isyerim/yetkililer/{membership_of(person).pk}/cikar/" for person in (other, alice)]
    assert together(provider, list(zip([client_of(alice), client_of(other)], addresses, strict=True))) == [302, 302]
    assert Membership.objects.filter(provider=provider, role=Role.OWNER, ended_at=None).count() == 1
    assert AuditEvent.objects.filter(action="member_removed").count() == 1


def test_a_link_pressed_twice_makes_one_membership(
    provider: Provider, alice: Person, client_of: Callable[[Person], Client]
) -> None:
    sule = factories.PersonFactory.create(tckn=TCKN)
    _, code = invite(provider, alice, now=timezone.now())
    address = f"/davet/?kod={code}"
    assert sorted(together(provider, [(client_of(sule), address), (client_of(sule), address)])) == [302, 410]
    assert Membership.objects.filter(person=sule).count() == 1
