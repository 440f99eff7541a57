"""The entry page, and the pages for what went wrong."""

import secrets

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.access import RoleForbidden, public
from accounts.selectors import people_with

logger = structlog.get_logger(__name__)


@require_safe
@public
def entry(request: HttpRequest) -> HttpResponse:
    """Giriş; people who are logged in go on to their brands, staff to their work."""
    if request.user.is_authenticated:
        if getattr(request, "memberships", None) or not request.user.is_staff:
            return redirect("brands:list")
        has_ledger = request.user.has_perm("payments.work_on_statements") and not request.user.is_superuser
        return redirect("accounting:dashboard" if has_ledger else "admin:index")
    return render(request, "entry.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is missing or stale."""
    return _error(request, "errors/csrf.html", 403, reason=reason)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, "errors/400.html", 400, reason=type(exception).__name__)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page is for others; a person whose role does not suffice reads whose does, and who has it."""
    if isinstance(exception, RoleForbidden):
        holders = people_with(request.provider.pk, exception.capability)  # type: ignore[attr-defined]  # set by the middleware
        context = {"who_may": str(exception), "holders": holders}
        return _error(request, "errors/403_role.html", 403, reason=exception.capability, **context)
    return _error(request, "errors/403.html", 403, reason=type(exception).__name__)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, "errors/404.html", 404, reason=type(exception).__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, "errors/500.html", 500, reason="unhandled")


def too_large(request: HttpRequest, *, limit: int) -> HttpResponse:
    """The upload is larger than `limit` bytes; nothing of it was kept."""
    return _error(request, "errors/413.html", 413, reason="too large", limit=limit)


def too_often(request: HttpRequest, *, seconds: int) -> HttpResponse:
    """One address asked too often within `seconds`."""
    answer = _error(request, "errors/429.html", 429, reason="too often")
    answer.headers["Retry-After"] = str(seconds)
    return answer


def busy(request: HttpRequest) -> HttpResponse:
    """Everything that could do the work is at work."""
    answer = _error(request, "errors/503.html", 503, reason="busy")
    answer.headers["Retry-After"] = "10"
    return answer


def _error(request: HttpRequest, template: str, status: int, *, reason: str, **context: object) -> HttpResponse:
    """Render an error page with a reference to quote; the log line with the same reference says more."""
    reference = secrets.token_hex(4).upper()
    logger.warning("error_page", status=status, reference=reference, reason=reason)
    return render(request, template, {"reference": reference, "status": status, **context}, status=status)
