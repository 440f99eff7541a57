"""Dated prices: typed, followed, and looked at on any day before customers see them."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from iys_portal.admin_base import AuditedAdmin, acting_person, lira_column
from iys_portal.shared.clock import istanbul_day
from packages.admin.forms import (
    CAMPAIGN_TOO_EARLY,
    PRICE_WITHOUT_DAY,
    PreviewForm,
    TariffForm,
)
from packages.admin.gaps import warn_of_gaps
from packages.models import Tariff
from packages.price_page import price_page
from packages.pricing import ONE_DAY
from packages.selectors import price_changes, price_gaps, tariff_with
from packages.services import end_tariff, lock_prices
from payments.selectors.sales import is_sold, sales_at

_PRICES = [lira_column(Tariff, name) for name in ("gross", "campaign_gross")]
_SOLD = "Bu tarifeyle satış yapıldı: yalnız son günleri değişir. Yeni bir fiyat için devam tarifesi ekleyin."
_CAMPAIGN = (
    "Kampanya fiyatı, yazılan günlerde liste fiyatının yerine geçer; liste fiyatı üstü çizili gösterilir. "
    "Ücretsizse 0,00 yazın. Son gün boşsa kampanya, tarifeyle birlikte biter."
)


@admin.register(Tariff)
class TariffAdmin(AuditedAdmin):
    """Dated prices. Of a row that was sold only the last days can still be set; a new price is a new row."""

    form = TariffForm
    change_form_template = "admin/packages/tariff/change_form.html"
    change_list_template = "admin/packages/tariff/change_list.html"
    list_display = ("package", "valid_from", "valid_to", "stands", "rate", *_PRICES, "campaign_from", "campaign_to")
    list_filter = ("package",)
    list_select_related = ("package",)
    folded_search = ("package__name",)
    fieldsets = (
        (None, {"fields": ("package",)}),
        ("Süre", {"fields": ("valid_from", "valid_to", "ends_previous")}),
        ("Liste fiyatı", {"fields": ("net", "kdv_rate", "kdv", "gross")}),
        (
            "Kampanya",
            {"fields": ("campaign_gross", "campaign_from", "campaign_to", "campaign_text"), "description": _CAMPAIGN},
        ),
    )
    readonly_fields = ("kdv", "gross")
    constraint_errors = {
        "tariff_no_overlap": ("valid_from", "Bu paketin aynı günleri kapsayan başka bir tarifesi var."),
        "tariff_days_ordered": ("valid_to", "Son gün, ilk günden önce olamaz."),
        "tariff_not_negative": ("net", "Net ve KDV eksi olamaz; KDV oranı 100'den küçük olmalıdır."),
        "tariff_campaign_lower": ("campaign_gross", "Eksi veya KDV dahil liste fiyatından yüksek olamaz."),
        "tariff_campaign_whole": ("campaign_from", PRICE_WITHOUT_DAY),
        "tariff_campaign_within": ("campaign_from", CAMPAIGN_TOO_EARLY),
        "tariff_sold_is_kept": ("net", _SOLD),
        "tariff_sold_days_kept": ("valid_to", "Az önce bu tarifeyle satış yapıldı; son gün satıştan önce olamaz."),
    }

    @admin.display(description="KDV oranı", ordering="kdv_rate")
    def rate(self, tariff: Tariff) -> str:
        return f"%{tariff.kdv_rate.normalize():f}".replace(".", ",")

    @admin.display(description="bugün")
    def stands(self, tariff: Tariff) -> str:
        today = _today()
        if tariff.covers(today):
            return "Geçerli" if tariff.campaign_on(today) is None else "Geçerli, kampanyalı"
        return "Başlamadı" if tariff.valid_from > today else "Bitti"

    def get_fieldsets(self, request: HttpRequest, obj: Tariff | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return [
            (name, {**options, "fields": tuple(f for f in options["fields"] if f != "ends_previous")})
            for name, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Tariff | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if obj is not None and is_sold(obj):
            open_ends = ("valid_to",) if obj.campaign_from is None else ("valid_to", "campaign_to")
            columns = [field.name for field in Tariff._meta.fields if field.name not in ("id", *open_ends, *fields)]
            return (*fields, *columns)
        return fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Fill the form of a follow-up (``?devam=<id>``) with the price that it follows."""
        followed = self._followed(request)
        if followed is None:
            return super().get_changeform_initial_data(request)
        return {
            "package": followed.package_id,
            "valid_from": _first_free_day(followed),
            "ends_previous": followed.valid_to is None,
            "net": followed.net,
            "kdv_rate": followed.kdv_rate,
        }

    def _followed(self, request: HttpRequest) -> Tariff | None:
        number = request.GET.get("devam", "")
        return tariff_with(int(number)) if number.isdecimal() and len(number) < 19 else None

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # Django names all it gives
        tariff: Tariff | None = kwargs.get("obj")
        context["sold"] = tariff is not None and is_sold(tariff)
        context["followed"] = self._followed(request) if tariff is None else None
        return super().render_change_form(request, context, **kwargs)

    def save_model(self, request: HttpRequest, obj: Tariff, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's signature)
        lock_prices(obj.package_id)
        previous = form.previous()
        if previous is not None:
            end_tariff(tariff=previous, last_day=obj.valid_from - ONE_DAY, actor=acting_person(request))
        super().save_model(request, obj, form, change)
        warn_of_gaps(request, obj.package)

    def get_urls(self) -> list[URLPattern]:
        preview = path("onizleme/", self.admin_site.admin_view(self.preview), name="packages_tariff_preview")
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The price page as customers see it on a day, the days without a price, and what changes next."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PreviewForm(request.GET, today=_today())
        gaps = price_gaps(since=form.day)
        return render(
            request,
            "admin/packages/tariff/preview.html",
            {
                "form": form,
                "page": price_page(addresses=form.addresses, active=None, day=form.day),
                "gaps": gaps,
                "gaps_of_the_day": [gap.package.name for gap in gaps if gap.first == form.day],
                "changes": price_changes(after=form.day),
                "add_url": reverse("admin:packages_tariff_add") if self.has_add_permission(request) else "",
            },
        )


def _today() -> date:
    return istanbul_day(timezone.now())


def _first_free_day(followed: Tariff) -> date:
    """Return the day after the tariff's end; of one without an end, the day after the last on which it holds."""
    if followed.valid_to is not None:
        return followed.valid_to + ONE_DAY
    return max(_today(), followed.valid_from, sales_at(followed).last or followed.valid_from) + ONE_DAY
