"""İşyerim, API hesapları: make, see the secret once, change addresses, rotate, revoke, look into the log."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.api_usage import PAGE
from accounts.models import ApiAccount, ApiRequest, ApiSession, Person, Provider
from accounts.rules import lets_in, network_of
from accounts.services.api_accounts import NAME_TAKEN, create_account, remind_of_end
from accounts.services.api_tokens import begin_session, forget_requests, forget_sessions
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from tests import factories
from tests.api.conftest import Api
from tests.partners.scene import text_of

URL = "/isyerim/api/"


@pytest.fixture
def browser(alice: Person, client_of: Callable[[Person], Client]) -> Client:
    return client_of(alice)


def create(browser: Client, name: str = "Mağaza", networks: str = "") -> HttpResponse:
    return browser.post(f"{URL}yeni/", {"name": name, "networks": networks}, follow=True)


def test_the_secret_is_shown_once_and_works(browser: Client, provider: Provider) -> None:
    page = create(browser, networks="192.0.2.0/24\n127.0.0.1")
    account = ApiAccount.objects.get()
    username, secret = text_of(page, "api-username"), text_of(page, "api-secret")
    assert (username, account.provider) == (account.username, provider)
    assert account.networks == ["192.0.2.0/24", "127.0.0.1/32"]
    fields = {"username": username, "password": secret, "grant_type": "password"}
    assert Client().post("/oauth2/token", fields, "application/json").status_code == 200
    again = browser.get(f"{URL}{account.pk}/sifre/")
    assert text_of(again, "api-secret") == ""
    assert secret not in again.content.decode()


def test_the_web_session_does_not_hold_the_secret_in_clear(browser: Client) -> None:
    browser.post(f"{URL}yeni/", {"name": "Mağaza"})
    kept = str(dict(browser.session.items()))
    page = browser.get(f"{URL}{ApiAccount.objects.get().pk}/sifre/")
    assert text_of(page, "api-secret") not in kept


def test_another_accounts_secret_page_shows_nothing(browser: Client, provider: Provider, alice: Person) -> None:
    other = create_account(provider=provider, name="Başka", now=timezone.now(), actor=alice).account
    browser.post(f"{URL}yeni/", {"name": "Mağaza"})
    assert text_of(browser.get(f"{URL}{other.pk}/sifre/"), "api-secret") == ""


def test_the_same_form_twice_makes_one_account(browser: Client) -> None:
    create(browser)
    page = create(browser, name="  Mağaza ")
    assert NAME_TAKEN in page.content.decode()
    assert ApiAccount.objects.count() == 1


def test_wrong_addresses_are_named(browser: Client) -> None:
    page = create(browser, networks="1.2.3\n192.0.2.1\n<b>")
    html = page.content.decode()
    assert "“1.2.3” bir IP adresi ya da CIDR bloğu değil." in html
    assert "“&lt;b&gt;” bir IP adresi ya da CIDR bloğu değil." in html
    assert not ApiAccount.objects.exists()
    assert "Hesaba bir ad verin." in browser.post(f"{URL}yeni/", {"name": " "}).content.decode()
    many = "\n".join(f"192.0.2.{number}" for number in range(51))
    assert "En çok 50 adres" in create(browser, networks=many).content.decode()


def test_addresses_secret_and_end(browser: Client, provider: Provider, alice: Person) -> None:
    account = create_account(provider=provider, name="Mağaza", now=timezone.now(), actor=alice).account
    page = f"{URL}{account.pk}/"
    browser.post(f"{page}adresler/", {"networks": "192.0.2.1, 2001:db8::/32\n192.0.2.1"})
    account.refresh_from_db()
    assert account.networks == ["192.0.2.1/32", "2001:db8::/32"]
    assert "192.0.2.1\n2001:db8::/32" in browser.get(f"{page}adresler/").content.decode().replace("\r", "")
    assert "192.0.2.1, 2001:db8::/32" in browser.get(page).content.decode()
    old = account.secret_hash
    assert "geçersiz olur" in browser.get(f"{page}sifre/yenile/").content.decode()
    assert text_of(browser.post(f"{page}sifre/yenile/", follow=True), "api-secret").startswith("iys_")
    account.refresh_from_db()
    assert (account.secret_hash != old, account.generation) == (True, 2)
    assert "yeniden açılamaz" in browser.get(f"{page}iptal/").content.decode()
    browser.post(f"{page}iptal/")
    account.refresh_from_db()
    assert (account.state, account.revoked_at is not None) == ("revoked", True)
    for act in ("sifre/yenile/", "adresler/", "iptal/"):
        assert browser.post(f"{page}{act}").headers["Location"] == page
    account.refresh_from_db()
    assert account.generation == 2
    actions = AuditEvent.objects.filter(object_type="accounts.apiaccount").order_by("pk")
    expected = ["api_account_created", "api_networks", "api_secret_rotated", "state:revoked"]
    assert [event.action for event in actions] == expected
    assert {event.actor_id for event in actions} == {alice.pk}
    assert {event.provider_id for event in actions} == {provider.pk}


def logged(account: ApiAccount, count: int, *, at: datetime, status: int = 200, codes: str = "") -> list[ApiRequest]:
    return [
        ApiRequest.objects.create(
            account=account,
            at=at - timedelta(seconds=number),
            request_id=uuid4(),
            method="POST",
            path="/sps/1/brands/2/consents/status",
            status=status,
            codes=codes,
            milliseconds=12,
            recipients="+9059*****01",
            recipient_count=1,
        )
        for number in range(count)
    ]


def rows_of(page: HttpResponse) -> list[str]:
    return re.findall(r"([0-9a-f]{8}-[0-9a-f-]{27})</span></div>", page.content.decode())


def test_the_log_is_paged_and_searched(browser: Client, provider: Provider) -> None:
    now = timezone.now()
    account = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    rows = logged(account, PAGE + 2, at=now)
    bad = logged(account, 1, at=now - timedelta(hours=1), status=403, codes="H353")
    page = f"{URL}{account.pk}/istekler/"
    first = browser.get(page)
    assert rows_of(first) == [str(row.request_id) for row in rows[:PAGE]]
    older = re.search(r'href="(\?sonra=\d+)"', first.content.decode())
    assert older
    assert rows_of(browser.get(page + older[1])) == [str(row.request_id) for row in [*rows[PAGE:], *bad]]
    assert rows_of(browser.get(f"{page}?ara={rows[3].request_id}")) == [str(rows[3].request_id)]
    assert rows_of(browser.get(f"{page}?durum=hata")) == [str(bad[0].request_id)]
    assert "Bu bir istek no değil" in browser.get(f"{page}?ara=abc").content.decode()
    assert "Eşleşen istek yok" in browser.get(f"{page}?ara={uuid4()}").content.decode()
    assert "+9059*****01" in first.content.decode()


def test_the_log_of_another_account_is_not_found(browser: Client, provider: Provider) -> None:
    now = timezone.now()
    mine = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    other = create_account(provider=factories.ProviderFactory.create(), name="X", now=now, actor=None).account
    (row,) = logged(other, 1, at=now)
    assert rows_of(browser.get(f"{URL}{mine.pk}/istekler/?ara={row.request_id}")) == []
    assert browser.get(f"{URL}{other.pk}/istekler/").status_code == 404


def test_success_and_quota(browser: Client, provider: Provider) -> None:
    now = timezone.now()
    account = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    page = f"{URL}{account.pk}/"
    assert "istek gönderilmedi" in browser.get(page).content.decode()
    logged(account, 1, at=now)
    logged(account, 1, at=now, status=422, codes="H110 H114")
    logged(account, 1, at=now, status=403, codes="H353")
    logged(account, 1, at=now - timedelta(hours=25), status=500, codes="H015")
    shown = browser.get(page)
    assert text_of(shown, "api-success") == "3 istekten 1 tanesi başarılı: %33"
    html = shown.content.decode()
    assert set(re.findall(r"/api/hatalar/(\w+)/", html)) == {"H110", "H114", "H353"}


def test_lists_cost_the_same_with_one_row_and_three(browser: Client, provider: Provider, alice: Person) -> None:
    counts = []
    for name in ("a", "b", "c"):
        create_account(provider=provider, name=name, now=timezone.now(), actor=alice)
        with CaptureQueriesContext(connection) as queries:
            browser.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[2]


def test_an_account_that_ends_soon_is_written_about(provider: Provider, now: datetime) -> None:
    account = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    create_account(provider=provider, name="Yeni", now=now + timedelta(days=60), actor=None)
    end, told = account.expires_at, []
    for before in (31, 30, 29, 7, 7, 0.5, -1):
        remind_of_end(now=end - timedelta(days=before))
        told.append(Mail.objects.filter(kind="api-account-ending", to=provider.email).count())
    assert told == [0, 1, 1, 2, 2, 3, 3]
    text = Mail.objects.filter(kind="api-account-ending").first().text  # type: ignore[union-attr]
    assert '"Mağaza" API hesabı 23.11.2027' in text
    assert f"/isyerim/api/{account.pk}/" in text


def test_what_is_old_is_forgotten(provider: Provider, now: datetime) -> None:
    account = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    logged(account, 2, at=now - timedelta(days=30, seconds=1))
    logged(account, 1, at=now - timedelta(days=29))
    assert forget_requests(now=now, days=30) == 2
    begin_session(account=account, now=now - timedelta(hours=7))
    live = begin_session(account=account, now=now).session
    assert forget_sessions(now=now) == 1
    assert [session.pk for session in ApiSession.objects.all()] == [live.pk]


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ([], "anything", True),
        (["192.0.2.0/24"], "192.0.2.255", True),
        (["192.0.2.0/24"], "192.0.3.0", False),
        (["192.0.2.0/24"], "::ffff:192.0.2.1", True),
        (["192.0.2.0/24"], "2001:db8::1", False),
        (["2001:db8::/32"], "2001:db8:1::1", True),
        (["192.0.2.0/24"], "", False),
        (["192.0.2.0/24"], "unknown", False),
    ],
)
def test_lets_in(networks: list[str], address: str, allowed: bool) -> None:
    assert lets_in(networks, address) is allowed


def test_network_of() -> None:
    assert network_of(" 192.0.2.7/24 ") == "192.0.2.0/24"
    assert network_of("192.0.2.7") == "192.0.2.7/32"
    with pytest.raises(ValueError, match="does not appear"):
        network_of("192.0.2.300")


def test_a_call_is_seen_on_the_page(
    api: Callable[..., Api], browser: Client, provider: Provider, alice: Person
) -> None:
    client = api(provider)
    answer = client.get("/info/city")
    page = browser.get(f"{URL}{client.account.pk}/istekler/")
    assert answer.headers["X-Request-Id"] in rows_of(page)
    client.account.refresh_from_db()
    assert client.account.last_used_at is not None
