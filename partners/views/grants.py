"""Authorise partners and intermediaries for a brand, change their rights, take them back (screens 12–15)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from accounts.fresh import prove_first, typed
from brands.enums import BrandState
from brands.models import Brand
from brands.selectors import brand_with_code
from iys_portal.paging import page_of, query_of
from iys_portal.shared.clock import istanbul_day
from partners.enums import PartyKind
from partners.forms import (
    GrantForm,
    IntermediaryGrantForm,
    PartnerGrantForm,
    PartyForm,
    initial_of,
    initial_of_template,
)
from partners.models import Grant, IntermediaryGrant, PartnerGrant
from partners.rules import (
    BRAND_PASSIVE,
    PACKAGE_REQUIRED,
    BrandsRefused,
    GrantChanged,
    GrantRefused,
    refusal_of_party,
    what_stops,
)
from partners.selectors.directory import Matches, intermediaries_matching, partners_matching
from partners.selectors.grants import (
    intermediary_grant_with_id,
    other_brands,
    partner_grant_with_id,
    partner_refusal,
    rights_in_words,
    standing_grant_to,
    template_with_id,
    templates_of,
)
from partners.services import grants as services

PAGE_SIZE = 25
READING_ADDED = "Yazma yetkisi verilen kanallara Okuma yetkisi de eklendi."


@dataclass(frozen=True)
class Kind:
    """What differs between the screens of partners and those of intermediaries; `slug` as in the address."""

    slug: str
    kind: PartyKind
    edit_url: str
    revoke_url: str
    nobody_chosen: str
    directory: Callable[[str], Matches]
    grant_with_id: Callable[[Brand, int], QuerySet[Any]]
    form: type[PartnerGrantForm] | type[IntermediaryGrantForm]
    needs_package: bool


PARTNER = Kind(
    slug="is-ortagi",
    kind=PartyKind.PARTNER,
    edit_url="partners:partner_grant_edit",
    revoke_url="partners:partner_grant_revoke",
    nobody_chosen="Bir iş ortağı seçin.",
    directory=partners_matching,
    grant_with_id=partner_grant_with_id,
    form=PartnerGrantForm,
    needs_package=True,
)
INTERMEDIARY = Kind(
    slug="ahs",
    kind=PartyKind.INTERMEDIARY,
    edit_url="partners:intermediary_grant_edit",
    revoke_url="partners:intermediary_grant_revoke",
    nobody_chosen="Bir aracı hizmet sağlayıcı seçin.",
    directory=intermediaries_matching,
    grant_with_id=intermediary_grant_with_id,
    form=IntermediaryGrantForm,
    needs_package=False,
)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def add(request: ProviderRequest, code: int, kind: Kind) -> HttpResponse:
    """Choose a company (?ara=, ?sayfa=), then, with ?kurulus=, its rights; one that has some is edited."""
    brand = _brand(request, code)
    _refuse_forgery(request, brand, kind)
    if (closed := _closed(request, brand, kind)) is not None:
        return closed
    if request.method != "POST" and "kurulus" not in request.GET:
        return _directory(request, brand, kind)
    choice = PartyForm(request.GET, directory=kind.directory("").entries, missing=kind.nobody_chosen)
    if choice.is_valid() and (refusal := refusal_of_party(choice.cleaned_data["kurulus"])):
        choice.add_error("kurulus", refusal)
    if not choice.is_valid():
        return _directory(request, brand, kind, choice)
    party, today = choice.cleaned_data["kurulus"], istanbul_day(timezone.now())
    if request.method == "POST":
        return _authorise(request, brand, kind, party)
    standing = standing_grant_to(party, brand, today=today)
    if standing is not None:
        return redirect(kind.edit_url, code=brand.code, grant_id=standing.pk)
    return _blank_page(request, brand, kind, party, {})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def edit(request: ProviderRequest, code: int, grant_id: int, kind: Kind) -> HttpResponse:
    """Change the rights of a grant; one whose last day is over leads to the one that followed, or begins anew."""
    brand = _brand(request, code)
    grant = _grant(brand, grant_id, kind)
    _refuse_forgery(request, brand, kind)
    if grant.revoked_at is not None:
        return _already_revoked(request, brand)
    if (closed := _closed(request, brand, kind)) is not None:
        return closed
    party, today = grant.party, istanbul_day(timezone.now())
    if request.method == "POST":
        return _authorise(request, brand, kind, party, changing=grant)
    standing = standing_grant_to(party, brand, today=today)
    if standing is not None and standing != grant:
        return redirect(kind.edit_url, code=brand.code, grant_id=standing.pk)
    return _blank_page(request, brand, kind, party, {**initial_of(grant), "seen": services.stamp(standing)})


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def revoke(request: ProviderRequest, code: int, grant_id: int, kind: Kind) -> HttpResponse:
    """The check page before a grant is taken back, and POST, which does it whatever the package."""
    brand = _brand(request, code)
    grant = _grant(brand, grant_id, kind)
    party = grant.party
    if request.method == "POST":
        now = timezone.now()
        services.revoke(grant=grant, person=request.user, now=now)
        # The page was old: after this grant another one was given, of which it said nothing.
        standing = standing_grant_to(party, brand, today=istanbul_day(now))
        if standing is not None:
            messages.warning(
                request,
                f"{party.title} için {brand.name} yetkileri siz bu sayfayı açtıktan sonra yeniden verilmiş ve sürüyor."
                " Güncel yetkiler aşağıda; onları da kaldırmak istiyorsanız onaylayın.",
            )
            return redirect(kind.revoke_url, code=brand.code, grant_id=standing.pk)
        messages.success(request, f"{party.title} için {brand.name} yetkileri kaldırıldı.")
        return redirect("brands:detail", code=brand.code)
    if grant.revoked_at is not None:
        return _already_revoked(request, brand)
    context = {
        "brand": brand,
        "party": party,
        "grant": grant,
        "rights": rights_in_words(grant),
        "stops": what_stops(grant),
    }
    return render(request, "partners/revoke.html", context)


def _brand(request: ProviderRequest, code: int) -> Brand:
    """Return the provider's brand; 404 for everybody else's."""
    brand = brand_with_code(request.provider.pk, code).first()
    if brand is None:
        raise Http404
    return brand


def _grant(brand: Brand, grant_id: int, kind: Kind) -> PartnerGrant | IntermediaryGrant:
    """Return the brand's grant, a revoked one too; 404 when it is another brand's."""
    grant: PartnerGrant | IntermediaryGrant | None = kind.grant_with_id(brand, grant_id).first()
    if grant is None:
        raise Http404
    return grant


def _refuse_forgery(request: ProviderRequest, brand: Brand, kind: Kind) -> None:
    """Answer 400 to rights that no form of this kind offers, and audit them: an intermediary only reads."""
    offered_elsewhere = PartnerGrantForm.base_fields.keys() - kind.form.base_fields.keys()
    forged = sorted(offered_elsewhere & request.POST.keys())
    if forged:
        services.note_forged_right(brand=brand, fields=forged, person=request.user)
        raise BadRequest("Aracı hizmet sağlayıcılara yalnızca okuma yetkisi verilebilir.")


def _closed(request: ProviderRequest, brand: Brand, kind: Kind) -> HttpResponse | None:
    """Return the page that says why nothing can be granted for this brand now, or None."""
    if brand.state != BrandState.ACTIVE:
        messages.error(request, BRAND_PASSIVE)
        return redirect("brands:detail", code=brand.code)
    refusal = partner_refusal(brand.provider_id, now=timezone.now()) if kind.needs_package else ""
    if not refusal:
        return None
    # The page itself says what PACKAGE_REQUIRED says.
    reason = "" if refusal == PACKAGE_REQUIRED else refusal
    context = {"brand": brand, "reason": reason}
    status = 403 if request.method == "POST" else 200
    return render(request, "partners/package_required.html", context, status=status)


def _already_revoked(request: ProviderRequest, brand: Brand) -> HttpResponse:
    messages.info(request, "Bu yetki daha önce kaldırılmış.")
    return redirect("brands:detail", code=brand.code)


def _directory(request: ProviderRequest, brand: Brand, kind: Kind, form: PartyForm | None = None) -> HttpResponse:
    query = query_of(request)
    matches = kind.directory(query)
    page = page_of(request, matches.entries, size=PAGE_SIZE)
    context = {
        "brand": brand,
        "kind": kind.slug,
        "query": query,
        "page": page,
        "similar": matches.similar,
        "form": form,
    }
    return render(request, "partners/choose.html", context)


def _authorise(
    request: ProviderRequest, brand: Brand, kind: Kind, party: Any, *, changing: Grant | None = None
) -> HttpResponse:
    """Give the rights that were ticked, or change a grant to them, and go home; else show what is wrong."""
    now = timezone.now()
    today = istanbul_day(now)
    form = kind.form(request.POST, today=today, others=other_brands(brand, party, today=today))
    if not form.is_valid():
        return _grant_page(request, brand, kind, party, form)
    step = "İş ortağı yetkilendirmesi" if kind == PARTNER else "Aracı hizmet sağlayıcı yetkilendirmesi"
    if (first := prove_first(request, step=step, now=now)) is not None:
        return first
    try:
        result = form.authorise(brand=brand, party=party, person=request.user, now=now, changing=changing)
    except BrandsRefused as refusal:
        form.add_error(None, refusal.lines)
        return _grant_page(request, brand, kind, party, form)
    except GrantRefused as refusal:
        if isinstance(refusal, GrantChanged):
            form.data = request.POST.copy()
            form.data["seen"] = refusal.stamp
        form.add_error(None, str(refusal))
        return _grant_page(request, brand, kind, party, form)
    told = [_done(brand, party, len(result.grants) - 1, changes=changing is not None)]
    if form.adds_reading:
        told.append(READING_ADDED)
    if form.cleaned_data["save_as"]:
        told.append(f"“{form.cleaned_data['save_as']}” şablonu kaydedildi.")
    messages.success(request, " ".join(told))
    return redirect("brands:list")


def _done(brand: Brand, party: Any, others: int, *, changes: bool) -> str:
    """Return what to tell after a submission for a brand and so many others."""
    if not others:
        done = f"{brand.name} yetkileri güncellendi." if changes else f"{brand.name} için yetkilendirildi."
        return f"{party.title} için {done}" if changes else f"{party.title} {done}"
    if changes:
        return f"{party.title} için {brand.name} ve {others} markanızdaki yetkiler güncellendi."
    return f"{party.title} {brand.name} ve {others} markanız için yetkilendirildi."


def _blank_page(
    request: ProviderRequest, brand: Brand, kind: Kind, party: Any, initial: Mapping[str, object]
) -> HttpResponse:
    """Show the form with a grant's rights, or with those of a template of this kind, ?sablon=."""
    today, chosen = istanbul_day(timezone.now()), request.GET.get("sablon", "")
    template = template_with_id(brand.provider_id, int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else None
    if template is not None and template.kind == kind.kind:
        initial = {**initial, **initial_of_template(template)}
    ends_on = initial.get("ends_on")
    if isinstance(ends_on, date) and ends_on < today:
        initial = {**initial, "ends_on": None}
    now = timezone.now()
    others, kept = other_brands(brand, party, today=today), typed(request, now=now)
    form = kind.form(kept, today=today, others=others, initial=initial)
    return _grant_page(request, brand, kind, party, form)


def _grant_page(request: ProviderRequest, brand: Brand, kind: Kind, party: Any, form: GrantForm) -> HttpResponse:
    context = {
        "brand": brand,
        "party": party,
        "form": form,
        "templates": templates_of(brand.provider_id, kind.kind),
        "chosen_template": request.GET.get("sablon", ""),
    }
    return render(request, "partners/grant.html", context)
