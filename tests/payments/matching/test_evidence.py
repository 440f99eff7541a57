"""Tax numbers, accounts and company titles as evidence of who paid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared.turkish import lower
from payments.matching import Ours, Proof, read_line
from payments.matching.evidence import LIKE_TITLE, SAME_TITLE, one_edit_apart, payer_of, title_similarity, weigh
from payments.matching.normalise import ibans, normalise, tax_numbers, title_words
from tests.payments.matching.examples import ORDER, line

IBAN = "TR330006100519786457841326"
LONG = "ANADOLU GÜNEŞ BİLİŞİM TEKNOLOJİLERİ SAN. VE TİC. LTD. ŞTİ."


def similarity(title: str, text: str = "", payer_name: str = "", ours: Ours = Ours()) -> float:  # noqa: B008
    return title_similarity(payer_of(read_line(line(text, payer_name=payer_name), ours)), title)


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


@pytest.mark.parametrize("text", [IBAN, "TR33 0006 1005 1978 6457 8413 26", f"GÖND:{IBAN} EFT", f"tr{IBAN[2:]}"])
def test_accounts_in_text(text: str) -> None:
    assert ibans(normalise(text).squeezed) == {IBAN}


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
    "written",
    [
        "ANADOLU GUNES BILIS",
        "ANADOLU GÜNEŞ BİLİŞİM TEKNOL",
        "ANADOLU GÜNEŞ BİLİŞİM TEKN. SAN TİC LTD",
        "ANADOLU GÜNEŞ BİLİŞİM TEKNOLOJİLERİ SAN. V",
        "ANADOLUGUNES BİLİŞİM TEKNOLOJİLERİ SANAYİ",
        "ANADOLUGUNESBILISIMTEKNOLOJILERILTDSTI",
        "ANADOLU GÜNEŞ BİLİŞMİ TEKNOLOJİLERİ LTD ŞTİ",
        "anadolu güneş bilişim teknolojileri limited şirketi",
    ],
)
def test_a_title_cut_off_abbreviated_glued_or_misspelt(written: str) -> None:
    assert similarity(LONG, payer_name=written) >= SAME_TITLE
    assert similarity(LONG, f"GELEN EFT {written}") >= SAME_TITLE


@pytest.mark.parametrize(
    ("title", "text", "payer_name"),
    [
        ("HİZMET SAĞLAYICI A.Ş.", "hizmet bedeli", ""),
        ("ASİST BİLGİ TEKNOLOJİLERİ", "ASİSTEL İLETİŞİM EĞİTİM", ""),
        ("KAYA A.Ş.", "AHMET KAYA", ""),
        ("KAYA A.Ş.", "", "KAYA DEMİR ÇELİK"),
        ("A.Ş.", "A.Ş.", "A.Ş."),
        ("HİZMET SAĞLAYICI A.Ş.", "", ""),
        (LONG, "ANADOLU SİGORTA", ""),
    ],
)
def test_other_titles_prove_nothing(title: str, text: str, payer_name: str) -> None:
    assert similarity(title, text, payer_name) < LIKE_TITLE


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("BİLİŞİM HİZMETLERİ A.Ş.", "bilişim hizmetleri bedeli"),
        ("PROPLA BİLGİ TEKNOLOJİLERİ LTD. ŞTİ.", "GÜNEŞ BİLGİ TEKNOLOJİLERİ LTD ŞTİ"),
        ("İLETİ PAKETİ ÖDEME A.Ş.", "İLETİ PAKETİ ÖDEMESİ"),
    ],
)
def test_words_that_many_companies_share_prove_nothing(title: str, text: str) -> None:
    assert similarity(title, text) < SAME_TITLE


def test_our_own_name_is_nobody_s_title() -> None:
    ours = Ours(names=("Hizmet Sağlayıcı A.Ş.",))
    assert similarity(ORDER.title, "ALICI HİZMET SAĞLAYICI A.Ş.", ours=ours) == 0.0
    assert similarity(ORDER.title, "ALICI HİZMET SAĞLAYICI A.Ş.", "HİZMET SAĞLAYICI", ours=ours) == 1.0


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
        ("", {"payer_iban": "TR33 0006 1005 1978 6457 8413 26"}, (Proof.IBAN,)),
        (f"gönderen {IBAN}", {}, (Proof.IBAN,)),
        ("hizmet sağlayıcı", {}, (Proof.TITLE,)),
        ("1234567890 hizmet sağlayıcı", {}, (Proof.TAX_NUMBER, Proof.TITLE)),
        ("1234567891 hizmet", {"payer_tax_number": "1234567892", "payer_name": "Başka"}, ()),
    ],
)
def test_proofs(text: str, changes: dict[str, object], expected: tuple[Proof, ...]) -> None:
    known = ORDER._replace(known_ibans=frozenset({IBAN}))
    assert weigh(payer_of(read_line(line(text, **changes))), known).proofs == expected


def test_our_own_numbers_prove_nothing() -> None:
    known = ORDER._replace(known_ibans=frozenset({IBAN}))
    ours = Ours(tax_numbers=frozenset({ORDER.tax_number}), ibans=frozenset({IBAN}))
    view = line(f"ALICI {IBAN} VKN {ORDER.tax_number}", payer_tax_number=ORDER.tax_number, payer_iban=IBAN)
    assert weigh(payer_of(read_line(view, ours)), known).proofs == ()


@given(st.text("ABC", max_size=6), st.text("ABC", max_size=6))
def test_one_edit_is_what_trying_all_edits_finds(first: str, second: str) -> None:
    places = range(len(first) + 1)
    edits = {
        first[:at] + letter + first[at + skip :] for at in places for letter in ("A", "B", "C", "") for skip in (0, 1)
    }
    edits |= {first[:at] + first[at + 1 : at + 2] + first[at : at + 1] + first[at + 2 :] for at in places}
    assert one_edit_apart(first, second) == (second in edits)


@given(st.text(max_size=40))
def test_folding_forgets_the_case_and_nothing_else_of_what_is_compared(text: str) -> None:
    once = normalise(text)
    assert normalise(once.folded) == once
    assert normalise(once.squeezed).squeezed == once.squeezed
    assert once.squeezed == "".join(once.words)
    assert max(once.edges) == len(once.squeezed)


@given(st.text("ABCÇDEĞIİÖSŞUÜ ", max_size=30))
def test_turkish_letters_compare_as_their_plain_ones(text: str) -> None:
    assert normalise(lower(text)).words == normalise(text).words
