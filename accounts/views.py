"""Choosing a provider or an authorised company to act for."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import signed_in
from accounts.adapters import own_path
from accounts.middleware import PROVIDER_KEY
from accounts.models import Provider
from packages.selectors import active_package
from partners.middleware import PARTY_KEY


@dataclass(frozen=True)
class Choice:
    """A provider for which the person may act, with its package."""

    provider: Provider
    package_name: str


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def choose(request: HttpRequest) -> HttpResponse:
    """“Hizmet sağlayıcı seçiniz”, and the companies for which the person works; who has neither reads what to do."""
    providers = {membership.provider_id: membership.provider for membership in request.memberships}  # type: ignore[attr-defined]  # set by the middleware
    parties = {choice.key: choice for choice in request.parties}  # type: ignore[attr-defined]  # set by the middleware
    if not providers and not parties:
        return render(request, "accounts/no_provider.html")
    if request.method == "POST" and request.POST.get("party") in parties:
        request.session[PARTY_KEY] = request.POST["party"]
        return redirect(_page_after(request, access="partner") or "party:brands")
    if not providers and len(parties) == 1:
        return redirect("party:brands")
    if request.method == "POST":
        chosen = request.POST.get("provider", "")
        if chosen in map(str, providers):
            request.session[PROVIDER_KEY] = int(chosen)
            request.session.pop(PARTY_KEY, None)
            return redirect(_page_after(request, access="provider") or "brands:list")
    now = timezone.now()
    choices = [Choice(p, active_package(p.pk, now=now).heading) for p in providers.values()]
    context = {
        "providers": choices,
        "parties": parties.values(),
        "next": own_path(request.POST.get("next") or request.GET.get("next")) or "",
    }
    return render(request, "accounts/choose.html", context)


def _page_after(request: HttpRequest, *, access: str) -> str | None:
    """Return the page that sent somebody here (next), unless it is one for the other kind of company."""
    target = own_path(request.POST.get("next"))
    if target is None:
        return None
    try:
        view = resolve(urlsplit(target).path).func
    except Resolver404:
        return None
    return target if getattr(view, "access", "") == access else None
