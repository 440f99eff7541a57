"""The beat's work on the counts, the alarm, and what screens say of them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Person, Provider
from iys_portal import demo, ledger
from iys_portal.audit.models import AuditEvent
from packages import tasks, usage
from packages.meter import meter_of
from packages.models import AddressDelta, AddressUsage, AddressUsageDay, Package
from packages.selectors import AddressCounts, address_usage
from packages.usage import recount_addresses
from tests import factories
from tests.architecture.test_constraints import refused
from tests.consents.scene import COLUMNS, give, run


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[None]:
    """The pages read the clock; it stands still at `now`."""
    with time_machine.travel(now, tick=False):
        yield


def approve(provider: Provider, count: int) -> None:
    """Approve so many phones of a provider."""
    run(
        f"INSERT INTO consent {COLUMNS} SELECT %s, '+90599' || lpad(n::text, 7, '0'), 1, 2, 1, 1, now(), 8"
        " FROM generate_series(1, %s) AS n",
        provider.pk,
        count,
    )


def grow(provider: Provider, *, days: int, by: int, now: datetime) -> None:
    """Remember a count that came to what it is by so many a day."""
    count = address_usage(provider.pk).count
    AddressUsageDay.objects.bulk_create(
        AddressUsageDay(provider=provider, day=now.date() - timedelta(days=ago), phones=count - by * ago, emails=0)
        for ago in range(1, days + 1)
    )


def text_of(client: Client, address: str) -> str:
    return " ".join(unescape(client.get(address).content.decode()).split())


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


# --- Folding ----------------------------------------------------------------------------------------------------------
def test_folding_moves_the_deltas_into_the_base(provider: Provider, now: datetime) -> None:
    give(provider.pk, "+905992000001")
    give(provider.pk, "alici@ornek.example", channel=3)
    tasks.fold_address_deltas()
    assert AddressDelta.objects.count() == 0
    base = AddressUsage.objects.get(pk=provider.pk)
    assert (base.phones, base.emails, base.folded_at) == (1, 1, now)
    assert address_usage(provider.pk) == AddressCounts(1, 1)


def test_consents_of_an_unknown_provider_do_not_stop_the_folding(provider: Provider, now: datetime) -> None:
    give(999_999, "+905992000001")
    give(provider.pk, "+905992000001")
    assert usage.fold_deltas(now) == 1
    assert list(AddressDelta.objects.values_list("provider_id", "phones")) == [(999_999, 1)]


def test_a_count_below_zero_does_not_stop_the_folding_of_others(provider: Provider, now: datetime) -> None:
    other = factories.ProviderFactory.create()
    AddressDelta.objects.create(provider_id=provider.pk, phones=-1, emails=0)
    give(other.pk, "+905992000001")
    assert usage.fold_deltas(now) == 1
    assert list(AddressUsage.objects.values_list("provider_id", "phones")) == [(other.pk, 1)]
    assert recount_addresses(provider.pk, now) == AddressCounts(0, 0)


def test_reading_costs_one_query_by_the_two_keys(provider: Provider, django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(1):
        address_usage(provider.pk)


def test_a_lock_without_a_transaction_is_refused(provider: Provider) -> None:
    connection.in_atomic_block, before = False, connection.in_atomic_block
    try:
        with pytest.raises(Exception, match="open one first"):
            usage.lock_addresses(provider.pk)
    finally:
        connection.in_atomic_block = before


# --- Days -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-11-23T20:59:00", date(2026, 11, 22)),
        ("2026-11-23T21:05:00", date(2026, 11, 23)),
    ],
)
def test_the_day_that_ended_in_istanbul_is_remembered_once(provider: Provider, instant: str, day: date) -> None:
    give(provider.pk, "+905992000001")
    assert usage.record_usage_days(factories.instant(instant)) == 1
    give(provider.pk, "+905992000002")
    assert usage.record_usage_days(factories.instant(instant)) == 0
    rows = AddressUsageDay.objects.values_list("provider_id", "day", "phones", "emails")
    assert list(rows) == [(provider.pk, day, 1, 0)]


def test_who_lost_all_addresses_is_remembered_with_none(provider: Provider, now: datetime) -> None:
    give(provider.pk, "+905992000001")
    usage.fold_deltas(now)
    run("DELETE FROM consent WHERE provider_id = %s", provider.pk)
    tasks.record_usage_days()
    assert list(AddressUsageDay.objects.values_list("phones", flat=True)) == [0]


# --- What the database refuses ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("column", ["phones", "emails"])
@pytest.mark.parametrize("table", ["packages_addressusage", "packages_addressusageday"])
def test_counts_are_not_negative(provider: Provider, now: datetime, table: str, column: str) -> None:
    give(provider.pk, "+905992000001")
    usage.fold_deltas(now)
    usage.record_usage_days(now)
    refused(f"{table}_{column}_check", f"UPDATE {table} SET {column} = -1")


def test_a_day_is_recorded_once(provider: Provider, now: datetime) -> None:
    give(provider.pk, "+905992000001")
    usage.record_usage_days(now)
    refused(
        "address_usage_once_a_day",
        "INSERT INTO packages_addressusageday (provider_id, day, phones, emails)"
        " SELECT provider_id, day, 0, 0 FROM packages_addressusageday",
    )


def test_a_provider_has_one_base(provider: Provider, now: datetime) -> None:
    give(provider.pk, "+905992000001")
    usage.fold_deltas(now)
    refused(
        "packages_addressusage_pkey",
        "INSERT INTO packages_addressusage (provider_id, phones, emails)"
        " SELECT provider_id, 0, 0 FROM packages_addressusage",
    )


# --- The alarm --------------------------------------------------------------------------------------------------------
def test_counts_that_agree_raise_no_alarm(provider: Provider, now: datetime) -> None:
    give(provider.pk, "+905992000001")
    assert usage.check_counts(now) == []
    assert not AuditEvent.objects.filter(action="count_differs").exists()


def test_a_difference_is_audited_shown_to_staff_and_put_right_by_them(
    provider: Provider, client_of: Callable[[Person], Client], now: datetime
) -> None:
    give(provider.pk, "+905992000001")
    AddressDelta.objects.create(provider_id=provider.pk, phones=2, emails=0)
    check = ledger.verify()["address_counts_agree"]
    assert (check["ok"], check["detail"]) == (False, f"packages_addressusage: {provider.pk}")

    assert usage.check_counts(now) == [provider.pk]
    alarm = AuditEvent.objects.get(action="count_differs")
    assert (alarm.provider_id, alarm.detail) == (
        provider.pk,
        {"kept": {"phones": 3, "emails": 0}, "counted": {"phones": 1, "emails": 0}},
    )
    administrator = client_of(factories.administrator())
    address = reverse("admin:packages_addressusage_changelist")
    assert "Uyuşmuyor: yeniden sayın" in text_of(administrator, address)

    administrator.post(address, {"action": "count_anew", "_selected_action": [provider.pk]})
    assert "Uyuşmuyor" not in text_of(administrator, address)
    assert address_usage(provider.pk) == AddressCounts(1, 0)
    assert ledger.verify()["address_counts_agree"]["ok"]
    put_right = AuditEvent.objects.get(action="recount")
    assert put_right.detail == {"before": {"phones": 3, "emails": 0}, "after": {"phones": 1, "emails": 0}}


def test_the_check_comes_to_everybody_in_turn(now: datetime, db: None) -> None:
    wrong = [factories.ProviderFactory.create().pk for _ in range(5)]
    for provider_id in wrong:
        AddressDelta.objects.create(provider_id=provider_id, phones=1, emails=0)
    turns = [usage.check_counts(now + timedelta(days=day), sample=2) for day in range(5)]
    assert [len(turn) for turn in turns] == [2] * 5
    assert {provider_id for turn in turns for provider_id in turn} == set(wrong)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_administrators_list_costs_the_same_for_any_number_of_rows(
    rows: int, db: None, client_of: Callable[[Person], Client], django_assert_num_queries: Callable
) -> None:
    for _ in range(rows):
        AddressUsage.objects.create(provider=factories.ProviderFactory.create())
    client = client_of(factories.administrator())
    with django_assert_num_queries(4):
        client.get(reverse("admin:packages_addressusage_changelist"))


# --- Screens ----------------------------------------------------------------------------------------------------------
PAGES = ["/paket/", "/izinler/"]


@pytest.mark.parametrize("address", PAGES)
def test_the_meter_stands_on_both_pages(address: str, browser: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    approve(provider, 3_000)
    give(provider.pk, "alici@ornek.example", channel=3)
    grow(provider, days=60, by=20, now=now)
    text = text_of(browser, address)
    assert "3.000 / 5.000" in text
    assert "<dt>Kullanım</dt><dd>%60</dd>" in text
    assert "<dt>Onaylı telefon</dt><dd>3.000</dd>" in text
    assert "<dt>Onaylı e-posta</dt><dd>1</dd>" in text
    assert "Bu hızla 03.03.2027'de İLETİ-5 sınırına ulaşırsınız." in text
    assert "İLETİ-5 sınırı: 5.000</text>" in text
    assert "24.09.2026 günü 1.800, 23.11.2026 günü 3.000; İLETİ-5 sınırı 5.000." in text
    assert text.count('<th scope="row" class="nowrap">') == 61
    assert "çizelgenin çok üstündedir" not in text


def test_a_limit_far_above_is_told_in_words(browser: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-150", now=now)
    approve(provider, 100)
    grow(provider, days=60, by=1, now=now)
    text = text_of(browser, "/paket/")
    assert "İLETİ-150 sınırı (150.000) çizelgenin çok üstündedir." in text
    assert "İLETİ-150 sınırı: 150.000</text>" not in text
    assert "Bu hızla paketinizin son gününe (22.11.2027) kadar İLETİ-150 sınırına ulaşmazsınız." in text


@pytest.mark.parametrize("address", PAGES)
def test_without_a_past_there_is_no_chart_and_no_forecast(
    address: str, browser: Client, provider: Provider, now: datetime
) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    text = text_of(browser, address)
    assert "Adres sayınızın seyri, ilk günler kaydedildikçe burada çizilir." in text
    assert "Tahmin, en az 14 günlük kayıt birikince burada görünür." in text
    assert '<svg class="chart' not in text


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("count", "tone", "said"),
    [
        (3_999, None, None),
        (4_000, "warn", "Adres sayınız İLETİ-5 sınırının %80'ini geçti: 4.000 / 5.000."),
        (4_750, "warn", "Adres sayınız İLETİ-5 sınırının %95'ini geçti: 4.750 / 5.000."),
        (5_000, "bad", "Adres sayınız İLETİ-5 sınırına ulaştı: 5.000 / 5.000."),
        (5_001, "bad", "Adres sayınız İLETİ-5 sınırını aştı: 5.001 / 5.000."),
    ],
)
def test_warnings(
    address: str, count: int, tone: str | None, said: str | None, browser: Client, provider: Provider, now: datetime
) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    approve(provider, count)
    text = text_of(browser, address)
    link = '<a href="/paket/ileti-25/">İLETİ-25 paketine geçin</a>'
    if said is None:
        assert "Adres sayınız İLETİ-5 sınır" not in text
        assert link not in text
    else:
        assert f"<strong>{said}</strong>" in text
        assert f'class="notice notice-{tone}"' in text
        assert link in text


def test_after_the_largest_package_comes_an_offer(browser: Client, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-250", now=now)
    AddressDelta.objects.create(provider_id=provider.pk, phones=240_000, emails=0)
    assert "İLETİ+ için teklif isteyin</a>" in text_of(browser, "/paket/")


def test_a_package_that_is_not_sold_is_not_recommended(provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    Package.objects.filter(slug="ileti-25").update(on_sale=False)
    assert meter_of(provider.pk, now=now).following == Package.objects.get(slug="ileti-75")


def test_temel_hizmetler_has_no_limit(browser: Client, provider: Provider) -> None:
    approve(provider, 6_000)
    text = text_of(browser, "/paket/")
    assert "6.000 / SINIRSIZ" in text
    assert "Temel Hizmetler için adres sınırı yoktur." in text
    assert "geçin</a>" not in text


@pytest.mark.parametrize(
    ("count", "percent"), [(0, "%0"), (1, "%1'den az"), (50, "%1"), (4_999, "%99"), (5_200, "%104")]
)
def test_percent(count: int, percent: str, provider: Provider, now: datetime) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    AddressDelta.objects.create(provider_id=provider.pk, phones=count, emails=0)
    assert meter_of(provider.pk, now=now).percent == percent


def test_a_rival_sees_a_meter_of_their_own(
    bob: Person, provider: Provider, client_of: Callable[[Person], Client]
) -> None:
    approve(provider, 1_234)
    assert "1.234" not in text_of(client_of(bob), "/paket/")


@pytest.mark.parametrize("past", [1, 60])
def test_a_long_past_costs_no_more_queries(
    past: int, provider: Provider, now: datetime, django_assert_num_queries: Callable
) -> None:
    factories.subscription(provider, "ileti-5", now=now)
    approve(provider, 100)
    grow(provider, days=past, by=1, now=now)
    with django_assert_num_queries(6):
        meter_of(provider.pk, now=now)


def test_the_demo_is_counted_exactly_and_has_a_past(now: datetime, db: None) -> None:
    demo.install(now=now)
    assert ledger.verify()["address_counts_agree"] == {"ok": True, "rows": 0, "detail": ""}
    usage.fold_deltas(now)
    assert ledger.verify()["address_counts_agree"] == {"ok": True, "rows": 2, "detail": ""}
    assert AddressUsageDay.objects.count() == 120
    demo.install(now=now)
    assert AddressUsageDay.objects.count() == 120
