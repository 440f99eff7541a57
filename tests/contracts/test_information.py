"""The pre-information form: what it says, how it is approved with the contract, and contracts older than it."""

import hashlib
import json
import re
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from contracts import markup
from contracts.data import ContractData, TextVersion
from contracts.rendering import EvidenceMismatchError, canonical_json, render_contract, render_draft
from iys_portal.shared.turkish import lower
from tests.contracts import poppler
from tests.contracts.samples import (
    CREATED_AT,
    FORM,
    MARKUP,
    NUMBER,
    SCRIPT,
    TEXT,
    annexed,
    approved,
    contract,
    through_json,
)
from tests.contracts.test_contract_text import SECTIONS, tags

# WeasyPrint leaves the file of its colour profile to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

FORM_SECTIONS = [
    "1. Satıcı",
    "2. Alıcı",
    "3. Ürünün Temel Nitelikleri",
    "4. Bedel ve Vergiler",
    "5. Ödeme",
    "6. İfa ve Etkinleştirme",
    "7. Süre, Yenileme, Değişiklik ve Sona Erme",
    "8. Vazgeçme ve Cayma",
    "9. Başvuru ve Şikâyet",
    "10. Kişisel Veriler",
    "11. Bilgilerin Geçerliliği",
    "12. Saklanabilir Nüsha",
]
BOTH = approved(annexed())
OLD = approved(contract())


def render(data: ContractData = BOTH) -> bytes:
    return render_contract(data, number=NUMBER, created_at=CREATED_AT)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return render()


def root_of(pdf: bytes) -> Any:
    return PdfFileReader(BytesIO(pdf)).root


# --- The form that comes with the portal --------------------------------------------------------------------
def test_title_sections_and_clauses() -> None:
    blocks = markup.parse(FORM.source)
    assert markup.title(FORM.source) == "Ön Bilgilendirme Formu"
    assert [block.lines[0][1] for block in blocks if block.kind == "section"] == FORM_SECTIONS
    numbers = [block.lines[0][0] for block in blocks if block.kind == "clause"]
    sections = [int(number.split(".")[0]) for number in numbers]
    assert numbers == [f"{s}.{sections[:place].count(s) + 1}." for place, s in enumerate(sections)]
    assert sorted(set(sections)) == list(range(1, 13))


def test_the_form_names_parties_product_and_price() -> None:
    lines = markup.filled(FORM.source, BOTH).splitlines()
    wanted = [
        "Unvanı :: İleti Yönetim Sistemi Anonim Şirketi",
        "Unvanı :: Hizmet Sağlayıcı A.Ş.",
        "Paket :: İLETİ-150 (Seviye 1)",
        "Adres sınırı :: En çok 150.000 adres",
        "Toplam (KDV dahil) :: 5.097,60 ₺",
    ]
    assert [line for line in lines if line in wanted] == wanted


# --- What is hashed and stored ------------------------------------------------------------------------------
def test_the_shown_text_is_the_contract_and_after_it_the_form() -> None:
    shown = markup.shown_text(BOTH)
    contract_text, form_text = markup.filled(TEXT.source, BOTH), markup.filled(FORM.source, BOTH)
    assert shown == f"{contract_text.rstrip()}\n\n\n{form_text}"
    assert markup.shown_sha256(BOTH) == hashlib.sha256(shown.encode()).hexdigest()


def test_another_form_or_limit_is_another_text() -> None:
    others = [
        replace(BOTH, information=TextVersion(kind="information", version=2, source=FORM.source + "\n13.1. Ek.\n")),
        replace(BOTH, address_limit="En çok 75.000 adres"),
        contract(),
    ]
    assert [markup.shown_sha256(other) == markup.shown_sha256(BOTH) for other in others] == [False] * 3


def test_terms_with_a_form_survive_the_database() -> None:
    data = annexed(title=SCRIPT)
    terms = through_json(data.terms())
    assert terms["information"] == {"kind": "information", "version": 1, "sha256": FORM.sha256}
    assert ContractData.from_terms(terms, text=TEXT, information=FORM) == data


@pytest.mark.parametrize(
    ("data", "information"),
    [(annexed(), None), (contract(), FORM), (annexed(), TextVersion(kind="information", version=2, source="# F"))],
)
def test_terms_of_another_form_are_refused(data: ContractData, information: TextVersion | None) -> None:
    with pytest.raises(ValueError, match="another contract text"):
        ContractData.from_terms(data.terms(), text=TEXT, information=information)


