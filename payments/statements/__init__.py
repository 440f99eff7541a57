"""Bank statements: one reader per format, bytes in, lines and problems out. Pure: no Django, no database."""

from collections.abc import Callable, Mapping

from payments.statements import mt940
from payments.statements.base import BankLine, Problem, ReadResult, Statement, StatementRefused

READERS: Mapping[str, Callable[[bytes], ReadResult]] = {"mt940": mt940.read}
"""Readers by the name of their format."""


def read(statement_format: str, data: bytes) -> ReadResult:
    """Read a statement file.

    Raises StatementRefused, whose message is a Turkish sentence, if the format is unknown or the file as a
    whole cannot be read; nothing else is ever raised for any bytes.
    """
    reader = READERS.get(statement_format)
    if reader is None:
        raise StatementRefused(f"Bilinmeyen ekstre biçimi: “{statement_format}”.")
    return reader(data)


__all__ = ["READERS", "BankLine", "Problem", "ReadResult", "Statement", "StatementRefused", "read"]
