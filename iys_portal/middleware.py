"""Headers that every answer carries and no library sets, and log lines that name no person."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    """Add Permissions-Policy, Cross-Origin-Resource-Policy, and no-store where the view said nothing of caching."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = _PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class WholePageMiddleware:
    """Let a redirect move the whole page of whoever asked for a piece of it.

    The browser would follow the redirect by itself and put what comes of it, or nothing, in the piece's place: who is
    logged out meanwhile would see a hole in the page instead of why.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "HX-Request" in request.headers and response.has_header("Location") and 300 <= response.status_code < 400:
            response.headers["HX-Redirect"] = response.headers["Location"]
            del response.headers["Location"]
            response.status_code, response.content = 204, b""
        return response


class RequestLogMiddleware(RequestMiddleware):
    """Log each request by method and path: what stands behind the question mark may be a name or a login code."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
