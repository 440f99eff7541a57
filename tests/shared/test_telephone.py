"""Telephone numbers: spellings, and which number is good for whom."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared.telephone import (
    EXAMPLE,
    TURKISH_MOBILE,
    are_turkish_mobiles,
    is_in_use,
    is_turkish,
    is_turkish_mobile,
    may_exist,
    read,
)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0532 000 00 00", "+905320000000"),
        ("532 000 00 00", "+905320000000"),
        ("+90 (532) 000-00-00", "+905320000000"),
        ("0532.000.00.00", "+905320000000"),
        ("0532\u2013000\u201300\u201300", "+905320000000"),
        ("+90\u00a0532\u00a0000\u00a000\u00a000", "+905320000000"),
        ("0090 532 000 00 00", "+905320000000"),
        ("905320000000", "+905320000000"),
        ("905992000000", "+905992000000"),
        ("+9005320000000", "+905320000000"),
        ("0850-333-33-38", "+908503333338"),
        ("0312/218 30 00", "+903122183000"),
        ("+49 30 901820", "+4930901820"),
        ("0049 30 901820", "+4930901820"),
        ("12", "12"),
        (" yok ", "yok"),
        ("0532 ABC 45 67", "0532 ABC 45 67"),
        ("\uff19\uff100532", "\uff19\uff100532"),
    ],
)
def test_a_number_is_read_in_any_spelling(typed: str, number: str) -> None:
    assert read(typed) == number


@pytest.mark.parametrize(
    ("number", "turkish", "mobile", "exists", "used"),
    [
        ("+905321234567", True, True, True, True),
        ("+905992000000", True, True, True, True),
        ("+903121234567", True, False, True, True),
        ("+908503333338", True, False, True, True),
        ("+904441234567", True, False, True, False),
        ("+901121234567", False, False, True, False),
        ("+90532123456", False, False, False, False),
        ("+9053212345678", False, False, False, False),
        ("+4930901820", False, False, True, True),
        ("+49", False, False, False, False),
        ("05321234567", False, False, False, False),
        ("", False, False, False, False),
    ],
)
def test_each_question_has_its_own_answer(number: str, turkish: bool, mobile: bool, exists: bool, used: bool) -> None:
    asked = (is_turkish(number), is_turkish_mobile(number), may_exist(number), is_in_use(number))
    assert asked == (turkish, mobile, exists, used)


@given(st.integers(0, 10**9 - 1).map(lambda number: f"+905{number:09d}"))
def test_the_fast_path_says_what_phonenumbers_says(phone: str) -> None:
    if not EXAMPLE.fullmatch(phone):
        valid = phonenumbers.is_valid_number(phonenumbers.parse(phone, None))
        assert is_in_use(phone) == valid
        assert valid or not TURKISH_MOBILE.fullmatch(phone)


@given(st.integers(0, 10**9 - 1), st.sampled_from(["", "0", "90", "+90", "0090", "+90 0"]), st.integers(1, 8))
def test_a_mobile_number_is_read_as_phonenumbers_reads_it(number: int, before: str, gap: int) -> None:
    dialled = f"5{number:09d}"
    written = phonenumbers.parse(f"+90{dialled}", None)
    expected = phonenumbers.format_number(written, phonenumbers.PhoneNumberFormat.E164)
    assert read(f"{before}{dialled[:gap]} {dialled[gap:]}") == expected


@given(st.text(max_size=30) | st.text("0123456789+ -()/.", max_size=20))
def test_reading_never_breaks_and_reading_again_changes_nothing(text: str) -> None:
    assert read(read(text)) == read(text)


NUMBERS = st.sampled_from(
    ["+905321234567", "+905990000001", "+905321234567 +905321234568", "+90532", "", " ", "a@b.cc"]
)


@given(st.lists(NUMBERS, max_size=4))
def test_many_mobile_numbers_are_known_as_each_is(numbers: list[str]) -> None:
    assert are_turkish_mobiles(numbers) == all(TURKISH_MOBILE.fullmatch(number) for number in numbers)
