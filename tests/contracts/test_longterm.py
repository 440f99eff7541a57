"""B-LTA: appended, provable offline, valid for pyHanko and Poppler, reached from B-T and from B-B."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathValidationError

from contracts.development_pki import make_development_pki, write_list
from contracts.keys import Seal, load_seal
from contracts.longterm import NothingToArchiveError, archive, stamp
from contracts.signing import seal, seal_without_stamp
from contracts.trust import Trust
from tests.contracts import poppler
from tests.contracts.seals import SilentAuthority, certificates

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")


@pytest.fixture(scope="module")
def archived(sealed: bytes, folder: Path) -> bytes:
    return archive(sealed, seal=load_seal(folder))


@pytest.fixture(scope="module")
def late(unsealed: bytes, folder: Path) -> tuple[bytes, bytes, bytes]:
    """A document that was sealed while the authority was away: B-B, B-T, B-LTA."""
    company = load_seal(folder)
    bare = seal_without_stamp(unsealed, seal=company)
    stamped = stamp(bare, seal=company)
    return bare, stamped, archive(stamped, seal=company)


def judged(pdf: bytes, roots: Trust) -> tuple[str, list[str]]:
    """Return pyHanko's word on the seal and on each document time stamp, by what stands in the document alone."""
    reader = PdfFileReader(BytesIO(pdf))
    offline = {"trust_roots": list(roots.roots), "revocation_mode": "hard-fail", "allow_fetching": False}

    def context() -> ValidationContext:
        return DocumentSecurityStore.read_dss(reader).as_validation_context(offline)

    (signature,) = reader.embedded_regular_signatures
    stamps = reader.embedded_timestamp_signatures
    return (
        validate_pdf_signature(signature, context(), ts_validation_context=context()).summary(),
        [validate_pdf_timestamp(entry, context()).summary() for entry in stamps],
    )


def test_what_was_given_out_before_is_the_beginning(
    unsealed: bytes, sealed: bytes, archived: bytes, late: tuple[bytes, bytes, bytes]
) -> None:
    assert (sealed.startswith(unsealed), archived.startswith(sealed)) == (True, True)
    bare, stamped, last = late
    assert (bare.startswith(unsealed), stamped.startswith(bare), last.startswith(stamped)) == (True, True, True)


def test_seal_and_stamps_are_proven_by_what_the_document_holds(
    archived: bytes, late: tuple[bytes, bytes, bytes], company: Seal
) -> None:
    lta = "EXTENDED_WITH_LTA_UPDATES,ACCEPTABLE_MODIFICATIONS"
    assert judged(archived, company.trust) == (
        f"INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,{lta}",
        ["INTACT:TRUSTED"],
    )
    assert judged(late[2], company.trust) == (f"INTACT:TRUSTED,{lta}", ["INTACT:TRUSTED", "INTACT:TRUSTED"])


def test_the_document_holds_certificates_and_their_issuers_list(archived: bytes, folder: Path) -> None:
    store = DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(archived)))
    held = {certificate.dump() for certificate in store.load_certs()}
    chain = certificates(folder)
    assert held == {certificate.public_bytes(Encoding.DER) for certificate in chain.values()}
    (entry,) = store.crls
    revoked = x509.load_der_x509_crl(entry.get_object().data)
    assert revoked.is_signature_valid(chain["root"].public_key()) is True  # type: ignore[arg-type]


def test_the_last_stamp_covers_the_whole_file(archived: bytes) -> None:
    *_, last = PdfFileReader(BytesIO(archived)).embedded_timestamp_signatures
    start, before, after, length = list(last.byte_range)
    assert (last.field_name, start, after + length) == ("ArsivDamgasi", 0, len(archived))
    assert archived[before : before + 1] + archived[after - 1 : after] == b"<>"


def test_poppler_calls_the_seal_valid(archived: bytes, tmp_path: Path) -> None:
    said = poppler.run("pdfsig", "-nocert", pdf=archived, folder=tmp_path)
    assert said.count("Signature Validation: Signature is Valid.") == 1
    fields = [line.split(": ")[1] for line in said.splitlines() if "Field Name" in line]
    assert fields == ["Muhur", "ArsivDamgasi"]


def test_it_stays_pdf_a_3(archived: bytes, unsealed: bytes, tmp_path: Path) -> None:
    root = PdfFileReader(BytesIO(archived)).root
    assert "/Version" not in root
    claims = re.findall(rb'pdfaid:(part|conformance)[>=]"?(\w)', root["/Metadata"].data)
    assert sorted(claims) == [(b"conformance", b"U"), (b"part", b"3")]
    fields = [reference.get_object() for reference in list.__iter__(root["/AcroForm"]["/Fields"])]
    assert [(int(field["/F"]) & 0b111, [int(side) for side in field["/Rect"]]) for field in fields] == [
        (0b100, [0, 0, 0, 0]),
        (0b100, [0, 0, 0, 0]),
    ]
    assert poppler.pages(archived, tmp_path) == poppler.pages(unsealed, tmp_path)


@pytest.mark.parametrize("step", [stamp, archive])
def test_without_an_authority_nothing_is_appended(step: Callable[..., bytes], sealed: bytes, company: Seal) -> None:
    with pytest.raises(TimestampRequestError):
        step(sealed, seal=replace(company, timestamper=SilentAuthority()))


def test_what_cannot_be_proven_is_not_archived(sealed: bytes, company: Seal) -> None:
    blind = replace(company, trust=replace(company.trust, lists=()))
    with pytest.raises(PathValidationError):
        archive(sealed, seal=blind)


def test_a_seal_of_a_stranger_is_not_archived(unsealed: bytes, company: Seal, tmp_path: Path) -> None:
    make_development_pki(tmp_path / "stranger", now=datetime.now(UTC))
    with pytest.raises(Exception, match="path"):
        archive(seal(unsealed, seal=load_seal(tmp_path / "stranger")), seal=company)


@pytest.mark.parametrize("seconds", [-2, 2])
def test_what_counts_is_whether_the_key_was_revoked_before_the_stamp(
    seconds: int, unsealed: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "pki"
    make_development_pki(folder, now=datetime.now(UTC))
    company = load_seal(folder)
    sealed = seal(unsealed, seal=company)
    (signature,) = PdfFileReader(BytesIO(sealed)).embedded_regular_signatures
    context = ValidationContext(trust_roots=list(company.roots))
    stamped_at = validate_pdf_signature(signature, context).timestamp_validity.timestamp
    revoked = [certificates(folder)["seal"]]
    write_list(folder, now=stamped_at + timedelta(seconds=seconds), revoked=revoked)
    if seconds < 0:
        with pytest.raises(PathValidationError):
            archive(sealed, seal=load_seal(folder))
    else:
        assert archive(sealed, seal=load_seal(folder)).startswith(sealed)


def test_a_seal_whose_time_nobody_proves_is_not_archived(unsealed: bytes, company: Seal) -> None:
    with pytest.raises(NothingToArchiveError):
        archive(seal_without_stamp(unsealed, seal=company), seal=company)
    with pytest.raises(NothingToArchiveError):
        archive(unsealed, seal=company)


@pytest.mark.parametrize("suffix", [".crl", ".pem"])
def test_a_folder_of_trust_with_rubbish_is_told(suffix: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "pki")
    (tmp_path / "pki" / f"rubbish{suffix}").write_bytes(b"rubbish")
    with pytest.raises(Exception, match="no seal key"):
        load_seal(tmp_path / "pki")
