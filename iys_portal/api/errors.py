"""Refusals in İYS's form: `{"errors": [{"code", "message", "location"?, "value"?, "index"?}]}`.

raise refused("H353", field="brandCode")
raise Refused([problem("H110", location=["status"]), problem("H114", location=["recipient"])])
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from iys_portal.api.codes import codes


class Problem(msgspec.Struct, omit_defaults=True, frozen=True):
    """One entry of `errors`. `index` is the place in a batch, from 0."""

    code: str
    message: str
    location: list[str | int] | UnsetType = UNSET
    value: Any = UNSET
    index: int | UnsetType = UNSET


class Errors(msgspec.Struct, frozen=True):
    """The body of every refusal but those of the token service."""

    errors: list[Problem]


class Refused(Exception):
    """The call is refused for these reasons, with the status of the first unless another one is given."""

    def __init__(
        self, problems: Sequence[Problem], *, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = list(problems)
        self.status = status or codes()[self.problems[0].code].status
        self.headers = dict(headers or {})


def problem(
    code: str,
    *,
    location: list[str | int] | UnsetType = UNSET,
    value: Any = UNSET,
    index: int | UnsetType = UNSET,
    **words: object,
) -> Problem:
    """Return an entry with the table's sentence; `words` fill its braces."""
    message = codes()[code].message
    return Problem(code, message.format(**words) if words else message, location, value, index)


def refused(
    code: str,
    *,
    location: list[str | int] | UnsetType = UNSET,
    value: Any = UNSET,
    headers: Mapping[str, str] | None = None,
    **words: object,
) -> Refused:
    """Return the refusal of a call for one reason."""
    return Refused([problem(code, location=location, value=value, index=UNSET, **words)], headers=headers)
