"""The keys of the seal: made once, each for one purpose, read again when they change, revoked by their own root."""

import shutil
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pytest_django import Settings

from contracts import development_pki
from contracts.development_pki import make_development_pki, write_list
from contracts.keys import SealUnavailableError, load_seal
from contracts.signing import seal
from contracts.verification import verify
from tests.contracts.seals import certificates

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

NOW = datetime.now(UTC)
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


def test_only_the_owner_may_read_the_keys(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    names = {"root.crl", *(f"{name}.{kind}" for name in ("root", "seal", "tsa") for kind in ("pem", "key"))}
    assert modes == dict.fromkeys(names, 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_certificate_says_test_and_stands_on_the_root(folder: Path) -> None:
    chain = certificates(folder)
    names = {
        name: certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        for name, certificate in chain.items()
    }
    assert names == {
        "root": "İYS Portal TEST Kök Sertifikası",
        "seal": "İYS Portal TEST Mühür",
        "tsa": "İYS Portal TEST Zaman Damgası",
    }
    for name, certificate in chain.items():
        certificate.verify_directly_issued_by(chain["root"])
        key = load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == "secp256r1"
        assert key.public_key() == certificate.public_key()


def test_certificates_live_ten_and_three_years(folder: Path) -> None:
    years = {
        name: round((certificate.not_valid_after_utc - certificate.not_valid_before_utc).days / 365.25, 1)
        for name, certificate in certificates(folder).items()
    }
    assert years == {"root": 10.0, "seal": 3.0, "tsa": 3.0}


def purposes(certificate: x509.Certificate) -> tuple[list[str], list[str]]:
    """Return the key usages and the extended ones."""
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = ["digital_signature", "content_commitment", "key_cert_sign", "crl_sign"]
    extended = [
        oid.dotted_string
        for extension in certificate.extensions
        if isinstance(extension.value, x509.ExtendedKeyUsage)
        for oid in extension.value
    ]
    return [name for name in names if getattr(usage, name)], extended


def test_each_key_serves_one_purpose(folder: Path) -> None:
    assert {name: purposes(certificate) for name, certificate in certificates(folder).items()} == {
        "root": (["key_cert_sign", "crl_sign"], []),
        "seal": (["digital_signature", "content_commitment"], []),
        "tsa": (["digital_signature"], [TIME_STAMPING]),
    }


def test_keys_are_read_again_only_when_they_changed(unsealed: bytes, settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_MODE = False
    make_development_pki(tmp_path / "pki", now=NOW)
    first = load_seal(tmp_path / "pki")
    assert load_seal(tmp_path / "pki") is first
    shutil.rmtree(tmp_path / "pki")
    with pytest.raises(SealUnavailableError):
        load_seal(tmp_path / "pki")
    make_development_pki(tmp_path / "pki", now=NOW)
    second = load_seal(tmp_path / "pki")
    assert verify(seal(unsealed, seal=second), trust=second.roots).valid is True
    assert verify(seal(unsealed, seal=second), trust=first.roots).trusted is False


def test_a_certificate_without_its_key_is_no_key(tmp_path: Path) -> None:
    for name in ("pki", "other"):
        make_development_pki(tmp_path / name, now=NOW)
    shutil.copy(tmp_path / "other" / "seal.key", tmp_path / "pki" / "seal.key")
    with pytest.raises(SealUnavailableError, match="do not belong together"):
        load_seal(tmp_path / "pki")


def list_end(folder: Path) -> datetime:
    end = x509.load_pem_x509_crl((folder / "root.crl").read_bytes()).next_update_utc
    assert end is not None
    return end


def test_demo_renews_a_list_that_runs_out_and_keeps_what_it_lists(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_MODE = True
    folder = tmp_path / "pki"
    make_development_pki(folder, now=NOW - timedelta(days=40))
    write_list(folder, now=NOW - timedelta(days=40), revoked=[certificates(folder)["seal"]])
    assert list_end(folder) < NOW
    assert load_seal(folder).revoked is True
    assert list_end(folder) > NOW + timedelta(days=29)
    written = (folder / "root.crl").read_bytes()
    assert load_seal(folder).revoked is True
    assert (folder / "root.crl").read_bytes() == written


def test_a_pki_of_an_earlier_release_gets_its_list(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_MODE = True
    make_development_pki(tmp_path / "pki", now=NOW)
    (tmp_path / "pki" / "root.crl").unlink()
    assert len(load_seal(tmp_path / "pki").trust.lists) == 1


def test_many_at_once_make_one_set_of_keys(tmp_path: Path) -> None:
    barrier, failures = threading.Barrier(8), []

    def make() -> None:
        barrier.wait()
        try:
            make_development_pki(tmp_path / "data" / "pki", now=NOW)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["pki"]
    test_every_certificate_says_test_and_stands_on_the_root(tmp_path / "data" / "pki")


def test_making_keys_again_keeps_the_old_ones(tmp_path: Path) -> None:
    make_development_pki(tmp_path / "pki", now=NOW)
    before = (tmp_path / "pki" / "seal.key").read_bytes()
    make_development_pki(tmp_path / "pki", now=NOW)
    assert (tmp_path / "pki" / "seal.key").read_bytes() == before


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(development_pki.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        make_development_pki(tmp_path / "pki", now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_demo_makes_missing_keys_and_production_refuses(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_MODE = False
    with pytest.raises(SealUnavailableError):
        load_seal(tmp_path / "pki")
    settings.DEMO_MODE = True
    assert [str(root.subject.native["common_name"]) for root in load_seal(tmp_path / "pki").roots] == [
        "İYS Portal TEST Kök Sertifikası"
    ]


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_is_no_key(damage: bytes, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "pki", now=NOW)
    (tmp_path / "pki" / "seal.key").write_bytes(damage)
    with pytest.raises(SealUnavailableError):
        load_seal(tmp_path / "pki")
