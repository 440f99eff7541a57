"""Steps that ask for a fresh proof of who acts: a form waits in the web session while its person logs in again.

The session is kept by a new login of the same person, and emptied by one of somebody else.
"""

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from accounts.adapters import ASK_AGAIN
from accounts.sessions import FRESH, is_fresh

_TYPED = "typed"


def prove_first(request: HttpRequest, *, step: str, now: datetime) -> HttpResponse | None:
    """Return the page that asks for a new login before a valid form is acted on, or None after a recent one.

    `step` names what the person is about to do. The same address shows the form with what was typed (see `typed`).
    """
    if is_fresh(request.session, now=now):
        request.session.pop(_TYPED, None)
        return None
    address, kept = request.get_full_path(), request.POST.copy()
    kept.pop("csrfmiddlewaretoken", None)
    request.session[_TYPED] = [address, kept.urlencode(), now.timestamp()]
    login = urlencode({"next": address, ASK_AGAIN: "1"})
    context = {"step": step, "minutes": FRESH.seconds // 60, "login": f"{reverse('accounts:login')}?{login}"}
    return render(request, "accounts/prove_first.html", {**context, "back": address}, status=403)


def typed(request: HttpRequest, *, now: datetime) -> QueryDict | None:
    """Return what was typed into the form of this address before a login that was asked for a moment ago, or None."""
    address, kept, at = request.session.get(_TYPED, ("", "", 0.0))
    is_it = address == request.get_full_path() and now.timestamp() - at <= FRESH.total_seconds()
    return QueryDict(kept) if is_it else None
