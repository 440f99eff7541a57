"""Contract data → the PDF that is sealed: WeasyPrint, PDF/A-3u, tagged, with its data attached.

The same data, number and instant give the same bytes. Nothing is fetched: the only resource a document may
name is the packaged typeface, and any other address stops the rendering.
"""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from threading import Lock

import fontpkg_inter
import uharfbuzz
from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string
from pydyf import PDF, Array
from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from contracts import hyphenation, markup, qr
from contracts.data import ContractData
from iys_portal.shared.clock import ISTANBUL

_TYPEFACE = fontpkg_inter.ROOT / "files" / "Inter[opsz,wght].ttf"
# The cuts that templates/pdf/contract.css names: weight and optical size.
_CUTS = {"package:inter-400.ttf": (400, 14), "package:inter-600.ttf": (600, 14), "package:inter-title.ttf": (600, 28)}
_DRAFT_MARK = "TASLAK — onaylanmamıştır"
_DEMO_MARK = "ÖRNEK METİN · TEST"
_ENGINE = Lock()  # the typeface is shared, and rendering keeps one processor busy anyway

hyphenation.register()
# Read by fontTools: the moment of embedding, else written into every font, would make no two documents alike.
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")


class RenderingError(Exception):
    """The document cannot be made: a resource is missing or is not one of ours."""


class EvidenceMismatchError(RenderingError):
    """The approved text is not the one that would be printed; no such document may ever be sealed."""


