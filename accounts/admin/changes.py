"""Administrators' screens: what companies want to have changed."""

from typing import Any

from django.contrib import admin
from django.utils import timezone

from accounts.enums import ChangeState
from accounts.models import CompanyChange
from accounts.rules import AccountRefused
from accounts.services.company import OUTDATED, apply_change, reject_change
from iys_portal.admin_acts import Act, ActingAdmin, ActRefused
from iys_portal.admin_base import ReadOnlyAdmin


def _change_facts(change: CompanyChange) -> list[tuple[str, str]]:
    return [
        ("Hizmet sağlayıcı", f"{change.provider.title} (İYS No {change.provider.iys_code})"),
        (f"Kayıtlı {change.get_field_display()}", change.old_value or "Yok"),
        ("İstenen değer", change.new_value),
        ("İsteyen", f"{change.requested_by}, gerekçe: {change.reason}"),
    ]


def _apply_change(change: CompanyChange, actor: Any, reason: str) -> str:
    _decided(apply_change, change, actor, reason)
    return f"{change.get_field_display()} güncellendi; şirkete bildirildi."


def _reject_change(change: CompanyChange, actor: Any, reason: str) -> str:
    _decided(reject_change, change, actor, reason)
    return "Talep reddedildi; şirkete bildirildi."


def _decided(decide: Any, change: CompanyChange, actor: Any, reason: str) -> None:
    try:
        decide(change_id=change.pk, actor=actor, reason=reason, now=timezone.now())
    except AccountRefused as refusal:
        raise ActRefused(str(refusal)) from None


def _refusal_of_applying(change: CompanyChange) -> str:
    if change.state != ChangeState.PENDING:
        return "Bu talep daha önce sonuçlanmış."
    return OUTDATED if getattr(change.provider, change.field) != change.old_value else ""


APPLY_CHANGE = Act(
    name="uygula",
    label="Uygula",
    question="Bilgi değiştirilsin mi?",
    refusal=_refusal_of_applying,
    facts=_change_facts,
    consequence=lambda change: (
        f"{change.get_field_display()} hemen değişir ve bundan sonraki sözleşme ve belgelerde yeni değeriyle yer alır."
        " Önceki belgeler değişmez. Şirkete e-posta ile bildirilir."
    ),
    perform=_apply_change,
    hint="Hangi belgeyle doğruladığınızı yazın; şirkete de gönderilir.",
)

REJECT_CHANGE = Act(
    name="reddet",
    label="Reddet",
    question="Talep reddedilsin mi?",
    refusal=lambda change: "" if change.state == ChangeState.PENDING else "Bu talep daha önce sonuçlanmış.",
    facts=_change_facts,
    consequence=lambda _change: "Kayıtlı bilgi aynı kalır. Gerekçe şirkete e-posta ile bildirilir.",
    perform=_reject_change,
    hint="Şirkete gönderilir.",
)


@admin.register(CompanyChange)
class CompanyChangeAdmin(ActingAdmin, ReadOnlyAdmin):
    """Requests of providers to change their registered data: applied or rejected on a page of its own."""

    acts = (APPLY_CHANGE, REJECT_CHANGE)
    act_permission = "accounts.change_provider"
    list_display = ("provider", "field", "state", "requested_by", "created_at", "decided_at")
    list_filter = ("state", "field")
    list_select_related = ("provider", "requested_by")
    search_fields = ("=provider__iys_code",)
    folded_search = ("provider__title",)
    fields = (
        *("provider", "field", "old_value", "new_value", "reason", "state", "requested_by", "created_at"),
        *("decided_by", "decided_at", "decision"),
    )
