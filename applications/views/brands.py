"""Marka ekle: a provider asks for a further brand with its registration certificate."""

import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from applications.forms import NewBrandForm
from applications.rules import ApplicationRefused
from applications.services.drafts import request_brand
from applications.views.common import takes_document


@require_http_methods(["GET", "HEAD", "POST"])
@takes_document
@provider_view(Capability.BRANDS)
def add(request: ProviderRequest) -> HttpResponse:
    """One form; sent twice, it is one request."""
    form = NewBrandForm(initial={"nonce": secrets.token_hex(16)})
    if request.method == "POST":
        form = NewBrandForm(request.POST, request.FILES)
        if form.is_valid():
            name = form.cleaned_data["marka"]
            try:
                request_brand(
                    provider=request.provider,
                    person=request.user,
                    name=name,
                    file=form.cleaned_data["belge"],
                    nonce=form.cleaned_data["nonce"],
                    now=timezone.now(),
                )
            except ApplicationRefused as refusal:
                form.add_error("marka", str(refusal))
            else:
                messages.success(
                    request, f"“{name}” için talebiniz alındı. Tescil belgesi incelenince marka kodu verilir."
                )
                return redirect("brands:list")
    return render(request, "applications/brand_add.html", {"form": form})
