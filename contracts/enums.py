"""Kinds of contract texts, and the life of a signed document."""

from django.db import models

from iys_portal.shared.states import Transitions


class TextKind(models.TextChoices):
    """What a contract text is for."""

    SERVICES = "services", "İLETİ Hizmetleri Satış Sözleşmesi"


class DocumentState(models.TextChoices):
    """pending → sealed (PAdES-B-B) → timestamped (PAdES-B-T); failed waits for its next try."""

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
