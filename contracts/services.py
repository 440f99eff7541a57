"""Record approvals, queue documents, issue them sealed and time-stamped."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Person, Provider
from contracts.data import ContractData, Evidence
from contracts.enums import DOCUMENT_TRANSITIONS, DocumentState
from contracts.keys import load_seal
from contracts.models import Approval, ContractText, SignedDocument
from contracts.rendering import render_contract
from contracts.selectors import version_of
from contracts.signing import seal as seal_pdf
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import move, record

GENESIS = "0" * 64
_CHAIN_LOCK = 0xC0A7


def pki_folder() -> Path:
    """Return the folder of the seal's keys and certificates."""
    return Path(settings.DATA_DIR) / "pki"


@transaction.atomic
def record_approval(
    *,
    provider: Provider,
    person: Person,
    order_code: str,
    text: ContractText,
    terms: Mapping[str, Any],
    shown_sha256: str,
    checkbox_label: str,
    ip: str | None,
    user_agent: str,
    now: datetime,
) -> Approval:
    """Append an approval to the provider's hash chain and return it.

    `shown_sha256` is the hash of the filled text as it was on the page. Serialised per provider by an advisory lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHAIN_LOCK, provider.pk % 2**31])
    newest = Approval.objects.filter(provider=provider).order_by("-pk").first()
    approval = Approval(
        provider=provider,
        person=person,
        text=text,
        order_code=order_code,
        terms=dict(terms),
        text_sha256=text.sha256,
        shown_sha256=shown_sha256,
        checkbox_label=checkbox_label,
        ip=ip,
        user_agent=user_agent[:300],
        approved_at=now,
        previous_hash=newest.hash if newest else GENESIS,
    )
    approval.hash = approval_hash(approval)
    approval.save()
    record(
        action="approve",
        subject=approval,
        actor=person,
        order=order_code,
        text=text.sha256,
        shown=shown_sha256,
    )
    return approval


def approval_hash(approval: Approval) -> str:
    """Return the SHA-256 (hex) over the previous link and everything that the approval says."""
    body = {
        "previous": approval.previous_hash,
        "provider": approval.provider_id,
        "person": approval.person_id,
        "order": approval.order_code,
        "terms": approval.terms,
        "text": approval.text_sha256,
        "shown": approval.shown_sha256,
        "checkbox": approval.checkbox_label,
        "ip": approval.ip,
        "user_agent": approval.user_agent,
        "at": approval.approved_at.isoformat(),
    }
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def queue_document(*, approval: Approval, term_start: date, term_end: date) -> SignedDocument:
    """Promise the signed contract of an approval in the caller's transaction; asked twice, one document.

    `term_start` and `term_end` are the first and the last day of the term, both inclusive.
    """
    document, created = SignedDocument.objects.get_or_create(
        approval=approval,
        defaults={
            "provider_id": approval.provider_id,
            "number": document_number(approval),
            "term_start": term_start,
            "term_end": term_end,
        },
    )
    if created:
        promise("contract.issue", document_id=document.pk)
    return document


def document_number(approval: Approval) -> str:
    """Return the number printed on the contract: ``SZL-2026-KM7T3RAWC``."""
    return f"SZL-{approval.approved_at.year}-{approval.order_code}"


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
