"""Which provider the person acts for, and what becomes of web sessions that are over."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Person
from accounts.selectors import memberships_of
from accounts.sessions import note_use

PROVIDER_KEY = "provider_id"
_POLL = "X-Poll"


class LoginMiddleware(LoginRequiredMiddleware):
    """Ask for a login; who was logged in until a moment ago reads why first. Either way leads back to this page."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """Redirect to the login, or to the page that says that the session is over."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.session_key is None:
            # A piece of a page may have an address of its own; back is where the page was.
            page = getattr(request, "htmx", None) and request.htmx.current_url_abs_path  # type: ignore[attr-defined]  # set by HtmxMiddleware
            query = urlencode({"next": page or request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('accounts:session_ended')}?{query}")
        return super().handle_no_permission(request, view_func)


class CurrentProviderMiddleware:
    """Set `request.provider` and `request.membership` (or None) and `request.memberships` (of staff none).

    A membership that ended since the choice was made counts no more; a person with one provider needs no choice.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A page that asks by itself is not somebody who uses it: left open, it must not keep the session alive.
        if request.user.is_authenticated and _POLL not in request.headers:
            note_use(request.session, now=timezone.now())
        memberships: list[Membership] = []
        if isinstance(request.user, Person) and request.user.tckn_hash:
            memberships = list(memberships_of(request.user))
        chosen = request.session.get(PROVIDER_KEY) if memberships else None
        mine = {membership.provider_id: membership for membership in memberships}
        membership = mine.get(chosen) if chosen else None
        if membership is None and len(mine) == 1:
            membership = next(iter(mine.values()))
        request.memberships = memberships  # type: ignore[attr-defined]  # ProviderRequest declares it
        request.membership = membership  # type: ignore[attr-defined]  # ProviderRequest declares it
        request.provider = membership.provider if membership else None  # type: ignore[attr-defined]  # ProviderRequest declares it
        return self.get_response(request)
