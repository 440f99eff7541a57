"""Administrators' screens: the directories of partners and intermediaries, their people, what brands granted them."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.admin.memberships import MembershipForm
from iys_portal.admin_acts import Act, ActingAdmin
from iys_portal.admin_base import AuditedAdmin, ReadOnlyAdmin, acting_person
from iys_portal.shared.clock import istanbul_day
from iys_portal.shared.turkish import search_key
from partners.directory_file import ListRefused, read_directory
from partners.models import (
    DirectoryEntry,
    Intermediary,
    IntermediaryGrant,
    IntermediaryMembership,
    Partner,
    PartnerGrant,
    PartnerMembership,
)
from partners.selectors.grants import live_grant_count
from partners.services.directory import Outcome, RowResult, import_directory, restore, suspend
from partners.services.people import end_membership


def _facts(party: Any) -> list[tuple[str, str]]:
    return [
        ("Kuruluş", f"{party.title} (kod {party.code})"),
        ("Durum", str(party.get_state_display())),
        ("Yetki veren marka", str(live_grant_count(party, today=istanbul_day(timezone.now())))),
    ]


def _suspend(party: Any, actor: Any, reason: str) -> str:
    suspend(party=party, actor=actor, reason=reason, now=timezone.now())
    return f"{party.title} askıya alındı; yetkilerinin hiçbiri kullanılamaz."


def _restore(party: Any, actor: Any, reason: str) -> str:
    restore(party=party, actor=actor, reason=reason)
    return f"{party.title} yeniden etkin; markaların verdiği yetkiler çalışıyor."


SUSPEND = Act(
    name="askiya-al",
    label="Askıya al",
    question="Kuruluş askıya alınsın mı?",
    refusal=lambda party: "Bu kuruluş zaten askıda." if party.is_suspended else "",
    facts=_facts,
    consequence=lambda party: (
        f"{party.title} kuruluşunun bütün markalardaki yetkileri hemen durur ve kuruluşa yeni yetki verilemez."
        " Yetkiler silinmez; askı kaldırılınca kendiliğinden yeniden çalışır."
    ),
    perform=_suspend,
    hint="Gerekçeyi denetim kaydı, yetki veren markalar ve kuruluşun çalışanları görür.",
    is_grave=True,
)

RESTORE = Act(
    name="askiyi-kaldir",
    label="Askıyı kaldır",
    question="Kuruluşun askısı kaldırılsın mı?",
    refusal=lambda party: "" if party.is_suspended else "Bu kuruluş askıda değil.",
    facts=_facts,
    consequence=lambda party: (
        f"{party.title} kuruluşunun, markaların verdiği ve süresi dolmamış bütün yetkileri hemen yeniden çalışır."
    ),
    perform=_restore,
    hint="Gerekçe denetim kaydına yazılır ve yetki geçmişinde görünür.",
)


class DirectoryFileForm(forms.Form):
    """A list of companies."""

    file = forms.FileField(
        label="Liste dosyası",
        help_text="CSV ya da Excel (.xlsx); ilk satırda “Kod” ve “Unvan” başlıkları. En çok 20.000 satır, 4 MB.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        error_messages={"required": "Bir dosya seçin.", "empty": "Dosya boş; kod ve unvan içeren bir dosya seçin."},
    )


@admin.register(Partner, Intermediary)
class DirectoryAdmin(ActingAdmin, AuditedAdmin):
    """The companies that brands can authorise; many at once come from a file, one is suspended on a page of its own."""

    acts = (SUSPEND, RESTORE)
    change_list_template = "admin/partners/directory_list.html"
    list_display = ("title", "code", "is_listed", "state", "created_at")
    list_filter = ("is_listed", "state")
    search_fields = ("=code", "search_key")
    fields = ("code", "title", "is_listed", "state", "suspended_at", "suspension_reason")
    readonly_fields = ("state", "suspended_at", "suspension_reason")
    unaudited = ("search_key",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.act_permission = f"partners.change_{self.opts.model_name}"

    def get_fields(self, request: HttpRequest, obj: DirectoryEntry | None = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if obj is not None else ("code", "title", "is_listed")

    def get_urls(self) -> list[URLPattern]:
        name = f"partners_{self.opts.model_name}_import"
        return [path("aktar/", self.admin_site.admin_view(self.import_page), name=name), *super().get_urls()]

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Take a list in, or try it (`dene`): what becomes of each row is shown either way."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        sent = request.method == "POST"
        form = DirectoryFileForm(request.POST if sent else None, request.FILES if sent else None)
        dry, results = "dene" in request.POST, None
        if form.is_valid():
            try:
                rows = read_directory(form.cleaned_data["file"].read())
            except ListRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                results = import_directory(model=self.model, rows=rows, actor=acting_person(request), dry=dry)
        context = {
            **self.admin_site.each_context(request),
            "title": "Listeyi dosyadan aktar",
            "opts": self.opts,
            "form": form,
            "dry": dry,
            "results": results,
            "totals": _totals(results or []),
        }
        return render(request, "admin/partners/directory_import.html", context)

    def save_model(self, request: HttpRequest, obj: DirectoryEntry, form: Any, change: bool) -> None:  # noqa: FBT001  (Django's signature)
        obj.search_key = search_key(obj.title)
        super().save_model(request, obj, form, change)


def _totals(results: list[RowResult]) -> list[tuple[str, int]]:
    counts = Counter(result.outcome for result in results)
    return [(str(outcome.label), counts[outcome]) for outcome in Outcome]


def _end_membership(membership: Any, actor: Any, reason: str) -> str:
    end_membership(membership=membership, actor=actor, reason=reason, now=timezone.now())
    return f"{membership.person} için yetki sona erdi."


END_MEMBERSHIP = Act(
    name="bitir",
    label="Yetkiyi sona erdir",
    question="Kişinin yetkisi sona ersin mi?",
    refusal=lambda membership: "Bu yetki sona ermiş." if membership.ended_at is not None else "",
    facts=lambda membership: [
        ("Kuruluş", f"{membership.party.title} (kod {membership.party.code})"),
        ("Kişi", f"{membership.person} ({membership.person.masked_tckn})"),
    ],
    consequence=lambda _membership: "Kişi bu kuruluş için hemen hiçbir işlem yapamaz; yeniden yetkilendirilebilir.",
    perform=_end_membership,
    hint="Gerekçe denetim kaydına yazılır.",
    is_grave=True,
)


class PartyMembershipAdmin(ActingAdmin, AuditedAdmin):
    """Who may look after what brands granted a company; ended by an act, not deleted."""

    form = MembershipForm
    acts = (END_MEMBERSHIP,)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    readonly_fields = ("started_at", "ended_at")
    ordering = ("-pk",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.act_permission = f"partners.change_{self.opts.model_name}"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if obj is not None else [name for name in fields if name not in self.readonly_fields]


@admin.register(PartnerMembership)
class PartnerMembershipAdmin(PartyMembershipAdmin):
    list_display = ("person", "partner", "started_at", "ended_at")
    list_select_related = ("person", "partner")
    search_fields = ("=partner__code",)
    folded_search = ("person__given_name", "person__family_name", "partner__title")
    fields = ("partner", "person", "started_at", "ended_at")
    raw_id_fields = ("partner", "person")
    fixed_fields = ("partner", "person")
    constraint_errors = {
        "partner_membership_one_live": ("person", "Bu kişi bu iş ortağı için zaten yetkili."),
    }


@admin.register(IntermediaryMembership)
class IntermediaryMembershipAdmin(PartyMembershipAdmin):
    list_display = ("person", "intermediary", "started_at", "ended_at")
    list_select_related = ("person", "intermediary")
    search_fields = ("=intermediary__code",)
    folded_search = ("person__given_name", "person__family_name", "intermediary__title")
    fields = ("intermediary", "person", "started_at", "ended_at")
    raw_id_fields = ("intermediary", "person")
    fixed_fields = ("intermediary", "person")
    constraint_errors = {
        "intermediary_membership_one_live": ("person", "Bu kişi bu AHS için zaten yetkili."),
    }


class GrantAdmin(ReadOnlyAdmin):
    """Grants are given and revoked by the brands' own people."""

    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("=brand__code", "=provider__iys_code")
    ordering = ("-pk",)


@admin.register(PartnerGrant)
class PartnerGrantAdmin(GrantAdmin):
    list_display = ("brand", "partner", "provider", "granted_at", "ends_on", "revoked_at")
    list_select_related = ("brand", "partner", "provider")
    folded_search = ("brand__name", "partner__title", "provider__title")
    fields = (
        "provider",
        "brand",
        "partner",
        "agreement",
        "mesaj",
        "arama",
        "eposta",
        "granted_by",
        "granted_at",
        "ends_on",
        "revoked_at",
    )


@admin.register(IntermediaryGrant)
class IntermediaryGrantAdmin(GrantAdmin):
    list_display = ("brand", "intermediary", "provider", "granted_at", "ends_on", "revoked_at")
    list_select_related = ("brand", "intermediary", "provider")
    folded_search = ("brand__name", "intermediary__title", "provider__title")
    fields = (
        "provider",
        "brand",
        "intermediary",
        "mesaj_read",
        "arama_read",
        "eposta_read",
        "granted_by",
        "granted_at",
        "ends_on",
        "revoked_at",
    )
