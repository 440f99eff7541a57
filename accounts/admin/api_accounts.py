"""Administrators' screens: accounts of programs."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone

from accounts.enums import ApiAccountState
from accounts.models import ApiAccount
from accounts.services.api_accounts import Limits, change_limits, limits_of, revoke_account
from iys_portal.admin_acts import Act, ActingAdmin, ActRefused, ReasonForm
from iys_portal.admin_base import ReadOnlyAdmin

_MOST = 1_000_000
_REVOKED = "Bu hesap zaten iptal edilmiş."


class LimitsForm(ReasonForm):
    """How often an account may call, and why that changes."""

    per_second = forms.IntegerField(label="Saniyede istek", min_value=1, max_value=_MOST)
    tokens_per_hour = forms.IntegerField(label="Saatte jeton", required=False, min_value=1, max_value=_MOST)
    status_per_hour = forms.IntegerField(label="Saatte durum sorgusu", required=False, min_value=1, max_value=_MOST)
    history_per_hour = forms.IntegerField(label="Saatte geçmiş sorgusu", required=False, min_value=1, max_value=_MOST)
    field_order = ("per_second", "tokens_per_hour", "status_per_hour", "history_per_hour", "reason")

    def answer(self) -> Any:
        values = dict(self.cleaned_data)
        reason = values.pop("reason")
        return Limits(**values), reason


def _api_account_facts(account: ApiAccount) -> list[tuple[str, str]]:
    company = account.provider or account.partner or account.intermediary
    return [("Kuruluş", str(company)), ("Hesap", account.name), ("Kullanıcı adı", account.username)]


def _revoke_api_account(account: ApiAccount, actor: Any, reason: str) -> str:
    revoke_account(account=account, now=timezone.now(), actor=actor, reason=reason)
    return f"{account.name} iptal edildi."


def _change_limits(account: ApiAccount, actor: Any, answer: tuple[Limits, str]) -> str:
    limits, reason = answer
    try:
        changed = change_limits(account=account, limits=limits, actor=actor, reason=reason)
    except ApiAccount.DoesNotExist:
        raise ActRefused(_REVOKED) from None
    return f"{account.name} hesabının sınırları değişti." if changed else "Sınırlar zaten böyle."


def _why_not(account: ApiAccount) -> str:
    return "" if account.state == ApiAccountState.ACTIVE else _REVOKED


REVOKE = Act(
    name="iptal",
    label="İptal et",
    question="API hesabı iptal edilsin mi?",
    refusal=_why_not,
    facts=_api_account_facts,
    consequence=lambda account: (
        f"“{account.name}” ve bütün jetonları bir saniye içinde geçersiz olur; hesap yeniden açılamaz."
    ),
    perform=_revoke_api_account,
    hint="Gerekçe denetim kaydına yazılır.",
    is_grave=True,
)

LIMITS = Act(
    name="sinirlar",
    label="Sınırları değiştir",
    question="API hesabının sınırları değişsin mi?",
    refusal=_why_not,
    facts=_api_account_facts,
    consequence=lambda _account: (
        "Yeni sınırlar bir saniye içinde geçerli olur ve her IP adresi için ayrı sayılır. Boş bırakılan saatlik sınır"
        " uygulanmaz."
    ),
    perform=_change_limits,
    hint="Gerekçe, eski ve yeni sınırlarla birlikte denetim kaydına yazılır.",
    form=LimitsForm,
    initial=lambda account: asdict(limits_of(account)),
)


@admin.register(ApiAccount)
class ApiAccountAdmin(ActingAdmin, ReadOnlyAdmin):
    """API accounts of every company: limits are changed, and one that is misused is revoked, on pages of their own."""

    acts = (LIMITS, REVOKE)
    act_permission = "accounts.change_apiaccount"
    list_display = ("name", "provider", "partner", "intermediary", "state", "last_used_at", "expires_at")
    list_filter = ("state",)
    list_select_related = ("provider", "partner", "intermediary")
    search_fields = ("=username", "=provider__iys_code")
    fields = (
        *("name", "username", "provider", "partner", "intermediary", "is_sandbox"),
        *("state", "created_by", "created_at"),
        *("secret_at", "expires_at", "revoked_at", "last_used_at", "networks", "brand_codes"),
        *("per_second", "tokens_per_hour", "status_per_hour", "history_per_hour"),
    )

    @admin.display(description="deneme hesabı", boolean=True)
    def is_sandbox(self, account: ApiAccount) -> bool:
        return account.sandbox_id is not None
