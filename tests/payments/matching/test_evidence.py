"""Tax numbers and company titles as evidence of who paid."""

import pytest

from payments.matching import Proof
from payments.matching.evidence import LIKE_TITLE, SAME_TITLE, payer_of, title_similarity, weigh
from payments.matching.normalise import normalise, tax_numbers, title_words
from tests.payments.matching.examples import ORDER, line


def similarity(title: str, text: str = "", payer_name: str = "") -> float:
    view = line(text, payer_name=payer_name)
    return title_similarity(payer_of(view, normalise(text)), title)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("HİZMET SAĞLAYICI A.Ş.", ("HIZMET", "SAGLAYICI")),
        ("Hizmet Sağlayıcı Anonim Şirketi", ("HIZMET", "SAGLAYICI")),
        ("3G TASARIM BİLİŞİM SAN. VE TİC. LTD. ŞTİ.", ("3G", "TASARIM", "BILISIM")),
        ("Poli Telekomünikasyon San.ve Tic.Ltd.Şti.", ("POLI", "TELEKOMUNIKASYON")),
        ("A.Ş.", ()),
    ],
)
def test_the_words_that_tell_companies_apart(title: str, words: tuple[str, ...]) -> None:
    assert title_words(title) == words


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("VKN 1234567890", {"1234567890"}),
        ("TCKN:10000000146.", {"10000000146"}),
        ("1234567890/10000000146", {"1234567890", "10000000146"}),
        ("123456789 123456789012 TR12345678901234567890123456", set()),
        ("NO1234567890X", {"1234567890"}),
    ],
)
def test_tax_numbers_in_text(text: str, numbers: set[str]) -> None:
    assert tax_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "payer_name"),
    [
        ("HİZMET SAĞLAYICI A.Ş. ödeme", ""),
        ("hizmet sağlayıcı", ""),
        ("KM7T3RAWCHIZMETSAGLAYICIAS", ""),
        ("sağlayıcı firması hizmet bedeli", ""),
        ("", "HİZMET SAĞLAYICI ANONİM ŞTİ"),
        ("", "Hizmet Saglayici"),
    ],
)
def test_the_same_title(text: str, payer_name: str) -> None:
    assert similarity("HİZMET SAĞLAYICI ANONİM ŞİRKETİ", text, payer_name) == 1.0


@pytest.mark.parametrize(
    ("title", "text", "payer_name"),
    [
        ("HİZMET SAĞLAYICI A.Ş.", "hizmet bedeli", ""),
        ("ASİST BİLGİ TEKNOLOJİLERİ", "ASİSTEL İLETİŞİM EĞİTİM", ""),
        ("KAYA A.Ş.", "AHMET KAYA", ""),
        ("KAYA A.Ş.", "", "KAYA DEMİR ÇELİK"),
        ("A.Ş.", "A.Ş.", "A.Ş."),
        ("HİZMET SAĞLAYICI A.Ş.", "", ""),
    ],
)
def test_other_titles_prove_nothing(title: str, text: str, payer_name: str) -> None:
    assert similarity(title, text, payer_name) < LIKE_TITLE


def test_a_glued_title_counts_from_eight_letters_on() -> None:
    assert similarity("ARGE DOKU A.Ş.", "XARGEDOKUX") == 1.0
    assert similarity("ARGE DOK A.Ş.", "XARGEDOKX") == 0.0


def test_a_part_of_a_long_title_is_like_it() -> None:
    likeness = similarity("ASİST BİLGİ TEKNOLOJİLERİ VE HABERLEŞME LTD. ŞTİ.", "ASİST BİLGİ TEKNOLOJİLERİ fatura")
    assert LIKE_TITLE <= likeness < SAME_TITLE


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("VKN 1234567890", {}, (Proof.TAX_NUMBER,)),
        ("", {"payer_tax_number": "1234567890"}, (Proof.TAX_NUMBER,)),
        ("hizmet sağlayıcı", {}, (Proof.TITLE,)),
        ("1234567890 hizmet sağlayıcı", {}, (Proof.TAX_NUMBER, Proof.TITLE)),
        ("1234567891 hizmet", {"payer_tax_number": "1234567892", "payer_name": "Başka"}, ()),
    ],
)
def test_proofs(text: str, changes: dict[str, str], expected: tuple[Proof, ...]) -> None:
    view = line(text, **changes)
    assert weigh(payer_of(view, normalise(text)), ORDER).proofs == expected
