"""Administrators' screens: accounts of programs."""

from typing import Any

from django.contrib import admin
from django.utils import timezone

from accounts.enums import ApiAccountState
from accounts.models import ApiAccount
from accounts.services.api_accounts import revoke_account
from iys_portal.admin_acts import Act, ActingAdmin
from iys_portal.admin_base import ReadOnlyAdmin


def _api_account_facts(account: ApiAccount) -> list[tuple[str, str]]:
    company = account.provider or account.partner or account.intermediary
    return [("Kuruluş", str(company)), ("Hesap", account.name), ("Kullanıcı adı", account.username)]


def _revoke_api_account(account: ApiAccount, actor: Any, reason: str) -> str:
    revoke_account(account=account, now=timezone.now(), actor=actor, reason=reason)
    return f"{account.name} iptal edildi."


REVOKE = Act(
    name="iptal",
    label="İptal et",
    question="API hesabı iptal edilsin mi?",
    refusal=lambda account: "" if account.state == ApiAccountState.ACTIVE else "Bu hesap zaten iptal edilmiş.",
    facts=_api_account_facts,
    consequence=lambda account: (
        f"“{account.name}” ve bütün jetonları bir saniye içinde geçersiz olur; hesap yeniden açılamaz."
    ),
    perform=_revoke_api_account,
    hint="Gerekçe denetim kaydına yazılır.",
    is_grave=True,
)


@admin.register(ApiAccount)
class ApiAccountAdmin(ActingAdmin, ReadOnlyAdmin):
    """API accounts of every company; one that is misused is revoked on a page of its own."""

    acts = (REVOKE,)
    act_permission = "accounts.change_apiaccount"
    list_display = ("name", "provider", "partner", "intermediary", "state", "last_used_at", "expires_at")
    list_filter = ("state",)
    list_select_related = ("provider", "partner", "intermediary")
    search_fields = ("=username", "=provider__iys_code")
    fields = (
        *("name", "username", "provider", "partner", "intermediary", "state", "created_by", "created_at"),
        *("secret_at", "expires_at", "revoked_at", "last_used_at", "networks"),
        *("per_second", "tokens_per_hour", "status_per_hour", "history_per_hour"),
    )
