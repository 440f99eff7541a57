"""A development PKI in a folder: root, seal, time-stamp authority, revocation list. Every name says TEST.

Each of ``root``, ``seal`` and ``tsa`` is a ``.pem`` (certificate) and a ``.key`` (PKCS#8), beside ``root.crl``; mode
600 in a folder of mode 700. The first set lies in the folder itself. Rotation lays a new set beside it, in a folder
of its own, and points the link ``current`` to it: old certificates and lists stay, old private keys are destroyed.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contracts.data import COMPANY

KEYS = ("root", "seal", "tsa")
_ROOT_LIFE = timedelta(days=3653)
_LEAF_LIFE = timedelta(days=1096)
_LIST_LIFE = timedelta(days=30)
_LIST_RENEWAL = timedelta(days=15)
_CLOCK_DIFFERENCE = timedelta(minutes=5)
_ORGANIZATION = "İleti Yönetim Sistemi A.Ş. (TEST)"


def current_set(folder: Path) -> Path:
    """Return the folder of the set in use; it does not change under the caller when keys are rotated meanwhile."""
    link = folder / "current"
    return link.resolve() if link.is_symlink() else folder


def make_development_pki(folder: Path, *, now: datetime) -> None:
    """Make a root, a seal, a time-stamp authority and a revocation list in `folder`, valid from `now` (aware).

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


def keep_development_pki(folder: Path, *, now: datetime) -> None:
    """Make the PKI when `folder` is missing, and a new revocation list when the old one is about to run out."""
    if not folder.exists():
        make_development_pki(folder, now=now)
    home = current_set(folder)
    path = home / "root.crl"
    if (home / "root.key").exists() and not (path.exists() and _lasts(path, now + _LIST_RENEWAL)):
        write_list(home, now=now)


def write_list(
    home: Path, *, now: datetime, revoked: Iterable[x509.Certificate] = (), until: datetime | None = None
) -> None:
    """Write the root's revocation list of the set in `home`: what it listed before and `revoked`, in one step.

    It holds until `until`, by default 30 days.
    """
    root = x509.load_pem_x509_certificate((home / "root.pem").read_bytes())
    key = serialization.load_pem_private_key((home / "root.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the root's key is no key of an elliptic curve")
    path = home / "root.crl"
    before = list(x509.load_pem_x509_crl(path.read_bytes())) if path.exists() else []
    content = _list(root, key, now=now, entries=[*before, *(_entry(c, now) for c in revoked)], until=until)
    staging = Path(tempfile.mkdtemp(prefix=".crl-", dir=home))
    try:
        _write_private(staging / path.name, content)
        (staging / path.name).replace(path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def rotate_development_pki(folder: Path, *, now: datetime) -> Path:
    """Put a new root, seal and time-stamp authority in the place of those of `folder`; return the new set's folder.

    What the old keys sealed stays verifiable: their certificates stay, and the old root leaves a last revocation
    list that holds as long as the root. Stopped half-way, the old set is in use or the new one; ask again.
    """
    old = current_set(folder)
    new = folder / now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    make_development_pki(new, now=now)
    root = x509.load_pem_x509_certificate((old / "root.pem").read_bytes())
    write_list(old, now=now, until=root.not_valid_after_utc)
    link = folder / f".current-{new.name}"
    link.symlink_to(new.name, target_is_directory=True)
    link.replace(folder / "current")
    for name in KEYS:
        (old / f"{name}.key").unlink(missing_ok=True)
    return new


def _lasts(path: Path, instant: datetime) -> bool:
    end = x509.load_pem_x509_crl(path.read_bytes()).next_update_utc
    return end is not None and end > instant


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _development_files(now: datetime) -> dict[str, bytes]:
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in KEYS}
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
            .add_extension(_issuer(keys["root"]), critical=False)
        )
        certificate = _purpose(builder, name).sign(keys["root"], hashes.SHA256())
        files[f"{name}.pem"] = certificate.public_bytes(serialization.Encoding.PEM)
        files[f"{name}.key"] = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    root = x509.load_pem_x509_certificate(files["root.pem"])
    files["root.crl"] = _list(root, keys["root"], now=now, entries=[], until=None)
    return files


def _issuer(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _entry(certificate: x509.Certificate, now: datetime) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now)
    return builder.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build()


def _list(
    root: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    *,
    now: datetime,
    entries: Iterable[x509.RevokedCertificate],
    until: datetime | None,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(now - _CLOCK_DIFFERENCE)
        .next_update(until or now + _LIST_LIFE)
        .add_extension(_issuer(key), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1_000_000)), critical=False)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


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
