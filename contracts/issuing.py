"""Issue queued documents (render, seal, time-stamp) and archive them (B-LTA).

Apart from contracts.services because WeasyPrint and pyHanko take seconds to load: only workers that issue import it.
"""

import hashlib
from datetime import datetime

import pkcs11
from django.db import transaction
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from contracts import longterm
from contracts.data import ContractData
from contracts.enums import DOCUMENT_TRANSITIONS, DocumentState
from contracts.keys import Seal
from contracts.models import SignedDocument
from contracts.problems import sentence_for
from contracts.rendering import render_contract
from contracts.selectors import approved_contract
from contracts.signing import seal as seal_pdf
from contracts.signing import seal_without_stamp
from contracts.sources import current_seal, forget_keys
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record


def issue_document(*, document_id: int, now: datetime) -> None:
    """Render, seal and time-stamp a queued document; does nothing when that was done before. Locks the document.

    Without a time-stamp authority the document is sealed all the same (`sealed`). When it cannot be sealed, it says
    why (`failed`, `problem`) and the error is raised for the outbox to try again: none ever leaves unsealed. What
    is left to be done is promised as ``contract.archive`` in the same transaction.
    """
    try:
        with transaction.atomic():
            _issue(document_id, now=now)
    except Exception as error:
        _note(document_id, error)
        raise


def archive_document(*, document_id: int, now: datetime) -> None:
    """Make an issued document B-LTA; does nothing when that was done before. Locks the document.

    A document that was sealed without a time stamp gets one first, in a transaction of its own (`timestamped`).
    When something fails, the document stays as it is and says why; the error is raised for the outbox.
    """
    try:
        with transaction.atomic():
            _stamp(document_id)
        with transaction.atomic():
            _archive(document_id, now=now)
    except Exception as error:
        _note(document_id, error)
        raise


def _issue(document_id: int, *, now: datetime) -> None:
    document = _locked(document_id)
    if document.content is not None:
        return
    company = current_seal()  # before rendering: without a key there is nothing to render for
    pdf = render_contract(
        contract_data(document),
        number=document.number,
        created_at=now,
        verification_code=document.verification_code,
    )
    signed, state, problem = _sealed(pdf, company)
    stamped = state == DocumentState.TIMESTAMPED
    move(
        document,
        state,
        table=DOCUMENT_TRANSITIONS,
        actor=None,
        reason="Mühürlendi ve zaman damgası vuruldu." if stamped else "Mühürlendi; zaman damgası sonra vurulacak.",
        content=signed,
        sha256=hashlib.sha256(signed).hexdigest(),
        issued_at=now,
        problem=problem,
    )
    promise("contract.archive", document_id=document.pk)
    promise("contract.issued", document_id=document.pk)


def _sealed(pdf: bytes, company: Seal) -> tuple[bytes, DocumentState, str]:
    """Return the sealed PDF, what it is, and what is still missing."""
    try:
        return seal_pdf(pdf, seal=company), DocumentState.TIMESTAMPED, ""
    except TimestampRequestError as error:
        return seal_without_stamp(pdf, seal=company), DocumentState.SEALED, sentence_for(error)


def _stamp(document_id: int) -> None:
    document = _locked(document_id)
    if document.state != DocumentState.SEALED or document.content is None:
        return
    stamped = longterm.stamp(bytes(document.content), seal=current_seal())
    move(
        document,
        DocumentState.TIMESTAMPED,
        table=DOCUMENT_TRANSITIONS,
        actor=None,
        reason="Zaman damgası sonradan vuruldu.",
        content=stamped,
        sha256=hashlib.sha256(stamped).hexdigest(),
        problem="",
    )


def _archive(document_id: int, *, now: datetime) -> None:
    document = _locked(document_id)
    if document.content is None or document.archived_at is not None:
        return
    before = {"sha256": document.sha256, "bytes": len(document.content)}
    content = longterm.archive(bytes(document.content), seal=current_seal())
    document.content = content
    document.sha256 = hashlib.sha256(content).hexdigest()
    document.archived_at = now
    document.problem = ""
    document.save(update_fields=["content", "sha256", "archived_at", "problem"])
    after = {"sha256": document.sha256, "bytes": len(content)}
    record(action="archive", subject=document, actor=None, before=before, after=after)


@transaction.atomic
def _note(document_id: int, error: Exception) -> None:
    """Say on the document what went wrong; one that is not issued yet has failed."""
    if isinstance(error, pkcs11.PKCS11Error):
        forget_keys()
    document = _locked(document_id)
    problem = sentence_for(error)
    if document.content is None:
        move(
            document,
            DocumentState.FAILED,
            table=DOCUMENT_TRANSITIONS,
            actor=None,
            reason=problem,
            problem=problem,
        )
    elif document.archived_at is None:
        document.problem = problem
        document.save(update_fields=["problem"])


def _locked(document_id: int) -> SignedDocument:
    documents = SignedDocument.objects.select_for_update(of=("self",), no_key=True)
    return documents.select_related("approval__text", "approval__information", "approval__person").get(pk=document_id)


def contract_data(document: SignedDocument) -> ContractData:
    """Return what the contract says, from the approval and the term alone."""
    return approved_contract(document.approval, term=(document.term_start, document.term_end))
