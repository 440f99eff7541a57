"""What providers, applicants and citizens are written about, and the life of an e-mail."""

from django.db import models

from iys_portal.shared.states import Transitions


class MailKind(models.TextChoices):
    """What an e-mail is about; its wording is ``templates/email/<value>.txt``."""

    ORDER_RECEIVED = "order-received", "Sipariş alındı"
    ORDER_PAID = "order-paid", "Ödeme alındı"
    PAYMENT_DIFFERS = "payment-differs", "Ödemenin tutarı farklı"
    CARD_REFUNDED = "card-refunded", "Kart ödemesi iade edildi"
    PACKAGE_TAKEN_BACK = "package-taken-back", "Paket geri alındı"
    PACKAGE_ACTIVATED = "package-activated", "Paket tanımlandı"
    SUBSCRIPTION_EXPIRING = "subscription-expiring", "Süre doluyor"
    SUBSCRIPTION_EXPIRED = "subscription-expired", "Süre doldu"
    ADDRESS_USAGE = "address-usage", "Adres sınırı"
    INVITATION = "invitation", "Yetkili daveti"
    AUTHORITY_CHANGED = "authority-changed", "Yetki değişikliği"
    MEMBER_ADDED = "member-added", "Yeni yetkili"
    COMPANY_CHANGE = "company-change", "Bilgi değişikliği talebi"
    APPLICATION_BEGUN = "application-begun", "Başvuruya devam bağlantısı"
    APPLICATION_RECEIVED = "application-received", "Başvuru alındı"
    APPLICATION_MISSING = "application-missing", "Başvuruda eksik belge"
    APPLICATION_APPROVED = "application-approved", "Başvuru onaylandı"
    APPLICATION_REJECTED = "application-rejected", "Başvuru reddedildi"
    PUSH_STOPPED = "push-stopped", "Anlık bildirim durdu"
    API_ACCOUNT_ENDING = "api-account-ending", "API hesabının süresi doluyor"
    REPORT = "report", "Haftalık ya da aylık rapor"
    NEWS_CONFIRM = "news-confirm", "Haber isteğinin doğrulanması"


class MailState(models.TextChoices):
    """queued until a mail server took it (sent) or it cannot be delivered (failed)."""

    QUEUED = "queued", "Gönderilecek"
    SENT = "sent", "Gönderildi"
    FAILED = "failed", "Gönderilemedi"


MAIL_TRANSITIONS: Transitions[MailState] = {
    MailState.QUEUED: frozenset({MailState.SENT, MailState.FAILED}),
    MailState.FAILED: frozenset({MailState.QUEUED}),
    MailState.SENT: frozenset(),
}
