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
    "api_account_created": "API hesabı açıldı",
    "api_brands": "API hesabının markaları değişti",
    "api_networks": "API hesabının adres listesi değişti",
    "api_limits": "API hesabının sınırları değişti",
    "api_sandbox_reset": "API hesabının deneme verisi sıfırlandı",
    "api_secret_rotated": "API hesabının şifresi yenilendi",
    "api_session_ended": "API oturumu sonlandırıldı",
    "capture_kept": "Kart tahsilatı kabul edildi",
    "push_credentials": "Bildirim bağlantısının kimlik bilgileri değişti",
    "push_key_shown": "Bildirim bağlantısının anahtarı gösterildi",
    "push_registered": "Bildirim bağlantısı kuruldu",
    "push_replayed": "Bildirimler yeniden gönderildi",
    "push_restarted": "Bildirim bağlantısı yeniden başlatıldı",
    "activate": "Paket tanımlandı",
    "card_attempt": "Kartla ödeme başladı",
    "card_day_asked": "Kart mutabakatı yeniden istendi",
    "declare": "Ekstre sütunları tanımlandı",
    "receipt_voided": "Makbuz geçersiz kılındı",
    "decision_rejected": "Hareket kararı onaylanmadı",
    "decision_requested": "Hareket kararı ikinci onaya sunuldu",
    "part_taken_back": "Siparişe sayılan paranın bir kısmı geri alındı",
    "refund_approved": "Havale iadesi onaylandı",
    "refund_owed": "Havale iadesi kaydedildi",
    "refund_payee": "Havale iadesinin alıcısı değiştirildi",
    "reread": "Ekstre yeniden okundu",
    "difference_closed": "Kart mutabakat farkı kapatıldı",
    "difference_found": "Kart mutabakat farkı saptandı",
    "refund_requested": "Kart iadesi istendi",
    "activation_refused": "Paket tanımlanamadı",
    "admin:add": "Yönetimde eklendi",
    "admin:change": "Yönetimde değiştirildi",
    "admin:password": "Parola değiştirildi",
    "approve": "Sözleşme onaylandı",
    "change_requested": "Bilgi değişikliği istendi",
    "company_changed": "Şirket bilgisi değiştirildi",
    "invite": "Yetkili davet edildi",
    "invitation_wrong_person": "Davet başka bir kişi tarafından açıldı",
    "member_added": "Yetkili kişi eklendi",
    "member_removed": "Yetkili kişi çıkarıldı",
    "member_role": "Yetkili kişinin görevi değiştirildi",
    "notifications": "Bildirim tercihleri değiştirildi",
    "sessions_ended": "Oturumlar kapatıldı",
    "archive": "Uzun süreli arşive alındı",
    "import_received": "İzin dosyası yüklendi",
    "consents_exported": "İzin listesi indirildi",
    "bad_rows_exported": "Hatalı izin satırları indirildi",
    "change": "Yetki değiştirildi",
    "count_differs": "Adres sayısı uyuşmuyor",
    "dealer_added": "Bayi eklendi",
    "dealer_changed": "Bayi bilgileri değiştirildi",
    "dealer_file": "Bayi dosyası yüklendi",
    "dealer_removed": "Bayi silindi",
    "directory:add": "Listeden eklendi",
    "directory:rename": "Unvanı listeden güncellendi",
    "daily_file_agreed": "Günlük dosyada mutabık kalındı",
    "daily_file_asked": "Günlük dosya istendi",
    "daily_file_downloaded": "Günlük dosya indirildi",
    "report_document_asked": "Rapor belgesi istendi",
    "report_mailing": "Rapor e-postaları istendi",
    "report_subscribed": "Rapor e-postayla istendi",
    "report_unsubscribed": "Rapor e-postası bırakıldı",
    "daily_file_compared": "Günlük dosya karşılaştırıldı",
    "daily_file_stamped": "Günlük dosyaya zaman damgası alındı",
    "report_recounted": "Rapor günü yeniden sayıldı",
    "draft": "Paket seçildi",
    "forged_right": "Verilemeyecek bir yetki istendi",
    "grant": "Yetki verildi",
    "brand_added": "Marka eklendi",
    "document_received": "Başvuruya yeni belge yüklendi",
    "document_read": "Başvurunun bir belgesi okundu",
    "tin_shown": "Başvurudaki şahıs işletmesinin T.C. kimlik numarası gösterildi",
    "login": "Giriş yapıldı",
    "news_confirmed": "Haber isteği doğrulandı",
    "news_left": "Haber listesinden çıkıldı",
    "provider_registered": "Hizmet sağlayıcı kaydedildi",
    "mail:again": "Yeniden gönderilmesi istendi",
    "receive": "Ekstre alındı",
    "recount": "Adresler yeniden sayıldı",
    "rename": "Marka adı değiştirildi",
    "reprice": "Fiyat güncellendi",
    "retry": "Yeniden denendi",
    "revoke": "Yetki geri alındı",
    "template:delete": "Yetki şablonu silindi",
    "template:rename": "Yetki şablonunun adı değiştirildi",
    "template:save": "Yetki şablonu kaydedildi",
}


def action_words(event: AuditEvent) -> str:
    """Return what happened in Turkish; an action that has no words yet is named by its identifier."""
    if not event.action.startswith(_STATE):
        return _ACTIONS.get(event.action, event.action)
    state = event.action.removeprefix(_STATE)
    labels = dict(apps.get_model(event.object_type)._meta.get_field("state").flatchoices)
    return f"Durum: {labels.get(state, state)}"


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened, in words."""

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
        return action_words(event)

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
