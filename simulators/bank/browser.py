"""What every answer tells a browser: what it may load, where a form may go, and to keep nothing."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from simulators.bank.config import origin_of, running

_RULES = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def rules(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Set the headers of every answer. A view widens `form_targets` where its form leads to a merchant."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        targets = {origin_of(running().portal_url), *getattr(response, "form_targets", ())} - {""}
        response.headers["Content-Security-Policy"] = f"{_RULES}; form-action 'self' {' '.join(sorted(targets))}"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware
