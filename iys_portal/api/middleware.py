"""Answer the API's paths before sessions, logins, forms' tokens and pages: none of them is the API's business."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from iys_portal.api import rooms  # noqa: F401  (declares the endpoints)
from iys_portal.api.handling import handle

ROOTS = frozenset(
    {"oauth2", "oauth", "sps", "v2", "integrator", "info", "brands", "version", "via", "otp-management", "widget"}
)
"""The first parts of the API's paths; below them no page stands, and what is unknown there is refused in JSON."""


class ApiMiddleware:
    """Send requests to the API to it, all others on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        root = request.path_info[1:].partition("/")[0]
        return handle(request) if root in ROOTS else self.get_response(request)
