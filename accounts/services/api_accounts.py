"""Change API accounts: make one, give it a new secret, say from where and for which brands it may call, revoke it."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from accounts.enums import API_ACCOUNT_TRANSITIONS, PROVIDER_TRANSITIONS, ApiAccountState, ProviderState
from accounts.models import ApiAccount, Person, Provider
from accounts.notifying import queue_for
from accounts.rules import AccountRefused
from iys_portal.audit.services import Actor, move, record
from iys_portal.mail.enums import MailKind
from iys_portal.mail.services import public_link
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.crypto import lookup_hash

if TYPE_CHECKING:
    from partners.models import Intermediary, Partner

SECRET_PREFIX = "iys_"  # noqa: S105  (by which scanners of source code know a secret that leaked)
LIFE = timedelta(days=365)
_REMINDED = (30, 7, 1)
"""So many days before its end a provider is written about an account."""
NAME_TAKEN = "Bu adda etkin bir API hesabınız var; başka bir ad yazın."
MOST_RESETS = 50
TOO_MANY_RESETS = "Deneme verisi bugün çok kez sıfırlandı; yarın yeniden deneyin."
_DEFAULT_LIMITS = {"per_second": 10, "tokens_per_hour": 100, "status_per_hour": 1000, "history_per_hour": 100}
_DEMO_LIMITS = {"per_second": 1000, "tokens_per_hour": None, "status_per_hour": None, "history_per_hour": None}


@dataclass(frozen=True)
class Limits:
    """How often an account may call from one address; None is no limit."""

    per_second: int
    tokens_per_hour: int | None
    status_per_hour: int | None
    history_per_hour: int | None


def limits_of(account: ApiAccount) -> Limits:
    """Return the limits of an account."""
    return Limits(*(getattr(account, limit.name) for limit in fields(Limits)))


@dataclass(frozen=True)
class Issued:
    """An account with its secret, which nobody can read again."""

    account: ApiAccount
    secret: str


@transaction.atomic
def create_account(
    *,
    name: str,
    now: datetime,
    actor: Person | None,
    provider: Provider | None = None,
    partner: "Partner | None" = None,
    intermediary: "Intermediary | None" = None,
    networks: Sequence[str] = (),
    brand_codes: Sequence[int] = (),
    sandbox: Provider | None = None,
) -> Issued:
    """Make an account of the one company that is named, good for a year, with İYS's limits; in demo mode with none.

    `networks` are addresses and CIDR blocks as accounts.rules.network_of returns them, `brand_codes` the brands that a
    provider's account acts for, none for all. A person's second account of the same name is refused (AccountRefused):
    it is the same form, sent twice. `sandbox`: the provider's own test data, to which the account's calls go. Locks
    the company.
    """
    owner = {"provider": provider, "partner": partner, "intermediary": intermediary}
    company = next(each for each in owner.values() if each is not None)
    if actor is not None:
        type(company)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=company.pk)
        if ApiAccount.objects.filter(**owner, name=name, state=ApiAccountState.ACTIVE).exists():
            raise AccountRefused(NAME_TAKEN)
    secret = _secret()
    account = ApiAccount.objects.create(
        **owner,
        name=name,
        username=str(uuid4()),
        secret_hash=lookup_hash(secret),
        secret_at=now,
        created_by=actor,
        created_at=now,
        expires_at=now + LIFE,
        networks=list(networks),
        brand_codes=sorted(brand_codes),
        sandbox=sandbox,
        **(_DEMO_LIMITS if settings.DEMO_MODE else _DEFAULT_LIMITS),
    )
    record(
        action="api_account_created",
        subject=account,
        actor=actor,
        name=name,
        username=account.username,
        networks=account.networks,
        brand_codes=account.brand_codes,
        sandbox=sandbox is not None,
    )
    return Issued(account, secret)


def remind_of_end(*, now: datetime) -> int:
    """Write to providers whose accounts end within 30, 7 and 1 days, once for each; return for how many accounts.

    A partner or AHS reads the day on its page.
    """
    soon = ApiAccount.objects.filter(
        state=ApiAccountState.ACTIVE, provider__isnull=False, sandbox=None, expires_at__gt=now
    )
    ending = soon.filter(expires_at__lte=now + timedelta(days=max(_REMINDED))).select_related("provider")
    count = 0
    for account in ending.order_by("pk"):
        days = min(days for days in _REMINDED if account.expires_at <= now + timedelta(days=days))
        _remind(account, days)
        count += 1
    return count


@transaction.atomic
def _remind(account: ApiAccount, days: int) -> None:
    at = account.expires_at.astimezone(ISTANBUL)
    queue_for(
        cast("Provider", account.provider),
        kind=MailKind.API_ACCOUNT_ENDING,
        context={
            "title": cast("Provider", account.provider).title,
            "name": account.name,
            "ends_on": f"{at:%d.%m.%Y}",
            "ends_at": f"{at:%H:%M}",
            "link": public_link("accounts:api_account", pk=account.pk),
        },
        key=f"api-account-ending:{account.pk}:{at:%Y%m%d}:{days}",
    )


@transaction.atomic
def rotate_secret(*, account: ApiAccount, now: datetime, actor: Actor | None) -> Issued:
    """Give the account a new secret and a new year; the old secret and every token are good for nothing from now on.

    Raises ApiAccount.DoesNotExist when the account was revoked meanwhile.
    """
    account = _locked(account)
    secret = _secret()
    account.secret_hash, account.secret_at, account.expires_at = lookup_hash(secret), now, now + LIFE
    account.generation += 1
    account.save(update_fields=["secret_hash", "secret_at", "expires_at", "generation"])
    record(action="api_secret_rotated", subject=account, actor=actor, generation=account.generation)
    return Issued(account, secret)


@transaction.atomic
def change_networks(*, account: ApiAccount, networks: Sequence[str], actor: Actor | None) -> None:
    """Let only these addresses and CIDR blocks call with the account; none lets all."""
    account = _locked(account)
    before, account.networks = account.networks, list(networks)
    if before == account.networks:
        return
    account.save(update_fields=["networks"])
    record(action="api_networks", subject=account, actor=actor, before=before, after=account.networks)


@transaction.atomic
def change_brands(*, account: ApiAccount, brand_codes: Sequence[int], actor: Actor | None) -> None:
    """Let a provider's account act for these of its brands only; none lets it act for all, those to come included.

    Raises ApiAccount.DoesNotExist when the account was revoked meanwhile. Tokens that are out there follow within a
    second.
    """
    account = _locked(account)
    before, account.brand_codes = account.brand_codes, sorted(brand_codes)
    if before == account.brand_codes:
        return
    account.save(update_fields=["brand_codes"])
    record(action="api_brands", subject=account, actor=actor, before=before, after=account.brand_codes)


@transaction.atomic
def change_limits(*, account: ApiAccount, limits: Limits, actor: Actor | None, reason: str) -> bool:
    """Let the account call so often from now on; return whether that is something else than before.

    Raises ApiAccount.DoesNotExist when the account was revoked meanwhile.
    """
    account = _locked(account)
    before, after = asdict(limits_of(account)), asdict(limits)
    if before == after:
        return False
    for name, value in after.items():
        setattr(account, name, value)
    account.save(update_fields=list(after))
    record(action="api_limits", subject=account, actor=actor, reason=reason, before=before, after=after)
    return True


@transaction.atomic
def change_sandbox(*, account: ApiAccount, sandbox: Provider, now: datetime, actor: Actor | None) -> Provider:
    """Lead the account's calls to other test data of its provider; return the test data that are given up, closed.

    Raises ApiAccount.DoesNotExist when the account was revoked meanwhile, and AccountRefused after `MOST_RESETS` of a
    provider within a day. Locks the account.
    """
    account = _locked(account)
    if account.sandbox is None:
        raise ValueError("only a sandbox account has test data")
    made = Provider.objects.filter(sandbox_of_id=account.provider_id, created_at__gt=now - timedelta(days=1))
    if made.exclude(pk=sandbox.pk).count() >= MOST_RESETS:
        raise AccountRefused(TOO_MANY_RESETS)
    old, account.sandbox = account.sandbox, sandbox
    account.save(update_fields=["sandbox"])
    record(action="api_sandbox_reset", subject=account, actor=actor, before=old.pk, after=sandbox.pk)
    move(old, ProviderState.CLOSED, table=PROVIDER_TRANSITIONS, actor=actor, reason="Deneme verisi sıfırlandı.")
    return old


@transaction.atomic
def revoke_account(*, account: ApiAccount, now: datetime, actor: Actor | None, reason: str = "İptal edildi") -> None:
    """End the account for good, with all its tokens. One that is revoked already stays as it is."""
    account = ApiAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    if account.state == ApiAccountState.REVOKED:
        return
    move(
        account,
        ApiAccountState.REVOKED,
        table=API_ACCOUNT_TRANSITIONS,
        actor=actor,
        reason=reason,
        revoked_at=now,
    )


def _secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def _locked(account: ApiAccount) -> ApiAccount:
    accounts = ApiAccount.objects.select_for_update(of=("self",), no_key=True)
    return accounts.get(pk=account.pk, state=ApiAccountState.ACTIVE)
