"""Seal a PDF (PAdES): B-T with a time stamp, B-B without one. The company's seal only: customers do not sign here."""

import io
from datetime import UTC, datetime

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.timestamps import TimeStamper

from contracts.keys import Seal

FIELD = "Muhur"
_METADATA = PdfSignatureMetadata(
    field_name=FIELD,
    subfilter=SigSeedSubFilter.PADES,
    md_algorithm="sha256",
    name="İleti Yönetim Sistemi A.Ş.",
    reason="Sözleşmenin İYS A.Ş. adına mühürlenmesi",
)


class _PdfASigner(PdfSigner):
    """For an elliptic-curve key pyHanko would call the file PDF 2.0; a PDF/A-3 file stays PDF 1.7."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:  # noqa: ARG002  (pyHanko's signature)
        pdf_out.register_extension(ESIC_EXTENSION_1)


def seal(pdf: bytes, *, seal: Seal) -> bytes:
    """Return `pdf` with the company's invisible, time-stamped seal appended (B-T); all of it is covered.

    Raises SealUnavailableError when the seal's certificate is not valid today or revoked, TimestampRequestError (an
    OSError) when the time-stamp authority does not answer, SigningError when the PDF cannot be signed.
    """
    return _sealed(pdf, seal, seal.timestamper)


def seal_without_stamp(pdf: bytes, *, seal: Seal) -> bytes:
    """Return `pdf` with the company's invisible seal appended (B-B), for when no time stamp is to be had.

    Raises as `seal` does, but for the time stamp.
    """
    return _sealed(pdf, seal, None)


def _sealed(pdf: bytes, seal: Seal, timestamper: TimeStamper | None) -> bytes:
    seal.check(datetime.now(UTC))
    signer = _PdfASigner(_METADATA, signer=seal.signer, timestamper=timestamper)
    return bytes(signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getbuffer())
