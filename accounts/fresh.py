"""Steps that ask for a fresh proof of who acts: a form waits in the web session while its person logs in again.

A login begins a new session. What waits, and for which company the person acts, comes into it if they are the same.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.adapters import ASK_AGAIN
from accounts.middleware import PROVIDER_KEY
from accounts.sessions import FRESH, is_fresh
from iys_portal.shared.crypto import seal, unseal
from partners.middleware import PARTY_KEY

_TYPED = "typed"
_CARRIED = (_TYPED, PROVIDER_KEY, PARTY_KEY)


def prove_first(request: HttpRequest, *, step: str, now: datetime) -> HttpResponse | None:
    """Return the page that asks for a new login before a valid form is acted on, or None after a recent one.

    `step` names what the person is about to do. The same address shows the form with what was typed (see `typed`);
    meanwhile the web session keeps it encrypted: it may hold somebody's TCKN.
    """
    if is_fresh(request.session, now=now):
        request.session.pop(_TYPED, None)
        return None
    address, kept = request.get_full_path(), request.POST.copy()
    kept.pop("csrfmiddlewaretoken", None)
    request.session[_TYPED] = [address, seal(kept.urlencode()), now.timestamp()]
    login = urlencode({"next": address, ASK_AGAIN: "1"})
    context = {"step": step, "minutes": FRESH.seconds // 60, "login": f"{reverse('accounts:login')}?{login}"}
    return render(request, "accounts/prove_first.html", {**context, "back": address}, status=403)


def typed(request: HttpRequest, *, now: datetime) -> QueryDict | None:
    """Return what was typed into the form of this address before a login that was asked for a moment ago, or None.

    The page tells the person that nothing was done yet.
    """
    address, sealed, at = request.session.get(_TYPED, ("", "", 0.0))
    is_it = address == request.get_full_path() and now.timestamp() - at <= FRESH.total_seconds()
    kept = unseal(sealed) if is_it else None
    if kept is None:
        return None
    done = "Kimliğiniz doğrulandı. " if is_fresh(request.session, now=now) else ""
    messages.info(request, f"{done}Henüz bir şey yapılmadı; denetleyip bir kez daha onaylayın.")
    return QueryDict(kept)


def carried(request: HttpRequest) -> tuple[Any, dict[str, Any]]:
    """Return whose session this is, and what of it outlives a new login of theirs."""
    return request.user.pk, {key: request.session[key] for key in _CARRIED if key in request.session}


def carry(request: HttpRequest, before: tuple[Any, dict[str, Any]]) -> None:
    """Bring it into the session of the person who has just logged in, if it was theirs."""
    person_id, values = before
    if person_id is not None and request.user.pk == person_id:
        request.session.update(values)
