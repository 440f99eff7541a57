"""The QR code in the document: the right address, drawn module by module, read aloud, one path."""

import json
import re
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import qrcode
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pytest_django import Settings

from contracts import qr
from contracts.rendering import canonical_json, render_contract, render_draft
from tests.contracts import poppler
from tests.contracts.samples import BRIEF_TEXT, CREATED_AT, NUMBER, approved, contract

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

CODE = "KM7T3RAWC4H9WX6D"
ADDRESS = "https://portal.example.com.tr/dogrula/KM7T-3RAW-C4H9-WX6D/"
DATA = approved(contract(text=BRIEF_TEXT))
DOTS = 300


@pytest.fixture(autouse=True)
def public_url(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://portal.example.com.tr"


def render() -> bytes:
    return render_contract(DATA, number=NUMBER, created_at=CREATED_AT, verification_code=CODE)


def drawn(svg: str) -> list[list[bool]]:
    """Return the modules that the path of `svg` covers."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    modules = [[False] * size for _ in range(size)]
    path = re.findall(r' d="([^"]*)"', svg)[0]
    rectangles = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join("M{} {}h{}v1h-{}z".format(*rectangle) for rectangle in rectangles) == path
    for x, y, width, back in rectangles:
        assert width == back
        for step in range(int(width)):
            assert modules[int(y)][int(x) + step] is False
            modules[int(y)][int(x) + step] = True
    return modules


def expected() -> list[list[bool]]:
    """Return what the library draws for the address, by its own defaults but for the edge."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(ADDRESS)
    code.make()
    return code.get_matrix()


def test_the_address_is_the_public_one() -> None:
    assert (qr.address_of(CODE), qr.page_address()) == (ADDRESS, "portal.example.com.tr/dogrula")


def test_the_path_draws_the_librarys_modules() -> None:
    svg = qr.svg_of(ADDRESS, title="Karekod & adres")
    assert drawn(svg) == expected()
    assert "<title>Karekod &amp; adres</title>" in svg


def test_the_page_shows_the_modules(tmp_path: Path) -> None:
    """Rasterised by another program, the middle of each module is as dark as it should be."""
    pdf = render()
    picture = last_page(pdf, tmp_path)
    matrix = expected()
    # 24 mm wide at the left margin; its finder patterns make its first row and column dark from corner to corner.
    side = 24 / 25.4 * DOTS
    left = 32 / 25.4 * DOTS
    top = topmost(picture, int(left + side / len(matrix) / 2), side)
    step = side / len(matrix)
    seen = [
        [
            picture.getpixel((int(left + (x + 0.5) * step), int(top + (y + 0.5) * step))) < 128
            for x in range(len(matrix))
        ]
        for y in range(len(matrix))
    ]
    assert seen == matrix
    edge = int(4 * step)
    for strip in (
        (left - edge, top - edge, left - 2, top + side + edge),
        (left + side + 2, top - edge, left + side + edge, top + side + edge),
        (left - edge, top - edge, left + side + edge, top - 2),
        (left - edge, top + side + 2, left + side + edge, top + side + edge),
    ):
        assert picture.crop(tuple(int(place) for place in strip)).getextrema() == (255, 255)


def last_page(pdf: bytes, folder: Path) -> Image.Image:
    """Return the last page in grey, at DOTS an inch."""
    number = str(len(poppler.pages(pdf, folder)))
    target = folder / "page"
    options = ["-r", str(DOTS), "-gray", "-singlefile", "-f", number, "-l", number]
    subprocess.run(["pdftoppm", *options, str(folder / "document.pdf"), str(target)], check=True)
    return Image.open(target.with_suffix(".pgm"))


def topmost(picture: Image.Image, x: int, side: float) -> int:
    """Return where the dark side of the upper finder pattern, seven modules long, begins in column `x`."""
    dark = [picture.getpixel((x, y)) < 128 for y in range(picture.height)]
    long = int(side / len(expected()) * 6)
    return next(y for y in range(len(dark)) if all(dark[y : y + long]))


def test_it_is_no_bitmap_and_is_read_aloud(tmp_path: Path) -> None:
    pdf = render()
    assert poppler.run("pdfimages", "-list", pdf=pdf, folder=tmp_path).splitlines()[2:] == []
    reader = PdfFileReader(BytesIO(pdf))
    figures = list(figures_in(reader.root["/StructTreeRoot"]))
    assert [str(figure["/Alt"]) for figure in figures] == ["Belgenin doğrulama adresini açan karekod"]


def figures_in(element: Any) -> Iterator[Any]:
    """Walk the tree of tags."""
    element = element.get_object() if isinstance(element, generic.IndirectObject) else element
    if isinstance(element, list):
        for child in list.__iter__(element):
            yield from figures_in(child)
    elif isinstance(element, dict):
        if element.get("/S") == "/Figure":
            yield element
        yield from figures_in(element.get("/K"))


def test_code_and_address_stand_beside_it_and_in_the_data(tmp_path: Path) -> None:
    lines = poppler.pages(render(), tmp_path)[-1].splitlines()
    start = lines.index("Belgeyi doğrulayın")
    assert "KM7T-3RAW-C4H9-WX6D" in lines[start:]
    assert "portal.example.com.tr/dogrula" in " ".join(lines[start:])
    content = json.loads(canonical_json(DATA, number=NUMBER, created_at=CREATED_AT, verification_code=CODE))
    assert content["verification_code"] == CODE


def test_a_draft_and_a_document_without_a_code_show_none(tmp_path: Path) -> None:
    for pdf in (
        render_draft(contract(text=BRIEF_TEXT), created_at=CREATED_AT),
        render_contract(DATA, number=NUMBER, created_at=CREATED_AT),
    ):
        assert "Belgeyi doğrulayın" not in "\n".join(poppler.pages(pdf, tmp_path))
