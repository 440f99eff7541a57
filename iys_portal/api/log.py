"""Write down each call of an account: nobody waits for it, and many go to the database at once.

A line waits for API_LOG_SECONDS, in which others join it. A crash loses what waits, and that is no loss; a process that
ends in order writes it down first.
"""

import threading
import time

import structlog
from django.conf import settings
from django.db import DataError, connection, transaction

from accounts.models import ApiRequest
from iys_portal.api.calls import Call
from iys_portal.shared.masking import masked

logger = structlog.get_logger(__name__)

MOST_WAITING = 10_000
"""Lines that wait while an insert hangs; more of them are lost."""

_SHOWN = 3


def write(call: Call, *, status: int, codes: list[str], milliseconds: int) -> None:
    """Have the call written down; a call of nobody is not."""
    if call.account is None:
        return
    shown = ", ".join(masked(recipient) for recipient in call.recipients[:_SHOWN])
    line = ApiRequest(
        account_id=call.account.pk,
        provider_id=call.provider_reached.pk if call.provider_reached else call.account.provider_id,
        at=call.now,
        request_id=call.request_id,
        method=(call.request.method or "")[:7],
        path=call.shown_path.replace("\0", "\N{REPLACEMENT CHARACTER}")[:200],
        status=status,
        codes=" ".join(dict.fromkeys(codes))[:60],
        milliseconds=milliseconds,
        recipients=shown[:120],
        recipient_count=len(call.recipients),
    )
    if settings.API_LOG_SECONDS:
        _writer.take(line)
    else:
        _insert([line])


class _Writer:
    """Inserts lines in a thread and by a connection of its own, both there only while there are any.

    The thread is none that dies with its process: a process that ends in order waits for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[ApiRequest] = []
        self._lost = 0
        self._is_at_work = False

    def take(self, line: ApiRequest) -> None:
        """Have a line inserted soon."""
        with self._lock:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(line)
            else:
                self._lost += 1
            begins = not self._is_at_work
            self._is_at_work = True
        if begins:
            self._begin()

    def _begin(self) -> None:
        try:
            threading.Thread(target=self._work, name="api-log").start()
        except RuntimeError:  # the machine has no thread left; the next line tries again
            with self._lock:
                self._is_at_work = False

    def _work(self) -> None:
        try:
            while lines := self._next():
                _insert(lines)
        finally:
            connection.close()

    def _next(self) -> list[ApiRequest]:
        """Wait for lines to come together and return them; none, and the work is over."""
        time.sleep(settings.API_LOG_SECONDS)
        with self._lock:
            lines, self._waiting = self._waiting, []
            lost, self._lost = self._lost, 0
            self._is_at_work = bool(lines)
        if lost:
            logger.warning("api_log_lost", error="full", lines=lost)
        return lines


_writer = _Writer()


def _insert(lines: list[ApiRequest]) -> None:
    """Insert lines; those that no database would take cost the others nothing, one that is away costs all of them."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:  # the commit does not wait for the disk, either
                cursor.execute("SET LOCAL synchronous_commit = off")
            ApiRequest.objects.bulk_create(lines)
    except Exception as error:  # noqa: BLE001  (the calls themselves were answered, and the next lines are to be written)
        if isinstance(error, DataError | ValueError) and len(lines) > 1:
            middle = len(lines) // 2
            _insert(lines[:middle])
            _insert(lines[middle:])
        else:
            logger.warning("api_log_lost", error=type(error).__name__, lines=len(lines))
