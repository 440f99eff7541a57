"""The seal: valid for pyHanko and for Poppler, time-stamped, broken by any change, made with keys only."""

import asyncio
import random
import shutil
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pytest_django import Settings

from contracts import keys
from contracts.keys import Seal, SealUnavailableError, load_seal, make_development_pki
from contracts.rendering import render_contract
from contracts.signing import Verification, seal, verify
from iys_portal.shared.clock import ISTANBUL
from tests.contracts import poppler
from tests.contracts.samples import CREATED_AT, NUMBER, approved, contract

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

NOW = datetime.now(UTC)
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
CHANGED = "Belge mühürlendikten sonra değiştirilmiş; mühür geçersiz."
UNREADABLE = "Dosya okunabilir bir PDF belgesi değil ya da zarar görmüş."
UNSEALED = "Bu belgede elektronik mühür yok."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "pki"
    make_development_pki(folder, now=NOW)
    return folder


@pytest.fixture
def company(folder: Path) -> Seal:
    return load_seal(folder)


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return render_contract(approved(contract()), number=NUMBER, created_at=CREATED_AT)


@pytest.fixture(scope="module")
def sealed(unsealed: bytes, folder: Path) -> bytes:
    return seal(unsealed, seal=load_seal(folder))


@pytest.fixture(autouse=True)
def forget_keys() -> Iterator[None]:
    yield
    load_seal.cache_clear()


def refused(sentence: str) -> Verification:
    return Verification(intact=False, trusted=False, timestamped_at=None, signer="", sentence=sentence)


# --- What is sealed -----------------------------------------------------------------------------------------
def test_pyhanko_trusts_seal_and_time_stamp(sealed: bytes, company: Seal) -> None:
    (signature,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=list(company.roots)))
    assert status.summary() == "INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,UNTOUCHED"
    assert status.bottom_line is True
    assert (status.md_algorithm, status.pkcs7_signature_mechanism) == ("sha256", "sha256_ecdsa")


def test_poppler_calls_the_signature_valid(sealed: bytes, tmp_path: Path) -> None:
    lines = [line.strip() for line in poppler.run("pdfsig", "-nocert", pdf=sealed, folder=tmp_path).splitlines()]
    assert [line for line in lines if line.startswith(("Signature #", "- Signature", "- Signer Cert", "- Total"))] == [
        "Signature #1:",
        "- Signature Field Name: Muhur",
        "- Signer Certificate Common Name: İYS Portal TEST Mühür",
        "- Signature Type: ETSI.CAdES.detached",
        "- Total document signed",
        "- Signature Validation: Signature is Valid.",
    ]


def test_verify_says_who_and_when(sealed: bytes, company: Seal) -> None:
    result = verify(sealed, trust=company.roots)
    at = result.timestamped_at
    assert at is not None
    assert result == Verification(
        intact=True,
        trusted=True,
        timestamped_at=at,
        signer="İYS Portal TEST Mühür",
        sentence=f"Belge {at.astimezone(ISTANBUL):%d.%m.%Y %H:%M:%S} (Türkiye saati) anında "
        "İYS Portal TEST Mühür ile mühürlenmiş; o andan beri değişmemiş.",
    )
    assert result.valid is True


def test_the_document_stays_what_it_was(unsealed: bytes, sealed: bytes, tmp_path: Path) -> None:
    assert sealed.startswith(unsealed)
    root = PdfFileReader(BytesIO(sealed)).root
    assert "/Version" not in root
    assert 'pdfaid:part="3"' in root["/Metadata"].data.decode().replace("<pdfaid:part>3", 'pdfaid:part="3"')
    assert poppler.pages(sealed, tmp_path) == poppler.pages(unsealed, tmp_path)


def test_the_field_is_invisible_but_printable(sealed: bytes) -> None:
    (field,) = (
        reference.get_object()
        for reference in list.__iter__(PdfFileReader(BytesIO(sealed)).root["/AcroForm"]["/Fields"])
    )
    assert ([int(side) for side in field["/Rect"]], int(field["/F"]) & 0b111) == ([0, 0, 0, 0], 0b100)


