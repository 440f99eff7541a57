"""Consent enumerations, stored as smallint (a million rows at two bytes)."""

from django.db import models

from iys_portal.shared.states import Transitions


class Channel(models.IntegerChoices):
    ARAMA = 1, "Arama"
    MESAJ = 2, "Mesaj"
    EPOSTA = 3, "E-posta"


class RecipientType(models.IntegerChoices):
    BIREYSEL = 1, "Bireysel"
    TACIR = 2, "Tacir"


class ConsentStatus(models.IntegerChoices):
    ONAY = 1, "Onay"
    RET = 2, "Ret"
    BEKLIYOR = 3, "Bekliyor"


class Source(models.IntegerChoices):
    """Where a consent was taken; from 101 on what only the register itself may write: citizens' own movements."""

    HS_2015 = 1, "1 Mayıs 2015 öncesi"
    HS_KARAR = 2, "Karar"
    HS_FIZIKSEL_ORTAM = 3, "Fiziksel ortam"
    HS_ISLAK_IMZA = 4, "Islak imza"
    HS_ETKINLIK = 5, "Etkinlik"
    HS_ATM = 6, "ATM"
    HS_EORTAM = 7, "Elektronik ortam"
    HS_WEB = 8, "Web sitesi"
    HS_MOBIL = 9, "Mobil uygulama"
    HS_MESAJ = 10, "Kısa mesaj"
    HS_EPOSTA = 11, "E-posta"
    HS_CAGRI_MERKEZI = 12, "Çağrı merkezi"
    HS_SOSYAL_MEDYA = 13, "Sosyal medya"
    IYS_KISAMESAJ = 101, "İYS kısa mesaj (3338)"
    IYS_CM = 102, "İYS çağrı merkezi"
    IYS_WEB = 103, "İYS vatandaş sitesi"
    IYS_WEB_YENI = 104, "İYS vatandaş sitesi (yeni izin)"
    IYS_MOBIL = 105, "İYS mobil uygulaması"
    IYS_EPOSTA = 106, "İYS e-postası"
    IYS_AHS_HAT_KAPATMA = 107, "Hat kapatma (AHS)"
    IYS_FRAME_EPOSTA = 108, "İYS izin penceresi (e-posta)"
    IYS_FRAME_SMS = 109, "İYS izin penceresi (SMS)"

    @property
    def is_citizens(self) -> bool:
        """Whether only the register may write it."""
        return self.value > 100


class Way(models.IntegerChoices):
    """By which way a movement came into the register; the event table is the audit trail of consents."""

    SCREEN = 1, "İzin Yönetimi ekranı"
    UPLOAD = 2, "Toplu yükleme"
    API = 3, "Entegrasyon (API)"
    CITIZEN = 4, "Vatandaş"
    FIRST_RECORD = 5, "Devreden kayıt"


class ImportState(models.TextChoices):
    """A file of consents is read and compared before its rows are recorded."""

    MAPPING = "mapping", "Sütunlar bekleniyor"
    RECEIVED = "received", "Sırada"
    CHECKING = "checking", "Denetleniyor"
    READY = "ready", "Onayınızı bekliyor"
    APPLYING = "applying", "Kaydediliyor"
    DONE = "done", "Tamamlandı"
    REFUSED = "refused", "Dosya okunamadı"
    CANCELLED = "cancelled", "Vazgeçildi"
    FAILED = "failed", "Durdu"


# What was stopped by a fault of ours goes on where it stood.
IMPORT_TRANSITIONS: Transitions[ImportState] = {
    ImportState.MAPPING: frozenset({ImportState.RECEIVED, ImportState.CANCELLED}),
    ImportState.RECEIVED: frozenset({ImportState.CHECKING, ImportState.CANCELLED, ImportState.FAILED}),
    ImportState.CHECKING: frozenset(
        {ImportState.MAPPING, ImportState.READY, ImportState.REFUSED, ImportState.CANCELLED, ImportState.FAILED}
    ),
    ImportState.READY: frozenset({ImportState.MAPPING, ImportState.APPLYING, ImportState.CANCELLED}),
    ImportState.APPLYING: frozenset({ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED}),
    ImportState.FAILED: frozenset({ImportState.CHECKING, ImportState.APPLYING, ImportState.CANCELLED}),
    ImportState.DONE: frozenset(),
    ImportState.REFUSED: frozenset(),
    ImportState.CANCELLED: frozenset(),
}
IMPORT_OPEN = (ImportState.MAPPING, ImportState.RECEIVED, ImportState.CHECKING, ImportState.READY, ImportState.APPLYING)
"""Something is still to be done, by us or by the person."""
IMPORT_OVER = (ImportState.DONE, ImportState.REFUSED, ImportState.CANCELLED)
