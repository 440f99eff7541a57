"""The key of the seal: what documents are sealed and stamped with now, or why there is nothing to seal with."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from django.conf import settings
from pyhanko.keys import load_cert_from_pemder, load_private_key_from_pemder
from pyhanko.sign.signers import Signer, SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from contracts.development_pki import current_set, keep_development_pki
from contracts.timestamp import DevelopmentTimeStamper
from contracts.trust import Fingerprint, Trust, fingerprint, load_trust

_FILES = frozenset({".pem", ".key", ".crl"})


class Trouble(StrEnum):
    """Why there is nothing to seal with."""

    MISSING = "missing"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"


class SealUnavailableError(Exception):
    """There is no usable seal key now: documents wait, none is issued without a seal. `trouble` says why."""

    def __init__(self, message: str, trouble: Trouble = Trouble.MISSING) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Seal:
    """What a document is sealed with, and whom its seal and time stamps are trusted by."""

    certificate: asn1_x509.Certificate = field(repr=False)
    signer: Signer = field(repr=False)
    timestamper: TimeStamper = field(repr=False)
    trust: Trust = field(repr=False)
    revoked: bool = False

    @property
    def roots(self) -> tuple[asn1_x509.Certificate, ...]:
        """The roots that are trusted, those of earlier keys among them."""
        return self.trust.roots

    def check(self, now: datetime) -> None:
        """Raise SealUnavailableError unless the certificate is valid at `now` (aware) and was not revoked."""
        first, last = self.certificate.not_valid_before, self.certificate.not_valid_after
        if self.revoked:
            raise SealUnavailableError("the seal's certificate was revoked", Trouble.REVOKED)
        if not first <= now <= last:
            trouble = Trouble.EXPIRED if now > last else Trouble.NOT_YET_VALID
            raise SealUnavailableError(f"the seal's certificate is valid from {first} to {last}", trouble)

    def trusting(self, trust: Trust) -> "Seal":
        """Return the seal as whoever trusts `trust` too sees it."""
        whole = self.trust + trust
        return replace(self, trust=whole, revoked=whole.revokes(self.certificate))


def load_seal(folder: Path) -> Seal:
    """Return the seal of the development PKI in `folder`; files are read again only when they changed.

    In demo mode a missing folder is made and its revocation list kept fresh. Raises SealUnavailableError when the
    keys cannot be read.
    """
    try:
        if settings.DEMO_MODE:
            keep_development_pki(folder, now=datetime.now(UTC))
        return _load(folder, fingerprint(folder, _FILES))
    except (OSError, ValueError, TypeError) as error:
        raise SealUnavailableError(f"no seal key in {folder.name}: {error}") from error


def signer_of(
    certificate: asn1_x509.Certificate, key: PrivateKeyInfo, *, chain: Iterable[asn1_x509.Certificate] = ()
) -> SimpleSigner:
    """Return a signer in memory; raise ValueError when certificate and key do not belong together."""
    public = load_der_private_key(key.dump(), password=None).public_key()
    if certificate.public_key.dump() != public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise ValueError("certificate and key do not belong together")
    store = SimpleCertificateStore()
    store.register_multiple(chain)
    return SimpleSigner(signing_cert=certificate, signing_key=key, cert_registry=store)


@lru_cache(maxsize=4)
def _load(folder: Path, _files: Fingerprint) -> Seal:
    home = current_set(folder)
    seal, authority = _signer(home, "seal"), _signer(home, "tsa")
    timestamper = DevelopmentTimeStamper(authority, authority.signing_cert)
    return Seal(seal.signing_cert, seal, timestamper, Trust()).trusting(load_trust(folder))


def _signer(folder: Path, name: str) -> SimpleSigner:
    key = load_private_key_from_pemder(folder / f"{name}.key", passphrase=None)
    return signer_of(load_cert_from_pemder(folder / f"{name}.pem"), key)
