"""The contract as a PDF: what it says, an archive file that fetches nothing and never varies."""

import hashlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pyhanko.pdf_utils.reader import PdfFileReader
from pytest_django import Settings

from contracts import markup
from contracts.data import ContractData
from contracts.rendering import (
    EvidenceMismatchError,
    PackagedFetcher,
    RenderingError,
    canonical_json,
    render_contract,
    render_draft,
)
from tests.contracts import poppler
from tests.contracts.samples import BRIEF_TEXT, CREATED_AT, MARKUP, NUMBER, SCRIPT, TEXT, approved, contract
from tests.contracts.test_contract_text import SECTIONS

# WeasyPrint leaves the file of its colour profile to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

CONTRACT = approved(contract())


def render(data: Any = CONTRACT) -> bytes:
    return render_contract(data, number=NUMBER, created_at=CREATED_AT)


def brief(**changes: Any) -> ContractData:
    """Return an approved contract with a text of a few lines; `changes` as those of `contract`."""
    return approved(contract(text=BRIEF_TEXT, **changes))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return render()


def catalogue(pdf: bytes) -> Any:
    return PdfFileReader(BytesIO(pdf)).root


# --- What it says -------------------------------------------------------------------------------------------
def shown_text(data: Any) -> str:
    """The contract's text below its title as a reader meets it, from the source alone."""
    source = re.sub(r"^#+ ", "", markup.filled(TEXT.source, data), flags=re.MULTILINE).replace(" :: ", " ")
    note = markup.SAMPLE_NOTE if data.demo else ""
    return poppler.letters(note + source.partition("\n")[2])


@pytest.mark.parametrize("data", [CONTRACT, approved(contract(title=SCRIPT, demo=False))], ids=["demo", "real"])
def test_the_whole_text_comes_back_letter_by_letter(data: Any, tmp_path: Path) -> None:
    text = shown_text(data)
    _, found, rest = poppler.body(render(data), tmp_path).partition(text)
    assert found == text
    assert rest.startswith("OnayveMühürŞirketadınaonayŞükrüIşıkgören")


def test_first_page_sums_up(pdf: bytes, tmp_path: Path) -> None:
    lines = poppler.pages(pdf, tmp_path)[0].splitlines()
    start = lines.index("İleti Yönetim Sistemi")
    assert lines[start : start + 15] == [
        "İleti Yönetim Sistemi",
        "Belge No SZL-2026-KM7T3RAWC",
        "Tarih 24.11.2026",
        "İLETİ Hizmetleri Satış Sözleşmesi",
        "Hizmet Sağlayıcı A.Ş. ile İleti Yönetim Sistemi A.Ş. arasında",
        "İYS No 12345678",
        "Yetkili Kişi Şükrü Işıkgören",
        "Sipariş Kodu KM7-T3R-AWC",
        "Süre 23.11.2026 – 22.11.2027",
        "Metin Sürümü 1",
        "Bedel",
        "İLETİ-150 (Seviye 1) – 1 yıl, net 4.320,00 ₺",
        "KDV (%18) 777,60 ₺",
        "Toplam (KDV dahil) 5.097,60 ₺",
        "ÖRNEK METİN – Bu sözleşme metni deneme ortamı için hazırlanmış bir taslaktır;",
    ]


def test_last_page_holds_approval_and_seal(pdf: bytes, tmp_path: Path) -> None:
    evidence = CONTRACT.evidence
    assert evidence is not None
    lines = poppler.pages(pdf, tmp_path)[-1].splitlines()
    start = lines.index("Onaylayan Şükrü Işıkgören, T.C. Kimlik No 100******46")
    assert lines[start : start + 7] == [
        "Onaylayan Şükrü Işıkgören, T.C. Kimlik No 100******46",
        "Hizmet Sağlayıcı Hizmet Sağlayıcı A.Ş., İYS No 12345678",
        "Kimlik doğrulama e-Devlet Kapısı",
        "Onay zamanı 23.11.2026 14:05:09 (Türkiye saati) · 23.11.2026 11:05:09 (UTC)",
        "Onaylanan beyan “Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.”",
        "Ağ adresi (IP) 192.0.2.15",
        "Tarayıcı Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0",
    ]
    hashes = re.findall(r"\b[0-9a-f]{64}\b", "\n".join(lines))
    assert hashes == [evidence.text_sha256, evidence.shown_sha256]
    assert "TEST – Mühür sertifikası ve zaman damgası" in lines


