"""What seals and time stamps are trusted by: roots, the certificates between, revocation lists; old ones are kept.

A folder of trust holds certificates (``.pem .crt .cer``) and lists (``.crl``), in PEM or DER, at any depth. Nothing
is ever taken out of it when keys change, so that what was sealed with an old key stays verifiable.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import crl as asn1_crl
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from django.conf import settings

_CERTIFICATES = frozenset({".pem", ".crt", ".cer"})
_LISTS = frozenset({".crl"})

Fingerprint = tuple[tuple[str, int, int, int], ...]
_Value = TypeVar("_Value", bound=Any)  # a value of ASN.1, whose library has no types


@dataclass(frozen=True, slots=True)
class Trust:
    """Roots that are trusted, other certificates that lead to them, and the revocation lists that are known."""

    roots: tuple[asn1_x509.Certificate, ...] = ()
    others: tuple[asn1_x509.Certificate, ...] = ()
    lists: tuple[asn1_crl.CertificateList, ...] = ()

    def __add__(self, other: "Trust") -> "Trust":
        """Return both together, each certificate and list once."""
        return Trust(
            _once((*self.roots, *other.roots)),
            _once((*self.others, *other.others)),
            _once((*self.lists, *other.lists)),
        )

    def lists_for(self, certificates: Iterable[asn1_x509.Certificate]) -> tuple[asn1_crl.CertificateList, ...]:
        """Return the lists of those who issued `certificates`."""
        issuers = {certificate.issuer.hashable for certificate in certificates}
        return tuple(entry for entry in self.lists if entry.issuer.hashable in issuers)

    def revokes(self, certificate: asn1_x509.Certificate) -> bool:
        """Whether a list, signed by the certificate's own issuer, names the certificate."""
        issuers = [c for c in (*self.roots, *self.others) if c.subject == certificate.issuer and c.ca]
        keys = [x509.load_der_x509_certificate(issuer.dump()).public_key() for issuer in issuers]
        for entry in self.lists_for([certificate]):
            revoked = x509.load_der_x509_crl(entry.dump())
            if revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) is None:
                continue
            if any(_signed(revoked, key) for key in keys):
                return True
        return False


def pki_folder() -> Path:
    """Return the folder of the development keys and certificates."""
    return Path(settings.DATA_DIR) / "pki"


def list_folder() -> Path:
    """Return the folder in which fetched revocation lists are kept."""
    return Path(settings.DATA_DIR) / "crl"


def current_trust() -> Trust:
    """Return whom this installation trusts: its configured folder, and its development PKI while that seals."""
    folders = [Path(settings.SEAL_TRUST), list_folder()] if settings.SEAL_TRUST else []
    if settings.SEAL_SOURCE == "development":
        folders.append(pki_folder())
    return sum((load_trust(folder) for folder in folders), start=Trust())


def load_trust(folder: Path) -> Trust:
    """Return what lies in `folder` and below it; files are read again only when they changed.

    A folder that is missing holds nothing. Raises ValueError when a file is neither certificate nor list.
    """
    return _load(fingerprint(folder, _CERTIFICATES | _LISTS))


def fingerprint(folder: Path, suffixes: Iterable[str]) -> Fingerprint:
    """Return what tells one content of `folder` (and below) from another, without reading its files."""
    wanted = frozenset(suffixes)
    found = ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.suffix in wanted and path.is_file())
    return tuple((str(path), status.st_mtime_ns, status.st_size, status.st_ino) for path, status in found)


@lru_cache(maxsize=8)
def _load(files: Fingerprint) -> Trust:
    certificates: list[asn1_x509.Certificate] = []
    lists: list[asn1_crl.CertificateList] = []
    for name, *_ in files:
        path = Path(name)
        if path.suffix in _LISTS:
            lists += [asn1_crl.CertificateList.load(der, strict=True) for der in _der(path)]
        else:
            certificates += [asn1_x509.Certificate.load(der, strict=True) for der in _der(path)]
    certificates = list(_once(certificates))
    roots = tuple(certificate for certificate in certificates if certificate.self_issued and certificate.ca)
    others = tuple(certificate for certificate in certificates if certificate not in roots)
    return Trust(roots, others, _once(lists))


def _der(path: Path) -> list[bytes]:
    content = path.read_bytes()
    if not pem.detect(content):
        return [content]
    return [der for _, _, der in pem.unarmor(content, multiple=True)]


def _once(items: Iterable[_Value]) -> tuple[_Value, ...]:
    return tuple({item.dump(): item for item in items}.values())


def _signed(entry: x509.CertificateRevocationList, key: Any) -> bool:
    try:
        return entry.is_signature_valid(key)
    except (InvalidSignature, TypeError, ValueError):
        return False
