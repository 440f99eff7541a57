"""States of a push connection, and what can come of an attempt to deliver."""

from django.db import models

from iys_portal.shared.states import Transitions


class ConnectionState(models.TextChoices):
    """The labels are İYS's answers to “Bağlantı Durumu Sorgulama”."""

    ACTIVE = "active", "Bağlantı Oluşturuldu"
    STOPPED = "stopped", "Bağlantı Durduruldu"
    REMOVED = "removed", "Bağlantı Kaldırıldı"


CONNECTION_TRANSITIONS: Transitions[ConnectionState] = {
    ConnectionState.ACTIVE: frozenset({ConnectionState.STOPPED, ConnectionState.REMOVED}),
    ConnectionState.STOPPED: frozenset({ConnectionState.ACTIVE, ConnectionState.REMOVED}),
    ConnectionState.REMOVED: frozenset(),
}
LIVE = (ConnectionState.ACTIVE, ConnectionState.STOPPED)


class Result(models.TextChoices):
    """What came of one POST; everything but OK is tried again."""

    OK = "ok", "Alındı"
    STATUS = "status", "Adres hata yanıtı verdi"
    TIMEOUT = "timeout", "Zaman aşımı"
    UNREACHABLE = "unreachable", "Bağlantı kurulamadı"
    CERTIFICATE = "certificate", "Sertifika geçersiz"
    FORBIDDEN = "forbidden", "Adres izin verilmeyen bir ağda"
    NONSENSE = "nonsense", "Yanıt HTTP değil"
