"""Writes workbooks for tests: ordinary ones by openpyxl, odd ones part by part."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

SHEET = "xl/worksheets/sheet1.xml"
PARTS: Mapping[str, str] = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "xl/workbook.xml": (
        '<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="Sayfa1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="p"><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def workbook(rows: Sequence[Sequence[Any]], *, sheet: str = "Hareketler", merged: Sequence[str] = ()) -> bytes:
    """Return a workbook of one sheet; days get openpyxl's own day format."""
    book = Workbook()
    table = book.active
    table.title = sheet
    for row in rows:
        table.append(list(row))
    for cells in merged:
        table.merge_cells(cells)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parts(sheet_data: str, **more: str) -> bytes:
    """Return a workbook of given parts: the rows of its sheet, and others by path (dots for slashes not needed)."""
    files = {**PARTS, SHEET: f"<worksheet><sheetData>{sheet_data}</sheetData></worksheet>", **more}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()
