"""Mail: one e-mail to one provider, or to somebody who has none (an applicant), kept as it was written.

Below every app of the domain, like the audit trail: it names the provider and the attachment by number and holds
no foreign keys.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from iys_portal.mail.enums import MailKind, MailState


class Mail(models.Model):
    """An e-mail with its text and its HTML; the attachment is named here and loaded when it is sent.

    `is_personal` is one to a person, not to the provider's mailbox: it never goes there. `key`, where set, is that of
    an event which is written about once; `leave_url`, where set, is where the reader ends such e-mails (RFC 8058).
    `attempts` counts failed tries since it was queued; `problem` says why the last one failed.
    """

    provider_id = models.BigIntegerField("hizmet sağlayıcı no", null=True, blank=True)
    to = models.CharField("alıcı", max_length=254)
    is_personal = models.BooleanField("kişiye", default=False, db_default=False)
    kind = models.CharField("konu türü", max_length=30, choices=MailKind)
    subject = models.CharField("konu", max_length=200)
    text = models.TextField("metin")
    html = models.TextField("HTML")
    leave_url = models.CharField("abonelikten çıkma", max_length=300, blank=True, default="", db_default="")
    attachment_topic = models.CharField("ek türü", max_length=30, blank=True, default="")
    attachment_id = models.BigIntegerField("ek no", null=True, blank=True)
    key = models.CharField(max_length=100, unique=True, null=True, blank=True)
    state = models.CharField("durum", max_length=10, choices=MailState, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField("başarısız deneme", default=0)
    problem = models.CharField("sorun", max_length=300, blank=True, default="")
    created_at = models.DateTimeField("oluşturma", db_default=Now())
    sent_at = models.DateTimeField("gönderme", null=True, blank=True)

    class Meta:
        verbose_name = "e-posta"
        verbose_name_plural = "e-postalar"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="mail_kind_known", condition=Q(kind__in=MailKind.values)),
            models.CheckConstraint(name="mail_state_known", condition=Q(state__in=MailState.values)),
            models.CheckConstraint(
                name="mail_sent_iff_instant",
                condition=Q(state=MailState.SENT) & ~Q(sent_at=None) | ~Q(state=MailState.SENT) & Q(sent_at=None),
            ),
            models.CheckConstraint(
                name="mail_failed_has_problem", condition=~Q(state=MailState.FAILED) | ~Q(problem="")
            ),
            models.CheckConstraint(
                name="mail_attachment_whole",
                condition=Q(attachment_topic="", attachment_id=None)
                | ~Q(attachment_topic="") & ~Q(attachment_id=None) & ~Q(provider_id=None),
            ),
        ]
        indexes = [
            models.Index(fields=["provider_id", "-id"], name="mail_of_provider_newest"),
            models.Index(fields=["state", "-id"], name="mail_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"
