"""Three addresses: start the e-Devlet login, come back from it, log out."""

import structlog
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import oidc
from accounts.access import public
from accounts.adapters import EdevletClient, StaleAnswerError
from accounts.fresh import carried, carry
from accounts.sessions import note_proof
from iys_portal.shared.crypto import seal, unseal

_HINT = "edevlet_logout_hint"
_ENTRY = "/"

logger = structlog.get_logger(__name__)


@public
@never_cache
@require_GET
def login(request: HttpRequest) -> HttpResponse:
    """Send the visitor to e-Devlet with state, PKCE challenge and nonce; `next` may name a path."""
    try:
        return EdevletClient(request).get_provider().redirect_from_request(request)
    except oidc.LoginError as refusal:
        return _refused(request, refusal)


@public
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Receive e-Devlet's answer: a new web session for the proven person, else the entry page says why."""
    client, before = EdevletClient(request), carried(request)
    try:
        response: HttpResponse = OAuth2CallbackView.adapter_view(client)(request)
    except oidc.LoginError as refusal:
        return _refused(request, refusal)
    carry(request, before)
    note_proof(request.session, proved_at=client.proved_at, asked_again=client.asked_again)
    request.session[_HINT] = seal(client.id_token)
    return response


@public
@never_cache
@require_http_methods(["GET", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """GET asks; POST ends the web session here and, for a person who came by e-Devlet, there."""
    if not request.user.is_authenticated:
        return redirect(_ENTRY)
    if request.method == "GET":
        return render(request, "accounts/logout.html")
    sealed = request.session.get(_HINT)
    auth.logout(request)
    if sealed is None:
        messages.success(request, "Çıkış yaptınız.")
        return redirect(_ENTRY)
    target = oidc.end_session_url(id_token=unseal(sealed), return_to=f"{settings.PUBLIC_URL}{_ENTRY}")
    if target is None:
        messages.warning(request, "Çıkış yaptınız; e-Devlet oturumunuz açık kalmış olabilir.")
        return redirect(_ENTRY)
    messages.success(request, "Çıkış yaptınız.")
    return HttpResponseRedirect(target)


def _refused(request: HttpRequest, refusal: oidc.LoginError) -> HttpResponse:
    logger.warning("edevlet_login_refused", kind=type(refusal).__name__, reason=str(refusal))
    if isinstance(refusal, StaleAnswerError) and request.user.is_authenticated:
        # Reload and the back button lead here after a login that went well.
        return redirect(settings.LOGIN_REDIRECT_URL)
    messages.error(request, refusal.message)
    return redirect(_ENTRY)
