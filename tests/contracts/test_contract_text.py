"""The contract's text: the markup, the placeholders, the hashes, and what hostile values cannot do."""

import hashlib
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from stdnum.tr import vkn

from contracts import markup
from contracts.data import COMPANY, ContractData, TextVersion
from contracts.hyphenation import syllables
from contracts.markup import TextError, contract_html
from tests.contracts.samples import FORM, MARKUP, SCRIPT, TEXT, annexed, approved, contract, through_json

SECTIONS = [
    "1. Sözleşme'nin Tarafları",
    "2. Tanımlar",
    "3. Sözleşme'nin Konusu",
    "4. Süre",
    "5. Bedel, KDV ve Ödeme",
    "6. Paket Değişikliği",
    "7. İYS A.Ş.'nin Yükümlülükleri",
    "8. Şirket'in Yükümlülükleri",
    "9. Kişisel Verilerin Korunması",
    "10. Gizlilik ve Fikrî Haklar",
    "11. Sorumluluk",
    "12. Fesih",
    "13. Bildirimler ve Deliller",
    "14. Uyuşmazlıkların Çözümü",
    "15. Onay ve Yürürlük",
]

# The guide's own words.
DEFINITIONS = [
    ("Alıcı", "Tüketiciyi ya da mesleki veya diğer amaçlarla hareket eden gerçek veya tüzel kişiyi,"),
    (
        "Canlı Ortam",
        "İYS A.Ş. tarafından işletilen ve Mevzuat'ta yer alan İYS platformunun çalıştığı gerçek ortamı,",
    ),
    ("Hizmet Sağlayıcı", "Elektronik ticaret faaliyetinde bulunan gerçek veya tüzel kişileri,"),
    ("Hizmet Seviyesi Taahhütnamesi", "İLETİ+ Hizmetleri için tanımlanan hizmet seviyesi taahhütlerini,"),
    (
        "İLETİ Hizmeti",
        (
            "Entegrasyon Modülü'yle İYS'ye kolay erişim ve veri senkronizasyonu (Seviye 1) ve Canlı Ortam'a "
            "erişim hakkını,"
        ),
    ),
    (
        "İş Ortağı",
        (
            "API lisansı kullanım ve Canlı Ortam'a erişim hakkı elde ederek kendi müşterilerine İYS "
            "entegrasyon hizmeti sunan gerçek veya tüzel kişiyi,"
        ),
    ),
]


def blocks_of(kind: str) -> list[tuple[tuple[str, str], ...]]:
    return [block.lines for block in markup.parse(TEXT.source) if block.kind == kind]


def tags(html: str) -> list[str]:
    return re.findall(r"</?[a-z0-9]+", html)


# --- The text that comes with the portal --------------------------------------------------------------------
def test_title_and_sections() -> None:
    assert markup.title(TEXT.source) == "İLETİ Hizmetleri Satış Sözleşmesi"
    assert [text for ((_, text),) in blocks_of("section")] == SECTIONS


def test_definitions_are_the_guides() -> None:
    assert list(blocks_of("definitions")[2]) == DEFINITIONS


def test_the_parties_are_named_as_in_the_guide() -> None:
    company, provider = blocks_of("definitions")[:2]
    assert [term for term, _ in company] == [
        "Unvanı",
        "Adresi",
        "Telefon",
        "E-posta adresi",
        "Web Sitesi Adresi",
        "MERSİS No",
    ]
    assert [term for term, _ in provider] == [
        "TC Kimlik No/Vergi Kimlik No",
        "Adresi",
        "Telefon",
        "E-Posta",
    ]
    paragraphs = [text for ((_, text),) in blocks_of("paragraph")]
    assert paragraphs[:2] == [
        "İleti Yönetim Sistemi A.Ş. (Sözleşme'de bundan sonra “İYS A.Ş.” olarak anılacaktır)",
        "{provider.title} (Sözleşme'de bundan sonra “Şirket” olarak anılacaktır.)",
    ]
    assert paragraphs[3] == (
        "İşbu Sözleşme'yi kabul etmekle Şirket, Sözleşme konusu siparişi onayladığı takdirde sipariş konusu "
        "bedeli ve vergi gibi belirtilen ek ücretleri ödeme yükümlülüğü altına gireceğini ve bu konuda "
        "bilgilendirildiğini peşinen kabul eder."
    )


