"""Reminders, the end, and packages that fill up: the right e-mail on the right day, once, whatever beat does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, connections, transaction
from pytest_django import Settings

from accounts.models import Provider
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from iys_portal.audit.models import OutboxMessage
from iys_portal.mail.models import Mail
from packages import services
from packages.enums import NoticeKind, SubscriptionState
from packages.models import Package, Subscription, SubscriptionNotice
from packages.notices import send_notices
from packages.rules import term_from
from tests import factories
from tests.payments.test_mails import FOOT

# The subscription of the tests runs from 23.11.2026 through 22.11.2027.


@pytest.fixture(autouse=True)
def production(settings: Settings) -> None:
    settings.DEMO_MODE = False
    settings.PUBLIC_URL = "https://portal.example"


@pytest.fixture
def provider(db: None) -> Provider:
    return factories.ProviderFactory.create(title="Çağrı İletişim A.Ş.", email="bilgi@cagri.example")


@pytest.fixture
def subscription(provider: Provider, now: datetime) -> Subscription:
    return factories.subscription(provider, "ileti-150", now=now)


def at(day: str, time: str = "09:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)


def told() -> list[str]:
    """Return what was told so far, in order; each notice has its e-mail and its promise."""
    kinds = list(SubscriptionNotice.objects.order_by("pk").values_list("kind", flat=True))
    assert Mail.objects.count() == OutboxMessage.objects.filter(topic="mail.send").count() == len(kinds)
    return kinds


def test_each_reminder_comes_on_its_day_and_the_end_after_it(subscription: Subscription) -> None:
    seen = []
    # Days are Istanbul's: they begin at 21:00 UTC.
    midnight = at("2027-10-20", "21:00")
    while midnight < at("2027-12-01"):
        for moment in (midnight - timedelta(minutes=1), midnight + timedelta(minutes=59)):
            services.expire_due(now=moment)
            if send_notices(now=moment):
                seen.append((f"{moment:%d.%m. %H:%M}", told()[-1]))
        midnight += timedelta(days=1)
    assert seen == [
        ("22.10. 21:59", NoticeKind.EXPIRES_IN_30),
        ("14.11. 21:59", NoticeKind.EXPIRES_IN_7),
        ("20.11. 21:59", NoticeKind.EXPIRES_IN_1),
        ("22.11. 21:59", NoticeKind.EXPIRED),
    ]


@pytest.mark.parametrize(
    ("back_on", "kinds"),
    [
        ("2027-11-17", [NoticeKind.EXPIRES_IN_7]),
        ("2027-11-22", [NoticeKind.EXPIRES_IN_1]),
        ("2027-11-25", [NoticeKind.EXPIRED]),
        ("2027-12-30", []),
    ],
)
def test_after_a_standstill_only_the_most_urgent_is_told(
    subscription: Subscription, back_on: str, kinds: list[str]
) -> None:
    Subscription.objects.filter(ends_at__lte=at(back_on)).update(state="expired", ended_at=subscription.ends_at)
    for _ in range(2):
        send_notices(now=at(back_on))
    assert told() == kinds


def test_a_clock_that_is_set_back_repeats_nothing(subscription: Subscription) -> None:
    assert send_notices(now=at("2027-11-22")) == 1
    assert send_notices(now=at("2027-11-01")) == 0
    assert told() == [NoticeKind.EXPIRES_IN_1]


def test_expiring(subscription: Subscription) -> None:
    send_notices(now=at("2027-11-15"))
    mail = Mail.objects.get()
    assert (mail.to, mail.kind) == ("bilgi@cagri.example", "subscription-expiring")
    assert mail.subject == "İLETİ-150 paketinizin süresi 22.11.2027 günü doluyor"
    assert mail.text == (
        """\
Sayın Çağrı İletişim A.Ş. yetkilisi,

İLETİ-150 paketinizin süresi 22.11.2027 gününün sonunda doluyor: 7 gün
kaldı.

Kesinti olmaması için paketinizi bu tarihten önce yenileyiniz. Yenilenen
paket, süren paketiniz bittiğinde başlar; kalan süreniz kaybolmaz.

Yenilenmeyen paketin yerine Temel Hizmetler geçer: entegrasyon (API)
modülü kapanır, iş ortaklarınızın yetkileri yeni bir pakete kadar durur.
İzinleriniz silinmez.

Paketi yenile:
https://portal.example/paket/
"""
        + FOOT
    )


@pytest.mark.parametrize(("day", "words"), [("2027-11-21", "1 gün kaldı"), ("2027-11-22", "bugün son gün")])
def test_the_last_two_days(subscription: Subscription, day: str, words: str) -> None:
    send_notices(now=at(day))
    assert words in " ".join(Mail.objects.get().text.split())


def test_what_is_sold_by_offer_is_renewed_by_offer(subscription: Subscription) -> None:
    Subscription.objects.update(package=Package.objects.get(slug="ileti-arti"))
    send_notices(now=at("2027-11-15"))
    assert "yazarak yeni dönem için teklif isteyiniz" in " ".join(Mail.objects.get().text.split())


def test_expired(subscription: Subscription) -> None:
    services.expire_due(now=at("2027-11-22", "21:00"))
    send_notices(now=at("2027-11-22", "21:05"))
    mail = Mail.objects.get()
    assert mail.subject == "İLETİ-150 paketinizin süresi doldu"
    assert mail.text == (
        """\
