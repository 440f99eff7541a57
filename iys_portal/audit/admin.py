"""Administrators' screens: what happened, and the work that is still to be done."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from iys_portal.admin_base import ReadOnlyAdmin, acting_person
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.audit.retries import retry


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "object_type", "object_id", "provider_id")
    list_filter = ("at",)
    search_fields = ("=object_type", "=object_id", "=action", "=request_id", "=provider_id")
    folded_search = ("actor_name",)
    ordering = ("-pk",)
    fields = (
        "at",
        "actor_id",
        "actor_name",
        "provider_id",
        "object_type",
        "object_id",
        "action",
        "reason",
        "detail",
        "request_id",
    )


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