# --- What is found ------------------------------------------------------------------------------------------
def test_any_flipped_byte_is_found(sealed: bytes, company: Seal) -> None:
    start = sealed.index(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", start)
    outside = [*range(start), *range(end, len(sealed))]
    dice = random.Random(20261123)  # noqa: S311
    for place in dice.sample(outside, 60):
        changed = bytearray(sealed)
        changed[place] ^= 1 << dice.randrange(8)
        assert verify(bytes(changed), trust=company.roots).valid is False, place


def test_flipped_bytes_of_the_seal_itself_are_found(sealed: bytes, company: Seal) -> None:
    start = sealed.index(b"/Contents <") + len(b"/Contents <")
    size = len(sealed[start : sealed.index(b">", start)].rstrip(b"0"))
    (signature,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
    value = signature.signer_info["signature"].native.hex().upper().encode()
    signature_value = range(sealed.index(value), sealed.index(value) + len(value), 11)
    letters = [place for place in range(start, start + size) if sealed[place : place + 1] in b"ABCDEF"][::97]
    for place, bit in [*((place, 0x01) for place in signature_value), *((place, 0x20) for place in letters)]:
        changed = bytearray(sealed)
        changed[place] ^= bit
        assert verify(bytes(changed), trust=company.roots).valid is False, place


@pytest.mark.parametrize("extra", [b"\n", b"%x\n", b"0"])
def test_appended_bytes_are_found(extra: bytes, sealed: bytes, company: Seal) -> None:
    assert verify(sealed + extra, trust=company.roots) == refused(CHANGED)


def test_a_later_revision_is_found(sealed: bytes, company: Seal) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    writer.root["/Lang"] = generic.pdf_string("en")
    writer.update_root()
    output = BytesIO()
    writer.write(output)
    assert verify(output.getvalue(), trust=company.roots) == refused(CHANGED)


def test_a_second_seal_is_a_change(sealed: bytes, company: Seal) -> None:
    metadata = PdfSignatureMetadata(field_name="Baska", subfilter=SigSeedSubFilter.PADES)
    twice = PdfSigner(metadata, company.signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(sealed)))
    assert verify(twice.getvalue(), trust=company.roots) == refused(CHANGED)


def encrypted(pdf: bytes) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(pdf)))
    handler = StandardSecurityHandler.build_from_pw("gizli")
    writer.security_handler = handler
    writer._encrypt = writer.add_object(handler.as_pdf_object())
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize("broken", [b"", b"Merhaba", b"%PDF-1.7\n%%EOF", b"\x00" * 1000])
def test_what_is_no_pdf_is_refused_in_words(broken: bytes, company: Seal) -> None:
    assert verify(broken, trust=company.roots) == refused(UNREADABLE)


def test_a_cut_or_encrypted_or_unsealed_pdf_is_refused_in_words(unsealed: bytes, sealed: bytes, company: Seal) -> None:
    assert verify(unsealed, trust=company.roots) == refused(UNSEALED)
    assert verify(sealed[:-600], trust=company.roots).valid is False
    assert verify(encrypted(unsealed), trust=company.roots).valid is False


def test_a_seal_by_a_stranger_is_not_trusted(unsealed: bytes, company: Seal, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "stranger", now=NOW)
    forged = seal(unsealed, seal=load_seal(tmp_path / "stranger"))
    assert verify(forged, trust=company.roots) == Verification(
        intact=True,
        trusted=False,
        timestamped_at=None,
        signer="İYS Portal TEST Mühür",
        sentence="Belge mühürlendiğinden beri değişmemiş, ancak mührün sahibi doğrulanamıyor.",
    )


def test_a_strangers_time_stamp_is_not_trusted(unsealed: bytes, company: Seal, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "stranger", now=NOW)
    stamper = load_seal(tmp_path / "stranger").timestamper
    result = verify(seal(unsealed, seal=replace(company, timestamper=stamper)), trust=company.roots)
    assert (result.valid, result.sentence) == (
        False,
        "Belge İYS Portal TEST Mühür ile mühürlenmiş ve değişmemiş, ancak güvenilir bir zaman damgası yok.",
    )


# --- Never unsealed -----------------------------------------------------------------------------------------
class SilentAuthority(TimeStamper):
    """A time-stamp authority that does not answer."""

    async def async_request_tsa_response(self, _: tsp.TimeStampReq) -> tsp.TimeStampResp:
        raise TimestampRequestError("no answer")


def test_no_document_without_a_time_stamp(unsealed: bytes, company: Seal) -> None:
    with pytest.raises(TimestampRequestError):
        seal(unsealed, seal=replace(company, timestamper=SilentAuthority()))


@pytest.mark.parametrize("age", [timedelta(days=1200), timedelta(days=-30)], ids=["expired", "not yet valid"])
def test_no_document_by_a_certificate_that_is_not_valid(unsealed: bytes, age: timedelta, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "pki", now=NOW - age)
    with pytest.raises(SealUnavailableError):
        seal(unsealed, seal=load_seal(tmp_path / "pki"))


# --- Keys ---------------------------------------------------------------------------------------------------
def certificates(folder: Path) -> dict[str, x509.Certificate]:
    return {
        name: x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()) for name in ("root", "seal", "tsa")
    }


def test_only_the_owner_may_read_the_keys(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {f"{name}.{kind}": 0o600 for name in ("root", "seal", "tsa") for kind in ("pem", "key")}
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


def test_keys_are_read_once_in_a_process(unsealed: bytes, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "pki", now=NOW)
    first = load_seal(tmp_path / "pki")
    shutil.rmtree(tmp_path / "pki")
    assert load_seal(tmp_path / "pki") is first
    assert verify(seal(unsealed, seal=load_seal(tmp_path / "pki")), trust=first.roots).valid is True


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

    monkeypatch.setattr(keys.os, "fsync", full)
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


# --- Time stamps --------------------------------------------------------------------------------------------
async def token_info(stamper: TimeStamper, digest: bytes) -> Any:
    token = await stamper.async_timestamp(digest, "sha256")
    return token["content"]["encap_content_info"]["content"].parsed


def test_time_stamps_tell_the_present_time(company: Seal) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    infos = [asyncio.run(token_info(company.timestamper, bytes([number]) * 32)) for number in range(2)]
    after = datetime.now(UTC)
    assert [before <= info["gen_time"].native <= after for info in infos] == [True, True]
    assert [info["message_imprint"]["hashed_message"].native for info in infos] == [bytes(32), b"\x01" * 32]
    assert len({info["serial_number"].native for info in infos}) == 2
