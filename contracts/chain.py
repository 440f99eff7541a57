"""The hash chain of approvals, one for each provider: how a link is made, and where a chain is broken."""

import hashlib
import json
from typing import Any

from django.db.models import QuerySet

from contracts.models import Approval

GENESIS = "0" * 64


def approval_hash(approval: Approval) -> str:
    """Return the SHA-256 (hex) over the previous link and everything that the approval says.

    The body has versions, told apart by the row itself, so that every old row keeps its hash: an approval with a
    pre-information form has version 2, which names the form and itself.
    """
    body: dict[str, Any] = {
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
    if approval.information_id is not None:
        body |= {"version": 2, "information": approval.information_sha256}
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def first_broken(approvals: QuerySet[Approval]) -> int | None:
    """Return the number of the first approval of whole chains that is not what was written, or None.

    A changed row breaks its own hash; after a deleted, added or moved one the next row's link leads nowhere.
    """
    heads: dict[int, str] = {}
    for approval in approvals.order_by("provider_id", "pk").iterator(chunk_size=2000):
        expected = heads.get(approval.provider_id, GENESIS)
        if approval.previous_hash != expected or approval.hash != approval_hash(approval):
            return approval.pk
        heads[approval.provider_id] = approval.hash
    return None
