"""Every code that the API answers: its HTTP status and sentence (İYS's own), its cause and what cures it.

The table is `data/errors.tsv`; a sentence names what varies in braces. Codes that begin with P are the portal's own.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Code:
    """A row of the table."""

    code: str
    status: int
    message: str
    cause: str
    cure: str


RETRYABLE = frozenset(
    {"H015", "H083", "H084", "H086", "H089", "H101", "H103", "H123", "H124", "H192", "H412", "H470", "H476"}
)
"""What may go well when it is sent again a little later."""


@cache
def codes() -> dict[str, Code]:
    """Return the table by code, in its order."""
    lines = (Path(__file__).with_name("data") / "errors.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return {code: Code(code, int(status), message, cause, cure) for code, status, message, cause, cure in rows}
