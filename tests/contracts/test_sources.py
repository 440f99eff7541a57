"""Where the key comes from: a PKCS#12 file, a token (SoftHSM), with roots, lists and an authority of the settings."""

import os
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
    pkcs12,
)
from django.core.checks import Error
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pytest_django import Settings

from contracts.checks import seal_settings
from contracts.development_pki import make_development_pki, write_list
from contracts.keys import SealUnavailableError, Trouble, load_seal
from contracts.longterm import archive
from contracts.signing import seal
from contracts.sources import current_seal, forget_keys
from tests.child import in_child
from tests.contracts.authority import Authority, listening
from tests.contracts.seals import certificates

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

PASSPHRASE = "parola-İğ-42"
PIN = "73915"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


@dataclass
class Installation:
    """A production installation: the issuer's folder, which the portal never sees, and its own folder of trust."""

    issuer: Path
    folder: Path
    authority: Authority

    @property
    def trust(self) -> Path:
        return self.folder / "trust"

    def secret(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content + "\n", encoding="utf-8")
        path.chmod(0o600)
        return str(path)


@pytest.fixture
def installation(settings: Settings, tmp_path: Path) -> Iterator[Installation]:
    issuer, folder = tmp_path / "issuer", tmp_path / "portal"
    make_development_pki(issuer, now=datetime.now(UTC))
    (folder / "trust").mkdir(parents=True)
    for name in ("root.pem", "root.crl"):
        (folder / "trust" / name).write_bytes((issuer / name).read_bytes())
    settings.DEMO_MODE = False
    settings.DATA_DIR = folder
    settings.SEAL_TRUST = str(folder / "trust")
    forget_keys()
    with listening(load_seal(issuer).timestamper) as authority:  # type: ignore[arg-type]
        settings.TSA_URL = authority.address
        yield Installation(issuer, folder, authority)
    forget_keys()


def pkcs12_file(installation: Installation, settings: Settings) -> None:
    """Put the issuer's seal into a PKCS#12 file, and name it in the settings."""
    key = load_pem_private_key((installation.issuer / "seal.key").read_bytes(), password=None)
    chain = certificates(installation.issuer)
    content = pkcs12.serialize_key_and_certificates(
        b"muhur",
        key,
        chain["seal"],
        [chain["root"]],
        BestAvailableEncryption(PASSPHRASE.encode()),  # type: ignore[arg-type]
    )
    (installation.folder / "seal.p12").write_bytes(content)
    settings.SEAL_SOURCE = "pkcs12"
    settings.SEAL_PKCS12 = str(installation.folder / "seal.p12")
    settings.SEAL_PKCS12_PASSPHRASE_FILE = installation.secret("passphrase", PASSPHRASE)


def softhsm_token(installation: Installation, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a SoftHSM token with the issuer's seal in it, and name it in the settings."""
    tokens = installation.folder / "tokens"
    tokens.mkdir()
    configuration = installation.folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    label = f"token-{secrets.token_hex(4)}"
    key = installation.folder / "key.pem"
    key.write_bytes((installation.issuer / "seal.key").read_bytes())
    for arguments in (
        ["--init-token", "--free", "--label", label, "--so-pin", "8642097531", "--pin", PIN],
        ["--import", str(key), "--token", label, "--label", "muhur", "--id", "01", "--pin", PIN],
    ):
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)
    key.unlink()
    in_a_process_of_its_own(lambda: put_certificate(label, certificates(installation.issuer)["seal"]))
    settings.SEAL_SOURCE = "pkcs11"
    settings.SEAL_PKCS11_MODULE = SOFTHSM
    settings.SEAL_PKCS11_TOKEN = label
    settings.SEAL_PKCS11_KEY = "muhur"
    settings.SEAL_PKCS11_PIN_FILE = installation.secret("pin", PIN)