def test_every_page_has_number_and_total(pdf: bytes, tmp_path: Path) -> None:
    pages = poppler.pages(pdf, tmp_path)
    feet = [re.findall(r"Sayfa \d+ / \d+", page) for page in pages]
    assert feet == [[f"Sayfa {number} / {len(pages)}"] for number in range(1, len(pages) + 1)]
    assert [NUMBER in page for page in pages] == [True] * len(pages)


@pytest.mark.parametrize(("demo", "marked"), [(True, True), (False, False)])
def test_demo_documents_say_so_on_every_page(demo: bool, marked: bool, tmp_path: Path) -> None:
    pages = poppler.pages(render(brief(demo=demo)), tmp_path)
    assert ["ÖRNEK METİN · TEST" in page for page in pages] == [marked] * len(pages)
    assert any("TEST" in page for page in pages) is marked


def test_draft_is_headed_as_one_and_shows_no_code(tmp_path: Path) -> None:
    pages = poppler.pages(render_draft(contract(demo=False), created_at=CREATED_AT), tmp_path)
    assert ["TASLAK — onaylanmamıştır" in page for page in pages] == [True] * len(pages)
    text = "\n".join(pages)
    assert [word for word in ("KM7-T3R-AWC", "Onay ve Mühür", "SHA-256", "22.11.2027") if word in text] == []
    assert "Süre Etkinleştirmeden itibaren 1 yıl" in pages[0].splitlines()


def test_a_free_package_is_called_free(tmp_path: Path) -> None:
    nothing = Decimal("0.00")
    data = brief(product="İLETİ-75 (Seviye 1)", net=nothing, kdv=nothing, gross=nothing)
    assert "Toplam (KDV dahil) Ücretsiz" in poppler.pages(render(data), tmp_path)[0].splitlines()


def test_words_are_hyphenated_in_turkish(pdf: bytes, tmp_path: Path) -> None:
    ends = re.findall(r"(\w+)-\n(\w+)", "\n".join(poppler.pages(pdf, tmp_path)))
    assert ("anıla", "caktır") in ends
    assert all(len(first) >= 3 and re.match(r"[^aeıioöuüâîû]?[aeıioöuüâîû]", second) for first, second in ends)


# --- Hostile values -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("title", [SCRIPT, MARKUP, "A" * 255, "İ" * 255, "sıfır\x00bayt", "<!--", "&nbsp;</html>"])
def test_any_title_is_printed_as_it_is(title: str, tmp_path: Path) -> None:
    text = poppler.body(render(brief(title=title)), tmp_path)
    expected = poppler.letters(f"Sözleşmesi{markup.clean(title)} ile İleti Yönetim Sistemi A.Ş. arasında")
    assert text.count(expected) == 1


def test_letters_that_the_typeface_lacks_are_embedded_too(tmp_path: Path) -> None:
    fonts = embedded(render(brief(title="شركة")), tmp_path)
    assert [name for name in fonts if not name.startswith("Inter")] != []


# --- An archive file ----------------------------------------------------------------------------------------
def embedded(pdf: bytes, folder: Path) -> list[str]:
    """Return the names of the fonts, all of which must be embedded, subset and readable back."""
    rows = poppler.run("pdffonts", pdf=pdf, folder=folder).splitlines()[2:]
    assert [row.split()[-5:-2] for row in rows] == [["yes", "yes", "yes"]] * len(rows)
    return sorted({row.split()[0].partition("+")[2] for row in rows})


def test_fonts_are_the_packaged_one_and_embedded(pdf: bytes, tmp_path: Path) -> None:
    assert embedded(pdf, tmp_path) == ["Inter", "Inter-Semi-Bold", "Inter-Title-Semi-Bold"]


def test_pdf_a_3u_tagged_turkish(pdf: bytes) -> None:
    root = catalogue(pdf)
    assert pdf.startswith(b"%PDF-1.7")
    metadata = root["/Metadata"].data.decode()
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="U"' in metadata
    intent = root["/OutputIntents"][0]
    assert (intent["/S"], intent["/DestOutputProfile"]["/N"]) == ("/GTS_PDFA1", 3)
    assert (root["/Lang"], bool(root["/MarkInfo"]["/Marked"])) == ("tr", True)
    assert root["/StructTreeRoot"]["/Type"] == "/StructTreeRoot"
    assert "/AcroForm" not in root


def test_bookmarks_are_title_and_sections(pdf: bytes) -> None:
    item = catalogue(pdf)["/Outlines"]["/First"]
    assert item["/Title"] == "İLETİ Hizmetleri Satış Sözleşmesi"
    item = item["/First"]
    titles = [item["/Title"]]
    while "/Next" in item:
        item = item["/Next"]
        titles.append(item["/Title"])
    assert titles == [*SECTIONS, "Onay ve Mühür"]


