"""The transaction id of an accepted movement: derived from what it says, so that it takes no room."""

import hashlib
from datetime import datetime

from consents.rules.fields import Movement
from iys_portal.shared.clock import ISTANBUL


def transaction_id(movement: Movement, *, iys_code: int, brand_code: int, created_at: datetime) -> str:
    """Return the 64 hex digits of a movement that was accepted at `created_at`.

    Two movements of one key never get the same: dates only grow, and of one date there is at most an approval and the
    citizen's refusal that follows it (consents/rules/state.py).
    """
    parts = (
        iys_code,
        brand_code,
        movement.recipient_type.name,
        movement.channel.name,
        movement.recipient,
        movement.status.name,
        written(movement.consent_at),
        written(created_at),
    )
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def written(instant: datetime | None) -> str:
    """Return an instant as İYS writes it, Türkiye saati, to the second; an empty text for none."""
    return "" if instant is None else f"{instant.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}"
