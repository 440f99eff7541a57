"""A small OpenID provider on a real loopback socket that misbehaves in whatever way a test needs."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT_ID = "portal"
CLIENT_SECRET = "a secret: with/odd+characters%41"
PERSON = {"tckn": "10000000146", "given_name": "Defne", "family_name": "Işıkgil"}

Answer = tuple[int, bytes]


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the RSA key of that name, the same for the whole test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of that name, the same for the whole test run."""
    return ec.generate_private_key(ec.SECP256R1())


def public_jwk(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str, **members: Any) -> dict[str, Any]:
    """Return the published form of a key."""
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **members}


def b64(data: bytes) -> str:
    """Return unpadded base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(header: dict[str, Any], claims: Any, sign: Callable[[bytes], bytes] = lambda _: b"") -> str:
    """Return a token in compact form; nothing is checked, so that nothing is too wrong to be sent."""
    header = {name: value for name, value in header.items() if value is not None}
    message = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{message}.{b64(sign(message.encode()))}"


def rs256(claims: Any, key: rsa.RSAPrivateKey | None = None, **header: Any) -> str:
    """Return a token signed with an RSA key, the provider's first if none is given."""
    sign = RSAAlgorithm(RSAAlgorithm.SHA256).sign
    return token({"alg": "RS256", "kid": "first"} | header, claims, lambda text: sign(text, key or rsa_key("first")))


def es256(claims: Any, key: ec.EllipticCurvePrivateKey, **header: Any) -> str:
    """Return a token signed with an elliptic-curve key."""
    sign = ECAlgorithm(ECAlgorithm.SHA256).sign
    return token({"alg": "ES256", "kid": "curve"} | header, claims, lambda text: sign(text, key))


def hs256(claims: Any, secret: bytes) -> str:
    """Return a token with a keyed hash in place of a signature."""
    return token({"alg": "HS256", "kid": "first"}, claims, lambda text: hmac.digest(secret, text, "sha256"))


class Provider:
    """Honest until told otherwise: a test may replace any attribute before the visitor comes back."""

    def __init__(self) -> None:
        self.keys = [public_jwk(rsa_key("first"), "first", use="sig", alg="RS256")]
        self.claims: dict[str, Any] = {}
        """Added to the claims of the ID token; None takes one away."""
        self.sign: Callable[[dict[str, Any]], str] = rs256
        self.discovery: dict[str, Any] = {}
        """Added to the discovery document; None takes a member away."""
        self.answers: dict[str, Answer] = {}
        """Whole answers by endpoint name (configuration, jwks, token)."""
        self.delays: dict[str, float] = {}
        self.trickle = 0.0
        """Seconds between the bytes of a token answer."""
        self.asked: Counter[str] = Counter()
        self.client_authentication: list[str] = []
        self._logins: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        # A path of its own: a port that is used again must not meet an older provider's cached documents.
        self.path = f"/{secrets.token_hex(8)}"
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.issuer = self.origin + self.path
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the socket, once; later requests are refused by the system."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def accept(self, query: dict[str, str]) -> dict[str, str]:
        """Play the person's login for an authorization request; return the query of the answer."""
        code = secrets.token_urlsafe(16)
        self._logins[code] = query
        return {"code": code, "state": query["state"]}

    def id_claims(self, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token issued now, changed as the test said."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        return {name: value for name, value in (claims | PERSON | self.claims).items() if value is not None}

    def _configuration(self) -> dict[str, Any]:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
        return {name: value for name, value in (document | self.discovery).items() if value is not None}

    def _token(self, form: dict[str, str], authorization: str) -> Answer:
        login = self._logins.pop(form.get("code", ""), None)
        if login is None or not self._authenticated(form, authorization):
            return 400, b'{"error": "invalid_grant"}'
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge != login["code_challenge"] or form.get("redirect_uri") != login["redirect_uri"]:
            return 400, b'{"error": "invalid_grant"}'
        answer = {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": self.sign(self.id_claims(login["nonce"])),
        }
        return 200, json.dumps(answer).encode()

    def _authenticated(self, form: dict[str, str], authorization: str) -> bool:
        if not authorization:
            self.client_authentication.append("client_secret_post")
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        self.client_authentication.append("client_secret_basic")
        user, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(user), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)

    def answer(self, name: str, form: dict[str, str], authorization: str) -> Answer:
        """Return what the endpoint of that name answers."""
        self.asked[name] += 1
        if name in self.answers:
            return self.answers[name]
        if name == "openid-configuration":
            return 200, json.dumps(self._configuration()).encode()
        if name == "jwks":
            return 200, json.dumps({"keys": self.keys}).encode()
        if name == "token":
            return self._token(form, authorization)
        return 404, b"{}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._respond({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._respond({key: values[0] for key, values in parse_qs(body).items()})

            def _respond(self, form: dict[str, str]) -> None:
                name = urlsplit(self.path).path.rsplit("/", 1)[-1]
                time.sleep(provider.delays.get(name, 0))
                status, body = provider.answer(name, form, self.headers.get("Authorization", ""))
                # The portal hangs up on a provider that is too slow or too long.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    if status == 302:
                        self.send_header("Location", f"{provider.issuer}/jwks")
                    self.end_headers()
                    self._send(body, slowly=name == "token" and provider.trickle > 0)

            def _send(self, body: bytes, *, slowly: bool) -> None:
                for part in [body[at : at + 1] for at in range(len(body))] if slowly else [body]:
                    self.wfile.write(part)
                    self.wfile.flush()
                    time.sleep(provider.trickle if slowly else 0)

            def log_message(self, *_args: object) -> None:
                pass

        return Handler
