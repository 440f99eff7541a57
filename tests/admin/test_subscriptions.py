"""Administrators pause, resume and close with a reason; what a row does not allow is refused in words."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client

from accounts.models import Person, Provider
from iys_portal.audit.models import AuditEvent
from packages.models import Subscription
from packages.services import expire_due
from tests import factories

DAY = timedelta(days=1)


@pytest.fixture
def subscription(provider: Provider, now: datetime) -> Subscription:
    return factories.subscription(provider, now=now)


def page_of(row: Subscription | Provider, act: str = "change") -> str:
    return f"/yonetim/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/{act}/"


def words(answer: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def told(answer: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def buttons(browser: Client, row: Subscription | Provider) -> list[str]:
    html = browser.get(page_of(row)).content.decode()
    tools = html.partition('<ul class="object-tools">')[2].partition("</ul>")[0]
    links = re.findall(r'<a href="([^"]+/(\w+)/)">', tools)
    assert [browser.get(address).status_code for address, _ in links] == [200] * len(links)
    return [name for _, name in links]


def changes(row: Subscription | Provider) -> list[tuple[str, str, int | None]]:
    trail = AuditEvent.objects.filter(
        object_type=row._meta.label_lower, object_id=str(row.pk), action__startswith="state:"
    )
    return list(trail.order_by("pk").values_list("action", "reason", "actor_id"))


def test_the_check_page_names_the_provider_the_package_and_what_follows(
    browser: Client, subscription: Subscription, provider: Provider
) -> None:
    text = words(browser.get(page_of(subscription, "durdur")))
    assert f"Hizmet sağlayıcı {provider.title} (İYS No {provider.iys_code})" in text
    assert "Paket İLETİ-150 (Seviye 1)" in text
    assert "Son gün 22.11.2027" in text
    assert "API kapanır (H520)" in text
    subscription.refresh_from_db()
    assert subscription.state == "active"


def test_pausing_and_resuming(browser: Client, subscription: Subscription, administrator: Person) -> None:
    assert buttons(browser, subscription) == ["durdur"]
    answer = browser.post(page_of(subscription, "durdur"), {"reason": "Ödeme itirazı"})
    assert (answer["Location"], told(answer)) == (page_of(subscription), ["İLETİ-150 aboneliği durduruldu."])
    assert buttons(browser, subscription) == ["surdur"]
    browser.post(page_of(subscription, "surdur"), {"reason": "Çözüldü"})
    assert buttons(browser, subscription) == ["durdur"]
    assert changes(subscription) == [
        ("state:paused", "Ödeme itirazı", administrator.pk),
        ("state:active", "Çözüldü", administrator.pk),
    ]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_required(browser: Client, subscription: Subscription, reason: str) -> None:
    answer = browser.post(page_of(subscription, "durdur"), {"reason": reason})
    assert answer.status_code == 200
    sentence = "En çok 500 karakter yazın." if reason.strip() else "Gerekçe yazın."
    assert answer.context["form"].errors == {"reason": [sentence]}
    assert changes(subscription) == []


def test_sending_twice_is_sending_once(browser: Client, subscription: Subscription, administrator: Person) -> None:
    for _ in range(2):
        assert browser.post(page_of(subscription, "durdur"), {"reason": "İnceleme"}).status_code == 302
    assert changes(subscription) == [("state:paused", "İnceleme", administrator.pk)]


@pytest.mark.parametrize("act", ["durdur", "surdur"])
@pytest.mark.parametrize("swept", [False, True])
def test_what_is_over_is_refused_in_words(
    browser: Client, subscription: Subscription, administrator: Person, act: str, swept: bool
) -> None:
    with time_machine.travel(subscription.ends_at, tick=False):
        browser.force_login(administrator)
        if swept:
            expire_due(now=subscription.ends_at)
        assert buttons(browser, subscription) == []
        assert "Bu abonelik sona ermiş" in words(browser.get(page_of(subscription, act)))
        answer = browser.post(page_of(subscription, act), {"reason": "Deneme"})
        assert [message.startswith("Bu abonelik sona ermiş") for message in told(answer)] == [True]


def test_a_renewal_that_has_not_begun_follows_the_running_term(
    browser: Client, subscription: Subscription, provider: Provider, administrator: Person
) -> None:
    at = subscription.ends_at - 5 * DAY
    queued = factories.subscription(provider, now=at)
    with time_machine.travel(at, tick=False):
        browser.force_login(administrator)
        assert buttons(browser, queued) == []
        assert "henüz başlamadı" in words(browser.get(page_of(queued, "durdur")))
        assert "Sıradaki yenileme İLETİ-150 (Seviye 1)" in words(browser.get(page_of(subscription, "durdur")))
        browser.post(page_of(subscription, "durdur"), {"reason": "İnceleme"})
    assert set(Subscription.objects.values_list("state", flat=True)) == {"paused"}


def test_closing_a_provider(
    browser: Client, provider: Provider, subscription: Subscription, administrator: Person
) -> None:
    assert buttons(browser, provider) == ["kapat"]
    text = words(browser.get(page_of(provider, "kapat")))
    assert "Paket İLETİ-150 (Seviye 1)" in text
    assert "hemen kapanır (H521)" in text
    for _ in range(2):
        browser.post(page_of(provider, "kapat"), {"reason": "Ticareti bıraktı"})
    assert changes(provider) == [("state:closed", "Ticareti bıraktı", administrator.pk)]
    assert changes(subscription) == [("state:closed", "Ticareti bıraktı", administrator.pk)]
    assert buttons(browser, provider) == ["ac"]
    assert "Bu hizmet sağlayıcı zaten kapalı." in words(browser.get(page_of(provider, "kapat")))
    browser.post(page_of(provider, "ac"), {"reason": "Döndü"})
    provider.refresh_from_db()
    subscription.refresh_from_db()
    assert (provider.state, subscription.state) == ("active", "closed")


def test_the_state_of_a_provider_is_not_typed(browser: Client, provider: Provider) -> None:
    fields = ("iys_code", "title", "tax_number", "mersis", "address", "phone", "email")
    form = {name: getattr(provider, name) or "" for name in fields}
    assert browser.post(page_of(provider), {**form, "state": "closed"}).status_code == 302
    provider.refresh_from_db()
    assert provider.state == "active"


@pytest.mark.parametrize("act", ["durdur", "surdur"])
def test_only_who_holds_the_right_may_act(
    accountant: Person,
    alice: Person,
    client_of: Callable[[Person], Client],
    subscription: Subscription,
    provider: Provider,
    act: str,
) -> None:
    staff = client_of(accountant)
    for row, name in ((subscription, act), (provider, "kapat")):
        assert staff.get(page_of(row, name)).status_code == 403
        assert staff.post(page_of(row, name), {"reason": "Deneme"}).status_code == 403
        for stranger in (Client(), client_of(alice)):
            assert stranger.post(page_of(row, name), {"reason": "x"})["Location"].startswith("/yonetim/login/")
    assert (changes(subscription), changes(provider)) == ([], [])


def test_a_row_that_is_not_there(browser: Client, db: None) -> None:
    assert browser.get("/yonetim/packages/subscription/1/durdur/").status_code == 404
