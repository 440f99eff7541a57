"""Marka ekle and Adını değiştir: a provider asks for a brand, or for another name of one, with its certificate."""

import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from applications.brand_forms import NewBrandForm, RenameForm
from applications.rules import ApplicationRefused, FormUsed
from applications.services.drafts import request_brand
from applications.views.common import takes_document
from brands.models import Brand
from brands.rules import BrandRefused
from brands.services.brands import respell
from brands.views.common import brand_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@takes_document
@provider_view(Capability.BRANDS)
def add(request: ProviderRequest) -> HttpResponse:
    """One form; sent twice, it is one request."""
    form = NewBrandForm(initial={"nonce": _nonce()})
    if request.method == "POST":
        form = NewBrandForm(request.POST, request.FILES)
        if form.is_valid() and _ask(request, form):
            name = form.cleaned_data["marka"]
            messages.success(request, f"“{name}” için talebiniz alındı. Tescil belgesi incelenince marka kodu verilir.")
            return redirect("brands:list")
    return render(request, "applications/brand_add.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@takes_document
@provider_view(Capability.BRANDS)
def rename(request: ProviderRequest, code: int) -> HttpResponse:
    """Another spelling counts at once; another name is asked for with its certificate and counts once approved."""
    brand = brand_or_404(request, code)
    form = RenameForm(brand=brand, initial={"marka": brand.name, "nonce": _nonce()})
    if request.method == "POST":
        form = RenameForm(request.POST, request.FILES, brand=brand)
        if form.is_valid() and (done := _rename(request, brand, form)):
            messages.success(request, done)
            return redirect("brands:detail", code=brand.code)
    return render(request, "brands/rename.html", {"brand": brand, "form": form})


def _rename(request: ProviderRequest, brand: Brand, form: RenameForm) -> str:
    """Rename it or ask for it; return what to tell, or an empty text where the form says what is wrong."""
    name = form.cleaned_data["marka"]
    if form.is_reviewed:
        asked = _ask(request, form, renames=brand)
        return f"“{name}” adı için talebiniz alındı. Tescil belgesi incelenince ad değişir." if asked else ""
    try:
        respell(brand=brand, name=name, person=request.user)
    except BrandRefused as refusal:
        form.add_error("marka", str(refusal))
        return ""
    return f"Markanın adı {name} olarak kaydedildi."


def _ask(request: ProviderRequest, form: NewBrandForm, *, renames: Brand | None = None) -> bool:
    """Ask for what the valid form says; return whether it was taken. A form that was used gets a new nonce."""
    values = form.cleaned_data
    try:
        request_brand(
            provider=request.provider,
            person=request.user,
            name=values["marka"],
            file=values["belge"],
            nonce=values["nonce"],
            renames=renames,
            now=timezone.now(),
        )
    except ApplicationRefused as refusal:
        if isinstance(refusal, FormUsed):
            form.data = {**request.POST.dict(), "nonce": _nonce()}
        form.add_error("marka", str(refusal))
        return False
    return True


def _nonce() -> str:
    return secrets.token_hex(16)
