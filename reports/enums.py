"""Names of what reports count by and of what happens to them."""

from enum import StrEnum

from django.db import models

from iys_portal.shared.states import Transitions

RECOUNTED = "report_recounted"
"""Audit action: the figures of a day were counted anew and differed."""


class Dimension(StrEnum):
    """What movements can be told apart by; the values are the columns of the daily roll-up."""

    DAY = "day"
    BRAND = "brand_id"
    CHANNEL = "channel"
    RECIPIENT_TYPE = "recipient_type"
    SOURCE = "source"


ASKED = "daily_file_asked"
"""Audit action: a daily file is to be made."""
STAMPED = "daily_file_stamped"
"""Audit action: a daily file was time-stamped."""
AGREED = "daily_file_agreed"
"""Audit action: somebody said that a daily file is what they have, too (mutabakat)."""
DOWNLOADED = "daily_file_downloaded"
"""Audit action: somebody took a daily file along, or the rows in which theirs differs."""

COMPARED = "daily_file_compared"
"""Audit action: somebody sent a file of their own to be compared with ours."""


class FileState(models.TextChoices):
    """How far a daily file is, in İYS's own names."""

    QUEUED = "queued", "Sırada"
    INPROGRESS = "inprogress", "Hazırlanıyor"
    COMPLETED = "completed", "Hazır"
    ERROR = "error", "Yeniden denenecek"


FILE_TRANSITIONS: Transitions[FileState] = {
    FileState.QUEUED: frozenset({FileState.INPROGRESS}),
    FileState.INPROGRESS: frozenset({FileState.COMPLETED, FileState.ERROR}),
    FileState.ERROR: frozenset({FileState.INPROGRESS, FileState.QUEUED}),
    FileState.COMPLETED: frozenset(),
}


class ComparisonState(models.TextChoices):
    """Whether somebody's own file was compared with ours."""

    WAITING = "waiting", "Karşılaştırılıyor"
    DONE = "done", "Karşılaştırıldı"
    REFUSED = "refused", "Dosya okunamadı"
    FAILED = "failed", "Karşılaştırılamadı"


COMPARISON_TRANSITIONS: Transitions[ComparisonState] = {
    ComparisonState.WAITING: frozenset({ComparisonState.DONE, ComparisonState.REFUSED, ComparisonState.FAILED}),
    ComparisonState.DONE: frozenset(),
    ComparisonState.REFUSED: frozenset(),
    ComparisonState.FAILED: frozenset(),
}


class DifferenceKind(models.IntegerChoices):
    """In what a row of somebody's file differs from ours."""

    ONLY_OURS = 1, "Dosyanızda yok"
    ONLY_THEIRS = 2, "İYS kaydında yok"
    CHANGED = 3, "İçeriği farklı"


class Rhythm(models.TextChoices):
    """How often a report sums up: a week from Monday on, a calendar month."""

    WEEKLY = "week", "Haftalık"
    MONTHLY = "month", "Aylık"


CHOSEN = "days"
"""What a document has instead of a rhythm when it is about days that somebody chose."""
DOCUMENT_ASKED = "report_document_asked"
"""Audit action: the report of a week, a month or chosen days is to be made as a document."""
MAILING = "report_mailing"
"""Audit action: the e-mails of a week's or month's report are to be sent."""
SUBSCRIBED = "report_subscribed"
"""Audit action: somebody wants a report by e-mail."""
UNSUBSCRIBED = "report_unsubscribed"
"""Audit action: somebody does not want it any more."""


class DocumentState(models.TextChoices):
    """How far the document of a report is."""

    WAITING = "waiting", "Hazırlanıyor"
    READY = "ready", "Hazır"
    FAILED = "failed", "Oluşturulamadı"


DOCUMENT_TRANSITIONS: Transitions[DocumentState] = {
    DocumentState.WAITING: frozenset({DocumentState.READY, DocumentState.FAILED}),
    DocumentState.READY: frozenset({DocumentState.WAITING}),
    DocumentState.FAILED: frozenset({DocumentState.WAITING}),
}
