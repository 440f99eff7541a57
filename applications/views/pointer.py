"""Which draft a browser works on: a cookie that lives as long as an untouched draft, whoever logs in or out meanwhile.

It names an application of each kind and the secret of its link; encrypted, so that it can be read nowhere else, and
signed with its day.
"""

import json
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from applications.enums import ApplicationKind
from applications.models import Application
from applications.selectors import with_id
from applications.services.drafts import DRAFT_DAYS
from iys_portal.shared.crypto import lookup_hash, seal, unseal

COOKIE = "__Host-iys-basvuru" if settings.HTTPS else "iys-basvuru"
_SALT = "applications.pointer"
_AGE = timedelta(days=DRAFT_DAYS)
Response = TypeVar("Response", bound=HttpResponseBase)


def remember(request: HttpRequest, response: Response, application: Application, *, token: str) -> Response:
    """Let this browser go on with an application; it shows the secret link while it knows it."""
    return _set(response, {**_pointers(request), application.kind: (application.pk, token)})


def forget(request: HttpRequest, response: Response, kind: ApplicationKind) -> Response:
    """Let this browser know nothing more of its application of a kind; the link still opens it."""
    return _set(response, {known: value for known, value in _pointers(request).items() if known != kind})


def renewed(request: HttpRequest, response: Response) -> Response:
    """Count the days anew, as those of the draft are after a change."""
    pointers = _pointers(request)
    return _set(response, pointers) if pointers and COOKIE not in response.cookies else response


def mine(request: HttpRequest, kind: ApplicationKind) -> Application | None:
    """Return the application of a kind that this browser began, or opened by its link."""
    pk, _ = _pointers(request).get(kind, (None, ""))
    return with_id(pk, kind)


def link_of(request: HttpRequest, application: Application) -> str:
    """Return the secret of the link of this browser's draft; empty where the link is another by now."""
    pk, token = _pointers(request).get(application.kind, (None, ""))
    return token if pk == application.pk and lookup_hash(token) == application.token_hash else ""


def _pointers(request: HttpRequest) -> dict[str, tuple[int, str]]:
    """Return (number, secret) of each kind; nothing where the cookie is too old or was not written here."""
    sealed = request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=_AGE)
    found = unseal(sealed) if sealed else None
    return {kind: (pk, token) for kind, (pk, token) in json.loads(found or "{}").items()}


def _set(response: Response, pointers: dict[str, tuple[int, str]]) -> Response:
    response.set_signed_cookie(
        COOKIE,
        seal(json.dumps(pointers)),
        salt=_SALT,
        max_age=_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response
