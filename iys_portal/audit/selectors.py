"""Read the audit trail: an object's history, and whether the hash chain still holds."""

from collections.abc import Iterable, Iterator

from django.db import models
from django.db.models import Q, QuerySet

from iys_portal.audit.models import AuditEvent, AuditSeal
from iys_portal.audit.services import GENESIS, link_hash


def history_of(subject: models.Model) -> QuerySet[AuditEvent]:
    """Return the events about one object, oldest first."""
    return AuditEvent.objects.filter(
        provider_id=getattr(subject, "provider_id", None),
        object_type=subject._meta.label_lower,
        object_id=str(subject.pk),
    ).order_by("pk")


def histories_of(provider_id: int | None, subjects: Iterable[models.Model]) -> QuerySet[AuditEvent]:
    """Return the events about several objects of one provider, or of none, oldest first; one query."""
    by_type: dict[str, list[str]] = {}
    for subject in subjects:
        by_type.setdefault(subject._meta.label_lower, []).append(str(subject.pk))
    condition = Q(pk__in=[])
    for object_type, ids in by_type.items():
        condition |= Q(object_type=object_type, object_id__in=ids)
    return AuditEvent.objects.filter(condition, provider_id=provider_id).order_by("pk")


def first_broken_seal() -> AuditSeal | None:
    """Walk the whole hash chain; return its first link that does not match its event, or None."""
    head, expected = GENESIS, 1
    for seal in _chain():
        if seal.seq != expected or seal.hash != link_hash(head, seal.event):
            return seal
        head, expected = seal.hash, expected + 1
    return None


def _chain() -> Iterator[AuditSeal]:
    return AuditSeal.objects.select_related("event").order_by("seq").iterator(chunk_size=2000)
