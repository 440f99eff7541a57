"""Compare somebody's own file of a day with ours, row by row, and tell what differs.

Both files pass line by line into tables of the database, which joins them on its disk: however large they are, neither
is in memory.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import structlog
from django.db import OperationalError, connection, transaction

from accounts.models import Person
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record
from iys_portal.shared.crypto import decrypt, encrypt
from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import opened, pieces
from iys_portal.shared.sheets.text import raw_lines
from partners.models import Partner
from reports.enums import COMPARED, COMPARISON_TRANSITIONS, ComparisonState
from reports.models import Comparison, ComparisonPiece, DailyFile
from reports.selectors.files import HEAD, content_of
from reports.services.daily_files import words_for

logger = structlog.get_logger(__name__)

MOST_BYTES = 500 * 1024 * 1024
KEPT = 100_000
"""So many differing rows of a comparison are kept and shown; all are counted."""
_KEPT_DAYS = 30
_TRIED = timedelta(days=1)
"""By then the outbox has given up, whatever hindered it."""
GIVEN_UP = "Dosyanız bir hata nedeniyle karşılaştırılamadı. Günlük dosyanın sayfasından yeniden yükleyin."
_PIECE = 1 << 20
_NAMES = HEAD.split(",")


def weigh(content: BinaryIO) -> str:
    """Return the SHA-384 (hex) of a file, left at its beginning; raise FileRefused if it is empty or too large."""
    stream = opened(content, limit=MOST_BYTES)
    digest = hashlib.sha384()
    for piece in pieces(stream, _PIECE):
        digest.update(piece)
    content.seek(0)
    return digest.hexdigest()


@transaction.atomic
def ask(
    *,
    file: DailyFile,
    person: Person,
    filename: str,
    content: BinaryIO,
    sha384: str,
    now: datetime,
    partner: Partner | None = None,
) -> Comparison:
    """Keep a file, encrypted, until it is compared with ours, which is promised. `partner`: whose it is."""
    comparison = Comparison.objects.create(
        provider_id=file.provider_id,
        file=file,
        person=person,
        partner=partner,
        filename=filename[:255],
        sha384=sha384,
        sent_at=now,
    )
    for position, piece in enumerate(pieces(content, _PIECE)):
        ComparisonPiece.objects.create(comparison=comparison, position=position, content_encrypted=encrypt(piece))
    record(action=COMPARED, subject=comparison, actor=person, reason=words_for(partner), day=str(file.day))
    promise("reports.compare", comparison_id=comparison.pk)
    return comparison


def compare(*, comparison_id: int, now: datetime) -> None:
    """Compare what waits; done before, nothing happens.

    What cannot be compared says so, and is not tried again; a database that is away is waited for by the outbox.
    """
    try:
        _compare_waiting(comparison_id, now)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, somebody waits for an answer)
        # Not the error's words: they may quote the file.
        logger.error("comparison_failed", comparison_id=comparison_id, error=type(error).__name__)  # noqa: TRY400
        _give_up(comparison_id, now)


@transaction.atomic
def _compare_waiting(comparison_id: int, now: datetime) -> None:
    comparison = _locked(comparison_id)
    if comparison.state != ComparisonState.WAITING:
        return
    # Both lie in files: a connection that takes in rows (COPY) answers no query meanwhile.
    with _spooled(_content_of(comparison)) as theirs, _spooled(content_of(comparison.file)) as ours:
        try:
            with transaction.atomic():
                _compare(comparison, ours, theirs, now)
        except FileRefused as refusal:
            _finish(comparison, ComparisonState.REFUSED, now, message=refusal.message)
    comparison.pieces.all().delete()


@transaction.atomic
def _give_up(comparison_id: int, now: datetime) -> None:
    comparison = _locked(comparison_id)
    if comparison.state == ComparisonState.WAITING:
        _finish(comparison, ComparisonState.FAILED, now, message=GIVEN_UP)
        comparison.pieces.all().delete()


def _locked(comparison_id: int) -> Comparison:
    return Comparison.objects.select_for_update(of=("self",), no_key=True).get(pk=comparison_id)


def _content_of(comparison: Comparison) -> Iterator[bytes]:
    kept = comparison.pieces.order_by("position").values_list("content_encrypted", flat=True)
    for piece in kept.iterator(chunk_size=4):
        yield decrypt(piece)


def _spooled(content: Iterable[bytes]) -> BinaryIO:
    file = cast("BinaryIO", TemporaryFile())  # noqa: SIM115  (the caller closes it)
    file.writelines(content)
    file.seek(0)
    return file


def _finish(comparison: Comparison, state: ComparisonState, now: datetime, **changes: object) -> None:
    changes["finished_at"] = now
    move(comparison, state, table=COMPARISON_TRANSITIONS, actor=None, reason="", **changes)


def _compare(comparison: Comparison, ours: BinaryIO, theirs: BinaryIO, now: datetime) -> None:
    reading = _Reading(theirs)
    _load("reports_ours", (line.decode().removesuffix("\n").split(",") for line in islice(ours, 1, None)))
    _load("reports_theirs", reading.rows())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        only_ours, only_theirs, changed, is_moved = cursor.fetchone()
        cursor.execute(_KEEP, {"comparison": comparison.pk, "kept": KEPT})
    notes = reading.notes
    if is_moved and not (only_ours or only_theirs or changed):
        notes.append("Satırların sırası farklı: dosya önce kayıt zamanına, sonra işlem numarasına göre sıralanır.")
    _finish(
        comparison,
        ComparisonState.DONE,
        now,
        row_count=reading.count,
        only_ours=only_ours,
        only_theirs=only_theirs,
        changed=changed,
        notes=notes,
    )


class _Reading:
    """What is learnt of their file while it is read: its rows in the order of our columns, and its own ways."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0
        self.notes = self._looks()

    def _looks(self) -> list[str]:
        head = self._stream.read(4096)
        self._stream.seek(-1, 2)
        last = self._stream.read(1)
        self._stream.seek(0)
        first, _, _ = head.partition(b"\n")
        found = [
            (head.startswith(b"\xef\xbb\xbf"), "Dosyanızın başında UTF-8 işareti (BOM) var; İYS dosyasında yoktur."),
            (first.endswith(b"\r"), "Satırlarınız CR LF ile bitiyor; İYS dosyasında yalnızca LF vardır."),
            (b";" in first, "Sütunlarınız noktalı virgülle ayrılmış; İYS dosyasında virgül vardır."),
            (b'"' in head, "Değerleriniz tırnak içinde; İYS dosyasında tırnak yoktur."),
            (last != b"\n", "Dosyanızın son satırı satır sonuyla bitmiyor."),
        ]
        return [note for is_so, note in found if is_so]

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of each row in the order of our columns. Raises FileRefused where these are missing."""
        lines = raw_lines(self._stream, limit=MOST_BYTES)
        first = next(lines, "")
        separator = ";" if ";" in first else ","
        names = _cells(first, separator)
        missing = [name for name in _NAMES if name not in names]
        if missing:
            raise FileRefused(f"Dosyanın ilk satırında şu sütunlar yok: {', '.join(missing)}. Beklenen başlık: {HEAD}")
        places = [names.index(name) for name in _NAMES]
        if names != _NAMES:
            self.notes.append("Sütunlarınızın sırası ya da sayısı İYS dosyasından farklı.")
        for line in lines:
            if line.strip():
                cells = _cells(line, separator)
                self.count += 1
                yield [cells[place] if place < len(cells) else "" for place in places]


def _cells(line: str, separator: str) -> list[str]:
    # PostgreSQL keeps no NUL.
    return [cell.strip().strip('"') for cell in line.replace("\0", "").split(separator)]


def _load(table: str, rows: Iterable[list[str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TEMPORARY TABLE {table} (place bigint, number text COLLATE "C", said text COLLATE "C")'
            " ON COMMIT DROP"
        )
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for place, cells in enumerate(rows):
                copy.write_row((place, cells[1], ",".join(cells)))
        cursor.execute(f"ANALYZE {table}")


# A transaction id may stand twice in their file: its first row is compared with ours, its second is one too many.
_JOINED = """
    (SELECT *, row_number() OVER (PARTITION BY number ORDER BY place) AS nth FROM reports_ours) AS o
    FULL JOIN (SELECT *, row_number() OVER (PARTITION BY number ORDER BY place) AS nth FROM reports_theirs) AS t
    ON t.number = o.number AND t.nth = o.nth
