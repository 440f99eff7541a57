"""Kinds of contract texts, and the life of a signed document."""

from django.db import models

from iys_portal.shared.states import Transitions


class TextKind(models.TextChoices):
    """What a contract text is for."""

    SERVICES = "services", "İLETİ Hizmetleri Satış Sözleşmesi"
    INFORMATION = "information", "Ön Bilgilendirme Formu"


class DocumentState(models.TextChoices):
    """pending → timestamped (PAdES-B-T), by way of sealed (B-B) while no time stamp is to be had.

    An archived document (B-LTA) stays timestamped and has its `archived_at`. failed waits for its next try.
    """

    PENDING = "pending", "Hazırlanıyor"
    SEALED = "sealed", "Mühürlendi"
    TIMESTAMPED = "timestamped", "Zaman damgalı"
    FAILED = "failed", "Yeniden denenecek"


DOCUMENT_TRANSITIONS: Transitions[DocumentState] = {
    DocumentState.PENDING: frozenset({DocumentState.SEALED, DocumentState.TIMESTAMPED, DocumentState.FAILED}),
    DocumentState.FAILED: frozenset({DocumentState.SEALED, DocumentState.TIMESTAMPED, DocumentState.FAILED}),
    DocumentState.SEALED: frozenset({DocumentState.TIMESTAMPED}),
    DocumentState.TIMESTAMPED: frozenset(),
}
