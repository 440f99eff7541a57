"""What the bytes of a PDF say about its seal. Imports neither Django nor the portal: a bare process runs it too.

A document counts as unchanged only in the shape in which the portal makes it: one seal, then at most archive time
stamps, each over everything before it, the last one over the whole file (docs/adr/0019-verification.md).
"""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import cms, crl, x509
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko_certvalidator import ValidationContext

from contracts.reading import Reader
from contracts.revoked import was_revoked
from contracts.spelling import covers_all, is_plain

_NUMBER = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_TAIL = 1024  # where readers look for the end mark


class Finding(StrEnum):
    """What an examination ends with."""

    INTACT = "intact"  # sealed by a trusted seal, nothing changed since
    UNSTAMPED = "unstamped"  # the same, but its time stamp is of an unknown authority
    REVOKED = "revoked"  # the seal's certificate had been revoked when it sealed
    STRANGER = "stranger"  # unchanged since somebody sealed it whom the roots do not vouch for
    CHANGED = "changed"
    NO_SEAL = "no_seal"
    ENCRYPTED = "encrypted"
    INCOMPLETE = "incomplete"
    NOT_PDF = "not_pdf"
    UNREADABLE = "unreadable"
    UNBOUNDED = "unbounded"  # it asks for too much time, memory or depth


