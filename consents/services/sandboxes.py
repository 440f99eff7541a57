"""Sandboxes: test data of API accounts, and accounts whose calls go to them (docs/adr/0051-sandboxes.md).

A sandbox is a provider of its own that nobody acts for. Programs name it and its brands by the numbers of the provider
it is of, so that only the account tells a trial from the real thing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import ApiAccount, Person, Provider
from accounts.services.api_accounts import Issued, change_sandbox, create_account
from brands.enums import BrandState
from brands.models import Brand
from brands.selectors import brands_of
from brands.services.registration import allot_code
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.rules.fields import Movement
from consents.selectors import policy
from consents.services.recording import Origin, record_citizens_movement, record_consent
from packages.selectors import smallest_with_api
from packages.services import activate

_NUMBERS = range(1_500_000_000, 2_000_000_000)
"""Numbers of sandboxes and their brands, which nobody sees; those of the register have eight digits at most."""
_MOST_BRANDS = 100
_AGO = timedelta(hours=2)
"""Test data are so old: movements of the last hour are not in the change feed."""

APPROVED = (
    ("+905992000001", Channel.MESAJ, RecipientType.BIREYSEL),
    ("+905992000001", Channel.ARAMA, RecipientType.BIREYSEL),
    ("onay@ornek.example", Channel.EPOSTA, RecipientType.BIREYSEL),
    ("+905992000002", Channel.MESAJ, RecipientType.TACIR),
)
"""Recipients of the test data who have approved."""
REFUSED = (
    ("+905992000003", Channel.MESAJ, RecipientType.BIREYSEL),
    ("ret@ornek.example", Channel.EPOSTA, RecipientType.BIREYSEL),
)
"""Those who approved and then refused at İYS's own places."""
ADDED = ("+905992000004", Channel.MESAJ, RecipientType.BIREYSEL)
"""Who approved at İYS's own place without having been asked: the change feed names them."""


@transaction.atomic
def create_sandbox_account(
    *,
    provider: Provider,
    name: str,
    networks: Sequence[str],
    actor: Person | None,
    now: datetime,
    brand_codes: Sequence[int] = (),
) -> Issued:
    """Make an account of a provider whose calls go to test data of its own. Raises AccountRefused as others do."""
    return create_account(
        provider=provider,
        name=name,
        networks=networks,
        brand_codes=brand_codes,
        sandbox=_made(provider, actor=actor, now=now),
        actor=actor,
        now=now,
    )


@transaction.atomic
def reset_sandbox(*, account: ApiAccount, actor: Person | None, now: datetime) -> None:
    """Give the account fresh test data; what it wrote is given up, never changed. Its brands are those of today.

    Raises AccountRefused after too many of them in a day.
    """
    if account.provider is None:
        raise ValueError("only a provider has a sandbox")
    change_sandbox(account=account, sandbox=_made(account.provider, actor=actor, now=now), now=now, actor=actor)


def _made(provider: Provider, *, actor: Person | None, now: datetime) -> Provider:
    sandbox = Provider.objects.create(
        sandbox_of=provider,
        iys_code=allot_code(_NUMBERS),
        title=f"{provider.title[:230]} (deneme ortamı)",
        address=provider.address,
        phone=provider.phone,
        email=provider.email,
        created_at=now,
    )
    originals = brands_of(provider.pk).filter(state=BrandState.ACTIVE).order_by("-is_master", "code")[:_MOST_BRANDS]
    brands = [
        Brand.objects.create(
            provider=sandbox,
            code=allot_code(_NUMBERS),
            name=original.name,
            is_master=original.is_master,
            stands_for=original.code,
        )
        for original in originals
    ]
    reason = "Deneme ortamı."
    activate(provider=sandbox, package=smallest_with_api(), actor=actor, reason=reason, now=now - _AGO)
    if brands:
        _fill(sandbox, brands[0], now=now - _AGO)
    return sandbox


def _fill(sandbox: Provider, brand: Brand, *, now: datetime) -> None:
    """Record the test data of the first brand."""
    rules, origin, at = policy(), Origin(Way.API), now - timedelta(minutes=10)
    for recipient, channel, kind in (*APPROVED, *REFUSED):
        movement = Movement(recipient, channel, kind, ConsentStatus.ONAY, Source.HS_WEB, at)
        record_consent(provider=sandbox, brand=brand, movement=movement, origin=origin, policy=rules, now=now)
    for recipient, channel, kind in (*REFUSED, ADDED):
        is_added = (recipient, channel, kind) == ADDED
        record_citizens_movement(
            provider=sandbox,
            brand=brand,
            recipient=recipient,
            channel=channel,
            recipient_type=kind,
            status=ConsentStatus.ONAY if is_added else ConsentStatus.RET,
            source=Source.IYS_WEB_YENI if is_added else Source.IYS_WEB,
            consent_at=now,
            now=now,
            citizen_name="Deniz Örnek" if is_added else "",
        )
