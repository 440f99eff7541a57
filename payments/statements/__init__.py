"""Bank statements: one reader per format, bytes or a file in, lines and problems out. Pure: no Django, no database."""

from collections.abc import Callable, Mapping

from iys_portal.shared.sheets.source import Source
from payments.statements import camt053, mt940, tabular, ziraat
from payments.statements.base import BankLine, Problem, ReadResult, Statement, StatementRefused
from payments.statements.detection import HEAD, detect
from payments.statements.profile import BankProfile, ProfileError
from payments.statements.profiles import BUILT_IN
from payments.statements.suggestion import Preview, preview, suggest_profile

MAX_UNREAD = 10_000

READERS: Mapping[str, Callable[[Source], ReadResult]] = {
    "mt940": mt940.read,
    "camt053": camt053.read,
    "ziraat": ziraat.read,
}
"""Readers by the name of their format. Tables have none of their own: their profile says how they are read."""


def read(statement_format: str, source: Source, *, profiles: Mapping[str, BankProfile] = BUILT_IN) -> ReadResult:
    """Read a statement file, given as bytes or as a binary file that can be rewound (and is left open).

    The format is one of READERS, or ``csv:NAME`` or ``xlsx:NAME`` of `profiles`, whose keys are such formats. Raises
    StatementRefused, whose message is a Turkish sentence, if the format is unknown or the file as a whole cannot be
    read; nothing else is ever raised for any bytes.
    """
    reader = READERS.get(statement_format)
    if reader is not None:
        return _mostly_read(reader(source))
    profile = profiles.get(statement_format)
    if profile is None:
        raise StatementRefused(f"Bilinmeyen ekstre biçimi: “{statement_format}”.")
    return _mostly_read(tabular.read(source, profile))


def _mostly_read(result: ReadResult) -> ReadResult:
    """Refuse a file in which thousands of transactions cannot be read: it was read by the wrong rules."""
    unread = [problem for problem in result.problems if problem.position is not None and not problem.ignored]
    if len(unread) > MAX_UNREAD:
        raise StatementRefused(
            f"{len(unread)} hareket okunamadı; biçim ya da banka profili bu dosyaya uymuyor. "
            f"İlki {unread[0].line}. satırda: {unread[0].message}"
        )
    return result


__all__ = [
    "BUILT_IN",
    "HEAD",
    "READERS",
    "BankLine",
    "BankProfile",
    "Preview",
    "Problem",
    "ProfileError",
    "ReadResult",
    "Source",
    "Statement",
    "StatementRefused",
    "detect",
    "preview",
    "read",
    "suggest_profile",
]
