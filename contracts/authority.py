"""Time stamps from an authority on the network: RFC 3161 over HTTP, and Kamu SM's variant of it.

An answer is a time stamp only when it is over our imprint with our nonce, signed by an authority that the
installation trusts. Whatever else happens is one error, and never holds a document up longer than its deadline.
"""

import asyncio
import functools
import hashlib
import secrets
import ssl

import httpx
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from contracts.trust import Trust

DEADLINE_SECONDS = 8.0
_CONNECT_SECONDS = 3.0
_MAX_BYTES = 64 * 1024
_ITERATIONS = 100
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
}


class Response(core.Sequence):
    """RFC 3161's TimeStampResp as it is: a refusal holds no token, which asn1crypto's own type demands."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


class HttpTimeStamper(TimeStamper):
    """Asks an RFC 3161 authority by POST; with a user and a password, by HTTP Basic authentication."""

    def __init__(
        self, address: str, *, trust: Trust, user: str = "", password: str = "", deadline: float = DEADLINE_SECONDS
    ) -> None:
        super().__init__()
        self._address = address
        self._trust = trust
        self._user = user
        self._password = password
        self._deadline = deadline

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a checked token over `message_digest`; raise TimestampRequestError when none is had in time."""
        nonce, request = self.request_cms(message_digest, md_algorithm)
        response = await self.async_request_tsa_response(request)
        try:
            return await self._checked(response, message_digest, md_algorithm, nonce)
        except TimestampRequestError:
            raise
        except Exception as error:  # what an unknown server sends may break the parser in any way
            raise TimestampRequestError(f"the answer is no time stamp ({type(error).__name__})") from error

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> Response:
        """Return what the authority answers, unchecked; raise TimestampRequestError when nothing usable comes."""
        try:
            async with asyncio.timeout(self._deadline):
                body = await self._post(req)
            response: Response = Response.load(body, strict=True)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            # The type alone: a message may repeat the address with what stands in it.
            raise TimestampRequestError(f"no answer from the time-stamp authority ({type(error).__name__})") from None
        return response

    def identification(self, _req: tsp.TimeStampReq) -> tuple[dict[str, str], httpx.Auth | None]:
        """Return the headers and the authentication by which the authority knows who asks."""
        return {}, httpx.BasicAuth(self._user, self._password) if self._user else None

    async def _post(self, req: tsp.TimeStampReq) -> bytes:
        headers, auth = self.identification(req)
        timeout = httpx.Timeout(self._deadline, connect=_CONNECT_SECONDS)
        body = bytearray()
        async with (
            httpx.AsyncClient(verify=_tls(), timeout=timeout, mounts=_DIRECT, auth=auth) as client,
            client.stream("POST", self._address, content=req.dump(), headers={**_HEADERS, **headers}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise TimestampRequestError(f"the time-stamp authority answers {answer.status_code}")
            # Raw: packed content was not asked for, and would be a way around the bound.
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise TimestampRequestError("the time-stamp authority's answer is too long")
        return bytes(body)

    async def _checked(self, response: Response, digest: bytes, algorithm: str, nonce: int) -> cms.ContentInfo:
        status = response["status"]
        if status["status"].native not in {"granted", "granted_with_mods"}:
            words = "; ".join(status["status_string"].native or [])[:120]
            raise TimestampRequestError(f"the time-stamp authority refuses: {status['status'].native} {words}".strip())
        token = response["time_stamp_token"]
        info = token["content"]["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != (algorithm, digest):
            raise TimestampRequestError("the time stamp is over something else")
        if info["nonce"].native != nonce:
            raise TimestampRequestError("the time stamp answers another request")
        context = ValidationContext(trust_roots=list(self._trust.roots), other_certs=list(self._trust.others))
        said = await validate_tst_signed_data(token["content"], context, lambda _: digest)
        judged = TimestampSignatureStatus(**said)
        if not (judged.intact and judged.valid and judged.trusted):
            raise TimestampRequestError("the time stamp is not signed by a trusted authority")
        return token


class _Identity(core.Sequence):
    """Who asks Kamu SM for a time stamp: the imprint, encrypted under the customer's password."""

    _fields = [
        ("user", core.Integer),
        ("salt", core.OctetString),
        ("iterations", core.Integer),
        ("iv", core.OctetString),
        ("imprint", core.OctetString),
    ]


class KamuSmTimeStamper(HttpTimeStamper):
    """Kamu SM's authority: the customer number and password prove themselves in the header ``identity``."""

    def identification(self, req: tsp.TimeStampReq) -> tuple[dict[str, str], httpx.Auth | None]:
        """Return the header made for this request's imprint."""
        # One value is both salt and IV, as in Kamu SM's own client; it is fresh for each request, as is the key.
        salt = secrets.token_bytes(16)
        key = hashlib.pbkdf2_hmac("sha256", self._password.encode(), salt, _ITERATIONS, dklen=32)
        padder = padding.PKCS7(128).padder()
        imprint = padder.update(req["message_imprint"]["hashed_message"].native) + padder.finalize()
        encryptor = Cipher(algorithms.AES256(key), modes.CBC(salt)).encryptor()
        identity = _Identity(
            {
                "user": int(self._user),
                "salt": salt,
                "iterations": _ITERATIONS,
                "iv": salt,
                "imprint": encryptor.update(imprint) + encryptor.finalize(),
            }
        )
        return {"identity": identity.dump().hex()}, None


# A proxy of the environment is for the world outside.
_DIRECT = {"all://127.0.0.1": None, "all://localhost": None}


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
