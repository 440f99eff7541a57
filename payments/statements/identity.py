"""Which lines of an import are new: a line's identity is its content and its number among equals of its day.

Overlapping, repeated and re-ordered imports add nothing, and two equal real payments stay two. Numbers such
as "line 3 of statement 12" are no identity: banks reuse them, and overlapping files count differently.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from iys_portal.shared.turkish import squeeze
from payments.statements.base import BankLine


class Identity(NamedTuple):
    """`digest` (64 hex digits) names account, day and content; `occurrence` counts equals of a day from 1."""

    digest: str
    occurrence: int


def identities(own_iban: str, lines: Iterable[BankLine]) -> Iterator[Identity]:
    """Yield the identity of each of a file's lines, in order.

    The digest covers the account, both dates, the signed amount in kuruş, the folded and squeezed text and
    the running balance; or the account, the bank's own id and the amount where there is an id. Encoding, line
    breaks and capitals therefore do not matter, and an id used again swallows no other sum. A file must hold
    whole days for its occurrences to be comparable.
    """
    seen: Counter[str] = Counter()
    for line in lines:
        digest = hashlib.sha256("\x1f".join(_content(own_iban, line)).encode(errors="surrogatepass")).hexdigest()
        seen[digest] += 1
        yield Identity(digest, seen[digest])


def _content(own_iban: str, line: BankLine) -> tuple[str, ...]:
    if line.bank_id is not None:
        return ("id", own_iban, line.bank_id, _kurus(line.amount))
    running = "" if line.running_balance is None else _kurus(line.running_balance)
    return (
        "content",
        own_iban,
        line.booked_on.isoformat(),
        line.value_on.isoformat(),
        line.currency,
        _kurus(line.amount),
        squeeze(line.text),
        running,
    )


def _kurus(amount: Decimal) -> str:
    return str(int(amount * 100))
