"""What may be granted, and when a grant counts; no page, no database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from packages.enums import SubscriptionState
from packages.models import Package, Subscription
from partners.enums import Channel, PartyState, Right
from partners.models import Partner, PartnerGrant
from partners.rules import (
    PACKAGE_OVER,
    PACKAGE_PAUSED,
    PACKAGE_REQUIRED,
    Sleep,
    is_empty,
    is_live,
    refusal_of_package,
    right_of,
    sleep_of,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
NONE, READ, WRITE = Right.NONE, Right.READ, Right.WRITE


def subscription(
    state: SubscriptionState = SubscriptionState.ACTIVE, *, integration: bool = True, days_left: int = 100
) -> Subscription:
    return Subscription(
        package=Package(has_integration=integration), state=state, ends_at=NOW + timedelta(days=days_left)
    )


@pytest.mark.parametrize(
    ("read", "write", "right"),
    [(False, False, NONE), (True, False, READ), (False, True, WRITE), (True, True, WRITE)],
)
def test_writing_implies_reading(read: bool, write: bool, right: Right) -> None:
    assert right_of(read=read, write=write) is right


@pytest.mark.parametrize(
    ("agreement", "mesaj", "empty"),
    [
        (False, NONE, True),
        (True, NONE, False),
        (False, READ, False),
        (False, WRITE, False),
        (True, READ, False),
    ],
)
def test_nothing_ticked(agreement: bool, mesaj: Right, empty: bool) -> None:
    rights = {Channel.MESAJ: mesaj, Channel.ARAMA: NONE, Channel.EPOSTA: NONE}
    assert is_empty(rights, agreement=agreement) is empty


@pytest.mark.parametrize(
    ("ends_on", "revoked_at", "live"),
    [
        (None, None, True),
        (TODAY + timedelta(days=1), None, True),
        (TODAY, None, True),
        (TODAY - timedelta(days=1), None, False),
        (None, NOW, False),
        (TODAY + timedelta(days=1), NOW, False),
    ],
)
def test_a_grant_counts_until_it_is_revoked_or_its_last_day_is_over(
    ends_on: date | None, revoked_at: datetime | None, live: bool
) -> None:
    grant = PartnerGrant(partner=Partner(), ends_on=ends_on, revoked_at=revoked_at)
    assert is_live(grant, today=TODAY) is live
    grant.partner.state = PartyState.SUSPENDED
    assert is_live(grant, today=TODAY) is False


@pytest.mark.parametrize(
    ("live", "latest", "refusal"),
    [
        (subscription(), subscription(), ""),
        (None, None, PACKAGE_REQUIRED),
        (subscription(integration=False), subscription(integration=False), PACKAGE_REQUIRED),
        (subscription(SubscriptionState.PAUSED), subscription(SubscriptionState.PAUSED), PACKAGE_PAUSED),
        (None, subscription(SubscriptionState.EXPIRED, days_left=-1), PACKAGE_OVER),
        (None, subscription(days_left=0), PACKAGE_OVER),
        (None, subscription(integration=False, days_left=-1), PACKAGE_REQUIRED),
        (None, subscription(SubscriptionState.CLOSED), PACKAGE_REQUIRED),
    ],
)
def test_why_the_package_does_not_allow_partners(
    live: Subscription | None, latest: Subscription | None, refusal: str
) -> None:
    assert refusal_of_package(live, latest, now=NOW) == refusal


NO_PACKAGE = Sleep(
    "Etkin bir İLETİ paketiniz yok.",
    "bir İLETİ paketiniz olduğunda",
    "Hizmet sağlayıcının etkin bir İLETİ paketi yok.",
)
OVER = Sleep(
    "Paketinizin süresi 22.11.2026 günü doldu.",
    "yeniden bir İLETİ paketiniz olduğunda",
    "Hizmet sağlayıcının paketinin süresi 22.11.2026 günü doldu.",
)
PAUSED = Sleep("Paketiniz durduruldu.", "durdurma kalktığında", "Hizmet sağlayıcının paketi durduruldu.")


@pytest.mark.parametrize(
    ("counts", "sleep"),
    [
        (None, NO_PACKAGE),
        (subscription(), None),
        (subscription(integration=False), NO_PACKAGE),
        (subscription(SubscriptionState.CLOSED), NO_PACKAGE),
        (subscription(SubscriptionState.PAUSED), PAUSED),
        (subscription(SubscriptionState.EXPIRED, days_left=-1), OVER),
        (subscription(SubscriptionState.ACTIVE, days_left=-1), OVER),
        (subscription(SubscriptionState.PAUSED, days_left=-1), OVER),
    ],
)
def test_why_partner_grants_sleep(counts: Subscription | None, sleep: Sleep | None) -> None:
    assert sleep_of(counts, now=NOW) == sleep