def test_clauses_are_numbered_without_gaps() -> None:
    numbers = [number for ((number, _),) in blocks_of("clause")]
    sections = [int(number.split(".")[0]) for number in numbers]
    expected = [f"{section}.{sections[:place].count(section) + 1}." for place, section in enumerate(sections)]
    assert numbers == expected
    assert sections == sorted(sections)
    assert set(sections) == set(range(2, 16))


def test_the_company_is_the_guides_and_its_tax_number_passes_the_check_digit() -> None:
    assert COMPANY.mersis == f"0{COMPANY.tax_number}00001"
    assert vkn.is_valid(COMPANY.tax_number)


# --- Filling ------------------------------------------------------------------------------------------------
def test_every_placeholder_is_filled_and_every_value_used() -> None:
    data = annexed()
    used = set(re.findall(r"\{([^}]*)\}", TEXT.source + FORM.source))
    assert used == set(markup.values(data))
    assert "{" not in markup.shown_text(data)


def test_prices_are_written_as_turkish_readers_do() -> None:
    lines = markup.filled(TEXT.source, contract(kdv_rate=Decimal("12.50"))).splitlines()
    start = lines.index("Net bedel :: 4.320,00 ₺")
    assert lines[start + 1 : start + 3] == ["KDV (%12,5) :: 777,60 ₺", "Toplam (KDV dahil) :: 5.097,60 ₺"]


@pytest.mark.parametrize(
    ("rate", "shown"), [("18", "18"), ("18.00", "18"), ("20", "20"), ("0", "0"), ("12.50", "12,5")]
)
def test_percentage(rate: str, shown: str) -> None:
    assert markup.percentage(contract(kdv_rate=Decimal(rate))) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("  İki\t satır\r\nbir  ", "İki satır bir"),
        ("sıfır\x00bayt\x1b", "sıfırbayt"),
        ("ters\u202eyazı\u200b\u00ad", "tersyazı"),
        ("bölünmez\u00a0boşluk", "bölünmez boşluk"),
        ("S\u0327is\u0327li", "Şişli"),
    ],
)
def test_values_are_one_printable_line(value: str, shown: str) -> None:
    assert markup.clean(value) == shown


def test_a_persons_tax_number_is_masked() -> None:
    assert [markup.shown_tax_number(number) for number in ("8450525470", "10000000146")] == [
        "8450525470",
        "100******46",
    ]


# --- HTML ---------------------------------------------------------------------------------------------------
def test_html_is_plain_and_says_that_demo_text_is_a_sample() -> None:
    html = contract_html(TEXT.source, contract())
    assert set(tags(html)) == {
        f"<{slash}{tag}" for slash in ("", "/") for tag in ("h2", "h3", "p", "dl", "div", "dt", "dd", "span")
    }
    assert set(re.findall(r"<\w+ ([^>]*)>", html)) == {'class="sample"', 'class="clause"'}
    assert html.startswith(f'<p class="sample">{markup.SAMPLE_NOTE}</p>\n<h2>1. Sözleşme&#x27;nin Tarafları</h2>')
    assert "ÖRNEK" not in contract_html(TEXT.source, contract(demo=False))


@pytest.mark.parametrize("title", [SCRIPT, MARKUP, "A" * 255, "İ" * 255, "{provider.title}"])
def test_a_title_changes_no_structure(title: str) -> None:
    ordinary, hostile = (
        contract_html(TEXT.source, contract()),
        contract_html(TEXT.source, contract(title=title)),
    )
    assert tags(hostile) == tags(ordinary)


def test_a_title_is_escaped_whole() -> None:
    escaped = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;Ortakları&quot;"
    html = contract_html(TEXT.source, contract(title=SCRIPT))
    assert re.findall(r"<p>(.*?) \(Sözleşme&#x27;de bundan sonra “Şirket”", html) == [escaped]


def test_a_title_is_not_filled_again() -> None:
    html = contract_html(TEXT.source, contract(title=MARKUP))
    shown = "# Başlık ## 99. Madde Terim :: {price.gross} {yok}"
    assert re.findall(r"<p>(.*?) \(Sözleşme&#x27;de bundan sonra “Şirket”", html) == [shown]


