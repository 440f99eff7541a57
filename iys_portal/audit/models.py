"""Append-only audit events with their hash chain, and the outbox of work promised by a committed transaction.

The lowest tables of the house: they name people, providers and objects by number and hold no foreign keys, so
that nothing can be deleted from under them. Triggers (see the migration) refuse UPDATE, DELETE and TRUNCATE.
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class AuditEvent(models.Model):
    """One thing that happened, who did it, and the values before and after."""

    at = models.DateTimeField("zaman", db_default=Now())
    actor_id = models.BigIntegerField("kişi no", null=True)
    actor_name = models.CharField("kişi", max_length=150, default="Sistem")
    provider_id = models.BigIntegerField("hizmet sağlayıcı no", null=True)
    object_type = models.CharField("nesne türü", max_length=50)
    object_id = models.CharField("nesne", max_length=64)
    action = models.CharField("İşlem", max_length=60)
    reason = models.TextField("gerekçe", default="")
    detail = models.JSONField("ayrıntı", default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField("İstek no", max_length=64, default="")

    class Meta:
        verbose_name = "denetim kaydı"
        verbose_name_plural = "denetim kayıtları"
        indexes = [
            models.Index(fields=["provider_id", "object_type", "object_id", "id"], name="audit_event_of_object"),
            models.Index(fields=["actor_id", "id"], name="audit_event_of_actor", condition=~models.Q(actor_id=None)),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}: {self.action}"


class AuditSeal(models.Model):
    """One link of the hash chain over the audit events, in the order of sealing."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "denetim mührü"
        verbose_name_plural = "denetim mühürleri"

    def __str__(self) -> str:
        return f"{self.seq}: {self.hash[:12]}"


class OutboxMessage(models.Model):
    """Work promised by a transaction that committed: done, waiting for its next try, or given up on."""

    topic = models.CharField("konu", max_length=60)
    payload = models.JSONField("İçerik", default=dict)
    created_at = models.DateTimeField("oluşturma", db_default=Now())
    due_at = models.DateTimeField("sıradaki deneme", db_default=Now())
    attempts = models.PositiveSmallIntegerField("deneme", default=0)
    done_at = models.DateTimeField("bitiş", null=True, blank=True)
    failed_at = models.DateTimeField("vazgeçme", null=True, blank=True)
    last_error = models.TextField("son hata", default="", blank=True)

    class Meta:
        verbose_name = "bekleyen iş"
        verbose_name_plural = "bekleyen işler"
        constraints = [
            models.CheckConstraint(
                name="outbox_done_or_failed", condition=models.Q(done_at=None) | models.Q(failed_at=None)
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="outbox_open",
                condition=models.Q(done_at=None) & models.Q(failed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"
