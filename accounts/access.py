"""Who may call a view. Every view wears exactly one of these decorators; a test walks all routes.

`public` everybody · `signed_in` any person who logged in · `provider_view` somebody who acts for a provider
(the view gets `request.provider`), with the capability that the view names · `partner_view` somebody who acts for an
iş ortağı or AHS (`request.party`) · `accountant_view` staff who may work on statements · `administrator_view`
administrators.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.enums import Capability
from accounts.models import Membership, Person, Provider
from accounts.rules import may, who_may

if TYPE_CHECKING:
    from partners.models import Intermediary, Partner

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
AnyView = Callable[..., HttpResponseBase]
ACTING_FOR = "saglayici"
"""The hidden field of a form that names no object: for which company it was drawn (components/acting_for.html)."""
_SWITCHED_PARTY = "Bu arada başka bir kuruluşa geçtiniz; işlem yapılmadı."
_SWITCHED = "Bu arada başka bir hizmet sağlayıcıya geçtiniz; işlem yapılmadı."


class RoleForbidden(PermissionDenied):
    """The person acts for the provider, but not with a role that has the capability; `str()` says whose has."""

    def __init__(self, capability: Capability) -> None:
        super().__init__(who_may(capability))
        self.capability = capability


class ProviderRequest(HttpRequest):
    """A request of a person who acts for `provider` by `membership`; set by CurrentProviderMiddleware."""

    provider: Provider
    membership: Membership
    user: Person


class PartyRequest(HttpRequest):
    """A request of a person who acts for `party`; set by partners.middleware.CurrentPartyMiddleware."""

    party: "Partner | Intermediary"
    user: Person


def public(view: View) -> View:
    """Let everybody in, without a session."""
    view.access = "public"  # type: ignore[attr-defined]  # read by the test of all routes
    return login_not_required(view)


def signed_in(view: View) -> View:
    """Let in whoever logged in."""
    view.access = "signed_in"  # type: ignore[attr-defined]  # read by the test of all routes
    return view


@overload
def provider_view(needs: AnyView) -> AnyView: ...
@overload
def provider_view(needs: Capability) -> Callable[[AnyView], AnyView]: ...
def provider_view(needs: AnyView | Capability) -> AnyView | Callable[[AnyView], AnyView]:
    """Let in a person who acts for a provider; send the others to choose one, or to the page that explains.

    A form that says for which provider it was drawn does nothing for another one, chosen meanwhile in another tab.

    Plain it lets everybody read; ``@provider_view(Capability.PURCHASE)`` asks for a role that has the capability, and
    tells the others whom to ask.
    """
    if isinstance(needs, Capability):
        return partial(_guarded, capability=needs)
    return _guarded(needs, capability=Capability.VIEW)


def _guarded(view: AnyView, *, capability: Capability) -> AnyView:
    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.provider is None:
            return _chooser(request)
        if not may(request.membership.role, capability):
            raise RoleForbidden(capability)
        if request.method == "POST" and request.POST.get(ACTING_FOR, str(request.provider.pk)) != str(
            request.provider.pk
        ):
            messages.error(request, _SWITCHED)
            return redirect(request.get_full_path())
        return view(request, *args, **kwargs)

    guarded.access = "provider"  # type: ignore[attr-defined]  # read by the test of all routes
    guarded.capability = capability  # type: ignore[attr-defined]  # read by the test of all routes
    return guarded


def _chooser(request: HttpRequest) -> HttpResponseBase:
    """Lead to the chooser, and from there back to a page that was only read."""
    query = urlencode({"next": request.get_full_path()})
    address = reverse("accounts:choose")
    return redirect(f"{address}?{query}" if request.method == "GET" else address)


def party_key(party: "Partner | Intermediary") -> str:
    """Return what tells a partner or AHS from all others in a form."""
    return f"{party._meta.model_name}-{party.pk}"


def partner_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in a person who acts for an authorised company; send the others to choose one, or to what explains."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.party is None:
            return _chooser(request)
        if request.method == "POST" and request.POST.get(ACTING_FOR, key := party_key(request.party)) != key:
            messages.error(request, _SWITCHED_PARTY)
            return redirect(request.get_full_path())
        return view(request, *args, **kwargs)

    guarded.access = "partner"  # type: ignore[attr-defined]  # read by the test of all routes
    return guarded


def accountant_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in staff with the right to work on bank statements (group Muhasebe, administrators)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("payments.work_on_statements"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.access = "accountant"  # type: ignore[attr-defined]  # read by the test of all routes
    guarded.login_url = "admin:login"  # type: ignore[attr-defined]  # read by the test of all routes
    return guarded


def administrator_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in administrators (superusers of the site at /yonetim/)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_superuser:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.access = "administrator"  # type: ignore[attr-defined]  # read by the test of all routes
    guarded.login_url = "admin:login"  # type: ignore[attr-defined]  # read by the test of all routes
    return guarded
