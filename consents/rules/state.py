"""May a movement follow what is recorded? İYS's matrix of conflicts (domain 1.4)."""

from dataclasses import dataclass
from datetime import datetime

from consents.enums import ConsentStatus, RecipientType
from consents.rules.faults import Fault
from consents.rules.fields import Movement, Policy


@dataclass(frozen=True)
class Standing:
    """A consent as it is recorded."""

    status: ConsentStatus
    consent_at: datetime | None


def judge(standing: Standing | None, movement: Movement, *, policy: Policy) -> list[Fault]:
    """Return why a provider's movement may not follow what is recorded, none when it may."""
    refuses = movement.status == ConsentStatus.RET
    if standing is None:
        free = movement.recipient_type == RecipientType.TACIR and policy.tacir_first_ret
        return [Fault("H175", "status")] if refuses and not free else []
    faults = []
    if refuses and standing.status == ConsentStatus.RET:
        faults.append(Fault("H174", "status"))
    if movement.source is None:
        faults.append(Fault("H463", "source"))
    if movement.consent_at is None:
        faults.append(Fault("H462", "consentDate"))
    # A refusal of what is refused says so, and nothing of its date.
    elif not faults and not is_newer(standing, movement.consent_at):
        faults.append(Fault("H178", "consentDate"))
    return faults


def judge_citizens(standing: Standing | None, movement: Movement) -> list[Fault]:
    """Return why a citizen's own movement comes too late: it wins by its date alone.

    Dates are kept to the second. Of what a citizen refuses and what was approved in the same one, the refusal stands.
    """
    if standing is None or (movement.consent_at is not None and is_newer(standing, movement.consent_at)):
        return []
    refuses = movement.status == ConsentStatus.RET != standing.status
    if refuses and movement.consent_at == standing.consent_at:
        return []
    return [Fault("H178", "consentDate")]


def is_newer(standing: Standing, consent_at: datetime) -> bool:
    """Return whether a date is strictly later than the recorded one; any date is later than none."""
    return standing.consent_at is None or consent_at > standing.consent_at
