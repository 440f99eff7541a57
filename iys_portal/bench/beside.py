"""A WSGI application that serves the portal, and below a prefix the same endpoint of another framework.

Both pass the middlewares that the API passes; the framework's module is loaded with its first call.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from iys_portal.wsgi import application as portal

PREFIX = "/drf"
_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "iys_portal.middleware.SecurityHeadersMiddleware",
    "iys_portal.bench.beside.own_addresses",
]


def own_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Find addresses among those of the framework's module."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = "iys_portal.bench.framework"
        response = get_response(request)
        response["Content-Length"] = str(len(response.content))  # as the portal's answers have it
        return response

    return middleware


@cache
def _framework() -> WSGIHandler:
    with override_settings(MIDDLEWARE=_MIDDLEWARE):
        return WSGIHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve the framework's endpoint below PREFIX, the portal elsewhere."""
    served = _framework() if environ["PATH_INFO"].startswith(PREFIX) else portal
    return served(environ, start_response)
