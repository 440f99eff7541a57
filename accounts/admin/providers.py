"""Administrators' screens: providers, closed and opened again with their packages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.enums import ProviderState
from accounts.models import Provider
from iys_portal.admin_acts import Act, ActingAdmin
from iys_portal.admin_base import AuditedAdmin
from iys_portal.admin_tckn import FoundByTckn
from packages.selectors import standing_of
from packages.services import close_for_provider, reopen_provider


def _provider_facts(provider: Provider) -> list[tuple[str, str]]:
    standing = standing_of(provider.pk, now=timezone.now())
    held = [each.package.label for each in (standing.running, standing.queued) if each is not None]
    return [
        ("Hizmet sağlayıcı", f"{provider.title} (İYS No {provider.iys_code})"),
        ("Paket", ", ".join(held) or "Temel Hizmetler"),
        ("Durum", str(provider.get_state_display())),
    ]


def _close_provider(provider: Provider, actor: Any, reason: str) -> str:
    close_for_provider(provider=provider, actor=actor, reason=reason, now=timezone.now())
    return f"{provider.title} kapatıldı; abonelikleri sona erdi."


def _reopen_provider(provider: Provider, actor: Any, reason: str) -> str:
    reopen_provider(provider=provider, actor=actor, reason=reason)
    return f"{provider.title} yeniden açıldı."


CLOSE = Act(
    name="kapat",
    label="Kapat",
    question="Hizmet sağlayıcı kapatılsın mı?",
    refusal=lambda provider: "" if provider.state == ProviderState.ACTIVE else "Bu hizmet sağlayıcı zaten kapalı.",
    facts=_provider_facts,
    consequence=lambda provider: (
        f"{provider.title} İYS'den ayrılmış sayılır: süren ve sırada bekleyen abonelikleri hemen kapanır (H521),"
        " ödenmiş siparişlerinin paketi tanımlanmaz. Kapanan abonelik yeniden açılamaz."
    ),
    perform=_close_provider,
    hint="Gerekçe denetim kaydına yazılır ve hizmet sağlayıcının paket geçmişinde görünür.",
    is_grave=True,
)

REOPEN = Act(
    name="ac",
    label="Yeniden aç",
    question="Hizmet sağlayıcı yeniden açılsın mı?",
    refusal=lambda provider: "" if provider.state == ProviderState.CLOSED else "Bu hizmet sağlayıcı kapalı değil.",
    facts=_provider_facts,
    consequence=lambda provider: (
        f"{provider.title} Temel Hizmetler ile yeniden çalışır. Kapanmış abonelikler geri gelmez; bekleyen ödenmiş"
        " siparişler yeniden denenir."
    ),
    perform=_reopen_provider,
    hint="Gerekçe denetim kaydına yazılır.",
)


@admin.register(Provider)
class ProviderAdmin(FoundByTckn, ActingAdmin, AuditedAdmin):
    """Companies; one that leaves İYS is closed on a page of its own, together with its subscriptions."""

    acts = (CLOSE, REOPEN)
    sandbox_path = "sandbox_of"
    act_permission = "accounts.change_provider"
    fixed_fields = ("iys_code",)  # transaction ids of consents are derived from it
    readonly_fields = ("state", "shown_tin")
    list_display = ("title", "iys_code", "shown_tin", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("=iys_code", "=tax_number")
    folded_search = ("title",)
    tckn_columns = ("tax_tckn_hash",)
    fields = ("iys_code", "title", "tax_number", "shown_tin", "mersis", "address", "phone", "email", "kep", "state")
    unaudited = ("tax_tckn_hash",)
    constraint_errors = {
        "provider_tax_number_once": ("tax_number", "Bu vergi kimlik numarasıyla kayıtlı bir hizmet sağlayıcı var."),
        "provider_one_tax_number": ("tax_number", "Vergi kimlik numarasını yazın."),
    }

    @admin.display(description="vergi kimlik no / TCKN", ordering="tax_number")
    def shown_tin(self, provider: Provider) -> str:
        return provider.shown_tin

    def get_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """A sole trader's number is shown masked and never changes; a company's is typed."""
        hidden = "tax_number" if obj is not None and obj.tax_tckn_hash else "shown_tin"
        return [name for name in super().get_fields(request, obj) if name != hidden]
