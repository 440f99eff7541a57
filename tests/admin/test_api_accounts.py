"""Administrators change the limits of an API account, with a reason and in the audit trail."""

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import ApiAccount, Person, Provider
from accounts.services.api_accounts import Limits, create_account, limits_of, revoke_account
from iys_portal.audit.models import AuditEvent


@pytest.fixture
def account(provider: Provider, now: datetime) -> ApiAccount:
    account = create_account(provider=provider, name="Mağaza", now=now, actor=None).account
    ApiAccount.objects.update(per_second=10, tokens_per_hour=100, status_per_hour=1000, history_per_hour=100)
    return account


def address(account: ApiAccount, act: str = "sinirlar") -> str:
    return f"/yonetim/accounts/apiaccount/{account.pk}/{act}/"


def test_limits_are_changed_with_a_reason(browser: Client, account: ApiAccount, administrator: Person) -> None:
    page = browser.get(address(account)).content.decode()
    assert 'value="1000"' in page
    wanted = {"per_second": "50", "tokens_per_hour": "100", "status_per_hour": "", "history_per_hour": "100"}
    assert "Gerekçe yazın." in browser.post(address(account), wanted).content.decode()
    for _ in range(2):  # sent twice
        browser.post(address(account), {**wanted, "reason": "Sözleşme gereği"})
    account.refresh_from_db()
    assert limits_of(account) == Limits(50, 100, None, 100)
    (event,) = AuditEvent.objects.filter(action="api_limits")
    assert (event.actor_id, event.reason) == (administrator.pk, "Sözleşme gereği")
    assert event.detail["before"]["status_per_hour"] == 1000
    assert event.detail["after"]["status_per_hour"] is None


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "", "1000001"])
def test_what_is_no_limit(browser: Client, account: ApiAccount, wrong: str) -> None:
    browser.post(address(account), {"per_second": wrong, "reason": "Deneme"})
    account.refresh_from_db()
    assert limits_of(account) == Limits(10, 100, 1000, 100)


def test_a_revoked_account_keeps_its_limits(browser: Client, account: ApiAccount, now: datetime) -> None:
    revoke_account(account=account, now=now, actor=None)
    browser.post(address(account), {"per_second": "50", "reason": "Deneme"})
    account.refresh_from_db()
    assert limits_of(account).per_second == 10
