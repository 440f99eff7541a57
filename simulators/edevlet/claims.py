"""What the simulator says about a person, and about itself."""

from collections.abc import Iterable
from typing import Any, Literal

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.contrib.auth.models import AbstractBaseUser, User

from simulators.edevlet.config import SCOPE, running

CLAIMS = ("tckn", "given_name", "family_name")


class ClaimsAdapter(DefaultOIDCAdapter):
    """Adds the T.C. Kimlik No and the names to ID token and userinfo under the scope `openid`."""

    def get_issuer(self) -> str:
        """Return the fixed issuer, whatever host the request named."""
        return running().issuer

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: AbstractBaseUser,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return sub, tckn, given_name and family_name of `user`; in an ID token also when they logged in."""
        claims: dict[str, Any] = super().get_claims(purpose, user, client, scopes, email, **kwargs)
        if SCOPE in scopes and isinstance(user, User):
            claims.update(zip(CLAIMS, (user.username, user.first_name, user.last_name), strict=True))
            if purpose == "id_token" and user.last_login:
                claims["auth_time"] = int(user.last_login.timestamp())
        return claims

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        """Leave in the discovery document only what this provider offers."""
        del data["device_authorization_endpoint"]
        data["scopes_supported"] = [SCOPE]
        data["claims_supported"] = ["sub", "auth_time", *CLAIMS]
        data["grant_types_supported"] = ["authorization_code"]
        data["response_types_supported"] = ["code"]
