"""Who may call a view. Every view wears exactly one of these decorators; a test walks all routes.

`public` everybody · `signed_in` any person who logged in · `provider_view` somebody who acts for a provider
(the view gets `request.provider`) · `accountant_view` staff who may work on statements.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from accounts.models import Person, Provider

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class ProviderRequest(HttpRequest):
    """A request of a person who acts for `provider`; set by CurrentProviderMiddleware."""

    provider: Provider
    user: Person


def public(view: View) -> View:
    """Let everybody in, without a session."""
    view.access = "public"  # type: ignore[attr-defined]
    return login_not_required(view)


def signed_in(view: View) -> View:
    """Let in whoever logged in."""
    view.access = "signed_in"  # type: ignore[attr-defined]
    return view


def provider_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in a person who acts for a provider; send the others to choose one, or to the page that explains."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.provider is None:
            return redirect("accounts:choose")
        return view(request, *args, **kwargs)

    guarded.access = "provider"  # type: ignore[attr-defined]
    return guarded


def accountant_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in staff with the right to work on bank statements (group Muhasebe, administrators)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("payments.work_on_statements"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.access = "accountant"  # type: ignore[attr-defined]
    guarded.login_url = "admin:login"  # type: ignore[attr-defined]
    return guarded
