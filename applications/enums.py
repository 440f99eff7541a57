"""What is applied for, the life of an application, and of each thing in it that is checked."""

from django.db import models

from iys_portal.shared.states import Transitions


class ApplicationKind(models.TextChoices):
    """What an approval makes: a provider, a membership or a brand."""

    COMPANY = "company", "Hizmet sağlayıcı başvurusu"
    PERSON = "person", "Yetkilendirme talebi"
    BRAND = "brand", "Marka talebi"


class ApplicationState(models.TextChoices):
    """draft: still being typed, seen by nobody else. The others are those of domain 4.1."""

    DRAFT = "draft", "Taslak"
    NEW = "new", "Yeni"
    IN_CHECK = "in_check", "İncelemede"
    MISSING = "missing", "Eksik belge"
    APPROVED = "approved", "Onaylandı"
    REJECTED = "rejected", "Reddedildi"


A = ApplicationState

APPLICATION_TRANSITIONS: Transitions[ApplicationState] = {
    A.DRAFT: frozenset({A.NEW}),
    A.NEW: frozenset({A.IN_CHECK}),
    A.IN_CHECK: frozenset({A.MISSING, A.APPROVED, A.REJECTED}),
    A.MISSING: frozenset({A.IN_CHECK, A.REJECTED}),
    A.APPROVED: frozenset(),
    A.REJECTED: frozenset(),
}

DECIDED = (A.APPROVED, A.REJECTED)
OPEN = (A.NEW, A.IN_CHECK, A.MISSING)


class CheckKind(models.TextChoices):
    """What is confirmed or refused one by one."""

    TAX_NUMBER = "tax_number", "Vergi kimlik numarası"
    UNDERTAKING = "undertaking", "Temel Hizmetler Kullanım Taahhütnamesi"
    AUTHORITY = "authority", "Yetkilendirme talep formu"
    CERTIFICATE = "certificate", "Marka tescil belgesi"


class CheckState(models.TextChoices):
    """waiting for a reviewer; a new document sets it back to waiting."""

    WAITING = "waiting", "Bekliyor"
    CONFIRMED = "confirmed", "Doğrulandı"
    REFUSED = "refused", "Kabul edilmedi"


CHECK_TRANSITIONS: Transitions[CheckState] = {
    CheckState.WAITING: frozenset({CheckState.CONFIRMED, CheckState.REFUSED}),
    CheckState.CONFIRMED: frozenset({CheckState.REFUSED}),
    # Refused again: for another reason.
    CheckState.REFUSED: frozenset({CheckState.CONFIRMED, CheckState.WAITING, CheckState.REFUSED}),
}


class CheckReason(models.TextChoices):
    """Why a document or a number was not accepted; the applicant reads it."""

    UNREADABLE = "unreadable", "Belge okunmuyor"
    OTHER_DOCUMENT = "other_document", "İstenen belge değil"
    UNSIGNED = "unsigned", "İmza eksik"
    DIFFERS = "differs", "Bilgiler başvuruyla uyuşmuyor"
    FOREIGN = "foreign", "Başka bir kişi ya da kuruluşa ait"
    OUTDATED = "outdated", "Geçerlilik süresi dolmuş"
    OTHER = "other", "Başka bir neden"


class RejectReason(models.TextChoices):
    """Why an application was rejected as a whole; the applicant reads it."""

    NO_AUTHORITY = "no_authority", "Temsil yetkisi doğrulanamadı"
    TAX_NUMBER = "tax_number", "Vergi kimlik numarası doğrulanamadı"
    REGISTERED = "registered", "Zaten kayıtlı"
    INCOMPLETE = "incomplete", "Eksik belgeler tamamlanmadı"
    WITHDRAWN = "withdrawn", "Başvuru sahibi vazgeçti"
    OTHER = "other", "Başka bir neden"
