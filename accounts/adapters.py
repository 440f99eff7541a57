"""The library's login flow, narrowed to one provider and to what the portal keeps.

allauth keeps state and PKCE verifier in the web session, for one use and ten minutes, and carries the login
through its stages. Provider, token and person are ours: no SocialApp, SocialAccount or SocialToken is stored,
and of the request only `next` is heeded.
"""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import oidc, services
from accounts.sessions import FRESH
from iys_portal.shared.crypto import lookup_hash

PROVIDER_ID = "edevlet"
ASK_AGAIN = "yeniden"
"""In the address of the login: e-Devlet shall ask for the password although the person is logged in there."""
_ASKED_AGAIN = "asked_again"


class CancelledError(oidc.LoginError):
    """The visitor gave up at the provider."""

    message = "e-Devlet ile girişten vazgeçtiniz."


class StaleAnswerError(oidc.LoginError):
    """An answer to no question of this web session: replayed, too late, or somebody else's."""


class PersonClosedError(oidc.LoginError):
    """The person is known and no longer admitted."""

    message = "Hesabınız kapatılmıştır. Bilgi için bilgi@iys.org.tr adresine yazınız."


def own_path(target: str | None) -> str | None:
    """Return `target` if it is a path of this portal, else None."""
    if target and target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return None


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up here, `next` stays on this host, and the library's own messages are not shown."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return False: people come by e-Devlet, staff by an administrator."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether `url` is a path of this portal."""
        return own_path(url) is not None

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: the page after login shows that it worked."""


class EdevletAdapter(DefaultSocialAccountAdapter):
    """Turns the flow's failures into LoginError, which the view shows."""

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Return False: EdevletLogin finds or makes the person itself."""
        return False

    def generate_state_param(self, _state: dict[str, Any]) -> str:
        """Return 256 random bits."""
        return secrets.token_urlsafe(32)

    def on_authentication_error(
        self,
        request: HttpRequest,
        _provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Raise what fits an answer with an error, without a code, or without a known state."""
        if "state" not in (extra_context or {}):
            raise StaleAnswerError("unknown state")
        if error == AuthError.CANCELLED:
            raise CancelledError("cancelled")
        if request.GET.get("error") in {"server_error", "temporarily_unavailable"}:
            raise oidc.ProviderUnavailableError("provider answered with an error of its own")
        raise oidc.LoginError("provider answered with an error") from exception


class EdevletLogin(SocialLogin):
    """A proven identity on its way to a web session. Its account is never saved."""

    def __init__(self, provider: Any, identity: oidc.Identity) -> None:
        account = SocialAccount(provider=PROVIDER_ID, uid=lookup_hash(identity.tckn))
        super().__init__(account=account, provider=provider)
        self.identity = identity

    def lookup(self) -> None:
        """Find or make the person; raise PersonClosedError if they may not log in."""
        self._did_authenticate_by_email = None
        try:
            self.user = services.login_person(
                tckn=self.identity.tckn,
                given_name=self.identity.given_name,
                family_name=self.identity.family_name,
                now=timezone.now(),
            )
        except services.PersonClosed as error:
            raise PersonClosedError("person is closed") from error


class EdevletClient(OpenIDConnectOAuth2Adapter):
    """The client's side of one login: strict metadata, exchange and proof in place of the library's."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, PROVIDER_ID)
        self.id_token = ""
        self._login: EdevletLogin | None = None
        self._nonce = ""

    @property
    def openid_config(self) -> dict[str, str]:
        """Return the checked metadata under the names the library uses."""
        provider = oidc.metadata()
        return {
            "authorization_endpoint": provider.authorization_endpoint,
            "token_endpoint": provider.token_endpoint,
        }

    def get_provider(self) -> "EdevletProvider":
        """Return the one provider, configured by the settings and not by rows."""
        app = SocialApp(
            provider="openid_connect",
            provider_id=PROVIDER_ID,
            name="e-Devlet Kapısı",
            client_id=settings.EDEVLET_CLIENT_ID,
            settings={"oauth_pkce_enabled": True},
        )
        return EdevletProvider(self.request, app=app)

    def get_callback_url(self, _request: HttpRequest, _app: SocialApp) -> str:
        """Return the registered callback address, whatever host the request named."""
        return f"{settings.PUBLIC_URL}{reverse('accounts:callback')}"

    def get_access_token_data(
        self, request: HttpRequest, _app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        """Redeem the code; keep the ID token for `complete_login` and for logging out."""
        if not pkce_code_verifier:
            raise StaleAnswerError("state without a verifier")
        oidc.check_answer_issuer(request.GET.get("iss"))
        self._nonce = oidc.nonce_of(pkce_code_verifier)
        self.id_token = oidc.exchange(
            code=request.GET["code"], code_verifier=pkce_code_verifier, redirect_uri=client.callback_url
        )
        return {}

    def parse_token(self, _data: dict[str, Any]) -> SocialToken:
        """Return an empty token: the access token is of no use to the portal."""
        return SocialToken()

    def complete_login(self, *_args: Any, **_kwargs: Any) -> EdevletLogin:
        """Return the login of the person whom the ID token proves."""
        identity = oidc.verify(self.id_token, nonce=self._nonce)
        self._login = EdevletLogin(self.get_provider(), identity)
        return self._login

    @property
    def proved_at(self) -> float | None:
        """When the person proved to e-Devlet who they are (Unix time); None where it does not say."""
        return self._login.identity.proved_at if self._login else None

    @property
    def asked_again(self) -> bool:
        """Whether the login that was answered had been begun with the demand to ask for the password."""
        return bool(self._login and (self._login.state.get("data") or {}).get(_ASKED_AGAIN))


class EdevletProvider(OpenIDConnectProvider):
    """The e-Devlet Kapısı as an allauth provider."""

    def get_oauth2_adapter(self, request: HttpRequest) -> EdevletClient:
        """Return the client's side for this request."""
        return EdevletClient(request)

    def get_pkce_params(self) -> dict[str, Any]:
        """Return verifier and challenge, and the nonce that follows from the verifier."""
        params: dict[str, Any] = super().get_pkce_params()
        return params | {"nonce": oidc.nonce_of(params["code_verifier"])}

    def redirect_from_request(self, request: HttpRequest) -> HttpResponse:
        """Send the visitor to the provider; only `next` is taken from the request, and that it must ask again.

        `max_age` has the provider say when it asked (OpenID Connect Core §2, `auth_time`). The state in the web session
        remembers what was demanded: the answer does not tell.
        """
        asks = ASK_AGAIN in request.GET
        response: HttpResponse = self.redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=own_path(request.GET.get("next")),
            data={_ASKED_AGAIN: True} if asks else None,
            scope=[oidc.SCOPE],
            auth_params={"prompt": "login", "max_age": str(FRESH.seconds)} if asks else {},
        )
        return response
