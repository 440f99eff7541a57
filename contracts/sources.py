"""Where the seal's key comes from, by settings: the development folder, a PKCS#12 file, a PKCS#11 token.

Secrets are read from files of their own when a key is opened, and stand in no setting, log line or representation.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pkcs11
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.config.pkcs11 import TokenCriteria
from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
from pyhanko.sign.signers import Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from contracts.authority import HttpTimeStamper, KamuSmTimeStamper
from contracts.keys import Seal, SealUnavailableError, load_seal, signer_of
from contracts.revocation import refresh_lists
from contracts.trust import Trust, current_trust, list_folder, pki_folder


@dataclass(frozen=True, slots=True)
class Pkcs12File:
    """A key, its certificate and the chain in one file; its passphrase in another."""

    path: Path
    passphrase: Path

    def open(self) -> tuple[Signer, tuple[asn1_x509.Certificate, ...]]:
        """Return a signer in memory, and the chain that the file brings; raise OSError or ValueError."""
        key, certificate, chain = pkcs12.load_key_and_certificates(
            self.path.read_bytes(), _secret(self.passphrase).encode()
        )
        if key is None or certificate is None:
            raise ValueError("the PKCS#12 file holds no key with a certificate")
        # In memory only: the signer takes a key in PKCS#8.
        private = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        others = tuple(_plain(other.public_bytes(serialization.Encoding.DER)) for other in chain)
        signed_by = _plain(certificate.public_bytes(serialization.Encoding.DER))
        return signer_of(signed_by, PrivateKeyInfo.load(private), chain=others), others

    def state(self) -> tuple[object, ...]:
        """Return what changes when the key was replaced."""
        return tuple((path.stat().st_mtime_ns, path.stat().st_ino) for path in (self.path, self.passphrase))


@dataclass(frozen=True, slots=True)
class Pkcs11Token:
    """A key that never leaves its token or HSM; certificate and key carry one label there."""

    module: str
    token: str
    pin: Path
    label: str

    def open(self) -> tuple[Signer, tuple[asn1_x509.Certificate, ...]]:
        """Return a signer that asks the token; raise PKCS11Error, OSError or ValueError."""
        session = open_pkcs11_session(
            self.module, token_criteria=TokenCriteria(label=self.token), user_pin=_secret(self.pin)
        )
        signer = PKCS11Signer(session, cert_label=self.label, key_label=self.label)
        # Tokens that hash by themselves are rare for elliptic curves; for RSA they are the rule.
        signer.use_raw_mechanism = signer.signing_cert.public_key.algorithm == "ec"
        return signer, ()

    def state(self) -> tuple[object, ...]:
        """Return what changes when the token is to be opened anew: a touched PIN file is enough."""
        return (self.pin.stat().st_mtime_ns, self.pin.stat().st_ino)


def configured_source() -> Pkcs12File | Pkcs11Token | None:
    """Return where the settings say that the key is; None is the development folder."""
    match settings.SEAL_SOURCE:
        case "development":
            return None
        case "pkcs12":
            return Pkcs12File(Path(settings.SEAL_PKCS12), Path(settings.SEAL_PKCS12_PASSPHRASE_FILE))
        case "pkcs11":
            return Pkcs11Token(
                settings.SEAL_PKCS11_MODULE,
                settings.SEAL_PKCS11_TOKEN,
                Path(settings.SEAL_PKCS11_PIN_FILE),
                settings.SEAL_PKCS11_KEY,
            )
        case other:
            raise ImproperlyConfigured(f"SEAL_SOURCE is development, pkcs12 or pkcs11, not {other!r}")


def current_seal() -> Seal:
    """Return what documents are sealed with now, by the settings; keys that changed are opened anew.

    Fetches revocation lists that are due. Raises SealUnavailableError when the key is missing or its certificate
    is expired or revoked.
    """
    now = datetime.now(UTC)
    refresh_lists(settings.SEAL_CRL_URLS, folder=list_folder(), now=now)
    source = configured_source()
    seal = load_seal(pki_folder()) if source is None else _opened(source)
    try:
        trust = current_trust()
    except ValueError as error:
        raise SealUnavailableError(f"the folder of trust holds something else: {error}") from error
    seal = seal.trusting(trust)
    if settings.TSA_URL:
        seal = replace(seal, timestamper=_authority(seal.trust, _authority_key()))
    seal.check(now)
    return seal


def forget_keys() -> None:
    """Open the key anew the next time: a token that was pulled out does not come back by itself."""
    _open.cache_clear()


def _opened(source: Pkcs12File | Pkcs11Token) -> Seal:
    try:
        signer, chain = _open(source, source.state())
    except (OSError, ValueError, TypeError, pkcs11.PKCS11Error) as error:
        # The type alone: what a library says about a wrong PIN or passphrase is nobody's business.
        raise SealUnavailableError(f"the seal's key cannot be opened ({type(error).__name__})") from None
    return Seal(signer.signing_cert, signer, _NoAuthority(), Trust(others=chain))


@lru_cache(maxsize=1)
def _open(
    source: Pkcs12File | Pkcs11Token, _state: tuple[object, ...]
) -> tuple[Signer, tuple[asn1_x509.Certificate, ...]]:
    return source.open()


class _NoAuthority(TimeStamper):
    """Stands where no time-stamp authority is configured; `contracts.checks` says so when the portal starts."""

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:  # noqa: ARG002  (pyHanko's signature)
        raise TimestampRequestError("no time-stamp authority is configured")


def _authority_key() -> tuple[str, str, str, str]:
    return settings.TSA_URL, settings.TSA_PROTOCOL, settings.TSA_USER, settings.TSA_PASSWORD_FILE


@lru_cache(maxsize=1)
def _authority(trust: Trust, key: tuple[str, str, str, str]) -> TimeStamper:
    address, protocol, user, password_file = key
    kind = KamuSmTimeStamper if protocol == "kamusm" else HttpTimeStamper
    try:
        password = _secret(Path(password_file)) if password_file else ""
    except OSError as error:
        raise ImproperlyConfigured(f"TSA_PASSWORD_FILE cannot be read ({type(error).__name__})") from None
    return kind(address, trust=trust, user=user, password=password)


def _secret(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _plain(der: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(der, strict=True)
