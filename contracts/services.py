"""Record approvals, queue their documents and take up those that wait; contracts.issuing makes them."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils.ipv6 import clean_ipv6_address

from accounts.models import Person, Provider
from contracts.chain import GENESIS, approval_hash
from contracts.models import Approval, ContractText, SignedDocument
from iys_portal.audit.models import OutboxMessage
from iys_portal.audit.outbox import promise
from iys_portal.audit.retries import hurry, retry
from iys_portal.audit.services import Actor, record
from iys_portal.shared import codes

_CHAIN_LOCK = 0xC0A7
_ISSUE, _ARCHIVE = "contract.issue", "contract.archive"


class Shown(Protocol):
    """What the person had before them: both texts, the canonical data, and the hash of all filled text."""

    @property
    def text(self) -> ContractText: ...
    @property
    def information(self) -> ContractText: ...
    @property
    def terms(self) -> Mapping[str, Any]: ...
    @property
    def sha256(self) -> str: ...


@transaction.atomic
def record_approval(
    *,
    provider: Provider,
    person: Person,
    order_code: str,
    shown: Shown,
    checkbox_label: str,
    ip: str | None,
    user_agent: str,
    now: datetime,
) -> Approval:
    """Append the approval of a contract and its annex to the provider's hash chain and return it.

    Serialised per provider by an advisory lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHAIN_LOCK, provider.pk % 2**31])
    newest = Approval.objects.filter(provider=provider).order_by("-pk").first()
    approval = Approval(
        provider=provider,
        person=person,
        text=shown.text,
        information=shown.information,
        order_code=order_code,
        terms=dict(shown.terms),
        text_sha256=shown.text.sha256,
        information_sha256=shown.information.sha256,
        shown_sha256=shown.sha256,
        checkbox_label=checkbox_label,
        ip=clean_ipv6_address(ip) if ip and ":" in ip else ip,  # likewise
        user_agent=user_agent[:300],
        approved_at=now.astimezone(UTC),  # hashed as the database gives it back
        previous_hash=newest.hash if newest else GENESIS,
    )
    approval.hash = approval_hash(approval)
    approval.save()
    record(
        action="approve",
        subject=approval,
        actor=person,
        order=order_code,
        text=approval.text_sha256,
        information=approval.information_sha256,
        shown=approval.shown_sha256,
    )
    return approval


def queue_document(*, approval: Approval, term_start: date, term_end: date) -> SignedDocument:
    """Promise the signed contract of an approval in the caller's transaction; asked twice, one document.

    `term_start` and `term_end` are the first and the last day of the term, both inclusive.
    """
    document, created = SignedDocument.objects.get_or_create(
        approval=approval,
        defaults={
            "provider_id": approval.provider_id,
            "number": document_number(approval),
            "verification_code": codes.random_glyphs(16),
            "term_start": term_start,
            "term_end": term_end,
        },
    )
    if created:
        promise(_ISSUE, document_id=document.pk)
    return document


def document_number(approval: Approval) -> str:
    """Return the number printed on the contract: ``SZL-2026-KM7T3RAWC``."""
    return f"SZL-{approval.approved_at.year}-{approval.order_code}"


@transaction.atomic
def retry_waiting(*, now: datetime, limit: int = 500) -> int:
    """Promise the next step of documents that wait for it and that the outbox no longer tries; return how many.

    Locks the documents; one that somebody works on is left alone.
    """
    waiting = SignedDocument.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    unfinished = waiting.filter(archived_at=None).defer("content").order_by("pk")
    to_issue = unfinished.filter(issued_at=None).exclude(pk__in=_promised(_ISSUE))[:limit]
    to_archive = unfinished.exclude(issued_at=None).exclude(pk__in=_promised(_ARCHIVE))[:limit]
    documents = [*to_issue, *to_archive]
    for document in documents:
        _promise_again(document, actor=None, now=now)
    return len(documents)


@transaction.atomic
def retry_documents(*, document_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """Have the next step of documents that wait for it tried at once; return how many waited. Locks and audits them."""
    waiting = SignedDocument.objects.select_for_update(of=("self",), no_key=True)
    documents = list(waiting.filter(pk__in=document_ids, archived_at=None).defer("content").order_by("pk"))
    for document in documents:
        record(action="retry", subject=document, actor=actor, problem=document.problem)
        _promise_again(document, actor=actor, now=now)
    return len(documents)


def _promised(topic: str) -> list[int]:
    open_messages = OutboxMessage.objects.filter(topic=topic, done_at=None, failed_at=None)
    return [payload["document_id"] for payload in open_messages.values_list("payload", flat=True)]


def _promise_again(document: SignedDocument, *, actor: Actor | None, now: datetime) -> None:
    """Take up the last message of the document's next step, or promise it anew when there is none to take up."""
    topic = _ARCHIVE if document.issued_at else _ISSUE
    messages = OutboxMessage.objects.filter(topic=topic, payload={"document_id": document.pk}, done_at=None)
    last = messages.order_by("pk").last()
    if last is None:
        promise(topic, document_id=document.pk)
    elif last.failed_at:
        retry(message_ids=[last.pk], actor=actor, now=now)
    else:
        hurry(last, now=now)