def test_data_and_text_are_attached(pdf: bytes) -> None:
    assert CONTRACT.evidence is not None
    root = catalogue(pdf)
    attached = [reference.get_object() for reference in list.__iter__(root["/AF"])]
    assert [(spec["/UF"], spec["/AFRelationship"]) for spec in attached] == [
        ("sozlesme.json", "/Data"),
        ("sozlesme-metni.txt", "/Source"),
    ]
    data, text = (spec["/EF"]["/F"].data for spec in attached)
    assert data == canonical_json(CONTRACT, number=NUMBER, created_at=CREATED_AT)
    assert hashlib.sha256(text).hexdigest() == CONTRACT.evidence.shown_sha256
    assert attached[0]["/EF"]["/F"]["/Params"]["/ModDate"] == "D:20261123213000Z"


def test_canonical_json_is_the_contract() -> None:
    assert CONTRACT.evidence is not None
    content = json.loads(canonical_json(CONTRACT, number=NUMBER, created_at=CREATED_AT))
    assert content == {
        "number": NUMBER,
        "verification_code": None,
        "created_at": "2026-11-23T21:30:00Z",
        "terms": CONTRACT.terms(),
        "term": ["2026-11-23", "2027-11-22"],
        "approval": {
            "approved_at": "2026-11-23T11:05:09Z",
            "identified_by": "e-Devlet",
            "ip": "192.0.2.15",
            "user_agent": CONTRACT.evidence.user_agent,
            "checkbox_label": "Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.",
            "text_sha256": TEXT.sha256,
            "shown_sha256": markup.shown_sha256(CONTRACT),
        },
    }


def test_the_engine_has_nothing_to_complain_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        render()
    assert [record.getMessage() for record in caplog.records] == []


# --- Always the same bytes ----------------------------------------------------------------------------------
def test_the_same_contract_gives_the_same_bytes_years_later(pdf: bytes) -> None:
    with time_machine.travel(datetime(2031, 5, 4, tzinfo=UTC)):
        assert render() == pdf


def test_the_same_contract_gives_the_same_bytes_in_another_process(pdf: bytes) -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from contracts.rendering import render_contract\n"
        "from tests.contracts.samples import *\n"
        "pdf = render_contract(approved(contract()), number=NUMBER, created_at=CREATED_AT)\n"
        "sys.stdout.buffer.write(pdf)"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root), "TZ": "America/New_York"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert done.stdout == pdf


def test_another_number_or_instant_gives_other_bytes() -> None:
    data, later = brief(), CREATED_AT.replace(minute=31)
    others = [
        render_contract(data, number="SZL-2026-4H9WX6DRJ", created_at=CREATED_AT),
        render_contract(data, number=NUMBER, created_at=later),
    ]
    assert [other == render(data) for other in others] == [False, False]


# --- Only what was approved ---------------------------------------------------------------------------------
def test_what_was_not_approved_is_not_printed() -> None:
    changed = [
        replace(CONTRACT, evidence=None),
        replace(CONTRACT, product="İLETİ-250 (Seviye 1)"),
        replace(CONTRACT, net=Decimal("1.00"), kdv=Decimal("0.18"), gross=Decimal("1.18")),
        replace(CONTRACT, text=replace(TEXT, source=TEXT.source.replace("on dört gün", "on gün"))),
    ]
    for data in changed:
        with pytest.raises(EvidenceMismatchError):
            render(data)


# --- Nothing is fetched -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.png",
        "https://example.org/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "package:",
        "package:../settings.py",
        "package:inter-400.ttf?x",
        "x.png",
    ],
)
def test_only_packaged_files_are_served(url: str) -> None:
    with pytest.raises(ValueError, match="not a packaged file"):
        PackagedFetcher().fetch(url)


@pytest.mark.parametrize("resource", ["{address}/x.png", "//{host}/x.png", "x.png", "file:///etc/hostname"])
def test_a_template_that_names_another_resource_is_refused(resource: str, settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        host = f"127.0.0.1:{server.getsockname()[1]}"
        (tmp_path / "pdf").mkdir()
        source = resource.format(address=f"http://{host}", host=host)
        (tmp_path / "pdf" / "contract.html").write_text(f'<!doctype html><img alt="" src="{source}">')
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
        with pytest.raises(RenderingError):
            render()
        with pytest.raises(TimeoutError):
            server.accept()
