"""The keys of the seal: a development PKI made once in a folder, loaded once in a process.

The folder holds ``root``, ``seal`` and ``tsa`` as ``.pem`` (certificate) and ``.key`` (PKCS#8), mode 600 in a
folder of mode 700. Every certificate says TEST; in production a qualified e-seal certificate takes its place.
"""

import errno
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings
from pyhanko.keys import load_cert_from_pemder, load_private_key_from_pemder
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from contracts.data import COMPANY
from contracts.timestamp import DevelopmentTimeStamper

_ROOT_LIFE = timedelta(days=3653)
_LEAF_LIFE = timedelta(days=1096)
_CLOCK_DIFFERENCE = timedelta(minutes=5)
_ORGANIZATION = "İleti Yönetim Sistemi A.Ş. (TEST)"


class SealUnavailableError(Exception):
    """There is no usable seal key now: documents wait, none is issued without a seal."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a document is sealed with, and the roots by which its seal and time stamp are trusted."""

    certificate: asn1_x509.Certificate
    signer: SimpleSigner
    timestamper: TimeStamper
    roots: tuple[asn1_x509.Certificate, ...]

    def check(self, now: datetime) -> None:
        """Raise SealUnavailableError unless the seal's certificate is valid at `now` (aware)."""
        first, last = self.certificate.not_valid_before, self.certificate.not_valid_after
        if not first <= now <= last:
            raise SealUnavailableError(f"the seal's certificate is valid from {first} to {last}")


@cache
def load_seal(folder: Path) -> Seal:
    """Return the seal whose keys are in `folder`; the files are read once in a process.

    In demo mode a missing folder is made. Raises SealUnavailableError when the keys cannot be read.
    """
    if settings.DEMO_MODE and not folder.exists():
        make_development_pki(folder, now=datetime.now(UTC))
    try:
        root = _certificate(folder, "root")
        certificate, signer = _certificate(folder, "seal"), _signer(folder, "seal")
        timestamper = DevelopmentTimeStamper(_signer(folder, "tsa"), _certificate(folder, "tsa"))
    except (OSError, ValueError) as error:
        raise SealUnavailableError(f"no seal key in {folder.name}: {error}") from error
    return Seal(certificate, signer, timestamper, (root,))


def make_development_pki(folder: Path, *, now: datetime) -> None:
    """Make a root, a seal and a time-stamp authority in `folder`, valid from `now` (aware).

    Whole or not at all: of two processes that do so at once one wins, and the other finds the winner's keys.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in _development_files(now).items():
            _write_private(staging / name, content)
        staging.rename(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _certificate(folder: Path, name: str) -> asn1_x509.Certificate:
    return load_cert_from_pemder(folder / f"{name}.pem")


def _signer(folder: Path, name: str) -> SimpleSigner:
    return SimpleSigner(
        signing_cert=_certificate(folder, name),
        signing_key=load_private_key_from_pemder(folder / f"{name}.key", passphrase=None),
        cert_registry=SimpleCertificateStore(),
    )


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _development_files(now: datetime) -> dict[str, bytes]:
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "seal", "tsa")}
    subjects = {
        "root": _name("İYS Portal TEST Kök Sertifikası"),
        "seal": _name("İYS Portal TEST Mühür", identifier=f"NTRTR-{COMPANY.mersis}"),
        "tsa": _name("İYS Portal TEST Zaman Damgası"),
    }
    files: dict[str, bytes] = {}
    for name, key in keys.items():
        builder = (
            x509.CertificateBuilder()
            .subject_name(subjects[name])
            .issuer_name(subjects["root"])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCK_DIFFERENCE)
            .not_valid_after(now + (_ROOT_LIFE if name == "root" else _LEAF_LIFE))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["root"].public_key()), critical=False
            )
        )
        certificate = _purpose(builder, name).sign(keys["root"], hashes.SHA256())
        files[f"{name}.pem"] = certificate.public_bytes(serialization.Encoding.PEM)
        files[f"{name}.key"] = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    return files


def _purpose(builder: x509.CertificateBuilder, name: str) -> x509.CertificateBuilder:
    """Add what the certificate may be used for, and nothing else."""
    root = name == "root"
    usage = x509.KeyUsage(
        digital_signature=not root,
        content_commitment=name == "seal",
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=root,
        crl_sign=root,
        encipher_only=False,
        decipher_only=False,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None), critical=True)
    builder = builder.add_extension(usage, critical=True)
    if name == "tsa":
        return builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder


def _name(common_name: str, identifier: str = "") -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "TR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
        *([x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, identifier)] if identifier else []),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ]
    return x509.Name(attributes)