# --- Markup -------------------------------------------------------------------------------------------------
def test_paragraph_lines_are_joined_and_blocks_kept_apart() -> None:
    blocks = markup.parse("# T\n\n1.1. bir\niki\n\nA :: b\nC :: d\n\n### Alt\n\nson")
    assert [(block.kind, block.lines) for block in blocks] == [
        ("title", (("", "T"),)),
        ("clause", (("1.1.", "bir iki"),)),
        ("definitions", (("A", "b"), ("C", "d"))),
        ("subsection", (("", "Alt"),)),
        ("paragraph", (("", "son"),)),
    ]


@pytest.mark.parametrize(
    "source",
    ["", "## 1. Bölüm", "# Bir\n\n# İki", "# T\n\nA :: b\nçizgisiz", "# T\n\n#### Derin", "# T\n\n#bitişik"],
)
def test_a_broken_source_is_refused(source: str) -> None:
    with pytest.raises(TextError):
        markup.parse(source)


def test_an_unknown_placeholder_is_refused() -> None:
    with pytest.raises(TextError, match=r"provider\.iban"):
        contract_html("# T\n\n{provider.iban}", contract())


# --- Hashes and terms ---------------------------------------------------------------------------------------
def test_hashes_are_those_of_the_source_and_of_what_is_shown() -> None:
    path = Path(markup.__file__).parent / "text" / "services-1.txt"
    data = contract()
    assert TEXT.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert markup.shown_sha256(data) == hashlib.sha256(markup.filled(TEXT.source, data).encode()).hexdigest()


def test_the_shown_hash_follows_what_the_customer_reads_and_nothing_else() -> None:
    data = contract()
    shown = markup.shown_sha256(data)
    unseen = [replace(data, order_code="4H9-WX6-DRJ"), replace(data, demo=False), approved(data)]
    seen = [
        contract(title="Başka A.Ş."),
        replace(data, product="İLETİ-250 (Seviye 1)"),
        replace(data, authorised_person="Başka Kişi"),
        replace(data, net=Decimal("4920.00"), kdv=Decimal("885.60"), gross=Decimal("5805.60")),
        replace(data, text=TextVersion(kind="services", version=2, source=TEXT.source + "\n\nEk.")),
    ]
    assert [markup.shown_sha256(other) == shown for other in unseen] == [True, True, True]
    assert [markup.shown_sha256(other) == shown for other in seen] == [False] * 5


def test_terms_survive_the_database() -> None:
    data = contract(title=SCRIPT)
    assert ContractData.from_terms(through_json(data.terms()), text=TEXT) == data


def test_terms_carry_no_whole_tckn_and_exact_amounts() -> None:
    terms = contract().terms()
    assert terms["authorised_tckn"] == "100******46"
    assert [terms[name] for name in ("net", "kdv", "gross", "currency")] == [
        "4320.00",
        "777.60",
        "5097.60",
        "TRY",
    ]


def test_terms_of_another_text_are_refused() -> None:
    other = TextVersion(kind="services", version=2, source=TEXT.source)
    with pytest.raises(ValueError, match="another contract text"):
        ContractData.from_terms(contract().terms(), text=other)


def test_a_whole_tckn_and_a_wrong_sum_are_refused() -> None:
    with pytest.raises(ValueError, match="masked"):
        contract(authorised_tckn="10000000146")
    with pytest.raises(ValueError, match="add up"):
        contract(gross=Decimal("5097.61"))


# --- Hyphenation --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "divided",
    [
        "söz-leş-me",
        "yü-küm-lü-lük-le-ri",
        "e-lekt-ro-nik",
        "sa-at",
        "ma-ka-le",
        "Türk-çe",
        "İ-LE-Tİ-ŞİM",
        "hâl-ler-de",
        "kont-rol",
        "a-la-ca-ğı-nız",
        "ilk",
    ],
)
def test_syllables(divided: str) -> None:
    word = divided.replace("-", "")
    marks = [place for place, letter in enumerate(divided) if letter == "-"]
    assert syllables(word) == [place - before for before, place in enumerate(marks)]
