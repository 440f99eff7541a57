"""Encodings of Turkish banks, and files that are no text of a bank."""

import pytest

from iys_portal.shared.sheets.text import (
    MAX_FILE_BYTES,
    MAX_LINE_CHARACTERS,
    clean,
    encoding_of,
    lines_of,
    undo_mojibake,
)
from payments.statements.base import Problem, StatementRefused
from payments.statements.notes import encoding_notes

TURKISH = "Ödeme şirketi İĞNE ıhlamur ÇÖĞÜŞ – 5 €"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("cp1254", "cp1254"),
        ("ascii", "utf-8"),
    ],
)
def test_lines_come_out_as_they_were_written(encoding: str, found: str) -> None:
    text = "HIZMET" if encoding == "ascii" else TURKISH
    data = f"{text}\nikinci\n".encode(encoding)
    assert encoding_of(data) == found
    assert list(lines_of(data)) == [text, "ikinci"]
    assert encoding_notes(data) == ()


def test_big_endian_with_a_mark() -> None:
    data = b"\xfe\xff" + TURKISH.encode("utf-16-be")
    assert list(lines_of(data)) == [TURKISH]


def test_iso_8859_9_letters_are_read_as_cp1254() -> None:
    text = "ÇĞİÖŞÜçğıöşü"
    assert list(lines_of(text.encode("iso-8859-9"))) == [text]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends(line_end: str) -> None:
    assert list(lines_of(line_end.join(["a", "", "b"]).encode())) == ["a", "", "b"]


def test_only_line_ends_end_a_line() -> None:
    """Python's splitlines() would also cut at vertical tabs, form feeds and Unicode separators."""
    assert list(lines_of("a\x0bb\x0cc\x1cd\u2028e\x85f".encode())) == ["a b c d e f"]


def test_a_file_cut_within_a_letter_is_still_utf_8() -> None:
    data = "KM7-T3R-AWC HİZMET SAĞLAYICI A.Ş".encode()[:-1]
    assert encoding_of(data) == "utf-8"
    assert list(lines_of(data)) == ["KM7-T3R-AWC HİZMET SAĞLAYICI A.\N{REPLACEMENT CHARACTER}"]


def test_a_wrong_byte_within_the_file_means_it_is_not_utf_8() -> None:
    assert encoding_of(b"\xdea" + "ş".encode()) == "cp1254"


def test_bytes_that_cp1254_does_not_have_are_shown_as_such() -> None:
    assert list(lines_of(b"\x8d\xde")) == ["\N{REPLACEMENT CHARACTER}Ş"]


def test_letters_that_do_not_look_turkish_are_reported() -> None:
    notes = encoding_notes("ÖDEME ŞİRKETİ ÇIĞ".encode("cp857") + b"\n")
    assert notes == (Problem(1, "Karakter kodlaması tanınmadı; açıklamalardaki Türkçe harfler bozuk olabilir."),)


@pytest.mark.parametrize("wrong", ["cp1252", "cp1254", "latin-1"])
def test_double_encoding_is_undone(wrong: str) -> None:
    text = "Ödeme çok güzel ğ"
    assert undo_mojibake(text.encode().decode(wrong)) == text


def test_double_encoding_is_undone_even_through_control_characters() -> None:
    assert clean("Ş".encode().decode("latin-1")) == "Ş"


@pytest.mark.parametrize("text", ["Ã", "Åse", "ÄÖ", "ÇÃ–x\N{REPLACEMENT CHARACTER}", TURKISH])
def test_what_only_looks_like_double_encoding_stays(text: str) -> None:
    assert undo_mojibake(text) == text


def test_control_and_direction_marks_vanish() -> None:
    assert clean("KM7\x00T3R\u202eAWC\ufeff\tx") == "KM7 T3RAWC x"


@pytest.mark.parametrize("data", [b"", b" \r\n\t\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(StatementRefused) as refusal:
        list(lines_of(data))
    assert refusal.value.message == "Dosya boş. İndirdiğiniz ya da kaydettiğiniz dosyayı yeniden seçin."


def test_a_file_beyond_the_cap_is_refused() -> None:
    with pytest.raises(StatementRefused) as refusal:
        list(lines_of(b"a" * (MAX_FILE_BYTES + 1)))
    assert refusal.value.message == "Dosya çok büyük: en çok 64 MB yüklenebilir."


def test_a_line_without_end_is_refused_and_the_longest_one_is_not() -> None:
    longest = "a" * MAX_LINE_CHARACTERS
    assert list(lines_of(f"{longest}\nb".encode())) == [longest, "b"]
    with pytest.raises(StatementRefused) as refusal:
        list(lines_of(f"{longest}a\nb".encode()))
    assert refusal.value.message == ("Dosyada 10.000 karakterden uzun bir satır var; okunmadı.")
