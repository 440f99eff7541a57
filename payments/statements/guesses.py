"""What the values of a table leave open: every way of reading days and amounts that fits all of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from payments.statements.cells import Days, Money
from payments.statements.profile import BankProfile, Columns, Sign
from payments.statements.values import FieldError

FORMATS = tuple(
    separator.join(parts)
    for separator in (".", "/", "-")
    for parts in (
        ("dd", "mm", "yyyy"),
        ("mm", "dd", "yyyy"),
        ("yyyy", "mm", "dd"),
        ("dd", "mm", "yy"),
        ("mm", "dd", "yy"),
    )
)
MARKS = ((",", "."), (".", ","), (",", ""), (".", ""), (",", " "), (".", " "))
_INCOMING = frozenset({"A", "ALACAK", "+", "GELEN", "GİRİŞ"})
_OUTGOING = frozenset({"B", "BORÇ", "-", "GİDEN", "ÇIKIŞ"})
_HAS_DIGIT = re.compile(r"[0-9]")
_ANY = BankProfile(name="any", kind="csv", columns=Columns(), sign=Sign.SIGNED)


def day_formats(written: Sequence[str]) -> list[str]:
    """Return the formats by which most of the texts are days and no text that has digits is another day.

    Footers and titles among them are no days by any format and do not count.
    """
    readers = {name: Days.of((name,)) for name in FORMATS}
    candidates = [text for text in written if any(_reads(reader.read, text) for reader in readers.values())]
    if not candidates:
        return []
    return [name for name, reader in readers.items() if all(_reads(reader.read, text) for text in candidates)]


def decimal_marks(written: Sequence[str]) -> list[tuple[str, str]]:
    """Return the marks (decimal, thousands) by which all texts with digits are amounts, one of each meaning.

    Marks that give the same amounts are the same meaning; of those the ones with a thousands mark come first. Where
    the decimal mark stands in no amount nothing is returned: the next file may have it.
    """
    texts = [text for text in written if _HAS_DIGIT.search(text)]
    meanings: dict[tuple[object, ...], tuple[str, str]] = {}
    for decimal, thousands in MARKS:
        reader = Money.of(replace(_ANY, decimal_mark=decimal, thousands_mark=thousands))
        try:
            amounts = tuple(reader.read(text) for text in texts)
        except FieldError:
            continue
        meanings.setdefault(amounts, (decimal, thousands))
    found = list(meanings.values())
    is_shown = any(decimal in text for decimal, _ in found for text in texts)
    return found if len(found) != 1 or is_shown else []


def directions(words: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words for money in and money out, if each word of the column is a known one."""
    found = [word for word in words if word]
    incoming = tuple(word for word in found if word.upper() in _INCOMING)
    outgoing = tuple(word for word in found if word.upper() in _OUTGOING)
    return (incoming, outgoing) if len(incoming) + len(outgoing) == len(found) else ((), ())


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except FieldError:
        return False
    return True
