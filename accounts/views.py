"""Choosing a provider, İşyerim, and what a newcomer reads before applying."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view, public, signed_in
from accounts.middleware import PROVIDER_KEY
from accounts.models import Provider
from accounts.selectors import people_of
from packages.selectors import active_package


@dataclass(frozen=True)
class Choice:
    """A provider for which the person may act, with its package."""

    provider: Provider
    package_name: str


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def choose(request: HttpRequest) -> HttpResponse:
    """“Hizmet sağlayıcı seçiniz”; people without a provider read what to do."""
    providers = {membership.provider_id: membership.provider for membership in request.memberships}  # type: ignore[attr-defined]
    if not providers:
        return render(request, "accounts/no_provider.html")
    if request.method == "POST":
        chosen = request.POST.get("provider", "")
        if chosen.isdecimal() and int(chosen) in providers:
            request.session[PROVIDER_KEY] = int(chosen)
            return redirect("brands:list")
    now = timezone.now()
    choices = [Choice(p, active_package(p.pk, now=now).heading) for p in providers.values()]
    return render(request, "accounts/choose.html", {"providers": choices})


@require_safe
@provider_view
def company(request: ProviderRequest) -> HttpResponse:
    """İşyerim: the company as it is registered, and who may act for it."""
    people = people_of(request.provider.pk)
    return render(request, "accounts/isyerim.html", {"provider": request.provider, "people": people})


@require_safe
@public
def apply(request: HttpRequest) -> HttpResponse:
    """Hemen Başvur: what an application needs and where it is sent."""
    return render(request, "accounts/apply.html")
