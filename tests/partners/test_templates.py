"""Templates of rights: kept with a grant, applied, renamed, deleted; another provider's do not exist."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from packages.models import Subscription
from partners.enums import Channel, PartyKind, Right
from partners.models import GrantTemplate, Intermediary, Partner, PartnerGrant
from partners.services.templates import save_template
from tests.partners import scene


@pytest.fixture
def template(provider: Provider, alice: Person) -> GrantTemplate:
    return keep(provider, alice, "Ileti ve mutabakat", agreement=True, mesaj=Right.WRITE)


def keep(provider: Provider, person: Person, name: str, *, agreement: bool = False, mesaj: Right) -> GrantTemplate:
    return save_template(
        provider_id=provider.pk,
        kind=PartyKind.PARTNER,
        name=name,
        agreement=agreement,
        rights={Channel.MESAJ: mesaj},
        person=person,
    )


def test_rights_are_kept_with_the_grant_once(
    client: Client, brand: Brand, partner: Partner, package: Subscription, alice: Person
) -> None:
    address = scene.url("partner_add", brand, party=partner)
    for name in ("Yalnızca ileti", "YALNIZCA İLETİ"):
        assert client.post(address, {"mesaj_write": "on", "save_as": name}).status_code == 302
    kept = GrantTemplate.objects.get()
    assert (kept.name, kept.kind, kept.mesaj, kept.arama, kept.created_by) == (
        "Yalnızca ileti",
        "partner",
        "write",
        "none",
        alice,
    )
    assert AuditEvent.objects.filter(action="template:save").count() == 1


def test_a_name_that_holds_other_rights_refuses_the_whole_submission(
    client: Client, brand: Brand, partner: Partner, package: Subscription, template: GrantTemplate
) -> None:
    posted = {"mesaj_read": "on", "save_as": "İLETİ VE MUTABAKAT"}
    answer = client.post(scene.url("partner_add", brand, party=partner), posted)
    problem = "“Ileti ve mutabakat” adlı şablonunuz başka yetkiler içeriyor; başka bir ad yazın."
    assert scene.errors(answer) == [problem]
    assert PartnerGrant.objects.count() == 0


def test_a_name_that_grows_when_it_is_folded_is_refused(
    client: Client, brand: Brand, partner: Partner, package: Subscription, template: GrantTemplate
) -> None:
    name = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 7  # each is folded into eighteen letters
    problem = "Bu addaki bazı işaretler saklanamıyor; adı harf ve rakamlarla yazın."
    granting = client.post(scene.url("partner_add", brand, party=partner), {"mesaj_read": "on", "save_as": name})
    renaming = client.post(reverse("partners:template_rename", args=[template.pk]), {"name": name})
    assert (scene.errors(granting), scene.errors(renaming)) == ([problem], [problem])


def test_a_template_fills_the_form_of_its_own_kind(
    client: Client,
    brand: Brand,
    partner: Partner,
    intermediary: Intermediary,
    package: Subscription,
    template: GrantTemplate,
) -> None:
    for name, party, ticks in [
        ("partner_add", partner, {"agreement", "mesaj_read", "mesaj_write"}),
        ("intermediary_add", intermediary, set()),
    ]:
        page = client.get(f"{scene.url(name, brand, party=party)}&sablon={template.pk}")
        assert scene.ticked(page) == ticks
    for nonsense in ("x", "-1", "9" * 40):
        assert client.get(f"{scene.url('partner_add', brand, party=partner)}&sablon={nonsense}").status_code == 200
    assert PartnerGrant.objects.count() == 0


def test_a_template_is_renamed_unless_the_name_is_taken(
    client: Client, provider: Provider, alice: Person, template: GrantTemplate
) -> None:
    keep(provider, alice, "Okuma", mesaj=Right.READ)
    address = reverse("partners:template_rename", args=[template.pk])
    taken = client.post(address, {"name": "OKUMA"})
    assert scene.errors(taken) == ["“Okuma” adlı şablonunuz başka yetkiler içeriyor; başka bir ad yazın."]
    assert scene.errors(client.post(address, {"name": " "})) == ["Şablon için bir ad yazın."]
    assert client.post(address, {"name": "Tam yetki"}).status_code == 302
    template.refresh_from_db()
    assert (template.name, template.name_key) == ("Tam yetki", "TAM YETKI")
    event = AuditEvent.objects.get(action="template:rename")
    assert event.detail == {"before": "Ileti ve mutabakat", "after": "Tam yetki"}


def test_a_template_is_deleted_after_a_check_page_and_only_once(client: Client, template: GrantTemplate) -> None:
    address = reverse("partners:template_delete", args=[template.pk])
    assert "bu şablonla verdiğiniz yetkiler sürer" in client.get(address).content.decode()
    assert GrantTemplate.objects.count() == 1
    assert [client.post(address).status_code for _ in range(2)] == [302, 302]
    assert (GrantTemplate.objects.count(), client.get(address).status_code) == (0, 404)
    assert AuditEvent.objects.filter(action="template:delete").count() == 1


def test_anothers_template_does_not_exist(
    bob: Person, client_of: Callable[[Person], Client], template: GrantTemplate
) -> None:
    his = client_of(bob)
    rename, delete = (reverse(f"partners:template_{name}", args=[template.pk]) for name in ("rename", "delete"))
    assert [his.get(rename).status_code, his.get(delete).status_code] == [404, 404]
    assert his.post(rename, {"name": "x"}).status_code == 404
    his.post(delete)
    assert GrantTemplate.objects.get() == template
    assert his.get(reverse("partners:templates")).context["rows"] == []


def test_three_templates_cost_as_many_queries_as_one(client: Client, provider: Provider, alice: Person) -> None:
    costs = []
    for names in (["A"], ["B", "C"]):
        for name in names:
            keep(provider, alice, name, mesaj=Right.READ)
        with CaptureQueriesContext(connection) as queries:
            rows = client.get(reverse("partners:templates")).context["rows"]
        costs.append((len(rows), len(queries)))
    assert [count for count, _ in costs] == [1, 3]
    assert costs[0][1] == costs[1][1]
