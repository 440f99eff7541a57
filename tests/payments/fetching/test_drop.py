"""The watched folder: files are taken whole, put aside, and never lost."""

import os
import time
from datetime import date
from pathlib import Path

import pytest

from payments.fetching.base import Account, SourceUnavailableError
from payments.fetching.drop import Drop

OURS = Account("TR820001000760123456785001", "760-12345678-5001")
DAYS = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 2)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / OURS.iban
    place.mkdir()
    return place


def put(folder: Path, name: str, content: bytes = b":20:X", *, age: float = 60) -> Path:
    """Lay a file there that nobody has touched for `age` seconds."""
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_rested_files_come_the_oldest_first(folder: Path) -> None:
    put(folder, "b.sta", b"second", age=50)
    put(folder, "a.sta", b"third", age=40)
    put(folder, "c.sta", b"first", age=90)
    put(folder, "hareketli.sta", age=0)
    put(folder, ".gizli")
    put(folder, "yarim.sta.part")
    (folder / "klasor").mkdir()
    (folder / "baska.sta").symlink_to(folder / "b.sta")
    source = Drop(folder.parent)
    found = list(source.fetch(OURS, **DAYS))
    assert [(each.filename, each.content) for each in found] == [
        ("c.sta", b"first"),
        ("b.sta", b"second"),
        ("a.sta", b"third"),
    ]
    assert {(each.iban, each.format) for each in found} == {(OURS.iban, "")}


def test_what_was_taken_is_put_aside_and_never_written_over(folder: Path) -> None:
    source = Drop(folder.parent)
    for _ in range(2):
        put(folder, "ekstre.sta")
        for fetched in source.fetch(OURS, **DAYS):
            source.received(fetched)
    assert names(folder) == ["alindi/ekstre-2.sta", "alindi/ekstre.sta"]
    assert list(source.fetch(OURS, **DAYS)) == []


def test_what_cannot_be_taken_waits_for_a_person_with_the_reason(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "resim.png", b"\x89PNG")
    source = Drop(folder.parent)
    (fetched,) = source.fetch(OURS, **DAYS)
    source.refused(fetched, reason="Dosyanın biçimi anlaşılamadı.")
    monkeypatch.setattr("payments.fetching.drop.BIGGEST_FILE", 3)
    put(folder, "dev.sta", b"1234")
    assert list(source.fetch(OURS, **DAYS)) == []
    assert names(folder) == [
        "alinamadi/dev.sta",
        "alinamadi/dev.sta.neden.txt",
        "alinamadi/resim.png",
        "alinamadi/resim.png.neden.txt",
    ]
    assert (folder / "alinamadi/dev.sta.neden.txt").read_text() == "Dosya çok büyük (4 bayt).\n"


def test_an_account_without_a_folder_is_not_served(folder: Path) -> None:
    source = Drop(folder.parent)
    assert source.serves(OURS)
    assert not source.serves(Account("TR140006400000142011234567", "4201-1234567"))


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="klasörü okunamadı"):
        list(Drop(tmp_path).fetch(OURS, **DAYS))


def test_a_name_from_turkish_windows_can_be_stored(folder: Path) -> None:
    put(folder, os.fsdecode("şubat.sta".encode("cp1254")))
    source = Drop(folder.parent)
    (fetched,) = source.fetch(OURS, **DAYS)
    assert fetched.filename == "şubat.sta"
    source.received(fetched)
    assert [os.fsencode(path.name) for path in (folder / "alindi").iterdir()] == ["şubat.sta".encode("cp1254")]


def test_a_file_that_cannot_be_read_keeps_none_of_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "a.sta", age=90)
    put(folder, "b.sta", b"second")
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(folder / "gone" if path.name == "a.sta" else path))
    found = Drop(folder.parent).fetch(OURS, **DAYS)
    assert next(found).content == b"second"
    with pytest.raises(SourceUnavailableError, match=r"a\.sta okunamadı: No such file or directory\."):
        next(found)


def test_a_file_that_cannot_be_put_aside_is_said(folder: Path) -> None:
    put(folder, "a.sta")
    (folder / "alindi").write_bytes(b"a file where the folder should be")
    os.utime(folder / "alindi")
    source = Drop(folder.parent)
    (fetched,) = source.fetch(OURS, **DAYS)
    with pytest.raises(SourceUnavailableError, match=r"a\.sta “alindi” klasörüne taşınamadı: File exists\."):
        source.received(fetched)
    assert names(folder) == ["a.sta", "alindi"]
