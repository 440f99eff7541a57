"""The kept address counts, for administrators."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from iys_portal.admin_base import ReadOnlyAdmin, acting_person
from iys_portal.ui import sayi
from packages.enums import COUNT_DIFFERS
from packages.models import AddressUsage
from packages.selectors import with_live_counts
from packages.usage import recount_addresses


@admin.register(AddressUsage)
class AddressUsageAdmin(ReadOnlyAdmin):
    """The kept address counts; one that the nightly check found wrong says so until it is counted anew here."""

    actions = ("count_anew",)
    sandbox_path = "provider__sandbox_of"
    list_display = ("owner", "count", "phone_count", "email_count", "folded_at", "verdict")
    list_select_related = ("provider",)
    search_fields = ("=provider__iys_code",)
    folded_search = ("provider__title",)
    ordering = ("provider__title",)
    fields = ("owner", "count", "phone_count", "email_count", "folded_at", "verdict")
    readonly_fields = ("owner", "count", "phone_count", "email_count", "verdict")

    def get_queryset(self, request: HttpRequest) -> Any:
        return with_live_counts(super().get_queryset(request))

    def has_recount_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    @admin.display(description="hizmet sağlayıcı", ordering="provider__title")
    def owner(self, usage: Any) -> str:
        return str(usage.provider)

    @admin.display(description="adres sayısı")
    def count(self, usage: Any) -> str:
        return sayi(max(usage.live_phones, usage.live_emails))

    @admin.display(description="telefon", ordering="live_phones")
    def phone_count(self, usage: Any) -> str:
        return sayi(usage.live_phones)

    @admin.display(description="e-posta", ordering="live_emails")
    def email_count(self, usage: Any) -> str:
        return sayi(usage.live_emails)

    @admin.display(description="denetim")
    def verdict(self, usage: Any) -> str:
        return "Uyuşmuyor: yeniden sayın" if usage.last_check == COUNT_DIFFERS else "Uyuşuyor"

    @admin.action(description="Yeniden say", permissions=["recount"])
    def count_anew(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        now = timezone.now()
        for provider_id in queryset.values_list("pk", flat=True):
            recount_addresses(provider_id, now, actor=acting_person(request))
        self.message_user(request, "Seçilen sağlayıcıların adresleri yeniden sayıldı.", messages.SUCCESS)
