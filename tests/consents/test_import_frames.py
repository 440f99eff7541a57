"""Many rows judged at once: the same verdicts, mends and codes as one by one; sorted the same in any memory."""

import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from consents.enums import Source
from consents.imports import sorting
from consents.imports.columns import FIELDS, Chosen, Columns, columns_of
from consents.imports.frames import STAGED, Bad, FrameJudge
from consents.imports.judging import RowJudge
from consents.imports.sorting import KEY, Sorter
from consents.imports.tables import Choice, Line, Rows, Text, table_of
from consents.rules.calendar import Calendar
from consents.rules.fields import Policy

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POLICIES = [Policy(Calendar()), Policy(Calendar(), tacir_first_ret=True, transition_open=True)]
Found = tuple[dict[int, tuple[object, ...]], list[tuple[Line, str]], Counter[object], Counter[str]]


def one_by_one(data: bytes, choose: Choice, policy: Policy) -> Found:
    judge, good, bad, codes = RowJudge(policy=policy, now=NOW), {}, [], Counter[str]()
    for line in table_of(data, choose).lines():
        verdict = [] if line.is_none else judge.judge(line.cells)
        if isinstance(verdict, tuple):
            good[line.number] = verdict
        else:
            bad.append((line, Bad(line, verdict).codes))
            codes.update(Bad(line, verdict).names)
    return good, bad, Counter(judge.mends), codes


def at_once(data: bytes, choose: Choice, policy: Policy, *, as_rows: bool = False) -> Found:
    rows = RowJudge(policy=policy, now=NOW)
    judge, good, bad = FrameJudge(rows), {}, []
    table = table_of(data, choose)
    for portion in [Rows(list(table.lines()))] if as_rows else table.portions:
        found = judge.judge(portion)
        assert dict(found.good.schema) == STAGED
        good.update({number: tuple(row) for number, *row in found.good.iter_rows()})
        bad += [(each.line, each.codes) for each in found.bad]
    return good, bad, Counter(rows.mends), judge.codes