def test_a_form_of_another_hash_is_never_printed() -> None:
    assert BOTH.evidence is not None
    for wrong in ("", TEXT.sha256):
        with pytest.raises(EvidenceMismatchError):
            render(replace(BOTH, evidence=replace(BOTH.evidence, information_sha256=wrong)))


# --- Contracts older than the form --------------------------------------------------------------------------
def test_terms_approved_before_the_form_stay_as_they_were() -> None:
    assert sorted(contract().terms()) == [
        "authorised_person",
        "authorised_tckn",
        "company",
        "currency",
        "demo",
        "gross",
        "iys_no",
        "kdv",
        "kdv_rate",
        "net",
        "order_code",
        "product",
        "provider",
        "text",
    ]
    assert ContractData.from_terms(through_json(contract().terms()), text=TEXT) == contract()
    assert markup.shown_text(OLD) == markup.filled(TEXT.source, OLD)


def test_documents_of_old_approvals_know_no_form(tmp_path: Path) -> None:
    old = render(OLD)
    text = "\n".join(poppler.pages(old, tmp_path))
    assert [word for word in ("Ek-1", "Ön Bilgilendirme") if word in text] == []
    assert outline(root_of(old)) == [(TEXT_TITLE, [*SECTIONS, "Onay ve Mühür"])]
    assert "information" not in canonical_json(OLD, number=NUMBER, created_at=CREATED_AT).decode()


# --- The PDF ------------------------------------------------------------------------------------------------
TEXT_TITLE = "İLETİ Hizmetleri Satış Sözleşmesi"


def siblings(first: Any) -> list[Any]:
    items = [first]
    while "/Next" in items[-1]:
        items.append(items[-1]["/Next"])
    return items


def outline(root: Any) -> list[tuple[str, list[str]]]:
    """Return the bookmarks: each of the first level with those below it."""
    return [
        (item["/Title"], [below["/Title"] for below in siblings(item["/First"])] if "/First" in item else [])
        for item in siblings(root["/Outlines"]["/First"])
    ]


def test_the_annex_has_bookmarks_of_its_own(pdf: bytes) -> None:
    assert outline(root_of(pdf)) == [
        (TEXT_TITLE, SECTIONS),
        ("Ek-1: Ön Bilgilendirme Formu", FORM_SECTIONS),
        ("Onay ve Mühür", []),
    ]


def test_every_bookmark_leads_to_the_page_of_its_heading(pdf: bytes, tmp_path: Path) -> None:
    root = root_of(pdf)
    numbers = {page.idnum: number for number, page in enumerate(list.__iter__(root["/Pages"]["/Kids"]))}
    pages = poppler.pages(pdf, tmp_path)
    items = [item for top in siblings(root["/Outlines"]["/First"]) for item in [top, *children(top)]]
    wrong = [
        item["/Title"]
        for item in items
        if item["/Title"] not in pages[numbers[next(list.__iter__(item["/Dest"])).idnum]].splitlines()
    ]
    assert (len(items), wrong) == (len(SECTIONS) + len(FORM_SECTIONS) + 3, [])


def children(item: Any) -> list[Any]:
    return siblings(item["/First"]) if "/First" in item else []


