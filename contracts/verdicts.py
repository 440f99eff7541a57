"""What people are told about a document whose code or file they have: a verdict in words, and what to do next.

Whoever asks holds the document or its code, so its title and product may be told; nobody's name, number or price.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from contracts.enums import DocumentState
from contracts.examination import Anchors, Examination, Finding, examine
from contracts.models import SignedDocument
from contracts.sandbox import examine_apart
from contracts.selectors import document_with_code, documents_numbered
from contracts.trust import current_trust
from contracts.wording import SAYINGS, Saying
from iys_portal.shared.clock import istanbul_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the register says of a document."""

    number: str
    kind: str
    issued_on: date | None
    company: str
    product: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A saying, and what it was read from: the register's entry, the seal, the hash of the newest or given file."""

    saying: Saying
    entry: Entry | None = None
    seal: Examination | None = None
    sha256: str = ""
    given_number: str = ""
    is_code: bool = False
    ended: bool = False  # the certificate was valid when it sealed, and has run out since

    @property
    def is_test(self) -> bool:
        """Whether it is our seal, and one for trying out."""
        return self.seal is not None and self.seal.finding is not Finding.STRANGER and "TEST" in self.seal.signer


def portal_anchors() -> Anchors:
    """Return whom this installation trusts, the roots of past keys among them."""
    trust = current_trust()
    return Anchors(roots=trust.roots, others=trust.others, lists=trust.lists)


def verdict_on_code(code: str, *, now: datetime) -> Verdict:
    """Return what the register holds under a verification code (16 glyphs), its seal verified from the bytes now."""
    document = document_with_code(code)
    if document is None:
        return Verdict(saying=SAYINGS["unknown_code"], is_code=True)
    if document.content is None:
        return Verdict(saying=SAYINGS["in_preparation"], entry=_entry(document), is_code=True)
    content = bytes(document.content)
    sha256 = hashlib.sha256(content).hexdigest()
    seal = examine(content, anchors=portal_anchors(), now=now)
    good = seal.finding is Finding.INTACT and sha256 == document.sha256
    return Verdict(
        saying=SAYINGS["registered" if good else "register_damaged"],
        entry=_entry(document),
        seal=seal if good else None,
        sha256=sha256 if good else "",
        is_code=True,
        ended=good and _ended(seal, now),
    )


def verdict_on_file(pdf: bytes, *, now: datetime) -> Verdict:
    """Return what an uploaded file is worth; it is examined apart and kept nowhere. Raises sandbox.BusyError."""
    seal = examine_apart(pdf, anchors=portal_anchors(), now=now)
    candidates = list(documents_numbered(seal.number)) if seal.number else []
    document, saying = _match(pdf, seal, candidates)
    sealed = (
        seal.finding in {Finding.INTACT, Finding.UNSTAMPED, Finding.REVOKED, Finding.STRANGER} and saying != "changed"
    )
    return Verdict(
        saying=SAYINGS[saying],
        entry=_entry(document) if document else None,
        seal=seal if sealed else None,
        sha256=hashlib.sha256(pdf).hexdigest(),
        given_number="" if document else seal.number,
        ended=sealed and _ended(seal, now),
    )


def _match(pdf: bytes, seal: Examination, candidates: list[SignedDocument]) -> tuple[SignedDocument | None, str]:
    """Return the document of the register that the file is, if any, and the name of what to say."""
    if seal.finding is Finding.STRANGER and candidates:
        return None, "changed"  # it bears the number of one of ours, and not our seal
    if seal.finding is not Finding.INTACT:
        return None, seal.finding.value
    for document in candidates:
        content = bytes(document.content or b"")
        if content == pdf:
            return document, "genuine"
        if content.startswith(pdf):
            return document, "genuine_earlier"
    return None, "other_file" if candidates else "unregistered"


def _ended(seal: Examination, now: datetime) -> bool:
    return seal.certificate_ends is not None and seal.certificate_ends < now


def _entry(document: SignedDocument) -> Entry:
    terms = document.approval.terms
    return Entry(
        number=document.number,
        kind=document.approval.text.get_kind_display(),
        issued_on=istanbul_day(document.issued_at) if document.issued_at else None,
        company=terms["provider"]["title"],
        product=terms["product"],
        state=_state(document),
    )


def _state(document: SignedDocument) -> str:
    if document.state in {DocumentState.PENDING, DocumentState.FAILED}:
        return "Hazırlanıyor; henüz mühürlenmedi"
    if document.state == DocumentState.SEALED:
        return "Mühürlendi; zaman damgası bekleniyor"
    if document.archived_at is None:
        return "Mühürlü ve zaman damgalı"
    return "Mühürlü, zaman damgalı ve uzun süreli arşivde"
