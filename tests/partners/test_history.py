"""The history of grants: who did what when, in words, filtered and paged; of one's own brands only."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from partners.enums import Channel, Right
from partners.models import Intermediary, Partner
from partners.services import revoke
from partners.services.directory import suspend
from tests import factories
from tests.partners import scene

Line = tuple[str, str, str | None, list[str], list[str], str]


@pytest.fixture
def past(
    brand: Brand,
    provider: Provider,
    partner: Partner,
    intermediary: Intermediary,
    package: Subscription,
    alice: Person,
    now: datetime,
) -> Brand:
    """Given, changed and taken back for one brand, an AHS for another, which is returned; then a suspension."""
    other = factories.BrandFactory.create(provider=provider, name="Öteki")
    scene.authorise(brand, partner, person=alice, now=now, mesaj=Right.READ)
    grant = scene.authorise(brand, partner, person=alice, now=now, mesaj=Right.WRITE, ends_on=date(2027, 1, 31))
    revoke(grant=grant, person=alice, now=now)
    scene.let_read(other, intermediary, Channel.EPOSTA, person=alice, now=now)
    suspend(party=intermediary, actor=factories.administrator(), reason="Şikâyet", now=now)
    return other


def lines(client: Client, query: str = "") -> list[Line]:
    rows = client.get(f"{reverse('partners:history')}?{query}").context["rows"]
    return [
        (row.action, row.party.title[:5], row.brand.name if row.brand else None, row.before, row.after, row.actor)
        for row in rows
    ]


WRITING = ["Mesaj: okuma ve yazma", "31.01.2027 gününe kadar"]
REVOKED = ("Yetki kaldırıldı", "ASİST", "Deneme Marka 1", WRITING, [], "Şule Işık")
CHANGED = ("Yetki değiştirildi", "ASİST", "Deneme Marka 1", ["Mesaj: okuma"], WRITING, "Şule Işık")
GIVEN = ("Yetki verildi", "ASİST", "Deneme Marka 1", [], ["Mesaj: okuma"], "Şule Işık")
LET_READ = ("Yetki verildi", "ABCDE", "Öteki", [], ["E-posta: okuma"], "Şule Işık")
SUSPENDED = ("Kuruluş askıya alındı", "ABCDE", None, [], [], "İYS")


def test_everything_is_told_newest_first(client: Client, past: Brand) -> None:
    assert lines(client) == [SUSPENDED, LET_READ, REVOKED, CHANGED, GIVEN]
    assert "Kuruluş askıya alındı: Şikâyet" in client.get(reverse("partners:history")).content.decode()


def test_it_is_filtered(client: Client, past: Brand, partner: Partner, brand: Brand) -> None:
    of_partner = [REVOKED, CHANGED, GIVEN]
    assert lines(client, f"marka={brand.code}") == of_partner
    assert lines(client, f"marka={past.code}") == [SUSPENDED, LET_READ]
    assert lines(client, "tur=is-ortagi") == of_partner
    assert lines(client, f"tur=is-ortagi&kurulus={partner.pk}") == of_partner
    assert lines(client, f"tur=ahs&kurulus={partner.pk + 10_000}") == []
    assert lines(client, "ara=asist marka") == of_partner
    assert lines(client, "ara=öteki") == [SUSPENDED, LET_READ]
    assert lines(client, "islem=revoke") == [REVOKED]
    assert lines(client, "islem=grant&ara=ABCDE") == [LET_READ]
    assert lines(client, "islem=admin:change&tur=x&marka=²&kurulus=1")[0] == SUSPENDED


def test_another_provider_sees_nothing_of_it(
    bob: Person, client_of: Callable[[Person], Client], past: Brand, brand: Brand, partner: Partner
) -> None:
    his = client_of(bob)
    for query in ("", f"marka={brand.code}", f"tur=is-ortagi&kurulus={partner.pk}"):
        answer = his.get(f"{reverse('partners:history')}?{query}")
        assert (answer.context["rows"], answer.context["brand"], answer.context["party"]) == ([], None, None)


def test_three_lines_cost_as_many_queries_as_one(
    client: Client, alice: Person, brand: Brand, intermediary: Intermediary, now: datetime
) -> None:
    costs = []
    for channels in ([Channel.MESAJ], [Channel.ARAMA, Channel.EPOSTA]):
        for channel in channels:
            scene.let_read(brand, intermediary, channel, person=alice, now=now)
        with CaptureQueriesContext(connection) as queries:
            costs.append((len(lines(client)), len(queries)))
    (one, first), (three, second) = costs
    assert (one, three) == (1, 3)
    assert first == second
