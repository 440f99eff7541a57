"""Somebody's own file beside ours: which rows differ, and in what, whatever their program writes like."""

import io
import random
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from accounts.models import Person
from brands.models import Brand
from iys_portal.shared.sheets.refusal import FileRefused
from reports.comparison_rows import explained, export_rows
from reports.enums import ComparisonState, DifferenceKind
from reports.models import Comparison, ComparisonPiece
from reports.selectors.files import HEAD, comparison_with_id, differences_of
from reports.services import comparisons
from reports.services.comparisons import ask, compare, forget, weigh
from tests.reports.test_files import found, whole

pytestmark = pytest.mark.django_db


def compared(brand: Brand, person: Person, content: bytes, now: datetime) -> Comparison:
    """Send a file as its upload does, and compare it."""
    stream = io.BytesIO(content)
    asked = ask(file=found(brand), person=person, filename="benim.csv", content=stream, sha384=weigh(stream), now=now)
    compare(comparison_id=asked.pk, now=now)
    answer = comparison_with_id(found(brand), asked.pk)
    assert answer is not None
    return answer


def counts(comparison: Comparison) -> tuple[int, int, int]:
    return comparison.only_ours, comparison.only_theirs, comparison.changed


def test_rows_that_are_missing_too_many_or_different(made: Brand, alice: Person, now: datetime) -> None:
    head, *rows, _ = whole(found(made)).decode().split("\n")
    changed = rows[1].replace(",ONAY,", ",RET,")
    foreign = rows[2].replace(rows[2].split(",")[1], "f" * 64)
    theirs = "\n".join([head, changed, rows[2], rows[2], foreign, rows[3], rows[4], ""]).encode()
    done = compared(made, alice, theirs, now)
    assert (done.state, done.row_count, counts(done), done.notes) == (ComparisonState.DONE, 6, (1, 2, 1), [])
    kept = [(row.kind, row.ours, row.theirs) for row in differences_of(done)]
    assert sorted(kept) == sorted(
        [
            (DifferenceKind.ONLY_OURS, rows[0], ""),
            (DifferenceKind.CHANGED, rows[1], changed),
            (DifferenceKind.ONLY_THEIRS, "", rows[2]),
            (DifferenceKind.ONLY_THEIRS, "", foreign),
        ]
    )
    shown = {row.kind: row for row in map(explained, differences_of(done))}
    assert shown[DifferenceKind.CHANGED].changes == [("Durum", "ONAY", "RET")]
    assert shown[DifferenceKind.ONLY_OURS].recipient == rows[0].split(",")[2]
    exported = [list(row) for row in export_rows(differences_of(done))]
    assert [row[0] for row in exported] == ["Fark", *(DifferenceKind(row[0]).label for row in kept)]
    assert {len(row) for row in exported} == {17}
    assert ComparisonPiece.objects.count() == 0


def test_a_file_that_is_only_written_differently(made: Brand, alice: Person, now: datetime) -> None:
    head, *rows, _ = whole(found(made)).decode().split("\n")
    lines = [";".join(f'"{cell}"' for cell in line.split(",")) for line in (head, *reversed(rows))]
    done = compared(made, alice, b"\xef\xbb\xbf" + "\r\n".join(lines).encode(), now)
    assert counts(done) == (0, 0, 0)
    assert done.notes == [
        "Dosyanızın başında UTF-8 işareti (BOM) var; İYS dosyasında yoktur.",
        "Satırlarınız CR LF ile bitiyor; İYS dosyasında yalnızca LF vardır.",
        "Sütunlarınız noktalı virgülle ayrılmış; İYS dosyasında virgül vardır.",
        "Değerleriniz tırnak içinde; İYS dosyasında tırnak yoktur.",
        "Dosyanızın son satırı satır sonuyla bitmiyor.",
        "Satırların sırası farklı: dosya önce kayıt zamanına, sonra işlem numarasına göre sıralanır.",
    ]


