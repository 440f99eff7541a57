"""Sources typed by administrators: every fault is told by line and in words, and what passes can be read and filled."""

import pytest

from contracts import markup, proofreading
from contracts.proofreading import Fault, faults, tidy
from tests.contracts.samples import FORM, TEXT, annexed

GOOD = "# Başlık\n\n## 1. Bölüm\n\n1.1. {company.title} ile {provider.title}.\n\nTerim :: açıklama\n"
PAIRS = "Tanım satırları «terim :: açıklama» biçiminde olmalıdır."
HEADING = "Başlık bir, iki veya üç # işareti ve bir boşlukla başlar: «## 1. Bölüm»."
NO_TITLE = "Metin, «# » ile başlayan bir başlıkla başlamalıdır."
ONE_TITLE = "Metnin en başta tek bir başlığı olur; bölümler «## » ile başlar."
INVISIBLE = "Görünmeyen bir karakter (sekme, yön işareti veya denetim karakteri) var."
BRACE = "Açılıp kapanmayan süslü ayraç var."
GAP_AFTER = "Başlıktan sonra boş bir satır bırakılmalıdır."
GAP_BEFORE = "Başlıktan önce boş bir satır bırakılmalıdır."


@pytest.mark.parametrize("source", [TEXT.source, FORM.source, GOOD, f"\n\n{GOOD}\n\n"])
def test_good_sources_have_no_faults(source: str) -> None:
    assert faults(source) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", [Fault(1, NO_TITLE)]),
        ("\n\nMetin.", [Fault(3, NO_TITLE)]),
        ("## 1. Bölüm\n\n# Başlık", [Fault(1, NO_TITLE), Fault(3, ONE_TITLE)]),
        ("# Bir\n\nMetin.\n\n# İki", [Fault(5, ONE_TITLE)]),
        ("# B\n\nA :: b\nC: d\nE :: f", [Fault(4, PAIRS)]),
        ("# B\n\nA ::\n", [Fault(3, PAIRS)]),
        ("# B\n\n#### Derin", [Fault(3, HEADING)]),
        ("# B\n\n#bitişik", [Fault(3, HEADING)]),
        ("# B\n\n## 1. Bölüm\nMetin.", [Fault(3, GAP_AFTER)]),
        ("# B\n\nMetin.\n## 1. Bölüm", [Fault(4, GAP_BEFORE)]),
        ("# B\n\nBedel {fiyat}.", [Fault(3, "{fiyat} diye bir alan yok.")]),
        ("# B\n\nBedel {price.gross.", [Fault(3, BRACE)]),
        ("# B\n\nBedel }{.", [Fault(3, BRACE)]),
        ("# B\n\nBir\tiki.\n\nüç\u202edört", [Fault(3, INVISIBLE), Fault(5, INVISIBLE)]),
        ("# {product}\n\nMetin.", [Fault(1, "Başlıkta alan kullanılamaz.")]),
        (f"# {'B' * 201}\n\nMetin.", [Fault(1, "Başlık en çok 200 karakter olabilir.")]),
        ("# B\n\n" + "x" * 100_000, [Fault(1, "Metin çok uzun; en çok 100.000 karakter olabilir.")]),
    ],
)
def test_faults_are_told_by_line(source: str, expected: list[Fault]) -> None:
    assert faults(source) == expected


def test_a_fault_reads_as_a_sentence() -> None:
    assert str(Fault(12, GAP_AFTER)) == f"12. satır: {GAP_AFTER}"


@pytest.mark.parametrize("line", ["{yok}", "# İki", "#### x", "#x", "A :: b\nc", "A ::", "## x\ny", "x\n## y", "{"])
def test_what_markup_refuses_is_a_fault_too(line: str) -> None:
    source = f"{GOOD}\n{line}\n"
    assert faults(source) != []


def test_what_has_no_fault_can_be_read_and_filled() -> None:
    assert markup.title(GOOD) == "Başlık"
    assert markup.filled(GOOD, annexed()).count("Hizmet Sağlayıcı A.Ş.") == 1


def test_the_known_names_are_those_of_a_contract() -> None:
    assert tuple(markup.values(annexed())) == proofreading.PLACEHOLDERS


def test_tidy_keeps_the_words_and_drops_what_a_browser_adds() -> None:
    assert tidy("\r\n# B  \r\n\r\nMetin.\r\rSon. ") == "# B\n\nMetin.\n\nSon.\n"
    assert tidy(TEXT.source) == TEXT.source
    assert tidy(FORM.source) == FORM.source
