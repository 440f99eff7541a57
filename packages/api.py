"""Endpoints about subscriptions: a provider's, and the licence of a business partner."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from accounts.models import ApiAccount
from iys_portal.api.calls import Call
from iys_portal.api.errors import refused
from iys_portal.api.reach import code_in
from iys_portal.api.registry import Needs, endpoint
from iys_portal.shared.clock import ISTANBUL
from packages.enums import SubscriptionState
from packages.models import Subscription
from packages.rules import state_at
from packages.selectors import address_usage

_TAG = "ABONELİK YÖNETİMİ"
_LICENCE = "IO - API Kullanım Lisansı"


class SubscriptionDetails(msgspec.Struct, omit_defaults=True):
    """İYS spells the first name in three ways, and clients read any of them. Partners do not read the limits."""

    subscriptionId: str
    subscripitionId: str
    subsciprtionId: str
    startDate: str
    expirationDate: str
    subscriptionPackageName: str
    status: str
    consentLimit: int | UnsetType = UNSET
    consentLimitExceed: bool | UnsetType = UNSET
    usedConsentLimit: int | UnsetType = UNSET


class LicenceDetails(msgspec.Struct):
    iysCode: str
    subscriptionId: str
    subscripitionId: str
    startDate: str
    expirationDate: str
    subscriptionPackageName: str
    status: str


@endpoint(
    "GET",
    "/sps/{iysCode}/subscription",
    needs=Needs.SUBSCRIPTION,
    tag=_TAG,
    summary="Hizmet sağlayıcı abonelik sorgulama",
    answer=SubscriptionDetails,
    codes=("H437",),
)
def provider_subscription(call: Call) -> SubscriptionDetails:
    """Hizmet sağlayıcının aboneliğini ve adres sınırını verir. Abonelik durdurulmuşken ya da süresi dolmuşken de
    çalışır. İş ortakları adres sınırını görmez."""
    term = call.term
    if term is None:
        raise refused("H437", iysCode=call.provider.iys_code)
    shared = _of_term(term, now=call.now)
    if call.partner is not None:
        return SubscriptionDetails(**shared)
    package = term.package
    return SubscriptionDetails(
        **shared,
        consentLimit=package.min_addresses if package.max_addresses is None else package.max_addresses,
        consentLimitExceed=package.max_addresses is None,
        usedConsentLimit=address_usage(call.provider.pk).count,
    )


def _of_term(term: Subscription, *, now: datetime) -> dict[str, Any]:
    return {
        **dict.fromkeys(("subscriptionId", "subscripitionId", "subsciprtionId"), str(term.pk)),
        "startDate": istanbul_text(term.starts_at),
        "expirationDate": istanbul_text(term.ends_at - timedelta(seconds=1)),
        "subscriptionPackageName": term.package.label,
        "status": state_at(term, now=now).name,
    }


@endpoint(
    "GET",
    "/integrator/{integratorCode}/subscription",
    needs=Needs.TOKEN,
    tag=_TAG,
    summary="İş ortağı abonelik sorgulama",
    answer=LicenceDetails,
    codes=("H190", "H437", "H522"),
)
def integrator_subscription(call: Call) -> LicenceDetails:
    """İş ortağının API kullanım lisansını verir. Lisans, API hesabının geçerlilik süresidir; kuruluş askıya
    alınmışken PAUSED olur."""
    partner = call.partner
    if partner is None:
        raise refused("H522")
    code = code_in(call.places, "integratorCode", "H190")
    if code != partner.code:
        raise refused("H437", iysCode=code)
    return _licence(call.caller, code, SubscriptionState.PAUSED if partner.is_suspended else SubscriptionState.ACTIVE)


def _licence(account: ApiAccount, code: int, state: SubscriptionState) -> LicenceDetails:
    return LicenceDetails(
        iysCode=str(code),
        subscriptionId=str(account.pk),
        subscripitionId=str(account.pk),
        startDate=istanbul_text(account.secret_at),
        expirationDate=istanbul_text(account.expires_at),
        subscriptionPackageName=_LICENCE,
        status=state.name,
    )


def istanbul_text(instant: datetime) -> str:
    """Return an instant as the API writes it, `2026-05-29 23:59:59` in Istanbul's time."""
    return f"{instant.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}"
