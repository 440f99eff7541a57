"""A partner's Mutabakat Yönetimi: opened by the grant alone, its own comparisons, nothing of others."""

from collections.abc import Callable, Iterator
from datetime import datetime
from html import unescape

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access import party_key
from accounts.models import Person
from brands.models import Brand
from iys_portal.audit.models import AuditEvent
from partners.models import IntermediaryMembership, PartnerGrant, PartnerMembership
from partners.services import revoke
from reports.models import Comparison, DailyFile
from tests import factories
from tests.partners import scene
from tests.reports.conftest import DAY, work
from tests.reports.test_files import found, whole

pytestmark = pytest.mark.django_db
DENIED = "Marka bu yetkiyi vermemiş (Mutabakat Yönetimi)."


@pytest.fixture(autouse=True)
def _today(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def grant(made: Brand, alice: Person, now: datetime) -> PartnerGrant:
    """The right to reconcile, and nothing else, for the brand whose day has a file."""
    factories.subscription(made.provider, now=now)
    return scene.authorise(made, factories.PartnerFactory.create(), person=alice, now=now, agreement=True)


@pytest.fixture
def employee(grant: PartnerGrant) -> Person:
    person = factories.PersonFactory.create()
    PartnerMembership.objects.create(partner=grant.partner, person=person)
    return person


@pytest.fixture
def theirs(employee: Person, client_of: Callable[[Person], Client]) -> Client:
    """The browser of the partner's employee."""
    return client_of(employee)


def address(brand: Brand, name: str = "day", **more: object) -> str:
    rest = {} if name == "overview" else {"day": str(DAY)}
    return reverse(f"party_reports:{name}", kwargs={"code": brand.code, **rest, **more})


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def statuses(client: Client, brand: Brand) -> set[int]:
    return {client.get(address(brand, name)).status_code for name in ("overview", "day", "file", "stamp")}


def test_from_the_brand_to_its_day(theirs: Client, made: Brand) -> None:
    days = address(made, "overview")
    assert days in text(theirs, reverse("party:brands"))
    assert [address(made) in text(theirs, days), found(made).sha384[:12] in text(theirs, days)] == [True, True]
    page = text(theirs, address(made))
    assert [found(made).sha384 in page, address(made, "stamp") in page, days in page] == [True] * 3
    answer = theirs.get(address(made, "file"))
    assert b"".join(answer.streaming_content) == whole(found(made))  # type: ignore[attr-defined]  # streamed
    # Files are made by the provider alone.
    assert "Şimdi oluştur" not in page
    DailyFile.objects.filter(pk=found(made).pk).update(rows=1)
    assert "Şimdi oluştur" not in text(theirs, address(made))
    theirs.post(address(made), {"olustur": "1"})
    assert DailyFile.objects.count() == 1


def test_only_mutabakat_yonetimi_opens_it(
    theirs: Client, made: Brand, grant: PartnerGrant, alice: Person, now: datetime
) -> None:
    assert statuses(theirs, made) == {200}
    PartnerGrant.objects.filter(pk=grant.pk).update(agreement=False, mesaj="write", arama="write", eposta="write")
    refused = theirs.get(address(made))
    assert (refused.status_code, DENIED in refused.content.decode()) == (403, True)
    assert statuses(theirs, made) == {403}
    assert theirs.post(address(made), {"ozet": found(made).sha384}).status_code == 403
    assert address(made, "overview") not in text(theirs, reverse("party:brands"))
    PartnerGrant.objects.filter(pk=grant.pk).update(agreement=True)
    scene.suspend(grant.partner, now=now)
    assert statuses(theirs, made) == {403}
    revoke(grant=grant, person=alice, now=now)
    assert statuses(theirs, made) == {404}
    assert found(made).agreed_at is None


def test_a_sleeping_grant_says_why(theirs: Client, made: Brand, now: datetime) -> None:
    made.provider.subscription_set.update(state="paused", paused_at=now)
    page = theirs.get(address(made, "overview"))
    assert (page.status_code, "Hizmet sağlayıcının paketi durduruldu." in page.content.decode()) == (403, True)


def test_brands_of_others_do_not_exist(
    theirs: Client, made: Brand, client_of: Callable[[Person], Client], alice: Person, now: datetime
) -> None:
    other = factories.BrandFactory.create(provider=made.provider)
    assert statuses(theirs, other) == {404}
    ahs, person = factories.IntermediaryFactory.create(), factories.PersonFactory.create()
    scene.let_read(made, ahs, person=alice, now=now)
    IntermediaryMembership.objects.create(intermediary=ahs, person=person)
    assert statuses(client_of(person), made) == {404}


def test_the_own_hash_is_named_and_the_provider_reads_who_did(
    theirs: Client,
    made: Brand,
    grant: PartnerGrant,
    employee: Person,
    alice: Person,
    client_of: Callable[[Person], Client],
) -> None:
    assert "Bu özet İYS" in theirs.post(address(made), {"ozet": "0" * 96}).content.decode()
    assert theirs.post(address(made), {"ozet": found(made).sha384})["Location"] == address(made)
    assert f"{employee.get_full_name()} bu dosyayla mutabık kaldı" in text(theirs, address(made))
    own = reverse("reports:day", kwargs={"code": made.code, "day": str(DAY)})
    said = f"{employee.get_full_name()} ({grant.partner.title}) bu dosyayla mutabık kaldı"
    assert said in text(client_of(alice), own)
    (noted,) = AuditEvent.objects.filter(action="daily_file_agreed", provider_id=made.provider_id)
    assert (noted.actor_id, noted.reason) == (employee.pk, f"{grant.partner.title} adına.")


def test_a_partner_learns_no_names_of_others(
    theirs: Client, made: Brand, alice: Person, now: datetime, client_of: Callable[[Person], Client]
) -> None:
    rival, person = factories.PartnerFactory.create(), factories.PersonFactory.create(given_name="Zehra")
    PartnerMembership.objects.create(partner=rival, person=person)
    scene.authorise(made, rival, person=alice, now=now, agreement=True)
    client_of(person).post(address(made), {"ozet": found(made).sha384})
    page = text(theirs, address(made))
    assert ["başka bir iş ortağı bu dosyayla" in page, person.get_full_name() in page] == [True, False]
    DailyFile.objects.update(agreed_partner=None)
    page = text(theirs, address(made))
    assert ["hizmet sağlayıcı bu dosyayla" in page, person.get_full_name() in page] == [True, False]


def test_the_own_file_is_compared_and_nobody_elses(
    theirs: Client,
    made: Brand,
    grant: PartnerGrant,
    employee: Person,
    alice: Person,
    client_of: Callable[[Person], Client],
) -> None:
    content = whole(found(made)).replace(b",RET,", b",ONAY,")
    sent = theirs.post(address(made), {"dosya": SimpleUploadedFile("ortak.csv", content)})
    page = sent.headers["Location"]
    work()
    assert "İçeriği farklı" in text(theirs, page)
    rows = b"".join(theirs.get(page + "farklar.csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # streamed
    assert [line.split(";")[0] for line in rows.splitlines()] == ["Fark", "İçeriği farklı"]
    assert "ortak.csv" in text(theirs, address(made))
    noted = AuditEvent.objects.filter(object_type="reports.comparison", provider_id=made.provider_id)
    known = noted.filter(actor_id=employee.pk).order_by("pk").values_list("action", "reason")
    words = f"{grant.partner.title} adına."
    assert list(known) == [("daily_file_compared", words), ("daily_file_downloaded", words)]

    # The provider's own page shows the provider's own comparisons, and the other way round.
    own, day = client_of(alice), {"code": made.code, "day": str(DAY)}
    assert "ortak.csv" not in text(own, reverse("reports:day", kwargs=day))
    number = Comparison.objects.get().pk
    assert own.get(reverse("reports:comparison", kwargs={**day, "pk": number})).status_code == 404
    own.post(reverse("reports:day", kwargs=day), {"dosya": SimpleUploadedFile("saglayici.csv", content)})
    number = Comparison.objects.get(partner=None).pk
    assert "saglayici.csv" not in text(theirs, address(made))
    assert theirs.get(address(made, "comparison", pk=number)).status_code == 404
    assert theirs.get(address(made, "comparison_rows", pk=number)).status_code == 404


def test_a_form_that_was_drawn_for_another_company_does_nothing(
    theirs: Client, grant: PartnerGrant, made: Brand
) -> None:
    drawn_for = f'name="saglayici" value="{party_key(grant.partner)}"'
    assert text(theirs, address(made)).count(drawn_for) == 3
    theirs.post(address(made), {"ozet": found(made).sha384, "saglayici": "partner-0"})
    assert found(made).agreed_at is None


def test_as_many_queries_for_three_days_as_for_one(theirs: Client, made: Brand, now: datetime) -> None:
    counted = []
    for revision in (2, 3, 4):
        with CaptureQueriesContext(connection) as queries:
            text(theirs, address(made, "overview"))
        counted.append(len(queries))
        day = DAY.replace(day=revision)
        DailyFile.objects.create(provider=made.provider, brand=made, day=day, last_seq=1, asked_at=now, rows=1)
    assert counted == [counted[0]] * 3
