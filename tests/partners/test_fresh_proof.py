"""Rights are given only by somebody who proved who they are a moment ago; what was ticked waits for the login."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Person
from accounts.sessions import FRESH
from brands.models import Brand
from packages.models import Subscription
from partners.models import Intermediary, IntermediaryGrant, PartnerGrant
from tests import factories
from tests.partners import scene


def age(client: Client) -> None:
    """Let the proof of this session be a second too old."""
    session = client.session
    session["proved"] = timezone.now().timestamp() - FRESH.total_seconds() - 1
    session.save()


def login_of(answer: HttpResponse) -> dict[str, list[str]]:
    assert (answer.status_code, answer.context["minutes"]) == (403, 15)
    assert answer.context["login"] in answer.content.decode().replace("&amp;", "&")
    return parse_qs(urlsplit(answer.context["login"]).query)


def test_rights_wait_for_the_login_and_are_given_after_it(
    client: Client, alice: Person, brand: Brand, package: Subscription
) -> None:
    partner = factories.PartnerFactory.create()
    address = f"{scene.url('partner_add', brand)}?kurulus={partner.pk}"
    ticked = {"mesaj_write": "on", "ends_on": "31.12.2099", "save_as": "Yalnız mesaj"}
    age(client)
    answer = client.post(address, ticked)
    assert login_of(answer) == {"next": [address], "yeniden": ["1"]}
    assert PartnerGrant.objects.count() == 0
    client.force_login(alice)
    page = client.get(address)
    form = page.context["form"]
    assert (form["mesaj_write"].value(), form["mesaj_read"].value()) == (True, False)
    assert (form["ends_on"].value(), form["save_as"].value()) == ("31.12.2099", "Yalnız mesaj")
    assert "Kimliğiniz doğrulandı." in page.content.decode()
    assert client.post(address, ticked).status_code == 302
    grant = PartnerGrant.objects.get()
    assert (grant.mesaj, grant.arama) == ("write", "none")
    assert "Kimliğiniz doğrulandı." not in client.get(address, follow=True).content.decode()


def test_so_do_changes_and_those_of_intermediaries(client: Client, brand: Brand) -> None:
    intermediary: Intermediary = factories.IntermediaryFactory.create()
    address = f"{scene.url('intermediary_add', brand)}?kurulus={intermediary.pk}"
    assert client.post(address, {"mesaj_read": "on"}).status_code == 302
    grant = IntermediaryGrant.objects.get()
    age(client)
    edit = scene.url("intermediary_grant_edit", brand, grant.pk)
    assert login_of(client.post(edit, {"arama_read": "on"}))["next"] == [edit]
    grant.refresh_from_db()
    assert (grant.mesaj_read, grant.arama_read) == (True, False)


def test_a_fault_is_told_before_the_login(client: Client, brand: Brand) -> None:
    intermediary = factories.IntermediaryFactory.create()
    age(client)
    answer = client.post(f"{scene.url('intermediary_add', brand)}?kurulus={intermediary.pk}", {})
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["__all__"])


@pytest.mark.django_db
def test_who_logs_in_as_somebody_else_finds_nothing(
    client: Client, brand: Brand, package: Subscription, client_of: Callable[[Person], Client]
) -> None:
    partner = factories.PartnerFactory.create()
    address = f"{scene.url('partner_add', brand)}?kurulus={partner.pk}"
    age(client)
    client.post(address, {"mesaj_read": "on"})
    colleague = factories.MembershipFactory.create(provider=brand.provider).person
    client.force_login(colleague)
    assert client.get(address).context["form"].is_bound is False