TYPES = ["MESAJ", "ARAMA", "EPOSTA", "Sms", " MESAJ", "eposta", "E-Posta", "mail", "FAKS", "", "'MESAJ"]
SOURCES = ["HS_WEB", "HS_KARAR", "HS_2015", "hs_web", "Web sitesi", "HS_TV", "", *(source.name for source in Source)]
PHONES = [f"+90{prefix}{number:07d}" for prefix in range(500, 600, 3) for number in (0, 1234567)]
DIALLED = ["0532 123 45 67", "(0532) 123-45-67", "532.123.45.67", "905321234567", "00905321234567", "0090 532 123 4567"]
DIALLED += ["05321234567", "090 5321234567", "0 0 9 0 5321234567", "+90 532 123 45 67", "0503 123 45 67", "00532123456"]
DIALLED += ["'+905321234567", '="+905321234567"', " +905321234567 ", "+9053212345678", "1"]
DIALLED += ["0532\u2010123\u201145 67", "+90 (532)1234567", "0532 123 45 6"]
MAILS = [
    "a@bb.cc",
    "A.B+c@Ornek.EXAMPLE",
    "ALİCİ@ornek.example",
    "a b@c.de",
    "a@b",
    "ş@ornek.com",
    "x" * 260 + "@a.com",
]
MAILS += [
    " a@bb.cc",
    "a@bb.cc'",
    "\u200fa@bb.cc",
    "a@bb.cc\u00a0",
    "Ã§@bb.cc",
    "a@b b.cc",
    "a@\tbb.cc",
    "a @ bb.cc",
    "Ali A@bb.cc",
]
RECIPIENTS = [*PHONES, *DIALLED, *MAILS, "+4915112345678", "+12025550123", "+902121234567", "0212 123 45 67", "", "x"]
DAYS = [NOW - timedelta(days=days, seconds=second) for days in range(7) for second in (0, 5, 40_000)]
DATES = [f"{day:{form}}" for day in DAYS for form in ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y/%m/%dT%H:%M:%S.123")]
DATES += ["2026-11-23 12:00:00", "2026-11-23 12:00:01", "2026-11-23 24:00:00", "2026-11-31 10:00:00", "", "bugün"]
DATES += ["2015-05-01 00:00:00", "1.5.2015", "23.11.2026", "3/11/2026", "23-11-2026  9:05", "2026-11-23 1:00:00"]
DATES += [
    "2026-11-23",
    "23.11.2026 10:00:0",
    "99.99.2026",
    " 23.11.2026 10:00 ",
    "2026-11-23 10:00:00 ",
    "٢٠٢٦-١١-٢٣ 10:00:00",
]
STATUSES = ["ONAY", "RET", "onay", "İzinli", " RET ", "", "BEKLIYOR"]
KINDS = ["", "BIREYSEL", "TACIR", "Bireysel", "tacir", "KISI"]
DEALERS = ["", "", "", "10000001", " 10000001", "01000001", "1e7", "１0000001"]
PARTS = (TYPES, SOURCES, RECIPIENTS, STATUSES, DATES, KINDS, DEALERS)


def dirty(dice: random.Random, separator: str, rows: int) -> list[str]:
    """Lines of good, odd and wrong parts; some are quoted, short, long, blank or of another kind altogether."""
    lines = []
    for _ in range(rows):
        usual = dice.random() < 0.7
        cells = [dice.choice(part[:3] if usual and place != 2 else part) for place, part in enumerate(PARTS)]
        if "@" in cells[2] and dice.random() < 0.9:
            cells[0] = dice.choice(["EPOSTA", "eposta"])
        cells = [cell.replace(separator, " ") for cell in cells]
        odd = dice.random()
        if odd < 0.03:
            cells = [f'"{cell}"' if '"' not in cell else cell for cell in cells]
        elif odd < 0.05:
            cells = cells[: dice.randrange(7)]
        elif odd < 0.07:
            cells += dice.choice([[""], ["", " "], ["x"]])
        elif odd < 0.08:
            cells[dice.randrange(7)] += dice.choice(['"', "\x07", "\u2028", "|", "\x0b"])
        lines.append(dice.choice(["", " ", separator * 3, 'a"b', '"']) if odd > 0.98 else separator.join(cells))
    return lines


def as_constants(cells: object) -> Columns:
    chosen = Chosen({"recipient": 2, "consentDate": 4, "source": 1}, {"type": "MESAJ", "status": "ONAY"})
    return chosen.columns_of(list(cells))  # type: ignore[call-overload]


@pytest.mark.parametrize(("separator", "choose"), [(",", columns_of), ("\t", columns_of), (";", as_constants)])
def test_frames_and_rows_agree(separator: str, choose: Choice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consents.imports.tables.BLOCK", 20_000)  # so that there are several portions
    dice = random.Random(f"{separator}{choose.__name__}")
    data = "\n".join([separator.join(FIELDS), *dirty(dice, separator, 1_000)]).encode()
    for policy in POLICIES:
        expected = one_by_one(data, choose, policy)
        good, bad, mends, codes = expected
        assert at_once(data, choose, policy) == expected
        assert at_once(data, choose, policy, as_rows=True) == expected
        assert len(good) > 100
        assert (len(bad) > 150, len(mends) > 3, "SATIR" in codes) == (True, True, True)


@pytest.mark.parametrize("choose", [columns_of, Chosen({name: n for n, name in enumerate(FIELDS)}, {}).columns_of])
def test_a_row_of_another_brand_is_none_of_this_file(choose: Choice) -> None:
    codes = ["7", " 7 ", "8", "", '"7"', "'7", '"8"', "77", 'a"7']
    rows = [f"MESAJ;HS_WEB;+905321234567;ONAY;2026-11-23 10:00:00;;;{code}" for code in codes]
    data = "\n".join([";".join([*FIELDS, "Marka Kodu"]), *rows]).encode()

    def of_brand(cells: object) -> Columns:
        return replace(choose(cells), brand_code="7")  # type: ignore[arg-type]

    good, bad, mends, counts = expected = one_by_one(data, of_brand, POLICIES[0])
    assert at_once(data, of_brand, POLICIES[0]) == at_once(data, of_brand, POLICIES[0], as_rows=True) == expected
    assert sorted(good) == [2, 3, 5, 6, 7]
    assert [why for _, why in bad] == ["MARKA:8", "MARKA:8", "MARKA:77", 'MARKA:a"7']
    assert (counts, mends, of_brand([*FIELDS, "Marka Kodu"]).ignored) == ({"MARKA": 4}, {}, ())


def test_most_rows_need_no_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """What people mostly write is mended in the frame, too."""
    rows = ["MESAJ,HS_WEB,+905321234567,ONAY,2026-11-23 10:00:00,BIREYSEL", 'SMS,HS_WEB,"0532",ONAY,bugün,']
    rows += ["SMS,Web sitesi,0532 123 45 67,onay,23.11.2026 10:00,", "eposta,HS_WEB,A@BB.CC,ONAY,2026-11-23 10:00:00,"]
    data = "\n".join([",".join(FIELDS[:6]), *rows]).encode()
    asked = []
    judge = RowJudge.judge
    monkeypatch.setattr(RowJudge, "judge", lambda self, cells: asked.append(cells) or judge(self, cells))
    good, bad, _, _ = at_once(data, columns_of, POLICIES[0])
    assert (sorted(good), [line.number for line, _ in bad]) == ([2, 4, 5], [3])
    assert [cells[2] for cells in asked] == ["0532"]


def test_a_portion_is_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consents.imports.tables.BLOCK", 1_000)
    head = ",".join(FIELDS[:6])
    lines = [head, *(f"MESAJ,HS_WEB,{number},ONAY,x," for number in range(5_000))]
    portions = [each for each in table_of("\r\n".join(lines).encode()).portions if isinstance(each, Text)]
    assert len(portions) > 50
    assert [line.number for portion in portions for line in portion.lines()] == [*range(2, 5_002)]
    assert [text for portion in portions for text in portion.texts()] == lines[1:]


@pytest.mark.parametrize("in_memory", [1 << 30, 20_000])
def test_the_newest_row_of_a_key_wins_however_little_fits_into_memory(
    in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "IN_MEMORY", in_memory)
    monkeypatch.setattr(sorting, "PIECE", 100)
    dice = random.Random(49)
    people = [f"kisi{number}@ornek.example" for number in range(700)]
    dates = (None, "2026-11-22 10:00:00+03:00", "2026-11-23 10:00:00+03:00")
    rows = [
        (line, dice.choice(people), *dice.choices((1, 2), k=3), 8, dice.choice(dates), None) for line in range(2, 3_002)
    ]
    with Sorter() as sorter:
        for start in range(0, len(rows), 500):
            portion = rows[start : start + 500]
            sorter.add(pl.DataFrame(dice.sample(portion, len(portion)), STAGED, orient="row"))
        blocks = list(sorter.blocks(100))
    found = [row for block in blocks for row in block.iter_rows()]
    newest = {row[1:4]: row for row in sorted(rows, key=lambda row: (row[6] or "", row[4], row[0]))}
    assert found == [newest[key] for key in sorted(newest)]
    ends = [(before["recipient"][-1], after["recipient"][0]) for before, after in pairwise(blocks)]
    assert all(before != after for before, after in ends)
    assert all(97 <= len(block) <= 100 for block in blocks[:-1])  # a recipient has four rows at most
    assert blocks[0].columns[1:4] == KEY


def test_a_web_process_does_not_load_the_frames() -> None:
    """It would be 20 MiB for each, and threads that no fork survives."""
    code = (
        "import django, sys; django.setup(); import iys_portal.urls, consents.tasks; sys.exit('polars' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False, timeout=120).returncode == 0