def test_columns_in_another_order(made: Brand, alice: Person, now: datetime) -> None:
    lines = whole(found(made)).decode().splitlines()
    turned = "".join(",".join(reversed(line.split(","))) + "\n" for line in lines)
    done = compared(made, alice, turned.encode(), now)
    assert (counts(done), done.notes) == ((0, 0, 0), ["Sütunlarınızın sırası ya da sayısı İYS dosyasından farklı."])


@pytest.mark.parametrize(
    "content",
    [
        b"recipient,status\n+905992000001,ONAY\n",
        b"\x00\x01\x02\n",
        b"PK\x03\x04" + random.Random(1).randbytes(3_000),
        HEAD.replace("source", "kaynak").encode() + b"\n",
        HEAD.encode() + b"\n" + b"x" * 20_000 + b"\n",
    ],
)
def test_what_is_no_such_file_is_refused_in_words(made: Brand, alice: Person, now: datetime, content: bytes) -> None:
    done = compared(made, alice, content, now)
    assert done.state == ComparisonState.REFUSED
    assert done.message.startswith(("Dosyanın ilk satırında şu sütunlar yok: ", "Dosyada 10.000 karakterden uzun"))
    assert (counts(done), done.differences.count(), ComparisonPiece.objects.count()) == ((0, 0, 0), 0, 0)


def test_an_empty_file_is_not_taken() -> None:
    with pytest.raises(FileRefused):
        weigh(io.BytesIO(b" \n"))


def test_odd_rows_are_differences(made: Brand, alice: Person, now: datetime) -> None:
    rows = [HEAD, "", "a", ",,,", "\0,b,c", "x," * 40]
    done = compared(made, alice, "\n".join(rows).encode(), now)
    assert (done.row_count, counts(done)) == (4, (5, 4, 0))
    assert [explained(row).kind for row in differences_of(done)].count(DifferenceKind.ONLY_THEIRS) == 4


def test_all_are_counted_and_so_many_are_kept(
    made: Brand, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "KEPT", 2)
    done = compared(made, alice, f"{HEAD}\n".encode(), now)
    assert (counts(done), differences_of(done).count()) == ((5, 0, 0), 2)


def test_compared_twice_is_compared_once(made: Brand, alice: Person, now: datetime) -> None:
    done = compared(made, alice, f"{HEAD}\n".encode(), now)
    compare(comparison_id=done.pk, now=now)
    assert differences_of(done).count() == 5


def test_comparisons_are_forgotten_after_a_month(made: Brand, alice: Person, now: datetime) -> None:
    done = compared(made, alice, f"{HEAD}\n".encode(), now)
    assert [forget(now=done.sent_at), Comparison.objects.count()] == [0, 1]
    assert [forget(now=done.sent_at.replace(month=12, day=31)), Comparison.objects.count()] == [1, 0]


def test_what_goes_wrong_is_said_and_not_tried_again(
    made: Brand, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_given: object) -> None:
        raise ValueError

    monkeypatch.setattr(comparisons, "_compare", breaks)
    done = compared(made, alice, f"{HEAD}\n".encode(), now)
    assert (done.state, done.message, done.finished_at) == (ComparisonState.FAILED, comparisons.GIVEN_UP, now)
    assert (done.differences.count(), ComparisonPiece.objects.count()) == (0, 0)


def test_a_database_that_is_away_is_waited_for_a_day_at_most(
    made: Brand, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_away(*_given: object) -> None:
        raise OperationalError

    monkeypatch.setattr(comparisons, "_compare", is_away)
    with pytest.raises(OperationalError):
        compared(made, alice, f"{HEAD}\n".encode(), now)
    waiting = Comparison.objects.get()
    for hours, state in ((24, ComparisonState.WAITING), (25, ComparisonState.FAILED)):
        forget(now=now + timedelta(hours=hours))
        waiting.refresh_from_db()
        assert (waiting.state, ComparisonPiece.objects.exists()) == (state, state == ComparisonState.WAITING)