def structure(element: Any, found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the tags of the structure tree in reading order, each with its element."""
    for reference in list.__iter__(element["/K"]) if isinstance(element.get("/K"), list) else []:
        kid = reference.get_object()
        if isinstance(kid, dict) and "/S" in kid:
            found.append((str(kid["/S"]), kid))
            structure(kid, found)
    return found


def test_the_tag_tree_has_headings_and_table_headers(pdf: bytes) -> None:
    found = structure(root_of(pdf)["/StructTreeRoot"], [])
    kinds = [kind for kind, _ in found]
    assert {kind: kinds.count(kind) for kind in ("/H1", "/H2", "/Table", "/TH", "/TD")} == {
        "/H1": 2,
        "/H2": len(SECTIONS) + len(FORM_SECTIONS) + 1,
        "/Table": 1,
        "/TH": 3,
        "/TD": 3,
    }
    assert [element["/A"]["/O"] for kind, element in found if kind == "/TH"] == ["/Table"] * 3
    levels = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H\d", kind)]
    assert all(below - above <= 1 for above, below in pairwise([0, *levels]))
    assert root_of(pdf)["/Lang"] == "tr"


def test_running_heads_name_the_part(pdf: bytes, tmp_path: Path) -> None:
    pages = [page.splitlines() for page in poppler.pages(pdf, tmp_path)]
    start = next(number for number, lines in enumerate(pages) if "Ek-1: Ön Bilgilendirme Formu" in lines)
    heads = [any("Ek-1: Ön Bilgilendirme Formu" in line for line in lines) for lines in pages[1:]]
    assert heads == [start <= number < len(pages) - 1 for number in range(1, len(pages))]
    assert any(TEXT_TITLE in line for line in pages[-1])
    assert "Onay ve Mühür" in pages[-1]


def test_the_form_comes_back_letter_by_letter(pdf: bytes, tmp_path: Path) -> None:
    source = re.sub(r"^#+ ", "", markup.filled(FORM.source, BOTH), flags=re.MULTILINE).replace(" :: ", " ")
    expected = poppler.letters(markup.INFORMATION_NOTE + source.partition("\n")[2])
    assert poppler.body(pdf, tmp_path).count(expected) == 1


def test_evidence_and_attachments_cover_both(pdf: bytes, tmp_path: Path) -> None:
    evidence = BOTH.evidence
    assert evidence is not None
    hashes = re.findall(r"\b[0-9a-f]{64}\b", poppler.pages(pdf, tmp_path)[-1])
    assert hashes == [evidence.text_sha256, FORM.sha256, evidence.shown_sha256]
    data, text = (spec.get_object()["/EF"]["/F"].data for spec in list.__iter__(root_of(pdf)["/AF"]))
    assert hashlib.sha256(text).hexdigest() == evidence.shown_sha256
    assert json.loads(data)["approval"]["information_sha256"] == FORM.sha256
    assert json.loads(data)["terms"]["information"]["sha256"] == FORM.sha256


def test_the_draft_has_the_form_too(tmp_path: Path) -> None:
    pages = poppler.pages(render_draft(annexed(), created_at=CREATED_AT), tmp_path)
    assert sum("Ek-1: Ön Bilgilendirme Formu" in page.splitlines() for page in pages) == 1
    assert ["TASLAK — onaylanmamıştır" in page for page in pages] == [True] * len(pages)


# --- Hostile values -----------------------------------------------------------------------------------------
TITLES = [
    SCRIPT,
    MARKUP,
    "A" * 255,
    "İ" * 255,
    "{price.gross}",
    "ğüşıöçĞÜŞİÖÇ",
    "sıfır\x00\x1b[31m",
    "\u202eters\u200f",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_changes_nothing_but_itself(title: str) -> None:
    ordinary, hostile = annexed(), annexed(title=title)
    for html in (contract_of, markup.information_html):
        assert tags(html(hostile)) == tags(html(ordinary))
    shown = markup.clean(title)
    assert f"Unvanı :: {shown}\n" in markup.filled(FORM.source, hostile)
    assert shown.isprintable()


def contract_of(data: ContractData) -> str:
    return markup.contract_html(data.text.source, data)


@pytest.mark.parametrize("title", ["W" * 255, "İ" * 255, "\u202e" + "ğ" * 254])
def test_a_long_title_stays_within_the_margins(title: str, tmp_path: Path) -> None:
    data = approved(annexed(title=title, authorised_person="Ş" * 150))
    boxes = poppler.run("pdftotext", "-bbox", "-", pdf=render(data), folder=tmp_path)
    edges = [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes)]
    page_width, right_margin = 595.276, 34 / 25.4 * 72
    assert len(edges) > 1000
    assert max(edges) <= page_width - right_margin + 1


# --- Words --------------------------------------------------------------------------------------------------
def customers_words() -> list[Path]:
    """Return the sources of every word about the approval that a customer reads."""
    base = Path(markup.__file__).parents[1]
    # Neither is the approval of a contract: the application is signed before anybody is a customer, and a file of
    # unknown origin may carry a signature.
    others = {("accounts", "apply.html"), ("contracts", "wording.py")}
    return [
        path
        for folder in ("contracts", "templates", "payments", "packages")
        for path in sorted((base / folder).rglob("*"))
        if path.suffix in {".txt", ".html", ".py"} and path.parts[-2:] not in others
    ]


def test_the_approval_is_never_called_a_signature() -> None:
    wrong = re.compile(r"e-imza|elektronik imza|ıslak imza|dijital imza|imzala(?:dı|yın|yınız|mak)")
    files = customers_words()
    assert len(files) > 100
    # The undertaking of an application is another thing: a paper that people sign themselves.
    found = [path.name for path in files if wrong.search(lower(path.read_text())) and path.name != "paper.html"]
    assert found == []