class PackagedFetcher(URLFetcher):
    """Serves the files that come with the portal, by their ``package:`` names, and nothing else."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("package",), allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 - the engine's signature
        """Return the packaged file; raise ValueError, which stops the rendering, for any other address."""
        if url not in _CUTS:
            raise ValueError("not a packaged file")
        return URLFetcherResponse(url, _cut(*_CUTS[url]))


def render_contract(data: ContractData, *, number: str, created_at: datetime, verification_code: str = "") -> bytes:
    """Return the unsigned PDF of an approved contract; `created_at` is an aware instant.

    With a `verification_code` (16 glyphs) it shows how, and by which QR code, the document is verified.

    Raises EvidenceMismatchError when the approval is missing or names another text, RenderingError when the
    document cannot be made.
    """
    evidence = data.evidence
    approved = evidence and (evidence.text_sha256, evidence.information_sha256, evidence.shown_sha256)
    annex = data.information.sha256 if data.information else ""
    if approved != (data.text.sha256, annex, markup.shown_sha256(data)):
        raise EvidenceMismatchError(number)
    mark = _DEMO_MARK if data.demo else ""
    return _render(data, number=number, created_at=created_at, mark=mark, verification_code=verification_code)


def render_draft(data: ContractData, *, created_at: datetime) -> bytes:
    """Return the PDF that a customer may read before approving: headed as a draft, never sealed."""
    mark = f"{_DRAFT_MARK} · {_DEMO_MARK}" if data.demo else _DRAFT_MARK
    return _render(data, number="", created_at=created_at, mark=mark)


def _render(data: ContractData, *, number: str, created_at: datetime, mark: str, verification_code: str = "") -> bytes:
    created = created_at.astimezone(ISTANBUL).replace(microsecond=0)
    attached = canonical_json(data, number=number, created_at=created_at, verification_code=verification_code)
    try:
        html = _html(data, number, created, mark, verification_code)
    except (TemplateDoesNotExist, TemplateSyntaxError, OSError) as error:
        raise RenderingError(f"{type(error).__name__}: {error}") from error
    return print_pdf(
        html,
        styles=("contract.css",),
        identifier=hashlib.sha256(attached).digest(),
        attachments=_attachments(data, attached, created),
    )


def print_pdf(
    html: str, *, styles: tuple[str, ...], identifier: bytes, attachments: Sequence[Attachment] = ()
) -> bytes:
    """Return a tagged PDF/A-3u of `html`, styled by these files of templates/pdf/; the first 16 bytes of
    `identifier` are the document's own. The same arguments give the same bytes. Raises RenderingError.
    """
    try:
        with _ENGINE:
            style, fonts = _style(*styles)
            pdf: bytes = HTML(string=html, base_url="package:", url_fetcher=PackagedFetcher()).write_pdf(
                stylesheets=[style],
                font_config=fonts,
                attachments=list(attachments),
                pdf_variant="pdf/a-3u",
                pdf_tags=True,
                pdf_identifier=identifier[:16],
                finisher=_finish,
            )
    except (FatalURLFetchingError, OSError) as error:
        # WeasyPrint's fatal errors are no Exceptions: they would end the worker, not the task.
        raise RenderingError(f"{type(error).__name__}: {error}") from error
    return pdf


def _finish(_: Document, pdf: PDF) -> None:
    """Mend the catalogue, and write the objects one by one."""
    if "AF" in pdf.catalog:  # WeasyPrint names every attachment twice
        pdf.catalog["AF"] = Array(dict.fromkeys(pdf.catalog["AF"]))
    # Packed together they would take sealing and examining the square of their number: the library reads the head of
    # the package anew for each.
    write = pdf.write
    pdf.write = lambda target, version, identifier, _compress: write(target, version, identifier)


def canonical_json(data: ContractData, *, number: str, created_at: datetime, verification_code: str = "") -> bytes:
    """Return the document for machines: terms, term, approval; sorted keys, UTF-8, instants in UTC."""
    evidence, start, end = data.evidence, data.term_start, data.term_end
    approval = evidence and {
        "approved_at": _utc(evidence.approved_at),
        "identified_by": "e-Devlet",
        "ip": evidence.ip,
        "user_agent": evidence.user_agent,
        "checkbox_label": evidence.checkbox_label,
        "text_sha256": evidence.text_sha256,
        "shown_sha256": evidence.shown_sha256,
        **({"information_sha256": evidence.information_sha256} if evidence.information_sha256 else {}),
    }
    content = {
        "number": number,
        "verification_code": verification_code or None,
        "created_at": _utc(created_at),
        "terms": data.terms(),
        "term": [start.isoformat(), end.isoformat()] if start and end else None,
        "approval": approval,
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _html(data: ContractData, number: str, created: datetime, mark: str, verification_code: str) -> str:
    evidence = data.evidence
    context = {
        "data": data,
        "title": markup.title(data.text.source),
        "number": number,
        "created_at": created,
        "created": created.isoformat(),
        "mark": mark,
        "provider_title": markup.clean(data.provider.title),
        "person": markup.clean(data.authorised_person),
        "product": markup.clean(data.product),
        "rate": markup.percentage(data),
        "order_code": data.order_code if evidence else "",
        "text": markup.contract_html(data.text.source, data),
        "annex_title": f"Ek-1: {markup.title(data.information.source)}" if data.information else "",
        "annex": markup.information_html(data),
    }
    if evidence:
        context["approved_istanbul"] = f"{evidence.approved_at.astimezone(ISTANBUL):%d.%m.%Y %H:%M:%S}"
        context["approved_utc"] = f"{evidence.approved_at.astimezone(UTC):%d.%m.%Y %H:%M:%S}"
        context["user_agent"] = markup.clean(evidence.user_agent)
    if verification_code:
        context["verification_code"] = verification_code
        context["verification_page"] = qr.page_address()
        context["verification_qr"] = qr.svg_of(
            qr.address_of(verification_code), title="Belgenin doğrulama adresini açan karekod"
        )
    return render_to_string("pdf/contract.html", context)


def _attachments(data: ContractData, attached: bytes, created: datetime) -> list[Attachment]:
    shown = markup.shown_text(data).encode()
    utc = created.astimezone(UTC)  # WeasyPrint writes the clock's figures and calls them UTC
    dates = {"created": utc, "modified": utc}
    return [
        Attachment(string=attached, name="sozlesme.json", description="Sözleşme verisi", relationship="Data", **dates),
        # Its SHA-256 is the approval's `shown_sha256`: anybody can check what was approved.
        Attachment(
            string=shown,
            name="sozlesme-metni.txt",
            description="Onaylanan sözleşme metni",
            relationship="Source",
            **dates,
        ),
    ]


def _cut(weight: int, optical_size: int) -> bytes:
    """Return one static cut of the variable typeface.

    The engine would make these itself, anew for each document, in Python: a third of what a contract takes.
    """
    face, wanted = uharfbuzz.Face(_TYPEFACE.read_bytes()), uharfbuzz.SubsetInput()
    wanted.keep_everything()
    for axis, place in (("wght", weight), ("opsz", optical_size)):
        wanted.pin_axis_location(face, axis, place)
    static: bytes = uharfbuzz.subset(face, wanted).blob.data
    return static


@cache
def _style(*names: str) -> tuple[CSS, FontConfiguration]:
    """Return these style sheets, after the design tokens' colours (paper takes the light ones), and their typeface.

    Both are loaded once in a process: a typeface per document would never be given back whole.
    """
    tokens = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    colours = "".join(re.findall(r"--[\w-]+:[^;]+;", tokens.partition("@media")[0]))
    folder = settings.BASE_DIR / "templates" / "pdf"
    rules = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    fonts = FontConfiguration()
    sheet = f":root{{{colours}}}\n{rules}"
    return CSS(string=sheet, base_url="package:", url_fetcher=PackagedFetcher(), font_config=fonts), fonts
