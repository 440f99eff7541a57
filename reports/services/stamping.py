"""RFC 3161 time stamps of daily files. Whatever holds a stamp up, the file is there, and says that it waits for one."""

import asyncio
from datetime import date, datetime

import structlog
from asn1crypto import tsp
from django.conf import settings
from django.db import transaction
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from contracts.keys import SealUnavailableError
from contracts.sources import current_seal
from iys_portal.audit.services import record
from reports.enums import STAMPED, FileState
from reports.models import DailyFile

logger = structlog.get_logger(__name__)

_AT_ONCE = 200
_TROUBLE = "Zaman damgası makamına ulaşılamadı; damga kendiliğinden alınacak."


def stamp_waiting(*, now: datetime, of: tuple[int, date] | None = None) -> int:
    """Stamp files that wait for it, oldest first, all or those `of` a provider's day; return how many were stamped.

    An authority that is away is asked once.
    """
    # An authority takes money for a stamp: test data get none.
    waiting = DailyFile.objects.filter(state=FileState.COMPLETED, stamp=None, provider__sandbox_of=None)
    if of is not None:
        waiting = waiting.filter(provider_id=of[0], day=of[1])
    done = 0
    for file in waiting.order_by("made_at", "pk")[:_AT_ONCE]:
        if not _stamp(file, now):
            break
        done += 1
    return done


def _stamp(file: DailyFile, now: datetime) -> bool:
    unstamped = DailyFile.objects.filter(pk=file.pk, stamp=None)
    try:
        answer = _answer(bytes.fromhex(file.sha384))
    except (SealUnavailableError, TimestampRequestError) as error:
        logger.warning("daily_file_not_stamped", file_id=file.pk, error=type(error).__name__)
        unstamped.update(stamp_trouble=_TROUBLE)
        return False
    with transaction.atomic():
        is_test = not settings.TSA_URL
        if unstamped.update(stamp=answer, stamped_at=now, stamp_is_test=is_test, stamp_trouble=""):
            record(action=STAMPED, subject=file, actor=None)
    return True


def _answer(digest: bytes) -> bytes:
    """Return a granted RFC 3161 response (DER) over a SHA-384 digest."""
    token = asyncio.run(current_seal().timestamper.async_timestamp(digest, "sha384"))
    return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())
