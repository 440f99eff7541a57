"""A folder into which a bank, or somebody's script, drops statement files, by SFTP for instance.

``<folder>/<IBAN>/<file>``: the folder says whose account it is. A file is taken once it has rested for a while, so
that a transfer in progress is left alone, and then moved to ``alindi``; one that cannot be taken goes to
``alinamadi`` with the reason beside it. Nothing is ever deleted or written over.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from payments.fetching.base import Account, Fetched, SourceUnavailableError

RESTS_SECONDS = 30
BIGGEST_FILE = 128 * 1024 * 1024
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
_DONE, _FAILED = "alindi", "alinamadi"


@dataclass(frozen=True)
class Drop:
    """The watched folder."""

    folder: Path
    rests_seconds: float = RESTS_SECONDS
    name: str = "drop"
    title: str = "Ekstre klasörü"

    def serves(self, account: Account) -> bool:
        """Every account that has a folder; where not even that can be seen, `fetch` says why."""
        try:
            return (self.folder / account.iban).is_dir()
        except OSError:
            return True

    def fetch(self, account: Account, *, first_day: date, last_day: date) -> Iterator[Fetched]:  # noqa: ARG002  (a file says its days itself)
        """Yield the files that lie ready, the oldest first; what day they speak of, they say themselves.

        One that cannot be read keeps none of the others: it is told of after them.
        """
        problem = ""
        for path in self._ready(self.folder / account.iban):
            try:
                size = path.stat().st_size
                if size > BIGGEST_FILE:
                    self._put(path, _FAILED, f"Dosya çok büyük ({size} bayt).")
                    continue
                content = path.read_bytes()
            except OSError as error:
                problem = problem or f"{_readable(path.name)} okunamadı: {error.strerror}."
            except SourceUnavailableError as error:
                problem = problem or str(error)
            else:
                yield Fetched(account.iban, _readable(path.name), "", content, handle=str(path))
        if problem:
            raise SourceUnavailableError(problem)

    def _ready(self, folder: Path) -> list[Path]:
        try:
            found = [(entry.stat(), Path(entry.path)) for entry in os.scandir(folder) if _is_statement(entry)]
        except OSError as error:
            raise SourceUnavailableError(f"{folder.name} klasörü okunamadı: {error.strerror}.") from None
        rested = time.time() - self.rests_seconds
        return [path for status, path in sorted(found, key=lambda each: each[0].st_mtime) if status.st_mtime <= rested]

    def received(self, fetched: Fetched) -> None:
        """Put the file aside."""
        self._put(Path(fetched.handle), _DONE)

    def refused(self, fetched: Fetched, *, reason: str) -> None:
        """Put the file where a person finds it, with the reason."""
        self._put(Path(fetched.handle), _FAILED, reason)

    def _put(self, path: Path, place: str, reason: str = "") -> None:
        """Move a file; raises SourceUnavailableError, and the file lies where it lay."""
        folder = path.parent / place
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            target = _free(folder / path.name)
            if reason:
                target.with_name(f"{target.name}.neden.txt").write_text(f"{reason}\n", encoding="utf-8")
            path.rename(target)
        except OSError as error:
            name = _readable(path.name)
            raise SourceUnavailableError(f"{name} “{place}” klasörüne taşınamadı: {error.strerror}.") from None


def _readable(name: str) -> str:
    """Return a file's name as text that can be stored: names that are not UTF-8 were typed under Turkish Windows."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp1254", errors="replace")
    return name


def _is_statement(entry: "os.DirEntry[str]") -> bool:
    name = entry.name
    return entry.is_file(follow_symlinks=False) and not name.startswith(".") and not name.endswith(_UNFINISHED)


def _free(path: Path) -> Path:
    """Return the path, or the first of `name-2`, `name-3` … that nothing has yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
