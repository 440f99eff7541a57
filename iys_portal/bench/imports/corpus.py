"""A file of consents as they come: mostly good, some written as people write, some wrong, a few twice."""

import io
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consents.imports.columns import FIELDS
from iys_portal.shared.clock import ISTANBUL

_WRONG = ("+90532", "kisi@", "", "0212")
_PREFIXES = (501, 505, 530, 532, 533, 535, 541, 542, 545, 551, 552, 555)
_HEAD = FIELDS[:6]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The bytes of a file, and what is known of it: good rows as COPY takes them, lines that are wrong."""

    content: bytes
    good: list[tuple[str, int, int, int, int, datetime]]
    wrong: set[int] = field(default_factory=set)
    twice: int = 0

    @property
    def kept(self) -> int:
        """Return how many consents the good rows are."""
        return len(self.good) - self.twice


def corpus(rows: int, *, seed: int, now: datetime, changed: "Corpus | None" = None) -> Corpus:
    """Return a file of nearly `rows` rows, no more, in no order.

    With `changed`, its rows are that one's consents, each tenth of them newer.
    """
    dice = random.Random(seed)
    lines, good, wrong = [",".join(_HEAD)], [], set()
    count = rows - rows // 150
    consents = _again(changed, now) if changed else [_consent(number, dice, now) for number in range(count)]
    dice.shuffle(consents)
    twice = 0
    for row in consents:
        if not changed and dice.random() < 0.03:
            wrong.add(len(lines) + 1)
            lines.append(f"MESAJ,HS_WEB,{dice.choice(_WRONG)},ONAY,{row[5]:%Y-%m-%d %H:%M:%S},BIREYSEL")
            continue
        for _ in range(2 if not changed and dice.random() < 0.005 else 1):
            lines.append(_line(row, dice))
            good.append(row)
            twice += 1
        twice -= 1
    return Corpus("\n".join(lines).encode(), good, wrong, twice)


Row = tuple[str, int, int, int, int, datetime]


def _consent(number: int, dice: random.Random, now: datetime) -> Row:
    at = (now - timedelta(seconds=dice.randrange(60, 80_000))).replace(microsecond=0)
    mail = number % 4 == 0
    recipient = f"kisi{number}@ornek.example" if mail else f"+90{_PREFIXES[number % 12]}{number:07d}"
    source = dice.choice((8, 9, 3, 12))
    return recipient, 3 if mail else dice.choice((1, 2)), 1 + (number % 10 == 0), 1, source, at


def _again(before: Corpus, now: datetime) -> list[Row]:
    unique = {row[:3]: row for row in before.good}
    newer = now.replace(microsecond=0)
    return [(*row[:3], 2, 8, newer) if n % 10 == 0 else row for n, row in enumerate(unique.values())]


def _line(row: Row, dice: random.Random) -> str:
    recipient, channel, kind, status, source, at = row
    written = f"{at.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}"
    if dice.random() < 0.05:  # as people write
        recipient = recipient.upper() if "@" in recipient else f"0{recipient[3:6]} {recipient[6:9]} {recipient[9:]}"
        written = f"{at.astimezone(ISTANBUL):%d.%m.%Y %H:%M:%S}"
    words = ("", "ARAMA", "MESAJ", "EPOSTA")[channel], _NAMES[source], recipient, ("", "ONAY", "RET")[status]
    return ",".join((*words, written, ("", "BIREYSEL", "TACIR")[kind]))


_NAMES = {8: "HS_WEB", 9: "HS_MOBIL", 3: "HS_FIZIKSEL_ORTAM", 12: "HS_CAGRI_MERKEZI"}


def copied(rows: list[Row], provider: int, brand: int) -> io.StringIO:
    """Return rows as COPY takes them: the columns of `consent`."""
    text = io.StringIO()
    for number, (recipient, channel, kind, status, source, at) in enumerate(rows, start=1):
        text.write(f"{provider}\t{brand}\t{at}\t{number}\t{channel}\t{kind}\t{status}\t{source}\t{recipient}\n")
    text.seek(0)
    return text
