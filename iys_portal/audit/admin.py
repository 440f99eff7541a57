"""Administrators' screens: what happened, and the work that is still to be done."""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from iys_portal.admin_base import ReadOnlyAdmin, acting_person
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.audit.retries import retry

_STATE = "state:"
_ACTIONS = {
    "activate": "Paket tanımlandı",
    "activation_refused": "Paket tanımlanamadı",
    "admin:add": "Yönetimde eklendi",
    "admin:change": "Yönetimde değiştirildi",
    "admin:password": "Parola değiştirildi",
    "approve": "Sözleşme onaylandı",
    "change": "Yetki değiştirildi",
    "draft": "Paket seçildi",
    "forged_right": "Verilemeyecek bir yetki istendi",
    "grant": "Yetki verildi",
    "login": "Giriş yapıldı",
    "receive": "Ekstre alındı",
    "reprice": "Fiyat güncellendi",
    "retry": "Yeniden denendi",
    "revoke": "Yetki geri alındı",
}


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened, in words; an action that has none yet is shown by its identifier."""

    list_display = ("at", "actor_name", "what", "subject", "object_id", "provider_id")
    list_filter = ("at",)
    search_fields = ("=object_type", "=object_id", "=action", "=request_id", "=provider_id")
    folded_search = ("actor_name",)
    ordering = ("-pk",)
    fields = (
        "at",
        "actor_id",
        "actor_name",
        "provider_id",
        "subject",
        "object_id",
        "what",
        "reason",
        "detail",
        "request_id",
    )
    readonly_fields = ("what", "subject")

    @admin.display(description="İşlem", ordering="action")
    def what(self, event: AuditEvent) -> str:
        if not event.action.startswith(_STATE):
            return _ACTIONS.get(event.action, event.action)
        state = event.action.removeprefix(_STATE)
        labels = dict(apps.get_model(event.object_type)._meta.get_field("state").flatchoices)
        return f"Durum: {labels.get(state, state)}"

    @admin.display(description="nesne türü", ordering="object_type")
    def subject(self, event: AuditEvent) -> str:
        return str(apps.get_model(event.object_type)._meta.verbose_name)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """The portal gives up on work that fails again and again; once the cause is gone, it can be retried."""

    actions = ("try_again",)
    list_display = ("topic", "payload", "created_at", "due_at", "attempts", "done_at", "failed_at")
    list_filter = (("failed_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    search_fields = ("topic",)
    ordering = ("-pk",)
    fields = ("topic", "payload", "created_at", "due_at", "attempts", "done_at", "failed_at", "last_error")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.change_outboxmessage")

    @admin.action(description="Yeniden dene (vazgeçilmiş işleri)", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count = retry(message_ids=chosen, actor=acting_person(request), now=timezone.now())
        if count:
            self.message_user(request, f"{count} iş yeniden denenecek.", messages.SUCCESS)
        else:
            self.message_user(request, "Seçilenler arasında vazgeçilmiş iş yok.", messages.WARNING)
