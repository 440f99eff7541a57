"""What is sent and what comes back, under Python's names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Consent:
    """A movement of one consent. Dates are Türkiye's time, `2026-11-23 14:05:00`; what is empty is not sent."""

    recipient: str
    type: str
    status: str
    source: str = ""
    consent_date: str = ""
    recipient_type: str = "BIREYSEL"
    retailer_code: int | None = None
    retailer_access: list[int] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the consent as the API names its fields."""
        values = {
            "recipient": self.recipient,
            "type": self.type,
            "status": self.status,
            "source": self.source,
            "consentDate": self.consent_date,
            "recipientType": self.recipient_type,
            "retailerCode": self.retailer_code,
            "retailerAccess": self.retailer_access,
        }
        return {name: value for name, value in values.items() if value not in (None, "", [])}


@dataclass(frozen=True)
class Batch:
    """A batch that was accepted: its results come later, under its number."""

    request_id: str
    size: int


@dataclass(frozen=True)
class Change:
    """A movement as the change feed tells it."""

    transaction_id: str
    recipient: str
    type: str
    recipient_type: str
    status: str
    creation_date: str
    consent_date: str = ""
    source: str = ""
    citizen_name: str = ""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Change":
        """Return the movement of a row of the feed."""
        return cls(
            row["transactionId"],
            row["recipient"],
            row["type"],
            row["recipientType"],
            row["status"],
            row["creationDate"],
            row.get("consentDate") or "",
            row.get("source") or "",
            row.get("citizenName") or "",
        )


@dataclass(frozen=True)
class Changes:
    """A page of the feed. Keep `after` when its movements are processed, and ask with it next time."""

    after: str | None
    list: list[Change]
