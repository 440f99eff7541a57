"""The age of consents, and the administrators' pictures: drawn = table = file = what SQL counts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from accounts.models import Person, Provider
from brands.models import Brand
from packages.models import Subscription
from payments.models import Order
from reports.services.ages import PAUSE, count_ages, count_all
from tests import factories
from tests.consents.scene import run
from tests.payments.conftest import accepted, account, awaiting, draft, package  # noqa: F401  (fixtures)
from tests.reports.pages import drawn, file_of, finding, number_of, page_of, table
from tests.reports.scene import events

pytestmark = pytest.mark.django_db
Make = Callable[..., Order]


@pytest.fixture(autouse=True)
def _monday(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def browser(client_of: Callable[[Person], Client], alice: Person) -> Client:
    return client_of(alice)


@pytest.fixture
def administrator(client_of: Callable[[Person], Client], db: None) -> Client:
    return client_of(factories.administrator())


def approvals(provider: Provider, at: datetime | None, number: int, *, brand: int = 1, status: int = 1) -> None:
    """Write consents as they stand now, and an event each."""
    events(provider.pk, at or datetime(2026, 11, 1, tzinfo=UTC), brand=brand, number=1)
    run(
        "INSERT INTO consent (provider_id, recipient, brand_id, channel, recipient_type, status, consent_at, source,"
        " last_seq) SELECT %s, %s || n, %s, 2, %s, %s, %s, %s, 1 FROM generate_series(1, %s) AS n",
        *(
            provider.pk,
            f"+90{at:%y%m%d%H%M}{status}" if at else "+90",
            brand,
            1 if at else 2,
            status,
            at,
            at and 8,
            number,
        ),
    )


def drawn_total(answer: HttpResponse) -> int:
    return sum(number_of(words) for _, words in drawn(answer) if words != "–")


# --- Age --------------------------------------------------------------------------------------------------------------
def test_the_age_of_approvals_is_what_sql_counts(browser: Client, provider: Provider, brand: Brand) -> None:
    assert finding(page_of(browser, "izin-yasi")).startswith("Onaylarınızın yaşı henüz sayılmadı")
    # The last instant of September in Istanbul, and the first of October.
    approvals(provider, datetime(2026, 9, 30, 20, 59, 59, tzinfo=UTC), 5, brand=brand.pk)
    approvals(provider, datetime(2026, 9, 30, 21, tzinfo=UTC), 6, brand=brand.pk)
    approvals(provider, datetime(2021, 11, 30, tzinfo=UTC), 3, brand=brand.pk)
    approvals(provider, datetime(2021, 10, 31, tzinfo=UTC), 2, brand=brand.pk + 1)
    approvals(provider, None, 4, brand=brand.pk + 1)
    approvals(provider, datetime(2026, 1, 1, tzinfo=UTC), 9, status=2)
    count_ages(provider_id=provider.pk, now=datetime(2026, 11, 23, 5, tzinfo=UTC))
    answer = page_of(browser, "izin-yasi")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM consent WHERE provider_id = %s AND status = 1", [provider.pk])
        (total,) = cursor.fetchone()
    rows = table(answer)
    assert drawn_total(answer) == sum(number_of(row[1]) for row in rows[1:]) == total == 20
    assert (
        rows
        == file_of(browser, "izin-yasi")
        == [
            ["Alındığı dönem", "Onay", "Pay"],
            ["2026, 4. çeyrek", "6", "%30"],
            ["2026, 3. çeyrek", "5", "%25"],
            ["2021, 4. çeyrek", "5", "%25"],
            ["Tarihi belirtilmemiş", "4", "%20"],
        ]
    )
    assert finding(answer) == (
        "Yürürlükteki 20 onayın en az yarısı son 3 ayda alındı; beş yıldan eski 5 onay var (%25)."
    )
    assert "23.11.2026 08:00 itibarıyla sayıldı" in answer.content.decode()
    assert drawn_total(page_of(browser, "izin-yasi", marka=brand.code)) == 14


def test_only_what_moved_is_counted_and_seldom(provider: Provider, now: datetime) -> None:
    approvals(provider, now, 2)
    assert [count_all(now=now), count_all(now=now)] == [1, 0]
    events(provider.pk, now)
    later = now + PAUSE
    assert [count_all(now=later - timedelta(seconds=1)), count_all(now=later), count_all(now=later)] == [0, 1, 0]


# --- Administrators' --------------------------------------------------------------------------------------------------
def term(provider: Provider, begins: datetime, ends: datetime, *, state: str = "active") -> Subscription:
    return Subscription.objects.create(
        provider=provider,
        package=factories.package("ileti-150"),
        starts_at=begins,
        ends_at=ends,
        state=state,
        ended_at=None if state == "active" else ends,
    )


def page(browser: Client, slug: str, **query: object) -> HttpResponse:
    return browser.get(f"/yonetim/grafikler/{slug}/", query)


def test_renewals_by_month(administrator: Client, now: datetime) -> None:
    assert finding(page(administrator, "yenilemeler")) == "Bu aylarda biten bir paket yok."
    year, day = timedelta(days=365), timedelta(days=1)
    august = datetime(2026, 8, 31, 21, tzinfo=UTC)  # the last day is 31.08.
    lapsed, late, renewed, waiting, closed = (factories.ProviderFactory.create() for _ in range(5))
    term(lapsed, august - year, august, state="expired")
    term(late, august - year, august, state="expired")
    term(late, august + 29 * day, august + 29 * day + year)
    term(renewed, now - year, now + day)
    term(renewed, now + day, now + day + year)
    term(waiting, now - year, now + 40 * day)
    term(closed, now - year, august, state="closed")
    answer = page(administrator, "yenilemeler")
    rows = {row[0]: row[1:] for row in table(answer)[1:]}
    assert len(rows) == 18
    assert {month: cells for month, cells in rows.items() if cells[-1] != "0"} == {
        "08.2026": ["1", "0", "1", "2"],
        "09.2027": ["0", "1", "0", "1"],
        "11.2026": ["1", "0", "0", "1"],
        "01.2027": ["0", "1", "0", "1"],
    }
    assert drawn_total(answer) == sum(int(cells[-1]) for cells in rows.values()) == 5
    assert finding(answer) == (
        "Önümüzdeki aylarda biten 2 paketin yenilenmesi bekleniyor; son altı ayda 1 paket yenilenmedi."
    )
    assert administrator.get("/yonetim/grafikler/yenilemeler.csv").status_code == 200
    assert "Kim yenileyecek, kim bırakacak?" in administrator.get("/yonetim/").content.decode()


def test_the_checkout_funnel(administrator: Client, draft: Make, accepted: Make, awaiting: Make, now: datetime) -> None:
    assert finding(page(administrator, "satin-alma")) == "Bu günlerde başlayan bir sipariş yok."
    orders = [make("ileti-150", at=now) for make in (draft, draft, accepted, awaiting)]
    paid = awaiting("ileti-150", at=now)
    Order.objects.filter(pk=paid.pk).update(state="paid", paid_at=now)
    Order.objects.update(created_at=now)
    Order.objects.filter(pk=orders[0].pk).update(created_at=now - timedelta(days=90))
    answer = page(administrator, "satin-alma")
    assert table(answer)[1:] == [
        ["Paket seçildi", "4", "%100", "0"],
        ["Sözleşme onaylandı", "3", "%75", "1"],
        ["Ödeme yolu seçildi", "2", "%50", "1"],
        ["Ödendi", "1", "%25", "1"],
        ["Paket tanımlandı", "0", "%0", "1"],
    ]
    assert [number_of(words) for _, words in drawn(answer)] == [4, 3, 2, 1, 0]
    assert finding(answer).startswith("4 siparişten 0 tanesi (%0) paketle sonuçlandı; en çok sipariş")