"""
_COUNT = f"""
    SELECT count(*) FILTER (WHERE t.said IS NULL), count(*) FILTER (WHERE o.said IS NULL),
        count(*) FILTER (WHERE o.said <> t.said), coalesce(bool_or(o.place <> t.place), false) FROM {_JOINED}
"""  # noqa: S608  (constants of our own)
_KEEP = f"""
    INSERT INTO reports_difference (comparison_id, position, kind, ours, theirs)
    SELECT %(comparison)s, row_number() OVER (ORDER BY coalesce(o.place, t.place), o.place IS NULL),
        CASE WHEN t.said IS NULL THEN 1 WHEN o.said IS NULL THEN 2 ELSE 3 END,
        coalesce(o.said, ''), coalesce(t.said, '')
    FROM {_JOINED} WHERE o.said IS DISTINCT FROM t.said
    ORDER BY coalesce(o.place, t.place), o.place IS NULL LIMIT %(kept)s
"""  # noqa: S608  (constants of our own)


def forget(*, now: datetime) -> int:
    """Drop comparisons of more than a month ago; return how many there were. Give up those of more than a day ago."""
    old = Comparison.objects.filter(sent_at__lt=now - timedelta(days=_KEPT_DAYS))
    number = old.count()
    old.delete()
    waiting = Comparison.objects.filter(state=ComparisonState.WAITING, sent_at__lt=now - _TRIED)
    for comparison_id in waiting.values_list("pk", flat=True):
        _give_up(comparison_id, now)
    return number
