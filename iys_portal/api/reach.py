"""What an account reaches: which provider and brand a path means to it, whether the package and the grants allow it."""

from dataclasses import dataclass, replace
from datetime import datetime

from accounts.models import ApiAccount, Provider
from brands.enums import BrandState
from brands.models import Brand
from brands.selectors import brand_with_code, stand_in
from iys_portal.api.brief import briefly
from iys_portal.api.errors import Problem, Refused, refused
from iys_portal.api.registry import Endpoint, Needs
from iys_portal.shared.clock import istanbul_day
from packages.enums import ApiCaller
from packages.models import Subscription
from packages.rules import api_gate
from packages.selectors import term_that_counts
from partners.enums import RefusalCode, Right
from partners.models import Partner
from partners.rules import Standing
from partners.selectors.grants import in_force
from partners.selectors.standing import brand_for_party, grants_to, standing_of

_MOST_CODE = 2_147_483_647


@dataclass(frozen=True)
class Reach:
    """A provider as the account reaches it; `brand` where the path names one, `standing` only for a partner."""

    provider: Provider
    brand: Brand | None
    term: Subscription | None
    standing: Standing | None


def code_in(places: dict[str, str], name: str, refusal: str) -> int:
    """Return the number that stands in a path; raise Refused where it is none."""
    written = places[name]
    if not (written.isascii() and written.isdigit()):
        raise refused(refusal, location=[name], value=written)
    return min(int(written[:11]), _MOST_CODE)


def reach(account: ApiAccount, declared: Endpoint, places: dict[str, str], *, now: datetime) -> Reach:
    """Return what the path means to the account. Raises Refused: number (422), foreign or unknown (403), package."""
    iys_code = code_in(places, "iysCode", "H190")
    brand_code = code_in(places, "brandCode", "H191") if declared.of_brand else None
    found = briefly(("reach", account.pk, iys_code, brand_code), lambda: _read(account, iys_code, brand_code, now=now))
    if found is None:
        raise refused("H353", field="iysCode")
    if brand_code is not None and (found.brand is None or not account.acts_for(brand_code)):
        raise refused("H353", field="brandCode")
    if declared.needs == Needs.PROVIDER and account.provider_id is None:
        raise refused("H363")
    _pass_gate(account, found, declared, now=now)
    if found.standing is not None:
        _pass_grant(found.standing, declared)
    return found


def _read(account: ApiAccount, iys_code: int, brand_code: int | None, *, now: datetime) -> Reach | None:
    if account.provider is not None:
        if account.provider.iys_code != iys_code:
            return None
        owner = account.sandbox or account.provider
        return _with_term(owner, _brand(owner, brand_code), None, now=now)
    if account.partner is None or account.partner.is_suspended:
        return None
    grants = grants_to(account.partner, "", "", now=now).filter(in_force(istanbul_day(now)))
    grant = grants.filter(provider__iys_code=iys_code).first()
    return None if grant is None else _of_partner(account.partner, grant.provider, brand_code, now=now)


def _of_partner(partner: Partner, provider: Provider, brand_code: int | None, *, now: datetime) -> Reach:
    brand = None if brand_code is None else brand_for_party(partner, brand_code)
    if brand is None or brand.provider_id != provider.pk or brand.state != BrandState.ACTIVE:
        return _with_term(provider, None, None, now=now)
    return _with_term(provider, brand, standing_of(party=partner, brand=brand, now=now), now=now)


def _brand(provider: Provider, code: int | None) -> Brand | None:
    if code is None:
        return None
    named = brand_with_code(provider.pk, code) if provider.sandbox_of_id is None else stand_in(provider.pk, code)
    return named.filter(state=BrandState.ACTIVE).first()


def _with_term(provider: Provider, brand: Brand | None, standing: Standing | None, *, now: datetime) -> Reach:
    return Reach(provider, brand, term_that_counts(provider.pk, now=now), standing)


def _pass_gate(account: ApiAccount, found: Reach, declared: Endpoint, *, now: datetime) -> None:
    gate = api_gate(
        found.term,
        provider=found.provider,
        now=now,
        caller=ApiCaller.PROVIDER if account.provider_id else ApiCaller.INTEGRATOR,
        is_subscription_query=declared.needs == Needs.SUBSCRIPTION,
    )
    if gate is not None:
        raise Refused([Problem(gate.code, gate.message)], status=gate.status)


def _pass_grant(standing: Standing, declared: Endpoint) -> None:
    # The package was judged by the gate, with İYS's own codes.
    awake = replace(standing, sleep=None)
    agrees = declared.needs == Needs.AGREEMENT
    refusal = awake.why_refused(None, Right.READ) if agrees else awake.why_nothing()
    if refusal is None:
        return
    if refusal.code != RefusalCode.NO_RIGHT:
        raise refused("H353", field="brandCode")
    raise refused("P008" if agrees else "P002")
