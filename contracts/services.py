"""Record approvals and queue their documents; contracts.issuing makes them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import Person, Provider
from contracts.models import Approval, ContractText, SignedDocument
from iys_portal.audit.outbox import promise
from iys_portal.audit.services import record

GENESIS = "0" * 64
_CHAIN_LOCK = 0xC0A7


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
