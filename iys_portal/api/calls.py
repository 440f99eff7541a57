"""A call as an endpoint's function gets it: who calls, for whom, with what."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar, cast, overload
from uuid import UUID

import msgspec
from django.http import HttpRequest
from msgspec import UNSET

from accounts.models import ApiAccount, Provider
from brands.models import Brand
from iys_portal.api.errors import Problem, Refused, problem, refused
from iys_portal.audit.services import Program
from packages.models import Subscription
from partners.enums import Channel, Right
from partners.models import Intermediary, Partner
from partners.rules import Standing

Body = TypeVar("Body")
_MOST_PAGE = 100
_NUMBER = 2_147_483_647


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _there(value: Body | None) -> Body:
    if value is None:
        raise LookupError("The endpoint does not need this, or its path does not name it.")
    return value


@dataclass
class Call:
    """One request to the API. `provider`, `brand` and `term` are there as far as the path names them.

    `request_id` stands in the answer's header X-Request-Id and in the log; a batch may take it for its own number.
    """

    request: HttpRequest
    request_id: UUID
    now: datetime
    places: dict[str, str] = field(default_factory=dict)
    account: ApiAccount | None = None
    provider_reached: Provider | None = None
    brand_reached: Brand | None = None
    term: Subscription | None = None
    standing: Standing | None = None
    recipients: list[str] = field(default_factory=list)

    @property
    def shown_path(self) -> str:
        """The path as a log may show it: a sole trader's tax number is their TCKN."""
        number = self.places.get("tin")
        return self.request.path_info.replace(number, "*****") if number else self.request.path_info

    @property
    def provider(self) -> Provider:
        """Whom the path names; only where it has an iysCode."""
        return _there(self.provider_reached)

    @property
    def brand(self) -> Brand:
        """The brand that the path names; only where it has a brandCode."""
        return _there(self.brand_reached)

    @property
    def caller(self) -> ApiAccount:
        """The account; only where the endpoint needs one."""
        return _there(self.account)

    @property
    def actor(self) -> Program:
        """Who is written into the audit trail."""
        return Program(self.caller.as_actor)

    @property
    def partner(self) -> Partner | None:
        """The İş Ortağı that calls, or None when it is a provider or an AHS."""
        return self.caller.partner

    @property
    def intermediary(self) -> Intermediary:
        """The AHS that calls; only where the endpoint needs one."""
        return _there(self.caller.intermediary)

    # --- What came along ---
    @overload
    def body(self) -> Any: ...
    @overload
    def body(self, kind: type[Body], *, invalid: str) -> Body: ...
    def body(self, kind: Any = Any, *, invalid: str = "H014") -> Any:
        """Return the body's JSON as `kind` (dict, list, a msgspec.Struct …).

        What is no JSON is refused with H014, JSON of another kind with the code `invalid`.
        """
        raw = self.request.body
        if b"\\u0000" in raw:  # no text of PostgreSQL's
            raise refused("H014")
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.ValidationError:
            # The decoder stops at the first thing that is of another kind: what comes after it may be no JSON.
            raise refused(invalid if _is_json(raw) else "H014") from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise refused("H014") from None

    def query(self, name: str) -> str | None:
        """Return a parameter of the query, or None."""
        return self.request.GET.get(name)

    def page(self, *, default: int = 10, most: int = _MOST_PAGE) -> tuple[int, int]:
        """Return (offset, limit) of the query; raise Refused with all that is wrong with them."""
        offset, limit = self._number("offset", 0), self._number("limit", default)
        wrong = []
        if offset is None:
            wrong.append(problem("H182", location=["offset"], value=self.query("offset")))
        if limit is None:
            wrong.append(problem("H183", location=["limit"], value=self.query("limit")))
        elif limit == 0:
            wrong.append(problem("H187", location=["limit"], value=0))
        elif limit > most:
            wrong.append(problem("H186", location=["limit"], value=limit))
        if wrong:
            raise Refused(wrong)
        return cast("int", offset), cast("int", limit)

    def _number(self, name: str, default: int) -> int | None:
        written = self.query(name)
        if written is None:
            return default
        number = int(written[:11]) if written.isascii() and written.isdigit() else _NUMBER + 1
        return number if number <= _NUMBER else None

    # --- What is allowed ---
    def lacks(self, channel: Channel, right: Right, *, index: int | None = None) -> Problem | None:
        """Return why the caller may not do this on a channel of the brand (P002), or None; a provider always may."""
        if self.standing is None or replace(self.standing, sleep=None).why_refused(channel, right) is None:
            return None
        return problem("P002", index=UNSET if index is None else index)

    def demand(self, channel: Channel, right: Right) -> None:
        """Refuse the call (403 P002) unless the caller has the right on the channel of the brand."""
        if (lack := self.lacks(channel, right)) is not None:
            raise Refused([lack])

    # --- What is remembered ---
    def note_recipients(self, recipients: Iterable[str]) -> None:
        """Remember whom the call is about, for the log, which keeps their number and the first three, masked."""
        self.recipients.extend(recipients)