def put_certificate(label: str, certificate: x509.Certificate) -> None:
    """Put a certificate beside its key on the token; softhsm2-util takes keys only."""
    attributes = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
    with pkcs11.lib(SOFTHSM).get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        session.create_object({**attributes, Attribute.LABEL: "muhur", Attribute.TOKEN: True})


def assert_it_seals(unsealed: bytes, installation: Installation) -> None:
    """Seal and archive with what the settings name; judge the result by the issuer's root alone."""
    company = current_seal()
    sealed = seal(unsealed, seal=company)
    (signature, last) = PdfFileReader(BytesIO(archive(sealed, seal=company))).embedded_signatures
    root = current_root(installation)
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
    assert status.summary().startswith("INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,EXTENDED_WITH_LTA_UPDATES")
    assert status.signing_cert.dump() == certificates(installation.issuer)["seal"].public_bytes(Encoding.DER)
    assert last.field_name == "ArsivDamgasi"
    assert len(installation.authority.asked) >= 2


def current_root(installation: Installation) -> Any:
    (root,) = load_seal(installation.issuer).roots
    return root


# --- PKCS#12 ------------------------------------------------------------------------------------------------
def test_a_pkcs12_file_seals(unsealed: bytes, installation: Installation, settings: Settings) -> None:
    pkcs12_file(installation, settings)
    assert seal_settings() == []
    assert_it_seals(unsealed, installation)
    assert current_seal().signer is current_seal().signer


def test_the_authority_is_asked_once_more_in_a_process_for_the_size_of_its_answers(
    unsealed: bytes, installation: Installation, settings: Settings
) -> None:
    """Every stamp costs credit."""
    pkcs12_file(installation, settings)
    for _ in range(3):
        archive(seal(unsealed, seal=current_seal()), seal=current_seal())
    assert len(installation.authority.asked) == 3 * 2 + 1


def test_a_new_pkcs12_file_is_taken_up_by_a_running_worker(
    unsealed: bytes, installation: Installation, settings: Settings
) -> None:
    pkcs12_file(installation, settings)
    old = current_seal().certificate.dump()
    make_development_pki(installation.folder / "next", now=datetime.now(UTC))
    installation.issuer = installation.folder / "next"
    for name in ("root.pem", "root.crl"):
        (installation.trust / f"next-{name}").write_bytes((installation.issuer / name).read_bytes())
    pkcs12_file(installation, settings)
    assert current_seal().certificate.dump() != old
    assert len(current_seal().roots) == 2


@pytest.mark.parametrize("damage", ["no file", "wrong passphrase", "rubbish", "no passphrase file"])
def test_a_pkcs12_file_that_cannot_be_opened_is_no_key(
    damage: str, installation: Installation, settings: Settings
) -> None:
    pkcs12_file(installation, settings)
    match damage:
        case "no file":
            Path(settings.SEAL_PKCS12).unlink()
        case "wrong passphrase":
            installation.secret("passphrase", "yanlış")
        case "rubbish":
            Path(settings.SEAL_PKCS12).write_bytes(b"rubbish")
        case "no passphrase file":
            Path(settings.SEAL_PKCS12_PASSPHRASE_FILE).unlink()
    with pytest.raises(SealUnavailableError) as error:
        current_seal()
    assert error.value.trouble == Trouble.MISSING
    assert str(error.value).startswith("the seal's key cannot be opened (")


# --- PKCS#11 ------------------------------------------------------------------------------------------------
def in_a_process_of_its_own(work: Callable[[], None]) -> None:
    """A PKCS#11 module reads its configuration once in a process."""
    assert in_child(work) == 0


@pytest.mark.django_db
def test_a_token_seals(
    unsealed: bytes, installation: Installation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    softhsm_token(installation, settings, monkeypatch)
    assert seal_settings() == []

    def work() -> None:
        company = current_seal()
        assert type(company.signer).__name__ == "PKCS11Signer"
        assert company.signer is current_seal().signer
        sealed = seal(unsealed, seal=company)
        (installation.folder / "sealed.pdf").write_bytes(archive(sealed, seal=company))
        assert [word for word in (PIN, PASSPHRASE) if word in repr(company) + repr(vars(company.signer))] == []

    in_a_process_of_its_own(work)
    (signature, _) = PdfFileReader(BytesIO((installation.folder / "sealed.pdf").read_bytes())).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[current_root(installation)]))
    assert status.summary().startswith("INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,EXTENDED_WITH_LTA_UPDATES")


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["wrong pin", "no token", "no key", "no module", "no pin file"])
def test_a_token_that_cannot_be_opened_is_no_key(
    damage: str, installation: Installation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    softhsm_token(installation, settings, monkeypatch)
    match damage:
        case "wrong pin":
            installation.secret("pin", "00000")
        case "no token":
            settings.SEAL_PKCS11_TOKEN = "baska"
        case "no key":
            settings.SEAL_PKCS11_KEY = "baska"
        case "no module":
            settings.SEAL_PKCS11_MODULE = "/nowhere/module.so"
        case "no pin file":
            Path(settings.SEAL_PKCS11_PIN_FILE).unlink()

    def work() -> None:
        with pytest.raises(SealUnavailableError) as error:
            current_seal()
        assert error.value.trouble == Trouble.MISSING
        assert PIN not in str(error.value)

    in_a_process_of_its_own(work)


# --- Revocation lists ---------------------------------------------------------------------------------------
@pytest.fixture
def list_server(installation: Installation, settings: Settings) -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = (installation.issuer / "root.crl").read_bytes()
            der = x509.load_pem_x509_crl(content).public_bytes(Encoding.DER)
            body = b"rubbish" if self.path == "/rubbish" else der
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.SEAL_CRL_URLS = [f"http://127.0.0.1:{server.server_port}/root.crl"]
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_fetched_list_revokes_the_key(
    installation: Installation, settings: Settings, list_server: HTTPServer
) -> None:
    pkcs12_file(installation, settings)
    current_seal()
    (kept,) = (installation.folder / "crl").iterdir()
    revoked = [certificates(installation.issuer)["seal"]]
    write_list(installation.issuer, now=datetime.now(UTC), revoked=revoked)
    current_seal()  # fetched less than an hour ago
    os.utime(kept, (0, 0))
    with pytest.raises(SealUnavailableError) as error:
        current_seal()
    assert error.value.trouble == Trouble.REVOKED


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "rubbish", "http://[", "file:///etc/passwd"])
def test_a_list_that_cannot_be_fetched_stops_nobody(
    address: str, installation: Installation, settings: Settings, list_server: HTTPServer
) -> None:
    pkcs12_file(installation, settings)
    good = f"http://127.0.0.1:{list_server.server_port}"
    settings.SEAL_CRL_URLS = [f"{good}/rubbish" if address == "rubbish" else address]
    assert current_seal().revoked is False
    assert list(installation.folder.glob("crl/*")) == []


# --- Settings -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, []),
        ({"SEAL_SOURCE": "usb"}, ["contracts.E001"]),
        ({"SEAL_SOURCE": "pkcs12"}, ["contracts.E002"] * 4),
        ({"SEAL_SOURCE": "pkcs11"}, ["contracts.E002"] * 6),
        ({"TSA_PROTOCOL": "smtp"}, ["contracts.E003"]),
        ({"TSA_PROTOCOL": "kamusm", "TSA_USER": "ayşe", "TSA_PASSWORD_FILE": "/x"}, ["contracts.E004"]),
        ({"TSA_PROTOCOL": "kamusm", "TSA_USER": "1", "TSA_PASSWORD_FILE": "/x"}, []),
        ({"SEAL_TRUST": "trust"}, ["contracts.E005"]),
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(
    values: dict[str, str], found: list[str], settings: Settings
) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    told = seal_settings()
    assert [message.id for message in told] == found
    assert all(isinstance(message, Error) for message in told)
