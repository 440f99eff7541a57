"""Which column of a foreign file is probably which: by its name, else by what stands in it."""

from datetime import datetime

from consents.imports.columns import FIELDS, REQUIRED, Chosen, named_places
from consents.imports.mending import mended
from consents.imports.tables import Head
from consents.rules.faults import Fault
from consents.rules.fields import Policy, Raw, read

# A date that is one, whatever the rules say of its age.
_ONLY_AGE = frozenset({"H155", "H156", "H162", "H467"})
_BY_VALUE = ("consentDate", "recipient", "status", "type", "source", "recipientType")


def wrong_with(field: str, value: str, *, policy: Policy, now: datetime) -> Fault | None:
    """Return why this text cannot stand in a field, or None: what mending puts right is good."""
    cells = [""] * len(FIELDS)
    cells[FIELDS.index(field)] = value
    if field == "recipient" and "@" in value:
        cells[0] = "EPOSTA"
    (type_, source, recipient, status, written, kind, _), _ = mended(tuple(cells))
    faults = read(Raw(recipient, type_, status, source, written, kind), policy=policy, now=now).faults
    return next((fault for fault in faults if fault.field == field and fault.code not in _ONLY_AGE), None)


def guess(head: Head, *, policy: Policy, now: datetime) -> Chosen:
    """Return what can be guessed of a file's columns; a column is guessed for one field only."""
    places = named_places(head.cells)
    for field in _BY_VALUE:
        if field in places:
            continue
        for place in range(len(head.cells)):
            values = [row[place] for row in head.rows if row[place].strip()]
            is_free = place not in places.values()
            if is_free and values and all(wrong_with(field, v, policy=policy, now=now) is None for v in values):
                places[field] = place
                break
    addresses = [row[places["recipient"]] for row in head.rows] if "recipient" in places else []
    only_mail = bool(addresses) and all("@" in address for address in addresses)
    return Chosen(places, {"type": "EPOSTA"} if only_mail and "type" not in places else {})


def missing(chosen: Chosen) -> list[str]:
    """Return the fields that must be chosen and are not."""
    return [field for field in REQUIRED if field not in chosen.places and field not in chosen.constants]
