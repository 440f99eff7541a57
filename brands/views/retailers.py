"""Bayi (screen 16): list, add, look at, change, suspend and delete the dealers of a brand."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from brands.enums import BrandState, RetailerState
from brands.forms import RetailerForm
from brands.models import Brand, Retailer
from brands.rules import BRAND_PASSIVE, BrandRefused, RetailerRefused
from brands.selectors import retailer_counts, retailer_like, retailer_with_code, retailers_matching, uploads_of
from brands.services import retailers as services
from brands.views.common import brand_or_404, retailer_or_404
from consents.selectors import consents_of_retailer, has_consents
from iys_portal.paging import page_of, query_of

_UPLOADS_SHOWN = 10


@require_safe
@provider_view
def overview(request: ProviderRequest, code: int) -> HttpResponse:
    """The brand's dealers: search by ?ara=, state by ?durum=, page by ?sayfa= and ?adet=."""
    brand = brand_or_404(request, code)
    query = query_of(request)
    state = request.GET.get("durum", "")
    found = retailers_matching(brand, query, state)
    context = {
        "brand": brand,
        "page": page_of(request, found),
        "query": query,
        "state": state if state in RetailerState.values else "",
        "states": RetailerState.choices,
        "has_any": brand.pk in retailer_counts(brand.provider_id, [brand.pk]),
        "uploads": uploads_of(brand)[:_UPLOADS_SHOWN],
    }
    return render(request, "brands/retailers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def add(request: ProviderRequest, code: int) -> HttpResponse:
    """Add a dealer; its code is shown on its page."""
    brand = brand_or_404(request, code)
    if brand.state != BrandState.ACTIVE:
        messages.error(request, BRAND_PASSIVE)
        return redirect("brands:detail", code=brand.code)
    form = _form(request)
    if request.method != "POST" or "ilceler" in request.POST or not form.is_valid():
        return _form_page(request, brand, form)
    try:
        retailer = services.add(brand=brand, details=form.details, person=request.user, now=timezone.now())
    except RetailerRefused as refusal:
        # The same form sent twice, or the same dealer typed again: it is there already, so show it.
        known = retailer_like(brand, form.details)
        if known is not None:
            messages.info(request, f"Bu bayi zaten kayıtlı. Bayi kodu: {known.code}")
            return redirect("brands:retailer", code=brand.code, retailer_code=known.code)
        return _refused(request, brand, form, refusal)
    except BrandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("brands:detail", code=brand.code)
    messages.success(request, f"{retailer.title} eklendi. Bayi kodu: {retailer.code}")
    return redirect("brands:retailer", code=brand.code, retailer_code=retailer.code)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def edit(request: ProviderRequest, code: int, retailer_code: int) -> HttpResponse:
    """Change what is written about a dealer."""
    brand = brand_or_404(request, code)
    retailer = retailer_or_404(brand, retailer_code)
    form = _form(request, retailer)
    if request.method != "POST" or "ilceler" in request.POST or not form.is_valid():
        return _form_page(request, brand, form)
    try:
        services.change(retailer=retailer, details=form.details, person=request.user)
    except RetailerRefused as refusal:
        return _refused(request, brand, form, refusal)
    messages.success(request, f"{form.details.title} bilgileri kaydedildi.")
    return redirect("brands:retailer", code=brand.code, retailer_code=retailer.code)


@require_safe
@provider_view
def detail(request: ProviderRequest, code: int, retailer_code: int) -> HttpResponse:
    """One dealer."""
    brand = brand_or_404(request, code)
    retailer = retailer_or_404(brand, retailer_code)
    context = {
        "brand": brand,
        "retailer": retailer,
        "consent_count": _linked(retailer),
        "moves": [move for move in MOVES if move.to != retailer.state],
    }
    return render(request, "brands/retailer.html", context)


@dataclass(frozen=True)
class Move:
    """A step to another state, as its check page says it."""

    to: RetailerState
    slug: str
    act: str
    question: str
    consequence: str
    done: str


MOVES = (
    Move(
        RetailerState.ACTIVE,
        "aktif",
        "Aktif yap",
        "Bayiyi aktif yapıyor musunuz?",
        "Bayi yeniden izin alabilir ve erişimine açtığınız izinleri görebilir.",
        "aktif yapıldı.",
    ),
    Move(
        RetailerState.SUSPENDED,
        "askida",
        "Askıya al",
        "Bayiyi askıya alıyor musunuz?",
        "Bayi, siz yeniden aktif yapana kadar yeni izin alamaz. Aldığı izinler olduğu gibi kalır.",
        "askıya alındı.",
    ),
    Move(
        RetailerState.PASSIVE,
        "pasif",
        "Pasif yap",
        "Bayiyi pasif yapıyor musunuz?",
        "Bayilik ilişkisi bittiyse bu durumu seçin: bayi yeni izin alamaz, aldığı izinler olduğu gibi kalır. Aynı T.C."
        " kimlik ya da MERSİS numarasıyla yeni bayi eklenemez; dilerseniz bu bayiyi yeniden aktif yapabilirsiniz.",
        "pasif yapıldı.",
    ),
)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def change_state(request: ProviderRequest, code: int, retailer_code: int, to: str) -> HttpResponse:
    """The check page before a dealer's state changes, and POST, which changes it."""
    brand = brand_or_404(request, code)
    retailer = retailer_or_404(brand, retailer_code)
    move = next((move for move in MOVES if move.slug == to), None)
    if move is None:
        raise Http404
    if request.method == "POST":
        try:
            services.set_state(retailer=retailer, to=move.to, person=request.user)
        except BrandRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{retailer.title} {move.done}")
        return redirect("brands:retailer", code=brand.code, retailer_code=retailer.code)
    context = {"brand": brand, "retailer": retailer, "move": move}
    return render(request, "brands/retailer_state.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.BRANDS)
def delete(request: ProviderRequest, code: int, retailer_code: int) -> HttpResponse:
    """The check page before a dealer is deleted, and POST, which deletes one to whom no consent is linked."""
    brand = brand_or_404(request, code)
    if request.method != "POST":
        found = retailer_or_404(brand, retailer_code)
        context = {"brand": brand, "retailer": found, "consent_count": _linked(found)}
        return render(request, "brands/retailer_delete.html", context)
    retailer = retailer_with_code(brand, retailer_code).first()
    if retailer is None:
        # The button was pressed twice, or somebody else was faster: what was wanted is done.
        messages.info(request, f"{retailer_code} kodlu bayi kayıtlı değil; daha önce silinmiş olabilir.")
        return redirect("brands:retailers", code=brand.code)
    try:
        services.remove(retailer=retailer, person=request.user, linked=_is_linked)
    except BrandRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("brands:retailer", code=brand.code, retailer_code=retailer.code)
    messages.success(request, f"{retailer.title} silindi.")
    return redirect("brands:retailers", code=brand.code)


def _linked(retailer: Retailer) -> int:
    return consents_of_retailer(retailer.provider_id, retailer.code)


def _is_linked(retailer: Retailer) -> bool:
    return has_consents(retailer.provider_id, retailer.code)


def _form(request: ProviderRequest, retailer: Retailer | None = None) -> RetailerForm:
    """Return the form as it is sent, asked for with a city (?city=), or asked for towns without script."""
    if request.method == "POST" and "ilceler" not in request.POST:
        return RetailerForm(request.POST, retailer=retailer, address=request.path)
    typed = request.POST.dict() if request.method == "POST" else {}
    if request.method != "POST" and "city" in request.GET:
        typed = {"city": request.GET["city"], "town": ""}
    return RetailerForm(retailer=retailer, initial=typed, address=request.path)


def _form_page(request: ProviderRequest, brand: Brand, form: RetailerForm) -> HttpResponse:
    """Return the page, or only its İlçe for htmx, which asks when İl changes."""
    context = {"brand": brand, "form": form, "retailer": form.retailer}
    if request.method != "POST" and "HX-Request" in request.headers:
        return render(request, "brands/retailer_town.html", context)
    return render(request, "brands/retailer_form.html", context)


def _refused(request: ProviderRequest, brand: Brand, form: RetailerForm, refusal: RetailerRefused) -> HttpResponse:
    for fault in refusal.faults:
        form.add_fault(fault)
    return _form_page(request, brand, form)
