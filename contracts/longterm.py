"""Make a sealed PDF last: a document time stamp (B-B → B-T), validation data under another one (B-T → B-LTA).

Everything is appended: the bytes that were given out before stay the beginning of the file.
"""

import asyncio
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.registry import SimpleCertificateStore

from contracts.keys import Seal
from contracts.trust import Trust

STAMP_FIELD = "ZamanDamgasi"
ARCHIVE_FIELD = "ArsivDamgasi"
_DIGEST = "sha256"


class NothingToArchiveError(Exception):
    """The PDF has no seal, or its seal no time stamp: it was never one of ours to archive."""


def stamp(pdf: bytes, *, seal: Seal) -> bytes:
    """Return the sealed `pdf` with a document time stamp appended: it proves when the seal was there at the latest.

    Raises TimestampRequestError when the time-stamp authority does not answer.
    """
    return _stamped(IncrementalPdfFileWriter(io.BytesIO(pdf)), STAMP_FIELD, seal)


def archive(pdf: bytes, *, seal: Seal) -> bytes:
    """Return the sealed and stamped `pdf` with its validation data and a time stamp over all of it (B-LTA).

    The data are the certificates of seal and time stamp and the revocation lists by which both were good: that is
    proven here, once, and can be followed by anybody later without asking anyone. Raises PathError (a ValueError of
    pyhanko_certvalidator) when it cannot be proven, TimestampRequestError when the authority does not answer,
    NothingToArchiveError when there is no stamped seal.
    """
    signature, token = _stamped_seal(pdf)
    paths = asyncio.run(_paths(signature, token, seal.trust))
    certificates = [certificate for path in paths for certificate in path]
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=certificates, crls=seal.trust.lists_for(certificates)
    )
    return _stamped(writer, ARCHIVE_FIELD, seal)


def _stamped(writer: IncrementalPdfFileWriter, field: str, seal: Seal) -> bytes:
    stamper = PdfTimeStamper(seal.timestamper, field_name=field, readable_field_name="Zaman damgası")
    return bytes(stamper.timestamp_pdf(writer, _DIGEST).getbuffer())


def _stamped_seal(pdf: bytes) -> tuple[EmbeddedPdfSignature, cms.SignedData]:
    """Return the company's seal and the time stamp that proves its time: in the seal, else the document's first."""
    reader = PdfFileReader(io.BytesIO(pdf))
    seals, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
    if not seals:
        raise NothingToArchiveError("no seal")
    tokens = [*extract_tst_data_iter(seals[0].signer_info, signed=False), *(stamp.signed_data for stamp in stamps)]
    if not tokens:
        raise NothingToArchiveError("no time stamp")
    return seals[0], tokens[0]


async def _paths(signature: EmbeddedPdfSignature, token: cms.SignedData, trust: Trust) -> list[ValidationPath]:
    """Return the proven ways from seal and time stamp to roots; lists of revocations are demanded for each step."""
    info: tsp.TSTInfo = token["encap_content_info"]["content"].parsed
    sealed_with = _validator(signature.signer_cert, signature.other_embedded_certs, trust, info["gen_time"].native)
    authority, chain = _stamp_certificates(token)
    stamped_with = _validator(authority, chain, trust, datetime.now(UTC))
    return [
        await sealed_with.async_validate_usage({"non_repudiation"}),
        await stamped_with.async_validate_usage(set(), {"time_stamping"}),
    ]


def _validator(
    certificate: asn1_x509.Certificate,
    chain: Iterable[asn1_x509.Certificate],
    trust: Trust,
    moment: datetime,
) -> CertificateValidator:
    """Return what judges a certificate at `moment` by lists that may be younger than that."""
    context = ValidationContext(
        trust_roots=list(trust.roots),
        other_certs=list(trust.others),
        crls=list(trust.lists),
        moment=moment,
        revocation_mode="require",
        retroactive_revinfo=True,
    )
    store = SimpleCertificateStore()
    store.register_multiple(chain)
    return CertificateValidator(certificate, intermediate_certs=store, validation_context=context)


def _stamp_certificates(token: cms.SignedData) -> tuple[asn1_x509.Certificate, list[asn1_x509.Certificate]]:
    """Return who signed a time stamp, and every certificate that it brings."""
    certificates = [choice.chosen for choice in token["certificates"]]
    signer = token["signer_infos"][0]["sid"].chosen
    (authority,) = (
        c for c in certificates if c.serial_number == signer["serial_number"].native and c.issuer == signer["issuer"]
    )
    return authority, certificates
