"""Sandbox accounts: the same addresses, test data of their own, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.enums import ProviderState
from accounts.models import ApiAccount, Person, Provider
from accounts.rules import AccountRefused
from accounts.services import api_accounts
from brands.models import Brand
from consents.models import Consent, ConsentEvent
from consents.services import batches
from consents.services.sandboxes import create_sandbox_account, reset_sandbox
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from packages import notices, usage
from packages.models import AddressUsageDay, Subscription
from packages.selectors import address_usage
from push import payload
from tests import factories
from tests.api.conftest import Api
from tests.consents.api.conftest import Consents, consent

URL = "/isyerim/api/"
HEADER = "X-IYS-Ortam"


@pytest.fixture
def brands(provider: Provider) -> list[Brand]:
    """The master brand of a provider without a package, and another one."""
    master = factories.BrandFactory.create(provider=provider, code=provider.iys_code, is_master=True, name="Ana")
    return [master, factories.BrandFactory.create(provider=provider)]


@pytest.fixture
def sandbox(provider: Provider, brands: list[Brand]) -> Consents:
    """A program with a sandbox account, which calls by the numbers of the real brand."""
    issued = create_sandbox_account(provider=provider, name="Deneme", networks=[], actor=None, now=timezone.now())
    ApiAccount.objects.update(per_second=10**6)
    return Consents(Api(issued).log_in(), brands[0])


def status(program: Consents, recipient: str = "onay@ornek.example") -> str | None:
    body = {"recipient": recipient, "type": "EPOSTA", "recipientType": "BIREYSEL"}
    found: str | None = program.ask("status", body).json().get("status")
    return found


def test_test_data_by_the_real_numbers(sandbox: Consents, provider: Provider, brands: list[Brand]) -> None:
    answer = sandbox.client.get(f"/sps/{provider.iys_code}/brands")
    assert (answer.status_code, answer.headers[HEADER]) == (200, "deneme")
    assert [(row["brandCode"], row["master"], row["stats"]["consents"]["total"]) for row in answer.json()] == [
        (brands[0].code, True, 7),
        (brands[1].code, False, 0),
    ]
    assert [status(sandbox), status(sandbox, "ret@ornek.example")] == ["ONAY", "RET"]
    assert [row.get("citizenName") for row in sandbox.changes().json()["list"]] == [None, None, "Deniz Örnek"]
    assert len(sandbox.changes(source="HS").json()["list"]) == 6
    subscription = sandbox.client.get(f"/sps/{provider.iys_code}/subscription").json()
    assert (subscription["status"], subscription["usedConsentLimit"]) == ("ACTIVE", 3)


def test_nothing_real_is_touched(sandbox: Consents, provider: Provider, api: Callable[..., Api]) -> None:
    assert sandbox.add(recipient="+905992000777").status_code == 200
    assert sandbox.send(consent(recipient="+905992000778")).status_code == 202
    twin = ApiAccount.objects.get().sandbox
    assert twin is not None
    batches.work(provider_id=twin.pk, clock=timezone.now)
    assert Consent.objects.filter(provider_id=twin.pk, recipient__startswith="+90599200077").count() == 2
    assert not Consent.objects.filter(provider_id=provider.pk).exists()
    assert address_usage(provider.pk).count == 0
    assert not Subscription.objects.filter(provider=provider).exists()
    real = api(provider).get(f"/sps/{provider.iys_code}/brands")
    assert (real.status_code, HEADER in real.headers) == (403, False)


def test_the_sandbox_is_in_no_list_and_no_count(
    sandbox: Consents, provider: Provider, client_of: Callable[[Person], Client]
) -> None:
    now, staff = timezone.now(), client_of(factories.administrator())
    twin = ApiAccount.objects.get().sandbox
    assert twin is not None
    for page in ("accounts/provider", "brands/brand", "packages/subscription", "packages/addressusage"):
        assert twin.title not in staff.get(f"/yonetim/{page}/").content.decode()
    usage.record_usage_days(now + timedelta(days=1))
    assert not AddressUsageDay.objects.filter(provider=twin).exists()
    with time_machine.travel(now + timedelta(days=360)):
        notices.send_notices(now=timezone.now())
    assert not Mail.objects.exists()


def test_reset_gives_fresh_data_and_changes_nothing_that_was_written(
    sandbox: Consents, provider: Provider, brands: list[Brand], alice: Person, client_of: Callable[[Person], Client]
) -> None:
    sandbox.add(recipient="yeni@ornek.example")
    assert status(sandbox, "yeni@ornek.example") == "ONAY"
    events, account = ConsentEvent.objects.count(), ApiAccount.objects.get()
    late = factories.BrandFactory.create(provider=provider)
    assert Consents(sandbox.client, late).changes().status_code == 403
    browser, address = client_of(alice), f"{URL}{account.pk}/sifirla/"
    assert browser.get(address).status_code == 200
    page = browser.post(address, follow=True).content.decode()
    assert "Deneme verisi yenilendi" in page
    assert str(late.code) in page
    assert [status(sandbox, "yeni@ornek.example"), status(sandbox)] == [None, "ONAY"]
    assert Consents(sandbox.client, late).changes().status_code == 204
    assert ConsentEvent.objects.count() == events + 9
    old = account.sandbox
    account.refresh_from_db()
    assert old is not None
    old.refresh_from_db()
    assert (old.state, account.sandbox_id != old.pk) == (ProviderState.CLOSED, True)
    assert AuditEvent.objects.filter(action="api_sandbox_reset", actor_id=alice.pk).count() == 1


def test_resets_are_limited(sandbox: Consents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_accounts, "MOST_RESETS", 2)
    account = ApiAccount.objects.get()
    reset_sandbox(account=account, actor=None, now=timezone.now())
    count = Provider.objects.count()
    with pytest.raises(AccountRefused, match="yarın"):
        reset_sandbox(account=account, actor=None, now=timezone.now())
    assert Provider.objects.count() == count


def test_pushes_name_the_real_numbers(sandbox: Consents, provider: Provider, brands: list[Brand]) -> None:
    twin = ApiAccount.objects.get().sandbox
    assert twin is not None
    brand = Brand.objects.get(provider=twin, stands_for=brands[0].code)
    body = payload.body_of(ConsentEvent.objects.all()[:1], provider=twin, brand=brand).decode()
    assert f'"iysCode":{provider.iys_code},"brandCode":{brands[0].code}' in body


def test_the_screen_makes_a_sandbox_account_and_says_so(
    provider: Provider, brands: list[Brand], alice: Person, client_of: Callable[[Person], Client], now: datetime
) -> None:
    browser = client_of(alice)
    browser.post(f"{URL}yeni/", {"name": "Mağaza", "is_sandbox": "on"})
    account = ApiAccount.objects.get()
    assert account.sandbox is not None
    assert account.sandbox.sandbox_of == provider
    assert 'data-testid="sandbox"' in browser.get(f"{URL}{account.pk}/").content.decode()
    assert "(deneme hesabı)" in browser.get(URL).content.decode()
    browser.post(f"{URL}yeni/", {"name": "Gerçek"})
    real = ApiAccount.objects.get(sandbox=None)
    assert 'data-testid="sandbox"' not in browser.get(f"{URL}{real.pk}/").content.decode()
    assert browser.get(f"{URL}{real.pk}/sifirla/").status_code == 404
