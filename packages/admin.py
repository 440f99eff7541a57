"""Administrators' screens: packages, their dated prices, and the subscriptions that were sold."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from iys_portal.admin_base import AuditedAdmin, ConstrainedForm, ReadOnlyAdmin, lira_column
from iys_portal.shared.money import KURUS
from packages.models import Package, Subscription, Tariff
from payments.selectors.accounting import is_sold


@admin.register(Package)
class PackageAdmin(AuditedAdmin):
    list_display = ("name", "addresses", "has_integration", "by_offer", "on_sale", "position")
    list_filter = ("on_sale",)
    search_fields = ("slug",)
    folded_search = ("name",)
    fields = (
        "slug",
        "name",
        "heading",
        "addresses",
        "min_addresses",
        "max_addresses",
        "has_integration",
        "by_offer",
        "position",
        "on_sale",
    )
    fixed_fields = ("slug",)
    constraint_errors = {"package_bounds_ordered": ("max_addresses", "En az adresten küçük olamaz.")}


class TariffForm(ConstrainedForm):
    """Net and KDV rate are typed; KDV, rounded half up to the kuruş, and the gross price follow from them."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        net, rate = cleaned.get("net"), cleaned.get("kdv_rate")
        if net is not None and rate is not None:
            self.instance.kdv = (net * rate / Decimal(100)).quantize(KURUS, rounding=ROUND_HALF_UP)
            self.instance.gross = net + self.instance.kdv
        return cleaned


_PRICES = [lira_column(Tariff, name) for name in ("net", "kdv", "gross", "campaign_gross")]


@admin.register(Tariff)
class TariffAdmin(AuditedAdmin):
    """Dated prices. Of a row that was sold only the last day can still be set."""

    form = TariffForm
    list_display = ("package", "valid_from", "valid_to", "rate", *_PRICES)
    list_filter = ("package",)
    list_select_related = ("package",)
    folded_search = ("package__name",)
    fields = ("package", "valid_from", "valid_to", "net", "kdv_rate", "kdv", "gross", "campaign_gross")
    readonly_fields = ("kdv", "gross")
    constraint_errors = {
        "tariff_no_overlap": ("valid_from", "Bu paketin aynı günleri kapsayan başka bir tarifesi var."),
        "tariff_days_ordered": ("valid_to", "Son gün, ilk günden önce olamaz."),
        "tariff_not_negative": ("net", "Net ve KDV eksi olamaz; KDV oranı 100'den küçük olmalıdır."),
        "tariff_campaign_lower": ("campaign_gross", "Eksi veya KDV dahil liste fiyatından yüksek olamaz."),
    }

    @admin.display(description="KDV oranı", ordering="kdv_rate")
    def rate(self, tariff: Tariff) -> str:
        return f"%{tariff.kdv_rate.normalize():f}".replace(".", ",")

    def get_readonly_fields(self, request: HttpRequest, obj: Tariff | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if obj is not None and is_sold(obj):
            return (*fields, "package", "valid_from", "net", "kdv_rate", "campaign_gross")
        return fields


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("provider", "package", "state", "starts_at", "ends_at")
    list_filter = ("state", "package")
    list_select_related = ("provider", "package")
    search_fields = ("=provider__iys_code",)
    folded_search = ("provider__title",)
    fields = ("provider", "package", "state", "starts_at", "ends_at", "ended_at", "created_at")
