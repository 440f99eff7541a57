"""Paket Yönetimi, İLETİ Paketleri and the package pages (screens 4–6)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ProviderRequest, provider_view
from accounts.models import Provider
from consents.selectors import address_count
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.money import format_lira
from packages.models import Package, Subscription, Tariff
from packages.rules import fits, term_from
from packages.selectors import (
    active_package,
    live_subscription,
    packages_on_sale,
    purchasable_packages,
    tariff_of,
)
from payments.forms.orders import ChooseForm
from payments.rules import OrderRefused, refusal_of_choice
from payments.selectors.orders import orders_awaiting_payment, orders_of
from payments.services.orders import choose_package, form_nonce


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


@dataclass(frozen=True)
class Column:
    """One column of the price page. `too_small` holds the reason, or None when the package may be chosen."""

    package: Package
    tariff: Tariff | None
    is_active: bool
    is_recommended: bool
    too_small: str | None

    @property
    def heading(self) -> str:
        return self.package.heading

    @property
    def addresses(self) -> str:
        return self.package.addresses

    @property
    def by_offer(self) -> bool:
        return self.package.by_offer

    @property
    def price_text(self) -> str:
        """The price as the guide prints it; empty for Temel Hizmetler, which is no product."""
        if self.by_offer:
            return "Teklif isteyin"
        if self.package.is_basic or self.tariff is None:
            return ""
        return format_lira(self.tariff.price) if self.tariff.price else "Ücretsiz"

    @property
    def list_price(self) -> Decimal | None:
        """The list price where a campaign struck it out, else None."""
        if self.tariff is None or self.tariff.price == self.tariff.gross:
            return None
        return self.tariff.gross


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
            "usage": {"count": address_count(provider.pk), "limit": active.package.max_addresses},
            "orders": Paginator(orders_of(provider.pk), 25).get_page(request.GET.get("sayfa")),
            "pending_orders": orders_awaiting_payment(provider.pk),
        },
    )


@require_safe
@provider_view
def choose(request: ProviderRequest) -> HttpResponse:
    """İLETİ Paketleri: the comparison of all packages on sale."""
    return render(request, "packages/choose.html", {"columns": _columns(request.provider, now=timezone.now())})


def _columns(provider: Provider, *, now: datetime) -> list[Column]:
    addresses = address_count(provider.pk)
    active = active_package(provider.pk, now=now)
    packages = packages_on_sale(day=istanbul_day(now))
    fitting = next((p for p, _ in packages if p.has_integration and fits(p, addresses=addresses)), None)
    return [
        Column(
            package=package,
            tariff=tariff,
            is_active=package == active,
            is_recommended=package == fitting,
            too_small=None if _is_no_choice(package) else refusal_of_choice(package, tariff, addresses=addresses),
        )
        for package, tariff in packages
    ]


def _is_no_choice(package: Package) -> bool:
    return package.is_basic or package.by_offer


@require_http_methods(["GET", "HEAD", "POST"])
@provider_view
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
    starts_at, ends_at = term_from(now)
    addresses = address_count(provider.pk)
    tariff = tariff_of(package, day=istanbul_day(now))
    return {
        "package": package,
        "column": Column(
            package=package,
            tariff=tariff,
            is_active=False,
            is_recommended=False,
            too_small=refusal_of_choice(package, tariff, addresses=addresses),
        ),
        "term_start": starts_at,
        "term_end": ends_at,
        "current": live_subscription(provider.pk, now=now),
        "form": ChooseForm(initial={"nonce": form_nonce(provider=provider, package=package)}),
    }
