"""Web sessions in the database (settings.SESSION_ENGINE): idle for 20 minutes or 8 hours old, they are over.

A session that somebody logged into notes when, when it was last used, in which browser and from where. The row ends
by itself: its expiry is the earlier of the two limits, and `load` asks for rows that have not expired.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.browsers import browser_name
from accounts.models import WebSession
from iys_portal.throttling import address_of

IDLE = timedelta(minutes=20)
LONGEST = timedelta(hours=8)
WARNING = timedelta(minutes=2)
FRESH = timedelta(minutes=15)
"""How long somebody who proved who they are may take steps that ask for a fresh proof."""
_NOTED_EVERY = timedelta(minutes=1)

_STARTED, _SEEN, _BROWSER, _ADDRESS, _PROVED = "started", "seen", "browser", "address", "proved"


class SessionStore(DatabaseStore):
    """The database's sessions, with the columns of WebSession."""

    @classmethod
    def get_model_class(cls) -> type[WebSession]:
        return WebSession

    def create_model_instance(self, data: dict[str, Any]) -> WebSession:
        """Return the row of the session's data; one that nobody logged into lives as long as the cookie."""
        row = cast("WebSession", super().create_model_instance(data))
        if SESSION_KEY in data and _STARTED in data:
            row.person_id = int(data[SESSION_KEY])
            row.started_at, row.seen_at = _instant(data[_STARTED]), _instant(data[_SEEN])
            row.browser, row.address = data[_BROWSER], data[_ADDRESS]
            row.expire_date = min(row.seen_at + IDLE, row.started_at + LONGEST)
        return row


@receiver(user_logged_in)
def note_login(request: HttpRequest, **_kwargs: Any) -> None:
    """Write into the new session what its person will know it by."""
    now = timezone.now().timestamp()
    request.session.update(
        {
            _STARTED: now,
            _SEEN: now,
            _PROVED: now,
            _BROWSER: browser_name(request.headers.get("User-Agent", "")),
            _ADDRESS: shortened(address_of(request)),
        }
    )


def note_proof(session: Any, *, proved_at: float | None, asked_again: bool) -> None:
    """Note how old the proof behind a login by e-Devlet is: as old as e-Devlet says (Unix time).

    Where it does not say, the login counts if it was `asked_again` for the password, else nothing was proved now.
    """
    if proved_at is not None:
        session[_PROVED] = min(proved_at, session[_PROVED])
    elif not asked_again:
        session.pop(_PROVED, None)


def is_fresh(session: Any, *, now: datetime) -> bool:
    """Return whether whoever uses this session proved who they are a moment ago."""
    return _PROVED in session and now.timestamp() - session[_PROVED] <= FRESH.total_seconds()


def note_use(session: Any, *, now: datetime) -> None:
    """Note that the session was used, at most once a minute: a page does not cost a write."""
    seen = session.get(_SEEN)
    if seen is not None and now - _instant(seen) >= _NOTED_EVERY:
        session[_SEEN] = now.timestamp()


def ends_in(session: Any, *, now: datetime) -> timedelta | None:
    """Return how long the session lasts if it is not used, or None where nobody logged in."""
    if _STARTED not in session:
        return None
    return min(_instant(session[_SEEN]) + IDLE, _instant(session[_STARTED]) + LONGEST) - now


def shortened(address: str) -> str:
    """Return an address without what tells its one user from the neighbours: ``192.0.2.***``, ``2001:db8:1::***``."""
    try:
        known = ip_address(address.partition("/")[0])
    except ValueError:
        return ""
    if known.version == 4:
        return f"{address.rpartition('.')[0]}.***"
    return f"{ip_network((known, 48), strict=False).network_address}***"


def _instant(stamp: float) -> datetime:
    return datetime.fromtimestamp(stamp, tz=UTC)
