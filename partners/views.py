"""Authorise partners and intermediaries for a brand, change their rights, take them back (screens 12–15)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import ProviderRequest, provider_view
from brands.enums import BrandState
from brands.models import Brand
from brands.selectors import brand_with_code
from iys_portal.shared.clock import istanbul_day
from partners import services
from partners.forms import GrantForm, IntermediaryGrantForm, PartnerGrantForm, PartyForm, initial_of
from partners.models import IntermediaryGrant, PartnerGrant
from partners.rules import BRAND_PASSIVE, PACKAGE_REQUIRED, GrantRefused
from partners.selectors import (
    intermediaries_matching,
    intermediary_grant_with_id,
    partner_grant_with_id,
    partner_refusal,
    partners_matching,
    party_of,
    rights_in_words,
    standing_grant_to,
)

PAGE_SIZE = 25
QUERY_LENGTH = 100
READING_ADDED = "Yazma yetkisi verilen kanallara Okuma yetkisi de eklendi."


@dataclass(frozen=True)
class Kind:
    """What differs between the screens of partners and those of intermediaries; `slug` as in the address."""

    slug: str
    edit_url: str
    nobody_chosen: str
    directory: Callable[[str], QuerySet[Any]]
    grant_with_id: Callable[[Brand, int], QuerySet[Any]]
    form: type[PartnerGrantForm] | type[IntermediaryGrantForm]
    needs_package: bool


PARTNER = Kind(
    slug="is-ortagi",
    edit_url="partners:partner_grant_edit",
    nobody_chosen="Bir iş ortağı seçin.",
    directory=partners_matching,
    grant_with_id=partner_grant_with_id,
    form=PartnerGrantForm,
    needs_package=True,
)
INTERMEDIARY = Kind(
    slug="ahs",
    edit_url="partners:intermediary_grant_edit",
    nobody_chosen="Bir aracı hizmet sağlayıcı seçin.",
    directory=intermediaries_matching,
    grant_with_id=intermediary_grant_with_id,
    form=IntermediaryGrantForm,
    needs_package=False,
)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def add(request: ProviderRequest, code: int, kind: Kind) -> HttpResponse:
    """Choose a company (?ara=, ?sayfa=), then, with ?kurulus=, its rights; one that has some is edited."""
    brand = _brand(request, code)
    _refuse_forgery(request, brand, kind)
    if (closed := _closed(request, brand, kind)) is not None:
        return closed
    if request.method != "POST" and "kurulus" not in request.GET:
        return _directory(request, brand, kind)
    choice = PartyForm(request.GET, directory=kind.directory(""), missing=kind.nobody_chosen)
    if not choice.is_valid():
        return _directory(request, brand, kind, choice)
    party = choice.cleaned_data["kurulus"]
    if request.method == "POST":
        done = f"{party.title} {brand.name} için yetkilendirildi."
        return _authorise(request, brand, kind, party, done=done)
    standing = standing_grant_to(party, brand)
    if standing is not None:
        return redirect(kind.edit_url, code=brand.code, grant_id=standing.pk)
    return _grant_page(request, brand, party, kind.form(today=istanbul_day(timezone.now())))


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def edit(request: ProviderRequest, code: int, grant_id: int, kind: Kind) -> HttpResponse:
    """Change the rights of a grant."""
    brand = _brand(request, code)
    grant = _grant(brand, grant_id, kind)
    _refuse_forgery(request, brand, kind)
    if grant.revoked_at is not None:
        return _already_revoked(request, brand)
    if (closed := _closed(request, brand, kind)) is not None:
        return closed
    party = party_of(grant)
    if request.method == "POST":
        done = f"{party.title} için {brand.name} yetkileri güncellendi."
        return _authorise(request, brand, kind, party, done=done)
    form = kind.form(today=istanbul_day(timezone.now()), initial=initial_of(grant))
    return _grant_page(request, brand, party, form)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
def revoke(request: ProviderRequest, code: int, grant_id: int, kind: Kind) -> HttpResponse:
    """The check page before a grant is taken back, and POST, which does it whatever the package."""
    brand = _brand(request, code)
    grant = _grant(brand, grant_id, kind)
    party = party_of(grant)
    if request.method == "POST":
        services.revoke(grant=grant, person=request.user, now=timezone.now())
        messages.success(request, f"{party.title} için {brand.name} yetkileri kaldırıldı.")
        return redirect("brands:detail", code=brand.code)
    if grant.revoked_at is not None:
        return _already_revoked(request, brand)
    context = {"brand": brand, "party": party, "grant": grant, "rights": rights_in_words(grant)}
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
    query = request.GET.get("ara", "").strip()[:QUERY_LENGTH]
    page = Paginator(kind.directory(query), PAGE_SIZE).get_page(request.GET.get("sayfa"))
    context = {"brand": brand, "kind": kind.slug, "query": query, "page": page, "form": form}
    return render(request, "partners/choose.html", context)


def _authorise(request: ProviderRequest, brand: Brand, kind: Kind, party: Any, *, done: str) -> HttpResponse:
    """Give the rights that were ticked and go home; else show the form again with what is wrong."""
    now = timezone.now()
    form = kind.form(request.POST, today=istanbul_day(now))
    if not form.is_valid():
        return _grant_page(request, brand, party, form)
    try:
        form.authorise(brand=brand, party=party, person=request.user, now=now)
    except GrantRefused as refusal:
        form.add_error(None, str(refusal))
        return _grant_page(request, brand, party, form)
    messages.success(request, f"{done} {READING_ADDED}" if form.adds_reading else done)
    return redirect("brands:list")


def _grant_page(request: ProviderRequest, brand: Brand, party: Any, form: GrantForm) -> HttpResponse:
    return render(request, "partners/grant.html", {"brand": brand, "party": party, "form": form})
