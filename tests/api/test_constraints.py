"""What must stay true of API accounts even when somebody types SQL: one attempt per constraint."""

from datetime import datetime

import pytest

from accounts.models import ApiAccount, ApiSession, Provider
from accounts.services.api_accounts import create_account
from accounts.services.api_tokens import begin_session
from consents.services.sandboxes import create_sandbox_account
from tests import factories
from tests.architecture.test_constraints import refused


@pytest.fixture
def account(provider: Provider, now: datetime) -> ApiAccount:
    return create_account(provider=provider, name="Deneme", now=now, actor=None).account


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("api_account_of_one_company", "provider_id = NULL"),
        ("api_account_state_known", "state = 'lost'"),
        ("api_account_revoked_iff_instant", "state = 'revoked'"),
        ("api_account_revoked_iff_instant", "revoked_at = now()"),
        ("api_account_lives_a_year", "expires_at = secret_at"),
        ("api_account_lives_a_year", "expires_at = secret_at + interval '367 days'"),
        ("api_account_may_call", "per_second = 0"),
    ],
)
def test_accounts(account: ApiAccount, constraint: str, change: str) -> None:
    refused(constraint, f"UPDATE accounts_apiaccount SET {change} WHERE id = %s", account.pk)


def test_only_a_provider_has_a_sandbox(provider: Provider, now: datetime) -> None:
    account = create_account(partner=factories.PartnerFactory.create(), name="Deneme", now=now, actor=None).account
    sql = "UPDATE accounts_apiaccount SET sandbox_id = %s WHERE id = %s"
    refused("api_account_sandbox_of_provider", sql, provider.pk, account.pk)


def test_a_sandbox_is_of_one_account_and_has_no_tax_number(provider: Provider, now: datetime) -> None:
    accounts = [
        create_sandbox_account(provider=provider, name=name, networks=[], actor=None, now=now).account for name in "ab"
    ]
    sql = "UPDATE accounts_apiaccount SET sandbox_id = %s WHERE id = %s"
    refused("accounts_apiaccount_sandbox", sql, accounts[0].sandbox_id, accounts[1].pk)
    sql = "UPDATE accounts_provider SET {} WHERE id = %s"
    refused("provider_one_tax_number", sql.format("sandbox_of_id = NULL"), accounts[0].sandbox_id)
    refused("provider_one_tax_number", sql.format("sandbox_of_id = id"), provider.pk)


def test_a_brand_has_one_stand_in(provider: Provider, now: datetime) -> None:
    brands = factories.BrandFactory.create_batch(2, provider=provider)
    account = create_sandbox_account(provider=provider, name="Deneme", networks=[], actor=None, now=now).account
    sql = "UPDATE brands_brand SET stands_for = %s WHERE provider_id = %s"
    refused("brand_stands_for_once", sql, brands[0].code, account.sandbox_id)


def test_an_account_of_two_companies(account: ApiAccount) -> None:
    partner = factories.PartnerFactory.create()
    sql = "UPDATE accounts_apiaccount SET partner_id = %s WHERE id = %s"
    refused("api_account_of_one_company", sql, partner.pk, account.pk)


def test_a_username_is_given_once(account: ApiAccount, provider: Provider, now: datetime) -> None:
    other = create_account(provider=provider, name="Deneme", now=now, actor=None).account
    sql = "UPDATE accounts_apiaccount SET username = %s WHERE id = %s"
    refused("accounts_apiaccount_username", sql, account.username, other.pk)


def test_a_refresh_token_exists_once(account: ApiAccount, now: datetime) -> None:
    first, second = (begin_session(account=account, now=now).session for _ in range(2))
    sql = (
        "UPDATE accounts_apirefreshtoken SET token_hash ="
        " (SELECT token_hash FROM accounts_apirefreshtoken WHERE session_id = %s) WHERE session_id = %s"
    )
    refused("accounts_apirefreshtoken_token_hash", sql, first.pk, second.pk)
    assert ApiSession.objects.count() == 2