Sayın Çağrı İletişim A.Ş. yetkilisi,

İLETİ-150 paketinizin süresi 22.11.2027 günü doldu. Hesabınız Temel
Hizmetler ile çalışmaya devam ediyor.

Çalışmaya devam edenler:

- İzin ekleme ve değiştirme
- İzin sorgulama
- Günlük raporlama
- Marka ve bayi yönetimi

Yeni bir paket tanımlanana kadar duranlar:

- Entegrasyon (API) modülü
- İş ortaklarınızın yetkileri

İzinleriniz ve iş ortaklarınıza verdiğiniz yetkiler silinmedi; yeni
paketiniz tanımlandığında yetkiler kendiliğinden yeniden geçerli olur.

Paket seç:
https://portal.example/paket/sec/
"""
        + FOOT
    )


def renew(subscription: Subscription) -> Subscription:
    """Return the term that begins when the subscription ends."""
    starts_at, ends_at = term_from(subscription.ends_at)
    return Subscription.objects.create(
        provider=subscription.provider, package=subscription.package, starts_at=starts_at, ends_at=ends_at
    )


def test_who_has_renewed_is_neither_reminded_nor_told_of_an_end(subscription: Subscription) -> None:
    renew(subscription)
    assert send_notices(now=at("2027-11-20")) == 0
    services.expire_due(now=at("2027-11-23"))
    assert Subscription.objects.get(pk=subscription.pk).state == SubscriptionState.EXPIRED
    assert send_notices(now=at("2027-11-23")) == 0
    assert told() == []
    assert send_notices(now=at("2028-11-20")) == 1  # the renewed term ends in its turn
    assert SubscriptionNotice.objects.get().subscription_id != subscription.pk


def test_another_providers_term_that_begins_then_is_no_renewal(subscription: Subscription) -> None:
    rival = factories.ProviderFactory.create()
    starts_at, ends_at = term_from(subscription.ends_at)
    Subscription.objects.create(provider=rival, package=subscription.package, starts_at=starts_at, ends_at=ends_at)
    assert send_notices(now=at("2027-11-20")) == 1


def test_a_renewal_that_was_closed_is_none(subscription: Subscription, now: datetime) -> None:
    following = renew(subscription)
    Subscription.objects.filter(pk=following.pk).update(state="closed", ended_at=now)
    assert send_notices(now=at("2027-11-20")) == 1


def test_who_bought_again_after_the_end_is_not_told_of_it(subscription: Subscription) -> None:
    services.expire_due(now=at("2027-11-23"))
    factories.subscription(subscription.provider, "ileti-250", now=at("2027-11-24"))
    assert send_notices(now=at("2027-11-25")) == 0


def test_what_was_replaced_by_an_upgrade_is_not_told_of(subscription: Subscription, now: datetime) -> None:
    factories.subscription(subscription.provider, "ileti-250", now=now + timedelta(days=300))
    assert send_notices(now=at("2027-11-20")) == 0
    assert Subscription.objects.get(pk=subscription.pk).state == SubscriptionState.CLOSED


def test_a_paused_package_is_not_to_be_renewed_but_its_end_is_told(subscription: Subscription) -> None:
    Subscription.objects.update(state="paused", paused_at=at("2027-11-01"))
    assert send_notices(now=at("2027-11-16")) == 0
    Subscription.objects.update(state="active", paused_at=None)
    assert send_notices(now=at("2027-11-17")) == 1
    Subscription.objects.update(state="paused", paused_at=at("2027-11-18"))
    Subscription.objects.update(state="expired", paused_at=None, ended_at=at("2027-11-22", "21:00"))
    assert send_notices(now=at("2027-11-23")) == 1
    assert told() == [NoticeKind.EXPIRES_IN_7, NoticeKind.EXPIRED]


def test_a_provider_that_left_gets_nothing(subscription: Subscription, provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(state="closed")
    assert send_notices(now=at("2027-11-20")) == 0


# --- Packages that fill up --------------------------------------------------------------------------------------------
@pytest.fixture
def small(subscription: Subscription) -> Subscription:
    """A running subscription to a package for 20 addresses."""
    Package.objects.filter(pk=subscription.package_id).update(min_addresses=0, max_addresses=20)
    return subscription


def approve(provider: Provider, upto: int) -> None:
    """Make the provider have `upto` approved phones."""
    brand = factories.BrandFactory.create(provider=provider)
    Consent.objects.filter(provider_id=provider.pk).delete()
    Consent.objects.bulk_create(
        Consent(
            provider_id=provider.pk,
            recipient=f"+90599{number:07d}",
            brand_id=brand.pk,
            channel=Channel.MESAJ,
            recipient_type=RecipientType.BIREYSEL,
            status=ConsentStatus.ONAY,
            source=Source.HS_WEB,
            consent_at=at("2026-11-23"),
        )
        for number in range(upto)
    )


def test_each_level_is_told_once_and_a_lower_one_never_after_a_higher(small: Subscription) -> None:
    seen = []
    for count in (15, 16, 17, 19, 18, 20, 10, 16, 20):
        approve(small.provider, count)
        send_notices(now=at("2026-12-01"))
        seen.append(len(told()))
    assert seen == [0, 1, 1, 2, 2, 3, 3, 3, 3]
    assert told() == [NoticeKind.USAGE_80, NoticeKind.USAGE_95, NoticeKind.USAGE_100]


def test_a_package_that_is_full_at_once_is_told_once(small: Subscription) -> None:
    approve(small.provider, 20)
    assert [send_notices(now=at("2026-12-01")) for _ in range(2)] == [1, 0]
    assert told() == [NoticeKind.USAGE_100]


@pytest.mark.parametrize(
    ("count", "subject", "advice"),
    [
        (16, "adres sınırının %80'i doldu", "Şimdilik bir şey yapmanız gerekmez"),
        (19, "adres sınırının %95'i doldu", "daha büyük bir pakete geçmenizi öneririz"),
        (20, "adres sınırı doldu", "Yeni onayların kabul edilmesi için daha büyük bir pakete geçiniz."),
    ],
)
def test_the_advice_fits_the_level(small: Subscription, count: int, subject: str, advice: str) -> None:
    approve(small.provider, count)
    send_notices(now=at("2026-12-01"))
    mail = Mail.objects.get()
    assert mail.subject == f"İLETİ-150 paketinizin {subject}"
    assert advice in " ".join(mail.text.split())
    assert f"Adres sayınız: {count}\nPaketinizin sınırı: 20\nPaketin son günü: 22.11.2027" in mail.text


def test_full(small: Subscription) -> None:
    Package.objects.filter(pk=small.package_id).update(max_addresses=2)
    approve(small.provider, 3)
    send_notices(now=at("2026-12-01"))
    assert Mail.objects.get().text == (
        """\
