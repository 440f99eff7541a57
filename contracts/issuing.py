"""Issue queued documents: render, seal, time-stamp.

Apart from contracts.services because WeasyPrint and pyHanko take seconds to load: only workers that issue import it.
"""

import hashlib
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from contracts.data import ContractData, Evidence
from contracts.enums import DOCUMENT_TRANSITIONS, DocumentState
from contracts.keys import load_seal
from contracts.models import SignedDocument
from contracts.rendering import render_contract
from contracts.selectors import version_of
from contracts.signing import seal as seal_pdf
from iys_portal.audit.services import move


def pki_folder() -> Path:
    """Return the folder of the seal's keys and certificates."""
    return Path(settings.DATA_DIR) / "pki"


def issue_document(*, document_id: int, now: datetime) -> None:
    """Render, seal and time-stamp a queued document; does nothing when that was done before. Locks the document.

    When it fails, the document says so (`failed`) and the error is raised for the outbox to try again: no document
    ever leaves unsealed.
    """
    try:
        with transaction.atomic():
            _issue(document_id, now=now)
    except Exception:
        _mark_failed(document_id)
        raise


def _issue(document_id: int, *, now: datetime) -> None:
    document = (
        SignedDocument.objects.select_for_update(of=("self",), no_key=True)
        .select_related("approval__text", "approval__person")
        .get(pk=document_id)
    )
    if document.content is not None:
        return
    pdf = render_contract(contract_data(document), number=document.number, created_at=now)
    signed = seal_pdf(pdf, seal=load_seal(pki_folder()))
    move(
        document,
        DocumentState.TIMESTAMPED,
        table=DOCUMENT_TRANSITIONS,
        actor=None,
        reason="Mühürlendi ve zaman damgası vuruldu.",
        content=signed,
        sha256=hashlib.sha256(signed).hexdigest(),
        issued_at=now,
    )


@transaction.atomic
def _mark_failed(document_id: int) -> None:
    document = SignedDocument.objects.select_for_update(of=("self",), no_key=True).get(pk=document_id)
    if document.content is None:
        move(
            document,
            DocumentState.FAILED,
            table=DOCUMENT_TRANSITIONS,
            actor=None,
            reason="Belge hazırlanamadı; yeniden denenecek.",
        )


def contract_data(document: SignedDocument) -> ContractData:
    """Return what the contract says, from the approval and the term alone."""
    approval = document.approval
    return ContractData.from_terms(
        approval.terms,
        text=version_of(approval.text),
        evidence=Evidence(
            approved_at=approval.approved_at,
            ip=approval.ip or "",
            user_agent=approval.user_agent,
            checkbox_label=approval.checkbox_label,
            text_sha256=approval.text_sha256,
            shown_sha256=approval.shown_sha256,
        ),
        term=(document.term_start, document.term_end),
    )
