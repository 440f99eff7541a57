"""Dealers as they are typed and sent."""

from typing import Any

from brands.places import town_with
from brands.rules import Details, Fault, examine
from tests import factories

TCKN, VKN = "10000000146", "4620000016"
GIVEN: dict[str, Any] = {
    "title": "XYZ Ticaret",
    "alias": "Şişli Mağazası",
    "name": "Adım Soyadım",
    "tckn": TCKN,
    "tin": VKN,
    "mersis": "0462000001600019",
    "city": {"code": 34, "name": "İstanbul"},
    "town": {"code": 434, "name": "Şişli"},
    "mobile": "+905325001111",
    "status": "active",
}
"""The register's object, as the API gets it."""

FORM = {**GIVEN, "city": "34", "town": "434"}
"""The same as a form sends it."""


def details(**changes: Any) -> Details:
    """Return the same as the services take it."""
    found, faults = examine({**GIVEN, **changes})
    assert (found is None, faults) == (False, [])
    assert found is not None
    return found


def broken(**changes: Any) -> list[tuple[str, str]]:
    """Return (code, field) of what is wrong with the object after some changes."""
    return codes(examine({**GIVEN, **changes})[1])


def codes(faults: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in faults]


def town_name(code: int) -> str:
    town = town_with(code)
    assert town is not None
    return town.short


def other_tckn(seed: int = 7) -> str:
    return factories.make_tckn(seed)
