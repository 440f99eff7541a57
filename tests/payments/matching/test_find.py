"""Finding codes in text, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared import codes
from iys_portal.shared.codes import Fault
from payments.matching.find import Finding, candidate_codes, exact_findings, finding_at, near_windows
from payments.matching.normalise import normalise

CODE = "KM7T3RAWC"


def found(text: str) -> list[Finding]:
    return exact_findings(normalise(text))


def finding(*, alone: bool, embedded: bool = False) -> list[Finding]:
    return [Finding(CODE, CODE, None, alone, embedded)]


@pytest.mark.parametrize(
    "text",
    [
        "KM7-T3R-AWC",
        "km7t3rawc",
        "SİPARİŞ KODU: km7 t3r awc HİZMET SAĞLAYICI",
        "K M 7 T 3 R A W C",
        "km7–t3r—awc.",
        "EFT/KM7T3RAWC/2026",
        "KM7T3\nRAWC",
        "_KM7_T3R_AWC_",
        "ＫＭ７Ｔ３ＲＡＷＣ",
        "5097,60 TL KM7-T3R-AWC 23.11.2026",
    ],
)
def test_a_code_that_stands_alone(text: str) -> None:
    assert found(text) == finding(alone=True)


@pytest.mark.parametrize("text", ["SIPARISKODUKM7T3RAWC", "km7t3rawchizmet", "noKM7-T3R-AWCşti", "İKM7T3RAWCİ"])
def test_a_code_glued_to_words_counts_as_typed(text: str) -> None:
    assert found(text) == finding(alone=False)


@pytest.mark.parametrize("text", ["2026KM7T3RAWC", "KM7T3RAWC5097", "FT1KM7T3RAWC", "X0KM7T3RAWCY", "1KM7 T3R AWC"])
def test_a_code_that_touches_digits_is_part_of_a_longer_number(text: str) -> None:
    assert found(text) == finding(alone=False, embedded=True)


def test_a_code_of_letters_only_within_a_word_is_part_of_it() -> None:
    assert [item.embedded for item in found("ACDEFHRNT")] == [False]
    assert [item.embedded for item in found("XACDEFHRNT")] == [True]
    assert [item.embedded for item in found("ACDEFHRNTLAR")] == [True]


def test_a_code_of_digits_only_touching_letters_is_part_of_something() -> None:
    assert [item.embedded for item in found("336-997-996")] == [False]
    assert [item.embedded for item in found("TR336997996")] == [True]


def test_several_codes_are_found_in_order() -> None:
    assert [item.code for item in found("4H9-WX6-DRJ ve KM7-T3R-AWC, 4H9WX6DRJ")] == [
        "4H9WX6DRJ",
        "KM7T3RAWC",
        "4H9WX6DRJ",
    ]


@pytest.mark.parametrize("text", ["", "KM7T3RAW", "KM7T3RAWD", "KİRA ÖDEMESİ", "KM7T3R0AWC", "-" * 100])
def test_no_code(text: str) -> None:
    assert found(text) == []
    assert candidate_codes(text).exact == frozenset()


@pytest.mark.parametrize(
    ("text", "written", "fault"),
    [
        ("kod KM7-T3R-AWD hizmet", "KM7T3RAWD", Fault.SUBSTITUTION),
        ("MK7T3RAWC", "MK7T3RAWC", Fault.SWAP),
        ("KM7-T3R-A0C", "KM7T3RA0C", Fault.ERASURE),
        ("KN7-T3R-AWC", "KN7T3RAWC", Fault.SUBSTITUTION),
        ("ıı7t3rawc", "II7T3RAWC", Fault.ERASURE),
    ],
)
def test_codes_one_fault_away(text: str, written: str, fault: Fault) -> None:
    normalised = normalise(text)
    hits = [finding_at(normalised, window) for window in near_windows(normalised) if window.code == CODE]
    assert hits == [Finding(CODE, written, fault, alone=True, embedded=False)]
    assert CODE in candidate_codes(text).near


@pytest.mark.parametrize("text", ["KM7-T3R-AWC", "KN7-T3R-AWD", "KM7-T5R-AW6", "K00-T3R-A0C", "KM7-T3R-AW", "KM7T3RA"])
def test_codes_that_are_whole_or_too_far_away_are_not_near(text: str) -> None:
    assert CODE not in candidate_codes(text).near


@given(st.text(max_size=60))
def test_all_candidates_are_valid_codes(text: str) -> None:
    candidates = candidate_codes(text)
    assert all(codes.is_valid(code) for code in candidates.exact | candidates.near)
    assert candidates.exact == {item.code for item in found(text)}


@given(
    st.text(codes.ALPHABET, min_size=7, max_size=7),
    st.lists(st.sampled_from([" ", "-", "\n", ".", "/ "]), min_size=8),
)
def test_a_code_is_found_however_it_is_cut(data: str, cuts: list[str]) -> None:
    code = data + codes.check_glyphs(data)
    text = "".join(glyph + cut for glyph, cut in zip(code, [*cuts[:8], ""], strict=True))
    assert code in candidate_codes(text.lower()).exact
