"""The endpoints: declared beside their functions, found by method and path, described in one document."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from iys_portal.api.errors import refused


class Needs(Enum):
    """What a caller must have before the endpoint's function is called."""

    NOTHING = auto()
    TOKEN = auto()
    """Any good token."""
    RIGHT = auto()
    """The provider itself, or a partner with any right; with `{brandCode}` in the path: on that brand."""
    SUBSCRIPTION = auto()
    """As RIGHT, and also while the subscription rests (only the subscription query)."""
    AGREEMENT = auto()
    """The provider itself, or a partner with Mutabakat Yönetimi on the brand."""
    PROVIDER = auto()
    """The provider itself and nobody else."""
    INTEGRATOR = auto()
    """The partner whose number is `{integratorCode}`."""
    INTERMEDIARY = auto()
    """An AHS, by HTTP Basic."""


class Hourly(Enum):
    """Limits by the hour, beside the one by the second that holds for all."""

    STATUS = "H086"
    HISTORY = "H089"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query, for the document."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Endpoint:
    """One service of the API. `body` and `answer` are types that msgspec can describe; None is an empty one.

    `codes` are the refusals of its own, beside those that every endpoint of its kind has; `also` other statuses of
    success without a body; `example` a request's body. The function's docstring is the description, in Turkish.
    """

    view: Callable[..., Any]
    method: str
    paths: tuple[str, ...]
    needs: Needs
    tag: str
    summary: str
    status: int = 200
    body: Any = None
    answer: Any = None
    query: tuple[Parameter, ...] = ()
    codes: tuple[str, ...] = ()
    hourly: Hourly | None = None
    example: Any = None
    answer_type: str = "application/json"
    also: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The operation's id in the document."""
        return self.view.__name__

    @property
    def description(self) -> str:
        """What the document says of it."""
        return " ".join((self.view.__doc__ or "").split())

    @property
    def of_brand(self) -> bool:
        return "{brandCode}" in self.paths[0]

    @property
    def of_provider(self) -> bool:
        return "{iysCode}" in self.paths[0]


@dataclass
class _Path:
    pattern: re.Pattern[str]
    endpoints: dict[str, Endpoint] = field(default_factory=dict)


_PATHS: dict[str, _Path] = {}
_BY_LENGTH: dict[int, list[_Path]] = {}


def endpoint(
    method: str, *paths: str, needs: Needs, tag: str, summary: str, **details: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the function an endpoint at these paths (the first one is the document's); `details` as in Endpoint."""

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        declared = Endpoint(view, method, paths, needs, tag, summary, **details)
        for path in paths:
            _add(path, declared)
        return view

    return declare


def _add(path: str, declared: Endpoint) -> None:
    known = _PATHS.get(path)
    if known is None:
        known = _PATHS[path] = _Path(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)))
        _BY_LENGTH.setdefault(path.count("/"), []).append(known)
    if declared.method in known.endpoints:
        raise ValueError(f"two endpoints for {declared.method} {path}")
    known.endpoints[declared.method] = declared


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint once, in the order of the declarations."""
    for path, known in _PATHS.items():
        yield from (each for each in known.endpoints.values() if each.paths[0] == path)


def methods_of(path: str) -> list[str]:
    """Return what a path answers, HEAD and OPTIONS among it; nothing for a path that is none."""
    known = next((known for known, _ in _matches(path)), None)
    methods = set(known.endpoints) if known else set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"}) if methods else []


def find(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """Return the endpoint and what stands in the path's braces; a slash at the end says nothing. Raises Refused."""
    for known, places in _matches(path):
        found = known.endpoints.get("GET" if method == "HEAD" else method)
        if found is None:
            raise refused("P005", method=method, headers={"Allow": ", ".join(methods_of(path))})
        return found, places
    raise refused("P004")


def _matches(path: str) -> Iterator[tuple[_Path, dict[str, str]]]:
    path = path.rstrip("/")
    for known in _BY_LENGTH.get(path.count("/"), ()):
        if match := known.pattern.fullmatch(path):
            yield known, match.groupdict()