Sayın Çağrı İletişim A.Ş. yetkilisi,

İLETİ-150 paketinizin adres sınırı doldu: adres sayınızı artıracak yeni
onaylar kabul edilmez. Kayıtlı adreslerinizin güncellemeleri ve ret
kayıtları işlenmeye devam eder.

Adres sayınız: 3
Paketinizin sınırı: 2
Paketin son günü: 22.11.2027

Yeni onayların kabul edilmesi için daha büyük bir pakete geçiniz.

Paketleri görüntüle:
https://portal.example/paket/sec/
"""
        + FOOT
    )


def test_a_package_without_a_limit_never_fills_up(small: Subscription) -> None:
    Package.objects.filter(pk=small.package_id).update(max_addresses=None)
    approve(small.provider, 21)
    assert send_notices(now=at("2026-12-01")) == 0


# --- One run for all, and two at once ---------------------------------------------------------------------------------
def test_what_fails_for_one_is_told_to_the_others_and_later_to_it(subscription: Subscription, now: datetime) -> None:
    other = factories.subscription(factories.ProviderFactory.create(), now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse_mail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$no$$; END';"
            "CREATE TRIGGER refuse_mail BEFORE INSERT ON mail_mail FOR EACH ROW"
            f" WHEN (NEW.provider_id = {subscription.provider_id}) EXECUTE FUNCTION refuse_mail()"
        )
    assert send_notices(now=at("2027-11-15")) == 1
    assert SubscriptionNotice.objects.get().subscription_id == other.pk
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse_mail ON mail_mail")
    assert send_notices(now=at("2027-11-15")) == 1
    assert told() == [NoticeKind.EXPIRES_IN_7] * 2


def test_more_providers_than_a_chunk(now: datetime, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr("packages.notices._CHUNK", 2)
    for _ in range(5):
        factories.subscription(factories.ProviderFactory.create(), now=now)
    assert send_notices(now=at("2027-11-15")) == 5
    assert send_notices(now=at("2027-11-15")) == 0


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_write_one_email(now: datetime) -> None:
    for _ in range(3):
        factories.subscription(factories.ProviderFactory.create(), now=now)
    start = Barrier(4)

    def beat() -> int:
        try:
            start.wait(10)
            return send_notices(now=at("2027-11-15"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(beat) for _ in range(4)]
        assert sum(result.result(30) for result in results) == 3
    assert told() == [NoticeKind.EXPIRES_IN_7] * 3


@pytest.mark.django_db(transaction=True)
def test_a_subscription_that_somebody_works_on_waits_for_the_next_run(now: datetime) -> None:
    subscription = factories.subscription(factories.ProviderFactory.create(), now=now)

    def beat() -> int:
        try:
            return send_notices(now=at("2027-11-15"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
            assert pool.submit(beat).result(10) == 0
        assert pool.submit(beat).result(10) == 1
