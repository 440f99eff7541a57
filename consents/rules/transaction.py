"""The transaction id of an accepted movement: derived from what it says, so that it takes no room."""

import hashlib
from datetime import datetime
from functools import lru_cache

from consents.rules.fields import Movement
from iys_portal.shared.clock import ISTANBUL


def transaction_id(movement: Movement, *, iys_code: int, brand_code: int, created_at: datetime) -> str:
    """Return the 64 hex digits of a movement that was accepted at `created_at`.

    Two movements of one key never get the same: dates only grow, and of one date there is at most an approval and the
    citizen's refusal that follows it (consents/rules/state.py).
    """
    return transaction_id_of(
        iys_code,
        brand_code,
        movement.recipient_type.name,
        movement.channel.name,
        movement.recipient,
        movement.status.name,
        movement.consent_at,
        created_at,
    )


def transaction_id_of(
    iys_code: int,
    brand_code: int,
    recipient_type: str,
    channel: str,
    recipient: str,
    status: str,
    consent_at: datetime | None,
    created_at: datetime,
) -> str:
    """Return the same of a movement whose words are at hand: answers name a thousand at once."""
    text = (
        f"{iys_code}|{brand_code}|{recipient_type}|{channel}|{recipient}|{status}|{written(consent_at)}"
        f"|{written(created_at)}"
    )
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=4096)
def written(instant: datetime | None) -> str:
    """Return an instant as İYS writes it, Türkiye saati, to the second; an empty text for none."""
    return "" if instant is None else str(instant.astimezone(ISTANBUL))[:19]
