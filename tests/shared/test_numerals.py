"""Suffixes after figures, against the rules of vowel harmony applied to the number's own words."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared.numerals import locative, on_day, percent_of

UNITS = ["", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"]
TENS = ["", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"]
SCALES = ["", "bin", "milyon", "milyar", "trilyon"]


def words(number: int) -> list[str]:
    """Return a number as it is read."""
    read: list[str] = []
    for scale in reversed(range(len(SCALES))):
        group = number // 1000**scale % 1000
        hundreds, rest = divmod(group, 100)
        read += [*([UNITS[hundreds]] if hundreds > 1 else []), *(["yüz"] if hundreds else [])]
        read += [word for word in (TENS[rest // 10], UNITS[rest % 10]) if word and not (scale == 1 and group == 1)]
        read += [SCALES[scale]] if group and scale else []
    return read or ["sıfır"]


def spoken(word: str) -> str:
    """Return the suffix that the sounds of a word ask for."""
    vowel = next(letter for letter in reversed(word) if letter in "aıoueiöü")
    return f"'{'t' if word[-1] in 'fstkçşhp' else 'd'}{'a' if vowel in 'aıou' else 'e'}"


@pytest.mark.parametrize(
    ("year", "written"),
    [
        (2025, "2025'te"),
        (2026, "2026'da"),
        (2027, "2027'de"),
        (2028, "2028'de"),
        (2029, "2029'da"),
        (2030, "2030'da"),
        (2031, "2031'de"),
        (2033, "2033'te"),
        (2040, "2040'ta"),
        (2060, "2060'ta"),
        (2070, "2070'te"),
        (2100, "2100'de"),
        (3000, "3000'de"),
    ],
)
def test_years(year: int, written: str) -> None:
    assert f"{year}{locative(year)}" == written


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_any_number_follows_the_sound_of_its_last_word(number: int) -> None:
    assert locative(number) == spoken(words(number)[-1])


@pytest.mark.parametrize("number", [0, 10**3, 10**6, 10**9, 10**12, 1_001_000, 5_000_000_100])
def test_round_numbers_follow_the_sound_of_their_last_word(number: int) -> None:
    assert locative(number) == spoken(words(number)[-1])


def test_a_date_is_read_with_its_year_last() -> None:
    assert on_day(date(2027, 3, 14)) == "14.03.2027'de"


def possessed(word: str) -> str:
    """Return the suffix of what something has that the sounds of a word ask for."""
    vowel = next(letter for letter in reversed(word) if letter in "aıoueiöü")
    narrow = {"a": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "i": "i", "ö": "ü", "ü": "ü"}[vowel]
    return f"'{'s' if word[-1] in 'aıoueiöü' else ''}{narrow}"


@given(st.integers(0, 20_000))
def test_a_share_ends_as_its_last_figure_is_read(tenths: int) -> None:
    number, tenth = divmod(tenths, 10)
    written = percent_of(tenths, 1000)
    assert written.partition("'")[1:] == tuple(possessed(words(tenth or number)[-1]).partition("'")[1:])
    assert percent_of(1, 3) == "%33,3'ü"
    assert (percent_of(0, 7), percent_of(7, 7), percent_of(1, 0)) == ("%0'ı", "%100'ü", "–")
