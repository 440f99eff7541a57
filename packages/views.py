"""Paket Yönetimi, İLETİ Paketleri and the package pages (screens 4–6)."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.enums import Capability
from accounts.models import Provider
from iys_portal.paging import page_of
from iys_portal.shared.clock import istanbul_day
from packages.life import life_of, offer_of
from packages.meter import meter_of
from packages.models import Package, Subscription
from packages.price_page import Column, price_page
from packages.selectors import (
    active_package,
    address_count,
    live_subscription,
    purchasable_packages,
    subscriptions_of,
    tariff_of,
)
from payments.forms.orders import ChooseForm
from payments.rules import OrderRefused, refusal_of_choice
from payments.selectors.orders import orders_awaiting_payment, orders_of, resting_orders_of
from payments.selectors.subscriptions import subscription_rows
from payments.services.orders import choose_package, form_nonce, refusal_of_package_change


@dataclass(frozen=True)
class ActivePackage:
    """What Paket Yönetimi says of the package that counts now."""

    package: Package
    subscription: Subscription | None

    @property
    def starts_at(self) -> datetime | None:
        return self.subscription.starts_at if self.subscription else None

    @property
    def ends_at(self) -> datetime | None:
        return self.subscription.ends_at if self.subscription else None


@require_safe
@provider_view
def overview(request: ProviderRequest) -> HttpResponse:
    """Paket Yönetimi: the active package, the address count, pending and past orders."""
    provider, now = request.provider, timezone.now()
    active = ActivePackage(active_package(provider.pk, now=now), live_subscription(provider.pk, now=now))
    return render(
        request,
        "packages/overview.html",
        {
            "active": active,
            "meter": meter_of(provider.pk, now=now),
            "orders": page_of(request, orders_of(provider.pk), size=25),
            "pending_orders": orders_awaiting_payment(provider.pk),
            "resting_orders": resting_orders_of(provider.pk),
            "life": life_of(provider.pk, now=now),
        },
    )


@require_safe
@provider_view
def history(request: ProviderRequest) -> HttpResponse:
    """Paket geçmişi: every subscription the provider ever had, newest term first."""
    page = page_of(request, subscriptions_of(request.provider.pk), size=25)
    rows = subscription_rows(list(page), now=timezone.now())
    return render(request, "packages/history.html", {"page": page, "rows": rows})


@require_safe
@provider_view
def choose(request: ProviderRequest) -> HttpResponse:
    """İLETİ Paketleri: the comparison of all packages on sale."""
    provider, now = request.provider, timezone.now()
    page = price_page(
        addresses=address_count(provider.pk),
        active=active_package(provider.pk, now=now),
        day=istanbul_day(now),
    )
    context = {
        "page": page,
        "pending_orders": orders_awaiting_payment(provider.pk),
        "renewable": life_of(provider.pk, now=now).renewable,
    }
    return render(request, "packages/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view(Capability.PURCHASE)
def detail(request: ProviderRequest, slug: str) -> HttpResponse:
    """One package: what it holds and costs; POST makes the draft order and goes on to the contract."""
    package = get_object_or_404(purchasable_packages(), slug=slug)
    provider, now = request.provider, timezone.now()
    if request.method == "POST":
        form = ChooseForm(request.POST)
        nonce = form.cleaned_data["nonce"] if form.is_valid() else ""
        try:
            order = choose_package(
                provider=provider,
                person=request.user,
                package=package,
                nonce=nonce,
                addresses=address_count(provider.pk),
                now=now,
            )
        except OrderRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("packages:detail", slug=slug)
        return redirect("payments:contract", code=order.code_display)
    return render(request, "packages/detail.html", _detail_context(provider, package, now=now))


def _detail_context(provider: Provider, package: Package, *, now: datetime) -> dict[str, object]:
    addresses = address_count(provider.pk)
    day = istanbul_day(now)
    tariff = tariff_of(package, day=day)
    return {
        "package": package,
        "column": Column(
            package=package,
            tariff=tariff,
            day=day,
            is_active=False,
            is_recommended=False,
            too_small=refusal_of_choice(package, tariff, addresses=addresses),
        ),
        "refusal": refusal_of_package_change(provider=provider, package=package, now=now),
        "offer": offer_of(package, provider_id=provider.pk, now=now),
        "pending_orders": orders_awaiting_payment(provider.pk),
        "form": ChooseForm(initial={"nonce": form_nonce(provider=provider, package=package)}),
    }
