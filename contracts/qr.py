"""The verification address of a document, and its QR code as one vector path."""

from collections.abc import Sequence
from itertools import groupby

import qrcode
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_M

from iys_portal.shared.codes import grouped


def address_of(code: str) -> str:
    """Return where a document with this verification code (16 glyphs) is verified."""
    return f"{settings.PUBLIC_URL}{reverse('verification:document', kwargs={'code': grouped(code)})}"


def page_address() -> str:
    """Return the address of the page itself, as a person types it: without the scheme."""
    return f"{settings.PUBLIC_URL}{reverse('verification:form')}".partition("://")[2].rstrip("/")


def matrix_of(text: str) -> list[list[bool]]:
    """Return the modules of `text` as a QR code, rows from the top, True is dark; a fifth of it may be unreadable."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    matrix: list[list[bool]] = code.get_matrix()
    return matrix


def svg_of(text: str, *, title: str) -> SafeString:
    """Return `text` as an SVG of one path, one unit a module, without the light edge; `title` is read aloud."""
    matrix = matrix_of(text)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {0} {0}"><title>{1}</title>'
        '<path d="{2}"/></svg>',
        len(matrix),
        title,
        "".join(_runs(y, row) for y, row in enumerate(matrix)),
    )


def _runs(y: int, row: Sequence[bool]) -> str:
    """Return the dark runs of a row as closed rectangles."""
    path, x = "", 0
    for dark, modules in groupby(row):
        width = len(list(modules))
        if dark:
            path += f"M{x} {y}h{width}v1h-{width}z"
        x += width
    return path
