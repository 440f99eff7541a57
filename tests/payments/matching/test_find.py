"""Where codes stand in text: alone, glued, or within something longer."""

import pytest

from iys_portal.shared.codes import Fault
from payments.matching import read_line
from payments.matching.find import Finding, finding_at
from payments.matching.normalise import normalise
from payments.matching.scan import scan
from tests.payments.matching.examples import line

CODE = "KM7T3RAWC"


def found(text: str, code: str = CODE) -> list[Finding]:
    """Where the code stands, surest places first."""
    normalised = normalise(text)
    windows = scan(normalised.squeezed, normalised.edges)
    places = [finding_at(normalised, window) for window in windows if window.code == code]
    return sorted(places, key=lambda finding: finding.rank)


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
        "km7t3rawç",
    ],
)
def test_a_code_that_stands_alone(text: str) -> None:
    assert found(text)[0] == Finding(CODE, CODE, None, alone=True, embedded=False)


@pytest.mark.parametrize("text", ["SIPARISKODUKM7T3RAWC", "km7t3rawchizmet", "noKM7-T3R-AWCşti", "İKM7T3RAWCİ"])
def test_a_code_glued_to_words_counts_as_typed(text: str) -> None:
    assert found(text)[0] == Finding(CODE, CODE, None, alone=False, embedded=False)


@pytest.mark.parametrize(
    "text",
    [
        "2026KM7T3RAWC",
        "KM7T3RAWC5097",
        "FT1KM7T3RAWC",
        "X0KM7T3RAWCY",
        "1KM7 T3R AWC",
        "FT26XKM7T3RAWCX",
        "KM7T3RAWCX9",
    ],
)
def test_a_code_within_something_that_holds_digits_is_part_of_it(text: str) -> None:
    assert found(text)[0] == Finding(CODE, CODE, None, alone=False, embedded=True)


@pytest.mark.parametrize(
    ("text", "code", "embedded"),
    [
        ("ACDEFHRNT", "ACDEFHRNT", False),
        ("XACDEFHRNT", "ACDEFHRNT", True),
        ("ACDEFHRNTLAR", "ACDEFHRNT", True),
        ("336-997-996", "336997996", False),
        ("TR336997996", "336997996", True),
    ],
)
def test_a_code_of_one_kind_of_glyphs_hides_in_words_and_numbers(text: str, code: str, embedded: bool) -> None:
    assert found(text, code)[0].embedded is embedded


@pytest.mark.parametrize(
    ("text", "written", "fault"),
    [
        ("kod KM7-T3R-AWD hizmet", "KM7T3RAWD", Fault.SUBSTITUTION),
        ("MK7T3RAWC", "MK7T3RAWC", Fault.SWAP),
        ("KM7-T3R-A0C", "KM7T3RA0C", Fault.ERASURE),
        ("KN7-T3R-AWC", "KN7T3RAWC", Fault.SUBSTITUTION),
        ("ıı7t3rawc", "II7T3RAWC", Fault.ERASURE),
        ("KM7-T3R-AW 2026", "KM7T3RAW", Fault.MISSING),
        ("KM7-T3R-AWWC", "KM7T3RAWWC", Fault.EXTRA),
        ("KM7-0T3R-AWC", "KM70T3RAWC", Fault.EXTRA),
    ],
)
def test_codes_one_fault_away(text: str, written: str, fault: Fault) -> None:
    assert found(text)[0] == Finding(CODE, written, fault, alone=True, embedded=False)


def test_a_reading_names_the_codes_that_may_be_looked_up() -> None:
    reading = read_line(line("4H9-WX6-DRJ ve KM7-T3R-AWD"))
    assert "4H9WX6DRJ" in reading.exact_codes
    assert CODE in reading.codes - reading.exact_codes
    assert reading.exact_codes <= reading.codes


@pytest.mark.parametrize("changes", [{"reversal": True}, {"currency": "EUR"}])
def test_a_line_that_can_pay_nothing_names_none(changes: dict[str, object]) -> None:
    assert read_line(line("KM7-T3R-AWC", **changes)).codes == frozenset()
    assert read_line(line("KM7-T3R-AWC", "-1.00")).codes == frozenset()
