"""Every window of a text, read by one multiplication, beside the slow and obvious way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared import codes
from iys_portal.shared.codes import Fault
from payments.matching.normalise import normalise
from payments.matching.scan import Window, scan

CODE = "KM7T3RAWC"

glyphs = st.sampled_from(codes.ALPHABET)
whole_codes = st.text(glyphs, min_size=7, max_size=7).map(lambda data: data + codes.check_glyphs(data))
mixed_codes = whole_codes.filter(lambda code: not (code.isalpha() or code.isdigit()))
squeezed_texts = st.text(st.sampled_from(codes.ALPHABET + "0OI"), max_size=40)


def read(text: str) -> list[Window]:
    found = normalise(text)
    return scan(found.squeezed, found.edges)


def read_as(text: str) -> set[tuple[str, Fault | None]]:
    return {(window.code, window.fault) for window in read(text)}


def every_edge(text: str) -> frozenset[int]:
    return frozenset(range(len(text) + 1))


@given(squeezed_texts)
def test_nine_characters_are_read_as_the_code_itself_corrects_them(text: str) -> None:
    expected = []
    for start in range(len(text) - 8):
        written = text[start : start + 9]
        if codes.is_valid(written):
            expected.append(Window(start, start + 9, written, None))
        expected += [Window(start, start + 9, found.code, found.fault) for found in codes.corrections(written)]
    nines = [window for window in scan(text, every_edge(text)) if window.end - window.start == 9]
    assert sorted(nines) == sorted(expected)


@given(squeezed_texts)
def test_eight_and_ten_characters_are_read_as_trying_everything_reads_them(text: str) -> None:
    expected = set()
    for start in range(len(text) - 7):
        written = text[start : start + 8]
        longer = {written[:at] + glyph + written[at:] for at in range(9) for glyph in codes.ALPHABET}
        expected |= {Window(start, start + 8, code, Fault.MISSING) for code in longer if codes.is_valid(code)}
    for start in range(len(text) - 9):
        written = text[start : start + 10]
        shorter = {written[:at] + written[at + 1 :] for at in range(1, 9)}
        expected |= {Window(start, start + 10, code, Fault.EXTRA) for code in shorter if codes.is_valid(code)}
    found = {window for window in scan(text, every_edge(text)) if window.end - window.start != 9}
    assert found == expected


@given(mixed_codes, st.integers(0, 8), glyphs)
def test_a_substitution_is_undone(code: str, place: int, glyph: str) -> None:
    written = code[:place] + glyph + code[place + 1 :]
    assert (code, None if written == code else Fault.SUBSTITUTION) in read_as(written)


@given(mixed_codes, st.integers(0, 7))
def test_a_swap_of_neighbours_is_undone(code: str, place: int) -> None:
    written = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert (code, None if written == code else Fault.SWAP) in read_as(written)


@given(mixed_codes, st.lists(st.integers(0, 8), min_size=1, max_size=2, unique=True), st.sampled_from("0O1IL2Z5S8BGQ"))
def test_up_to_two_unreadable_characters_are_filled_in(code: str, places: list[int], wrong: str) -> None:
    written = "".join(wrong if place in places else glyph for place, glyph in enumerate(code))
    assert (code, Fault.ERASURE) in read_as(written)


@given(mixed_codes, st.integers(0, 8))
def test_a_missing_glyph_is_filled_in(code: str, place: int) -> None:
    assert (code, Fault.MISSING) in read_as(code[:place] + code[place + 1 :])


@given(mixed_codes, st.integers(1, 8), st.sampled_from(codes.ALPHABET + "0OZ8"))
def test_an_extra_character_is_left_out(code: str, place: int, extra: str) -> None:
    assert code in {window.code for window in read(code[:place] + extra + code[place:])}


@given(mixed_codes, st.lists(st.sampled_from([" ", "-", "\n", ".", "/ ", ""]), min_size=8, max_size=8))
def test_a_code_is_found_however_it_is_cut(code: str, cuts: list[str]) -> None:
    text = "".join(glyph + cut for glyph, cut in zip(code, [*cuts, ""], strict=True))
    first = read(text.lower())[0]
    assert (first.code, first.fault) == (code, None)


@given(st.text(max_size=80))
def test_whatever_stands_there_is_read_as_valid_codes(text: str) -> None:
    squeezed = normalise(text).squeezed
    for window in read(text):
        assert codes.is_valid(window.code)
        assert (window.fault is None) == (squeezed[window.start : window.end] == window.code)


@pytest.mark.parametrize("text", ["", "KM7T3RA", "KN7-T3R-AWD", "K00-T3R-A0C", "-" * 100, "0" * 100])
def test_what_lies_too_far_away_is_not_read_as_the_code(text: str) -> None:
    assert CODE not in {window.code for window in read(text)}


def test_exact_codes_come_first() -> None:
    faults = [window.fault for window in read("4H9-WX6-DRK 0KM7 KM7-T3R-AWC")]
    assert faults[0] is None
    assert faults == sorted(faults, key=lambda fault: fault is not None)


@pytest.mark.parametrize("text", ["KATEMUTEAHHITHANE", "94676399734763946"])
def test_the_middle_of_a_word_or_a_number_is_no_code_with_a_fault(text: str) -> None:
    """At its beginning and its end it may be one: that is how a code is glued to a word."""
    assert [window for window in read(text) if _is_faulty_middle(window, text)] == []
    assert [window for window in scan(text, every_edge(text)) if _is_faulty_middle(window, text)] != []


def _is_faulty_middle(window: Window, text: str) -> bool:
    return window.fault is not None and window.start > 0 and window.end < len(text)
