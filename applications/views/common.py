"""Which application a browser is shown, and how a document is received."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from applications.enums import ApplicationKind
from applications.files import TOO_BIG
from applications.models import MAX_BYTES, Application
from applications.selectors import with_id
from contracts.uploads import TooLargeError, receive_in_memory
from iys_portal.throttling import is_too_often
from iys_portal.views import too_often

SECONDS = 300
_FILES, _BEGINNINGS = 30, 20
_SHOWN = "application_shown"
View = Callable[..., HttpResponseBase]


def begins_too_often(request: HttpRequest) -> bool:
    """Count what may begin a draft or writes to an address that somebody typed."""
    return is_too_often(request, what="application-begin", times=_BEGINNINGS, seconds=SECONDS)


def show(request: HttpRequest, application: Application) -> None:
    """Let this browser see a sent application for as long as its web session; its draft stays."""
    request.session[_SHOWN] = [application.kind, application.pk]


def shown(request: HttpRequest) -> Application | None:
    """Return the sent application that this browser asked for last."""
    kind, pk = request.session.get(_SHOWN, (ApplicationKind.COMPANY, None))
    return with_id(pk, kind)


def takes_document(view: View) -> View:
    """Receive one document in memory, refused by its announced length; the token is asked for once the body is read.

    A document that is too large comes back to the same page with the reason: nothing of the body was read.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def received(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return protected(request, *args, **kwargs)
        if is_too_often(request, what="application-file", times=_FILES, seconds=SECONDS):
            return too_often(request, seconds=SECONDS)
        try:
            receive_in_memory(request, limit=MAX_BYTES)
            return protected(request, *args, **kwargs)
        except TooLargeError:
            messages.error(request, TOO_BIG)
            return redirect(request.path)

    return received
