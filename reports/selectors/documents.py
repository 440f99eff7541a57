"""Read the documents of reports and who wants them by e-mail."""

import hashlib
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.enums import Capability, ProviderState
from accounts.models import Membership
from accounts.selectors import people_with
from consents.import_selectors import jobs_between
from iys_portal.shared.clock import end_of_istanbul_day
from reports.models import ReportDay, ReportDocument, ReportSubscription
from reports.pictures.period import Period
from reports.pictures.scope import Scope
from reports.pictures.summary import up_to


def document_of(provider_id: int, scope: Scope) -> ReportDocument | None:
    """Return the document about this, without its content; None while nobody asked for it."""
    found = ReportDocument.objects.filter(provider_id=provider_id, **key_of(scope))
    return found.defer("content").select_related("brand").first()


def key_of(scope: Scope) -> dict[str, Any]:
    """Return what tells a document from all others of its provider, by its columns."""
    period, brand = scope.period, scope.brand
    return {"rhythm": scope.rhythm, "first": period.first, "last": period.last, "brand_id": brand and brand.pk}


def content_of(document: ReportDocument) -> bytes | None:
    """Return the PDF that was made last, or None."""
    content = ReportDocument.objects.filter(pk=document.pk).values_list("content", flat=True).first()
    return None if content is None else bytes(content)


def version_of(provider_id: int, period: Period, *, today: date) -> str:
    """Return what stands for the figures of the period's days and of those before, with which they are compared.

    It changes with each movement that is taken into the roll-up of these days, with each correction of one, with each
    of their uploads that ends, and with each day of a period that has not ended.
    """
    days = ReportDay.objects.filter(provider_id=provider_id, day__range=(period.previous.first, period.last))
    digest = hashlib.sha256(f"{up_to(period, today).words}".encode())
    for row in days.order_by("day").values_list("day", "movements", "corrected_at"):
        digest.update(" ".join(map(str, row)).encode())
    for number in sorted(job.pk for job in jobs_between(provider_id, period.previous.first, period.last)):
        digest.update(f"upload {number}".encode())
    return digest.hexdigest()


def rhythms_of(membership: Membership) -> list[str]:
    """Return which reports a person gets by e-mail."""
    found = ReportSubscription.objects.filter(provider_id=membership.provider_id, membership=membership)
    return list(found.order_by("-rhythm").values_list("rhythm", flat=True))


def subscribers(provider_id: int, rhythm: str, period: Period) -> QuerySet[ReportSubscription]:
    """Return who is to get the report of an ended period: those who wanted it before it ended and still may read it."""
    readers = people_with(provider_id, Capability.VIEW).filter(provider__state=ProviderState.ACTIVE)
    return (
        _wanted(rhythm, period)
        .filter(provider_id=provider_id, membership__in=readers)
        .select_related("membership__person", "membership__provider")
        .order_by("pk")
    )


def providers_to_write(rhythm: str, period: Period) -> QuerySet[ReportSubscription, int]:
    """Return the numbers of the providers whose e-mails of an ended period have not been asked for."""
    asked = ReportDocument.objects.filter(
        provider_id=OuterRef("provider_id"), rhythm=rhythm, first=period.first, mailing_at__isnull=False
    )
    wanted = _wanted(rhythm, period).filter(~Exists(asked), membership__ended_at=None)
    return wanted.order_by("provider_id").values_list("provider_id", flat=True).distinct()


def _wanted(rhythm: str, period: Period) -> QuerySet[ReportSubscription]:
    return ReportSubscription.objects.filter(rhythm=rhythm, started_at__lt=end_of_istanbul_day(period.last))
