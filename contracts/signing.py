"""Seal a PDF (PAdES-B-T) and verify what was sealed. The company's seal only: customers do not sign here."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko_certvalidator import ValidationContext

from contracts.keys import Seal
from iys_portal.shared.clock import ISTANBUL

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

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:  # noqa: ARG002
        pdf_out.register_extension(ESIC_EXTENSION_1)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a PDF's seal says. `timestamped_at` is the authority's time (UTC), `sentence` is for people."""

    intact: bool
    trusted: bool
    timestamped_at: datetime | None
    signer: str
    sentence: str

    @property
    def valid(self) -> bool:
        """Whether the document is as it was sealed, by a trusted seal with a trusted time stamp."""
        return self.intact and self.trusted and self.timestamped_at is not None


def seal(pdf: bytes, *, seal: Seal) -> bytes:
    """Return `pdf` with the company's invisible, time-stamped seal appended; all of it is covered.

    Raises SealUnavailableError when the seal's certificate is not valid today, TimestampRequestError (an
    OSError) when the time-stamp authority does not answer, SigningError when the PDF cannot be signed.
    """
    seal.check(datetime.now(UTC))
    signer = _PdfASigner(_METADATA, signer=seal.signer, timestamper=seal.timestamper)
    return bytes(signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getbuffer())


def verify(pdf: bytes, *, trust: Iterable[x509.Certificate]) -> Verification:
    """Return what the seal of `pdf` is worth to whoever trusts the roots `trust`; a bad PDF never raises."""
    context = ValidationContext(trust_roots=list(trust), allow_fetching=False)
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        if not signatures:
            return _refused("Bu belgede elektronik mühür yok.")
        # The company's seal is the first and covers the whole file: whatever comes after it is a change.
        return _judge(signatures[0], validate_pdf_signature(signatures[0], context), pdf)
    except Exception:  # noqa: BLE001 - a file of unknown origin may break the parser in any way
        return _refused("Dosya okunabilir bir PDF belgesi değil ya da zarar görmüş.")


def _judge(signature: EmbeddedPdfSignature, status: PdfSignatureStatus, pdf: bytes) -> Verification:
    stamp = status.timestamp_validity
    at = stamp.timestamp if stamp is not None and stamp.valid and stamp.intact and stamp.trusted else None
    signer = str(status.signing_cert.subject.native.get("common_name", ""))
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE and _spells_all(signature, pdf)
    if not (status.intact and status.valid and whole):
        return _refused("Belge mühürlendikten sonra değiştirilmiş; mühür geçersiz.")
    if not status.trusted:
        sentence = "Belge mühürlendiğinden beri değişmemiş, ancak mührün sahibi doğrulanamıyor."
    elif at is None:
        sentence = f"Belge {signer} ile mühürlenmiş ve değişmemiş, ancak güvenilir bir zaman damgası yok."
    else:
        when = f"{at.astimezone(ISTANBUL):%d.%m.%Y %H:%M:%S}"
        sentence = f"Belge {when} (Türkiye saati) anında {signer} ile mühürlenmiş; o andan beri değişmemiş."
    return Verification(intact=True, trusted=status.trusted, timestamped_at=at, signer=signer, sentence=sentence)


def _spells_all(signature: EmbeddedPdfSignature, pdf: bytes) -> bool:
    """Whether nothing follows the signed bytes and the gap between them holds the seal as we write it."""
    _, before, after, length = list(signature.byte_range)
    gap = pdf[before:after]
    return after + length == len(pdf) and gap == gap.upper()


def _refused(sentence: str) -> Verification:
    return Verification(intact=False, trusted=False, timestamped_at=None, signer="", sentence=sentence)
