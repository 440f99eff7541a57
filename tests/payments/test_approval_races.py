"""Approvals that come at the same moment, in real transactions: one approval, whoever wins."""

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Person, Provider
from contracts.models import Approval
from iys_portal import ledger
from packages.models import Subscription
from payments.models import Order
from tests import factories
from tests.locks import PATIENCE, wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Order]


def hidden(client: Client, address: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]{64})"', client.get(address).content.decode())
    assert found is not None
    return found[1]


def submit(client: Client, address: str, shown: str) -> tuple[int, str]:
    try:
        answer = client.post(address, {"shown": shown, "approve": "on"})
        return answer.status_code, answer.headers.get("Location", "")
    finally:
        connections.close_all()


def together(order: Order, forms: list[tuple[Client, str]], address: str) -> list[tuple[int, str]]:
    """Submit all forms; none may pass the order's lock before all have come to it."""
    with ThreadPoolExecutor(len(forms)) as pool:
        with transaction.atomic():
            Order.objects.select_for_update(no_key=True).get(pk=order.pk)
            answers: list[Future[tuple[int, str]]] = [pool.submit(submit, c, address, s) for c, s in forms]
            wait_until_blocked(len(forms))
        return [answer.result(PATIENCE) for answer in answers]


@pytest.mark.parametrize("slug", ["ileti-75", "ileti-150"])
def test_a_double_click_approves_once(
    draft: Make, alice: Person, client_of: Callable[[Person], Client], slug: str
) -> None:
    order = draft(slug, at=timezone.now())
    address = f"/siparis/{order.code_display}/sozlesme/"
    shown = hidden(client_of(alice), address)
    answers = together(order, [(client_of(alice), shown), (client_of(alice), shown)], address)
    step = "" if slug == "ileti-75" else "odeme/"
    assert answers == [(302, f"/siparis/{order.code_display}/{step}")] * 2
    assert (Approval.objects.count(), Subscription.objects.count()) == (1, 1 if slug == "ileti-75" else 0)


def test_two_authorised_persons_at_once_make_one_approval(
    draft: Make, alice: Person, provider: Provider, client_of: Callable[[Person], Client]
) -> None:
    other = factories.PersonFactory.create(given_name="Başka")
    factories.MembershipFactory.create(provider=provider, person=other)
    order = draft("ileti-75", at=timezone.now())
    address = f"/siparis/{order.code_display}/sozlesme/"
    clients = [client_of(alice), client_of(other)]
    answers = together(order, [(client, hidden(client, address)) for client in clients], address)
    assert answers == [(302, f"/siparis/{order.code_display}/")] * 2
    approval = Approval.objects.get()
    assert approval.person in {alice, other}
    assert approval.terms["authorised_person"] == approval.person.get_full_name()
    assert Subscription.objects.count() == 1
    assert ledger.verify()["approval_chains_hold"] == {"ok": True, "rows": 1, "detail": ""}
