"""The seal: valid for pyHanko and for Poppler, time-stamped, broken by any change, made with keys only."""

import asyncio
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
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

from contracts.development_pki import make_development_pki, write_list
from contracts.keys import Seal, SealUnavailableError, Trouble, load_seal
from contracts.signing import seal, seal_without_stamp
from contracts.verification import Verification, verify
from iys_portal.shared.clock import ISTANBUL
from tests.contracts import poppler
from tests.contracts.seals import SilentAuthority, certificates

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

NOW = datetime.now(UTC)
CHANGED = "Belge mühürlendikten sonra değiştirilmiş; mühür geçersiz."
UNREADABLE = "Dosya okunabilir bir PDF belgesi değil ya da zarar görmüş."
UNSEALED = "Bu belgede elektronik mühür yok."


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
    dice = random.Random(20261123)
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
def test_no_document_without_a_time_stamp(unsealed: bytes, company: Seal) -> None:
    with pytest.raises(TimestampRequestError):
        seal(unsealed, seal=replace(company, timestamper=SilentAuthority()))


@pytest.mark.parametrize(
    ("age", "trouble"), [(timedelta(days=1200), Trouble.EXPIRED), (timedelta(days=-30), Trouble.NOT_YET_VALID)]
)
@pytest.mark.parametrize("how", [seal, seal_without_stamp])
def test_no_document_by_a_certificate_that_is_not_valid(
    how: Callable[..., bytes], unsealed: bytes, age: timedelta, trouble: Trouble, tmp_path: Path
) -> None:
    make_development_pki(tmp_path / "pki", now=NOW - age)
    with pytest.raises(SealUnavailableError) as error:
        how(unsealed, seal=load_seal(tmp_path / "pki"))
    assert error.value.trouble == trouble


@pytest.mark.parametrize("how", [seal, seal_without_stamp])
def test_no_document_by_a_certificate_that_was_revoked(
    how: Callable[..., bytes], unsealed: bytes, tmp_path: Path
) -> None:
    make_development_pki(tmp_path / "pki", now=NOW)
    assert load_seal(tmp_path / "pki").revoked is False
    write_list(tmp_path / "pki", now=datetime.now(UTC), revoked=[certificates(tmp_path / "pki")["seal"]])
    with pytest.raises(SealUnavailableError) as error:
        how(unsealed, seal=load_seal(tmp_path / "pki"))
    assert error.value.trouble == Trouble.REVOKED


def test_a_strangers_list_revokes_nothing(tmp_path: Path) -> None:
    """Its issuer bears the same name and names the same serial number, but it was signed by another key."""
    for name in ("pki", "stranger"):
        make_development_pki(tmp_path / name, now=NOW)
    write_list(tmp_path / "stranger", now=datetime.now(UTC), revoked=[certificates(tmp_path / "pki")["seal"]])
    shutil.copy(tmp_path / "stranger" / "root.crl", tmp_path / "pki" / "stranger.crl")
    assert load_seal(tmp_path / "pki").revoked is False


def test_without_an_authority_the_seal_is_there_without_a_time(unsealed: bytes, company: Seal) -> None:
    sealed = seal_without_stamp(unsealed, seal=replace(company, timestamper=SilentAuthority()))
    (signature,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=list(company.roots)))
    assert (status.summary(), status.bottom_line) == ("INTACT:TRUSTED,UNTOUCHED", True)


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
