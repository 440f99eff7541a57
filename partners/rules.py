"""When a grant counts, and what may be granted."""

from collections.abc import Mapping
from datetime import date, datetime

from packages.enums import SubscriptionState
from packages.models import Subscription
from packages.rules import allows_partners
from partners.enums import Channel, Right
from partners.models import Grant

PACKAGE_REQUIRED = "İş ortağı yetkilendirmek için bir İLETİ paketi gereklidir."
PACKAGE_PAUSED = "Paketiniz durduruldu; yeniden etkinleştirilene kadar iş ortağı yetkilendiremezsiniz."
PACKAGE_OVER = "Paketinizin süresi doldu; iş ortağı yetkilendirmek için yeniden bir İLETİ paketi alın."
BRAND_PASSIVE = "Bu marka pasif olduğu için yeni yetki verilemez; verilmiş yetkiler geri alınabilir."
NOTHING_TICKED = "En az bir yetki seçin."
ENDS_IN_THE_PAST = "Bitiş tarihi bugünden önce olamaz."
NOT_LISTED = "Bu kuruluş şu anda yetkilendirilemez."


class GrantRefused(Exception):
    """A grant was asked for that the rules do not allow; `str()` says why, in Turkish."""


def is_live(grant: Grant, *, today: date) -> bool:
    """A grant counts until it is revoked or its last day is over."""
    return grant.revoked_at is None and (grant.ends_on is None or grant.ends_on >= today)


def sleeps(subscription: Subscription | None) -> bool:
    """Partner grants are kept but sleep while the package does not allow them (domain 4.3)."""
    return not allows_partners(subscription)


def refusal_of_package(live: Subscription | None, latest: Subscription | None, *, now: datetime) -> str:
    """Return why partners cannot be authorised, or an empty text when they can.

    `live` is the subscription whose term covers `now`, `latest` the newest of all.
    """
    if allows_partners(live):
        return ""
    if live is not None:
        return PACKAGE_PAUSED if live.state == SubscriptionState.PAUSED else PACKAGE_REQUIRED
    over = latest is not None and latest.package.has_integration and latest.ends_at <= now
    return PACKAGE_OVER if over else PACKAGE_REQUIRED


def right_of(*, read: bool, write: bool) -> Right:
    """Return the one value of a channel: writing implies reading (domain 4.5)."""
    if write:
        return Right.WRITE
    return Right.READ if read else Right.NONE


def is_empty(rights: Mapping[Channel, Right], *, agreement: bool) -> bool:
    """Nothing was ticked."""
    return not agreement and all(right == Right.NONE for right in rights.values())
