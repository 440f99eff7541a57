"""Sealed documents at each level, made with pyHanko alone, and what people and machines do to them."""

import hashlib
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from contracts.keys import Seal


def seal_without_stamp(pdf: bytes, *, seal: Seal) -> bytes:
    """Return `pdf` sealed at level B-B."""
    metadata = PdfSignatureMetadata(field_name="Muhur", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    return PdfSigner(metadata, seal.signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))).getvalue()


def stamp(pdf: bytes, *, timestamper: TimeStamper, field: str = "ZamanDamgasi") -> bytes:
    """Return `pdf` with a document time stamp appended."""
    return _stamped(IncrementalPdfFileWriter(BytesIO(pdf)), timestamper, field)


def archive(pdf: bytes, *, folder: Path, timestamper: TimeStamper, field: str = "ArsivDamgasi") -> bytes:
    """Return `pdf` at level B-LTA: the certificates, and a time stamp over everything."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    certificates = [load_cert_from_pemder(folder / f"{name}.pem") for name in ("root", "seal", "tsa")]
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=certificates)
    return _stamped(writer, timestamper, field)


def _stamped(writer: IncrementalPdfFileWriter, timestamper: TimeStamper, field: str) -> bytes:
    return PdfTimeStamper(timestamper, field_name=field).timestamp_pdf(writer, "sha256").getvalue()


def sha256(content: bytes) -> str:
    """Return the hash of a file, in hex."""
    return hashlib.sha256(content).hexdigest()


# --- What may be done to a document --------------------------------------------------------------------------------
def with_a_page(pdf: bytes) -> bytes:
    """Return `pdf` with one page more, appended as an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    pages = writer.root["/Pages"]
    size = generic.ArrayObject(generic.NumberObject(side) for side in (0, 0, 595, 842))
    page = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Page"),
            generic.pdf_name("/Parent"): writer.root.raw_get("/Pages"),
            generic.pdf_name("/MediaBox"): size,
        }
    )
    pages["/Kids"].append(writer.add_object(page))
    pages["/Count"] = generic.NumberObject(pages["/Count"] + 1)
    writer.update_container(pages)
    return _written(writer)


def with_another_language(pdf: bytes) -> bytes:
    """Return `pdf` with another /Lang, appended as an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    writer.root["/Lang"] = generic.pdf_string("en")
    writer.update_root()
    return _written(writer)


def encrypted(pdf: bytes) -> bytes:
    """Return `pdf` behind a password."""
    writer = copy_into_new_writer(PdfFileReader(BytesIO(pdf)))
    handler = StandardSecurityHandler.build_from_pw("gizli")
    writer.security_handler = handler
    writer._encrypt = writer.add_object(handler.as_pdf_object())
    return _written(writer)


def _written(writer: object) -> bytes:
    output = BytesIO()
    writer.write(output)  # type: ignore[attr-defined]
    return output.getvalue()


# --- Files that nobody would call a document -------------------------------------------------------------------------
def plain_pdf(root: bytes = b"/Type /Catalog /Pages 2 0 R", *more: bytes) -> bytes:
    """Return a PDF of one empty page whose catalogue is `root`; `more` are further objects, from 4 on."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    bodies = [b"<< %s >>" % root, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, *more]
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, rows)
    return content + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)


def packed(size: int, prefix: bytes = b"") -> bytes:
    """Return `prefix` and `size` spaces, packed into a thousandth of that."""
    packer = zlib.compressobj(9)
    block = b" " * 1024 * 1024
    return b"".join([packer.compress(prefix), *(packer.compress(block) for _ in range(size // len(block)))]) + (
        packer.flush()
    )


def with_xref_stream(dictionary: bytes, content: bytes) -> bytes:
    """Return a PDF that consists of a cross-reference stream with these entries and bytes."""
    head = b"%PDF-1.7\n"
    stream = b"1 0 obj\n<< /Type /XRef %s /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (
        dictionary,
        len(content),
        content,
    )
    return head + stream + b"startxref\n%d\n%%%%EOF\n" % len(head)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "packed a thousandfold": lambda: with_xref_stream(
        b"/Size 2 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode", packed(256 * 1024 * 1024)
    ),
    "packed twice": lambda: with_xref_stream(
        b"/Size 2 /W [1 2 1] /Root 1 0 R /Filter [/FlateDecode /FlateDecode]", zlib.compress(packed(64 * 1024 * 1024))
    ),
    "a billion references": lambda: with_xref_stream(
        b"/Size 1000000000 /W [0 0 0] /Index [0 1000000000] /Root 1 0 R", b""
    ),
    "a long cross-reference table": lambda: (
        b"%PDF-1.7\nxref\n0 999999999\n"
        + b"0000000000 65535 f \n" * 100_000
        + b"trailer\n<< /Size 999999999 /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
    ),
    "nested arrays": lambda: plain_pdf(b"/Type /Catalog /Pages 2 0 R /AcroForm " + b"[" * 200_000 + b"]" * 200_000),
    "nested dictionaries": lambda: plain_pdf(
        b"/Type /Catalog /Pages 2 0 R /AcroForm " + b"<</A" * 100_000 + b">>" * 100_000
    ),
    "a field inside itself": lambda: plain_pdf(
        b"/Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >>", b"<< /T (a) /Kids [4 0 R 4 0 R] >>"
    ),
    "a reference to itself": lambda: plain_pdf(b"/Type /Catalog /Pages 2 0 R /AcroForm 4 0 R", b"4 0 R"),
    "a cross-reference before itself": lambda: (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF\n"
    ),
}
