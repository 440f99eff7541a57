"""What the endpoints about consents share: rights by channel, the register's refusals in İYS's form, the tag."""

from collections.abc import Iterable, Sequence
from typing import Any

from consents import selectors
from consents.api_selectors import active_dealers
from consents.enums import Channel
from consents.rules.faults import Fault
from consents.rules.fields import Policy
from iys_portal.api.brief import briefly
from iys_portal.api.calls import Call
from iys_portal.api.errors import Problem, Refused, problem
from partners import enums as partners

TAG = "İZİN YÖNETİMİ"
BRAND = "/sps/{iysCode}/brands/{brandCode}"
FIELD_CODES = (
    *("H110", "H111", "H112", "H113", "H114", "H115", "H116", "H117", "H118", "H119", "H120", "H121", "H122", "H126"),
    *("H155", "H156", "H157", "H158", "H160", "H162", "H163", "H166", "H193", "H267", "H408", "H467"),
)
"""What can be wrong with a consent's fields."""


def policy() -> Policy:
    """Return what this installation allows, read anew twice a second at most."""
    return briefly("consent policy", selectors.policy)


def right_on(channel: Channel) -> partners.Channel:
    """Return the channel as grants name it."""
    return partners.Channel[channel.name]


def readable_channels(call: Call) -> list[int]:
    """Return the channels whose consents the caller may read."""
    return [each.value for each in Channel if call.lacks(right_on(each), partners.Right.READ) is None]


def refused_by_register(faults: Sequence[Fault], raw: dict[str, Any]) -> Refused:
    """Return the refusal of a movement by the gate or by what is recorded; dealers are named, nothing else is."""
    return Refused([_of_fault(fault, raw) for fault in faults])


def _of_fault(fault: Fault, raw: dict[str, Any]) -> Problem:
    if fault.code == "H180":
        return problem("H180", location=[fault.field], value=raw.get(fault.field))
    return worded(fault.code)


def worded(code: str) -> Problem:
    """Return one of the register's refusals with İYS's sentence."""
    return problem("H174", status="RET") if code == "H174" else problem(code)


def strange_dealers(call: Call, named: Iterable[tuple[int | None, int | None, Sequence[int]]]) -> list[Problem]:
    """Return a fault for each dealer that is no active one of the brand: named by (index, code, codes of access)."""
    named = list(named)
    wanted = {code for _, one, many in named for code in (one, *many) if code is not None}
    strange = wanted - active_dealers(call.brand, wanted) if wanted else set()
    problems = []
    for index, one, many in named if strange else []:
        place = {} if index is None else {"index": index}
        if one in strange:
            problems.append(problem("H180", location=["retailerCode"], value=one, **place))
        problems += [
            problem("H180", location=["retailerAccess", number], value=code, **place)
            for number, code in enumerate(many)
            if code in strange
        ]
    return problems
