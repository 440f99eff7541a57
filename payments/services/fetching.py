"""Fetch statements from where they come by themselves, and keep them; their reading is the worker's next job."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zlib import crc32

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Max, Min

from iys_portal.audit.locks import exclusive
from iys_portal.shared.clock import istanbul_day
from payments import statements as readers
from payments.fetching.base import Account, Fetched, SourceUnavailableError, StatementSource
from payments.fetching.registry import sources
from payments.models import BankAccount, SourceRun, Statement
from payments.services.statements import receive

logger = structlog.get_logger(__name__)

_LOCK_SPACE = 0xFE7C
_FIRST_TIME = timedelta(days=6)
_OVERLAP = timedelta(days=1)
"""Banks book late: the day before the last success is asked for again."""
_QUIET = timedelta(days=3)
"""A weekend has no movements: a file that begins within so many days of another one carries it on."""


def fetch_all(*, now: datetime) -> int:
    """Ask every source for the statements of every account it serves; return how many new files were kept.

    A source that is away, and a file that cannot be taken, keep none of the others; that is shown, and the source is
    asked from its last success on.
    """
    accounts = list(BankAccount.objects.all())
    return sum(
        _fetch(source, account, now=now)
        for source in sources()
        for account in accounts
        if source.serves(_known_as(account))
    )


def _known_as(account: BankAccount) -> Account:
    return Account(iban=account.iban, number=account.account_number)


def _fetch(source: StatementSource, account: BankAccount, *, now: datetime) -> int:
    """Fetch one account from one source, in one place at a time."""
    with exclusive(_LOCK_SPACE, crc32(f"{source.name}:{account.pk}".encode())) as owned:
        if not owned:
            return 0
        run, _ = SourceRun.objects.get_or_create(source=source.name, account=account, defaults={"tried_at": now})
        first_day = _first_day(run, now=now)
        kept = 0
        problems: list[str] = []
        with _noted(problems, run):
            for fetched in source.fetch(_known_as(account), first_day=first_day, last_day=istanbul_day(now)):
                with _noted(problems, run, fetched.filename):
                    kept += _take(source, account, fetched, now=now)
        if problems:
            _failed(run, problems[0], now=now)
        else:
            _succeeded(run, now=now)
        return kept


def _first_day(run: SourceRun, *, now: datetime) -> date:
    """Return the day from which a source is asked: its last success, or how far a person's uploads have carried on.

    A source may no longer give days of a long absence; who uploads them as a file ends that.
    """
    if run.succeeded_at is None:
        return istanbul_day(now) - _FIRST_TIME
    day = istanbul_day(run.succeeded_at) - _OVERLAP
    uploads = Statement.objects.filter(account=run.account_id, uploaded_by__isnull=False)
    spans = uploads.filter(received_at__gt=run.succeeded_at).annotate(
        first=Min("lines__booked_on"), last=Max("lines__booked_on")
    )
    for first, last in spans.exclude(first=None).order_by("first").values_list("first", "last"):
        if first <= day + _QUIET:
            day = max(day, last)
    return min(day, istanbul_day(now))


@contextmanager
def _noted(problems: list[str], run: SourceRun, filename: str = "") -> Iterator[None]:
    """Log what goes wrong with a source, or with one of its files, and note it in words for accountants."""
    try:
        yield
    except SourceUnavailableError as error:
        logger.warning("source_unavailable", source=run.source, account_id=run.account_id, problem=str(error))
        problems.append(str(error))
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("source_failed", source=run.source, account_id=run.account_id)
        what = filename or "Ekstreler"
        problems.append(f"{what} alınamadı: beklenmeyen bir hata oluştu; ayrıntısı sistem günlüğünde.")


def _take(source: StatementSource, account: BankAccount, fetched: Fetched, *, now: datetime) -> bool:
    """Keep one file, then tell the source: a worker killed in between finds it again, and it adds nothing."""
    formats = [fetched.format] if fetched.format else _self_describing(fetched)
    if len(formats) != 1:
        source.refused(fetched, reason="Dosyanın biçimi anlaşılamadı; Muhasebe sayfasından biçimini seçerek yükleyin.")
        return False
    _, is_new = receive(
        account=account,
        format=formats[0],
        filename=fetched.filename,
        content=fetched.content,
        person=None,
        now=now,
    )
    source.received(fetched)
    return is_new


def _self_describing(fetched: Fetched) -> list[str]:
    """Return the formats that the file may have; how a table is laid out is for a person to say."""
    return [each for each in readers.detect(fetched.content[: readers.HEAD], fetched.filename) if ":" not in each]


@transaction.atomic
def _failed(run: SourceRun, problem: str, *, now: datetime) -> None:
    run.tried_at, run.problem = now, problem[:300]
    run.failing_since = run.failing_since or now
    run.save(update_fields=["tried_at", "problem", "failing_since"])


@transaction.atomic
def _succeeded(run: SourceRun, *, now: datetime) -> None:
    run.tried_at = run.succeeded_at = now
    run.problem, run.failing_since = "", None
    run.save(update_fields=["tried_at", "succeeded_at", "problem", "failing_since"])