_OURS = frozenset({Finding.INTACT, Finding.UNSTAMPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The finding, and what a readable seal says; instants are UTC, `number` is the one the file gives itself."""

    finding: Finding
    level: str = ""  # B-B, B-T or B-LTA
    signer: str = ""
    sealed_at: datetime | None = None  # by the time-stamp authority
    archived_at: datetime | None = None  # the newest archive time stamp
    certificate_ends: datetime | None = None
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """Whom the examiner trusts: roots, certificates that may lead to them, revocation lists that it knows."""

    roots: Sequence[x509.Certificate]
    others: Sequence[x509.Certificate] = ()
    lists: Sequence[crl.CertificateList] = ()


def examine(pdf: bytes, *, anchors: Anchors, now: datetime) -> Examination:
    """Return what the seal of `pdf` is worth to whoever trusts `anchors`; a bad PDF never raises.

    Certificates are judged at the instant of the time stamp over what they signed, without one at `now` (aware).
    """
    if not pdf.startswith(b"%PDF-"):
        return Examination(finding=Finding.NOT_PDF)
    try:
        return asyncio.run(_examine(pdf, anchors, now))
    except (MemoryError, RecursionError):
        return Examination(finding=Finding.UNBOUNDED)
    except Exception:  # noqa: BLE001 - a file of unknown origin may break the parser in any way
        ended = b"%%EOF" in pdf[-_TAIL:]
        return Examination(finding=Finding.UNREADABLE if ended else Finding.INCOMPLETE)


async def _examine(pdf: bytes, anchors: Anchors, now: datetime) -> Examination:
    reader = Reader(pdf)
    if reader.encrypted:
        return Examination(finding=Finding.ENCRYPTED)
    number = _number_of(reader)
    signatures = reader.embedded_signatures
    if not signatures or signatures[0].sig_object_type != "/Sig":
        return Examination(finding=Finding.NO_SEAL, number=number)
    judge = _Judge(reader, anchors, now)
    seal, *stamps = signatures
    status = await judge.seal(seal)
    finding = judge.first_look(status)
    archived: list[datetime] = []
    if finding in _OURS:
        # We wrote it, so it must have our shape to the last byte.
        archived = [at for stamp in stamps if (at := await judge.stamp(stamp))]
        whole = covers_all(signatures, pdf) and len(archived) == len(stamps) and _is_plain(seal, status)
        finding = finding if whole else Finding.CHANGED
    if finding is Finding.CHANGED:
        return Examination(finding=finding, number=number)
    token = status.timestamp_validity
    stamped_at = token.timestamp if token is not None and finding is Finding.INTACT else None
    return Examination(
        finding=finding,
        level="B-LTA" if archived and judge.has_store else "B-T" if archived or token is not None else "B-B",
        signer=str(status.signing_cert.subject.native.get("common_name", "")),
        sealed_at=stamped_at or min(archived, default=None),
        archived_at=max(archived, default=None) if judge.has_store else None,
        certificate_ends=status.signing_cert.not_valid_after,
        number=number,
    )


def _is_plain(seal: EmbeddedPdfSignature, status: PdfSignatureStatus) -> bool:
    token = status.timestamp_validity
    return is_plain(seal.signed_data, status.validation_path, token.validation_path if token else None)


class _Judge:
    """Validates the signatures of one file, each at the instant that counts for it."""

    def __init__(self, reader: Reader, anchors: Anchors, now: datetime) -> None:
        self._anchors = anchors
        self._now = now
        self._stamps = reader.embedded_timestamp_signatures
        try:
            self._store = DocumentSecurityStore.read_dss(reader)
        except NoDSSFoundError:
            self._store = None
        stored = self._store.crls if self._store else []
        self._lists = [*anchors.lists, *(crl.CertificateList.load(one.get_object().data) for one in stored)]

    @property
    def has_store(self) -> bool:
        """Whether the file carries what a later reader needs to judge it alone."""
        return self._store is not None

    def first_look(self, status: PdfSignatureStatus) -> Finding:
        """Return what the seal's status means; what stands around the seal has not been looked at yet."""
        token = status.timestamp_validity
        sound = status.intact and status.valid and status.docmdp_ok
        if not sound or (token is not None and not (token.intact and token.valid)):
            return Finding.CHANGED
        if status.revoked:
            return Finding.REVOKED
        if not status.trusted:
            return Finding.STRANGER
        stamped_at = token.timestamp if token is not None and token.trusted else None
        if was_revoked(status.validation_path, self._lists, at=stamped_at or self._first_archived()):
            return Finding.REVOKED
        if token is None:
            return Finding.INTACT
        is_good = stamped_at and not was_revoked(token.validation_path, self._lists, at=stamped_at)
        return Finding.INTACT if is_good else Finding.UNSTAMPED

    async def seal(self, signature: EmbeddedPdfSignature) -> PdfSignatureStatus:
        """Return the seal's status at its time stamp; at the first archive stamp or now if it has none."""
        claimed = _claimed(signature)
        status = await self._seal_at(signature, claimed or self._first_archived())
        token = status.timestamp_validity
        if token is not None and not token.trusted:
            # Whoever made the time stamp may have chosen the time: it proves nothing about the seal.
            status = await self._seal_at(signature, self._now)
        return status

    async def stamp(self, signature: EmbeddedPdfSignature) -> datetime | None:
        """Return the instant of an archive time stamp, or None where it is no trusted one."""
        if signature.sig_object_type != "/DocTimeStamp":
            return None
        at: datetime = _time_of(signature.signed_data)
        status = await async_validate_pdf_timestamp(signature, self._context(at))
        good = (
            status.intact
            and status.valid
            and status.trusted
            and is_plain(signature.signed_data, status.validation_path)
            and not was_revoked(status.validation_path, self._lists, at=at)
        )
        return at if good else None

    async def _seal_at(self, signature: EmbeddedPdfSignature, at: datetime) -> PdfSignatureStatus:
        return await async_validate_pdf_signature(signature, self._context(at), self._context(at))

    def _first_archived(self) -> datetime:
        return _time_of(self._stamps[0].signed_data) if self._stamps else self._now

    def _context(self, at: datetime) -> ValidationContext:
        # Revocation lists are those of the file and those that are known here: signed, and maybe newer than the stamp.
        arguments = {
            "trust_roots": list(self._anchors.roots),
            "other_certs": list(self._anchors.others),
            "crls": list(self._anchors.lists),
            "moment": at,
            "allow_fetching": False,
            "retroactive_revinfo": True,
        }
        if self._store is None:
            return ValidationContext(**arguments)
        return self._store.as_validation_context(arguments)


def _claimed(signature: EmbeddedPdfSignature) -> datetime | None:
    for token in extract_tst_data_iter(signature.signer_info, signed=False):
        return _time_of(token)
    return None


def _time_of(token: cms.SignedData) -> datetime:
    at: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return at


def _number_of(reader: Reader) -> str:
    """Return the document number in the attached data, or an empty text."""
    try:
        for reference in list.__iter__(reader.root["/AF"]):
            attached = reference.get_object()
            if str(attached["/UF"]).endswith(".json"):
                number = json.loads(attached["/EF"]["/F"].data)["number"]
                return number if _NUMBER.fullmatch(number) and len(number) <= 30 else ""
    except Exception:  # noqa: BLE001 - other people's files need no number
        return ""
    return ""
