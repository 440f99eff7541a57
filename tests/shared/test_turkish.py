"""Turkish casing, folding and search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.shared import turkish


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("İıIi", "IIII"),
        ("ŞşĞğÜüÖöÇç", "SSGGUUOOCC"),
        ("Hizmet Sağlayıcı A.Ş.", "HIZMET SAGLAYICI A.S."),
        ("i\N{COMBINING DOT ABOVE}leti", "ILETI"),
        ("S\N{COMBINING CEDILLA}is\N{COMBINING CEDILLA}li", "SISLI"),
        ("hâlâ Köln café", "HALA KOLN CAFE"),
        ("\uff2b\uff2d\uff17", "KM7"),
        ("ﬁrma", "FIRMA"),
        ("Straße", "STRASSE"),
        ("привет", "ПРИВЕТ"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert turkish.fold(text) == folded


def test_fold_keeps_punctuation_and_spaces() -> None:
    assert turkish.fold("km7-t3r awc/ı_2\n") == "KM7-T3R AWC/I_2\n"


@given(st.text())
def test_folding_folded_text_changes_nothing(text: str) -> None:
    assert turkish.fold(turkish.fold(text)) == turkish.fold(text)


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyzABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ 0123456789"))
def test_turkish_text_folds_to_ascii_capitals_letter_by_letter(text: str) -> None:
    folded = turkish.fold(text)
    assert folded.isascii()
    assert len(folded) == len(text)
    assert folded == turkish.fold(turkish.lower(text)) == turkish.fold(turkish.upper(text))


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("km7-t3r awc", "KM7T3RAWC"),
        ("KM7T3\nRAWC", "KM7T3RAWC"),
        ("  _-–—./:;’ ", ""),
        ("Sipariş Kodu: KM7", "SIPARISKODUKM7"),
    ],
)
def test_squeeze(text: str, squeezed: str) -> None:
    assert turkish.squeeze(text) == squeezed


@pytest.mark.parametrize(
    ("upper", "lower"),
    [("İLETİ", "ileti"), ("IŞIK", "ışık"), ("DİYARBAKIR ÇĞÖŞÜ", "diyarbakır çğöşü"), ("İYS 25", "iys 25")],
)
def test_casing_goes_both_ways(upper: str, lower: str) -> None:
    assert turkish.lower(upper) == lower
    assert turkish.upper(lower) == upper


def test_a_decomposed_dot_is_one_letter() -> None:
    assert turkish.lower("I\N{COMBINING DOT ABOVE}YS") == "iys"
    assert turkish.upper("i\N{COMBINING DOT ABOVE}ys") == "İYS"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("asist", "ASİST BİLGİ TEKNOLOJİLERİ"),
        ("ASIST", "Asist Bilgi"),
        ("istanbul", "İSTANBUL"),
        ("ışık", "IŞIK Ltd."),
        ("isik", "IŞIK Ltd."),
        ("bilgi  teknolojileri", "ASİST\tBİLGİ TEKNOLOJİLERİ"),
    ],
)
def test_search_finds_the_name_however_it_is_typed(typed: str, name: str) -> None:
    assert turkish.search_key(typed) in turkish.search_key(name)


def test_search_tells_names_apart() -> None:
    assert turkish.search_key("asistel") not in turkish.search_key("ASİST BİLGİ")


def test_names_stand_in_the_order_of_the_alphabet() -> None:
    names = [
        "Çorum",
        "Cizre",
        "Ümraniye",
        "Uşak",
        "Iğdır",
        "İzmir",
        "Ispir",
        "Kâhta",
        "Kahve",
        "Şile",
        "Sivas",
        "19 Mayıs",
    ]
    assert sorted(names, key=turkish.sort_key) == [
        *(
            "19 Mayıs",
            "Cizre",
            "Çorum",
            "Iğdır",
            "Ispir",
            "İzmir",
            "Kâhta",
            "Kahve",
            "Sivas",
            "Şile",
            "Uşak",
            "Ümraniye",
        ),
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [
        (14, 2, "14:02'den"),
        (9, 0, "09:00'dan"),
        (14, 0, "14:00'ten"),
        (20, 0, "20:00'den"),
        (0, 0, "00:00'dan"),
        (8, 10, "08:10'dan"),
        (8, 30, "08:30'dan"),
        (8, 40, "08:40'tan"),
        (8, 50, "08:50'den"),
        (23, 56, "23:56'dan"),
        (1, 1, "01:01'den"),
        (1, 5, "01:05'ten"),
    ],
)
def test_from_a_time_as_it_is_spoken(hour: int, minute: int, text: str) -> None:
    assert turkish.from_time(hour, minute) == text
