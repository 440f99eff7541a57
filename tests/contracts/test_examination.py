"""What an examination finds: each level of ours, years later too; other people's files; every change."""

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography.x509 import load_pem_x509_certificate

from contracts.development_pki import make_development_pki, write_list
from contracts.examination import Anchors, Examination, Finding, examine
from contracts.keys import Seal, load_seal
from contracts.rendering import render_contract
from contracts.signing import seal
from contracts.trust import load_trust
from contracts.verification import in_words, verify
from tests.contracts import sealed
from tests.contracts.samples import BRIEF_TEXT, CREATED_AT, NUMBER, approved, contract

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=8 * 365)  # every certificate but the root's has run out
BAD = {Finding.CHANGED, Finding.UNREADABLE, Finding.INCOMPLETE, Finding.NOT_PDF}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "pki"
    make_development_pki(folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def company(folder: Path) -> Seal:
    return load_seal(folder)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    folder = tmp_path_factory.mktemp("stranger") / "pki"
    make_development_pki(folder, now=NOW)
    return load_seal(folder)


@pytest.fixture(scope="module")
def levels(folder: Path, company: Seal) -> dict[str, bytes]:
    """The same contract: unsealed, and at each level that it may have."""
    unsealed = render_contract(approved(contract(text=BRIEF_TEXT)), number=NUMBER, created_at=CREATED_AT)
    bare, stamped = sealed.seal_without_stamp(unsealed, seal=company), seal(unsealed, seal=company)
    stamper = company.timestamper
    late = sealed.stamp(bare, timestamper=stamper)
    archived = sealed.archive(stamped, folder=folder, timestamper=stamper)
    return {
        "unsealed": unsealed,
        "B-B": bare,
        "B-T": stamped,
        "B-T, stamped late": late,
        "B-LTA": archived,
        "B-LTA, stamped late": sealed.archive(late, folder=folder, timestamper=stamper),
        "B-LTA, renewed": sealed.archive(archived, folder=folder, timestamper=stamper, field="Yenileme"),
    }


def look(pdf: bytes, company: Seal, now: datetime = NOW) -> Examination:
    return examine(pdf, anchors=Anchors(roots=company.roots), now=now)


# --- Our own documents ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["B-B", "B-T", "B-T, stamped late", "B-LTA", "B-LTA, stamped late", "B-LTA, renewed"])
def test_each_level_is_intact_and_says_what_it_is(name: str, levels: dict[str, bytes], company: Seal) -> None:
    found = look(levels[name], company)
    assert (found.finding, found.level) == (Finding.INTACT, name.partition(",")[0])
    assert (found.signer, found.number) == ("İYS Portal TEST Mühür", NUMBER)
    assert (found.sealed_at is None, found.archived_at is None) == (name == "B-B", not name.startswith("B-LTA"))
    assert found.certificate_ends == company.certificate.not_valid_after


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("B-B", Finding.STRANGER),  # nothing proves that it was sealed in time
        ("B-T", Finding.INTACT),
        ("B-T, stamped late", Finding.INTACT),
        ("B-LTA", Finding.INTACT),
        ("B-LTA, renewed", Finding.INTACT),
    ],
)
def test_certificates_that_ran_out_count_at_the_time_stamp(
    name: str, finding: Finding, levels: dict[str, bytes], company: Seal
) -> None:
    with time_machine.travel(LATER):
        assert look(levels[name], company, LATER).finding is finding
        assert verify(levels[name], trust=company.roots).valid is (finding is Finding.INTACT)


def test_a_document_of_an_earlier_root_stays_ours(levels: dict[str, bytes], company: Seal, stranger: Seal) -> None:
    rotated = (*stranger.roots, *company.roots)
    found = {
        name: examine(levels[name], anchors=Anchors(roots=rotated), now=NOW).finding for name in ("B-B", "B-T", "B-LTA")
    }
    assert found == dict.fromkeys(found, Finding.INTACT)


def test_an_earlier_level_is_the_beginning_of_the_later(levels: dict[str, bytes]) -> None:
    assert levels["B-LTA, renewed"].startswith(levels["B-LTA"])
    assert levels["B-LTA"].startswith(levels["B-T"])


# --- Other people's ------------------------------------------------------------------------------------------------
def test_a_strangers_seal_is_a_strangers(levels: dict[str, bytes], company: Seal, stranger: Seal) -> None:
    found = look(seal(levels["unsealed"], seal=stranger), company)
    assert (found.finding, found.level, found.sealed_at) == (Finding.STRANGER, "B-T", None)


def test_a_strangers_archive_stamp_is_a_change(levels: dict[str, bytes], company: Seal, stranger: Seal) -> None:
    stamped = sealed.stamp(levels["B-T"], timestamper=stranger.timestamper)
    assert look(stamped, company) == Examination(finding=Finding.CHANGED, number=NUMBER)


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (b"", Finding.NOT_PDF),
        (b"Merhaba", Finding.NOT_PDF),
        (b"PK\x03\x04" + b"\0" * 500, Finding.NOT_PDF),
        (b"\n" + sealed.plain_pdf(), Finding.NOT_PDF),
        (b"%PDF-1.7\n", Finding.INCOMPLETE),
        (b"%PDF-1.7\n%%EOF", Finding.UNREADABLE),
        (sealed.plain_pdf()[:-20], Finding.INCOMPLETE),
        (sealed.plain_pdf(), Finding.NO_SEAL),
        (
            sealed.plain_pdf(
                b"/Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
                b" /AcroForm << /Fields [] /XFA (<xdp/>) >>"
            ),
            Finding.NO_SEAL,
        ),
    ],
)
def test_files_that_bear_no_seal(content: bytes, finding: Finding, company: Seal) -> None:
    assert look(content, company) == Examination(finding=finding)


def test_unsealed_and_encrypted(levels: dict[str, bytes], company: Seal) -> None:
    assert look(levels["unsealed"], company) == Examination(finding=Finding.NO_SEAL, number=NUMBER)
    assert look(sealed.encrypted(levels["unsealed"]), company) == Examination(finding=Finding.ENCRYPTED)


# --- Changes -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["B-B", "B-T", "B-LTA"])
@pytest.mark.parametrize(
    "change",
    [
        sealed.with_a_page,
        sealed.with_another_language,
        lambda pdf: pdf + b"\n",
        lambda pdf: pdf + b"PK\x05\x06" + b"\0" * 18,  # a PDF that is an archive too
        lambda pdf: pdf[:-1],
    ],
    ids=["page", "language", "newline", "polyglot", "one byte less"],
)
def test_a_change_after_the_seal_is_found(name: str, change: object, levels: dict[str, bytes], company: Seal) -> None:
    assert look(change(levels[name]), company).finding in BAD  # type: ignore[operator]


def test_a_page_hidden_under_a_new_archive_stamp_is_found(
    levels: dict[str, bytes], company: Seal, folder: Path
) -> None:
    changed = sealed.with_a_page(levels["B-T"])
    assert look(sealed.stamp(changed, timestamper=company.timestamper), company).finding is Finding.CHANGED
    archived = sealed.archive(changed, folder=folder, timestamper=company.timestamper)
    assert look(archived, company).finding is Finding.CHANGED


def test_a_file_cut_anywhere_is_no_document(levels: dict[str, bytes], company: Seal) -> None:
    pdf = levels["B-LTA"]
    whole = {len(levels[name]) for name in ("unsealed", "B-T")}  # these are documents of their own
    dice = random.Random(7)
    for length in set(dice.sample(range(1, len(pdf)), 40)) - whole:
        # Readers look for the last whole revision: just behind the unsealed one, that is the document unsealed.
        assert look(pdf[:length], company).finding in BAD | {Finding.NO_SEAL}, length


def places_of(pdf: bytes, dice: random.Random, count: int) -> list[int]:
    """Return places all over the file and all over its last container: the one that nothing else protects."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", start)
    return [*dice.sample(range(len(pdf)), count), *dice.sample(range(start, end), count)]


@pytest.mark.parametrize(("name", "count"), [("B-T", 60), ("B-LTA", 8)])
def test_every_flipped_bit_is_found(name: str, count: int, levels: dict[str, bytes], company: Seal) -> None:
    dice = random.Random(20261123)
    for place in places_of(levels[name], dice, count):
        changed = bytearray(levels[name])
        changed[place] ^= 1 << dice.randrange(8)
        assert look(bytes(changed), company).finding in BAD, place


def test_flips_that_no_signature_covers_are_found(levels: dict[str, bytes], company: Seal) -> None:
    """In the unsigned parts of the container, each hex digit turned into its neighbours."""
    pdf = levels["B-T"]
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    names = b"\xc4\xb0YS Portal TEST K\xc3\xb6k".hex().upper().encode()  # the issuer, whose case readers ignore
    attribute = bytes.fromhex("060B2A864886F70D010910020E").hex().upper().encode()  # the time stamp's own name
    marked = [start + 4, start + 7, pdf.rindex(names) + 8, pdf.index(names, start) + 8, pdf.index(attribute) - 8]
    padding = pdf.index(b">", start) - 5
    for place in [*marked, *(at + step for at in marked for step in range(1, 12)), padding]:
        for bit in (0, 1, 2, 4):
            changed = bytearray(pdf)
            changed[place] ^= 1 << bit
            assert look(bytes(changed), company).finding in BAD, (place - start, bit)


# --- Revoked -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("revoked", "finding"), [(timedelta(hours=-1), Finding.REVOKED), (timedelta(hours=1), Finding.INTACT)]
)
@pytest.mark.parametrize("name", ["B-T", "B-LTA"])
def test_a_revoked_certificate_seals_nothing_from_then_on(
    name: str,
    revoked: timedelta,
    finding: Finding,
    levels: dict[str, bytes],
    company: Seal,
    folder: Path,
    tmp_path: Path,
) -> None:
    """Revoked an hour before the seal, and an hour after it."""
    for file in ("root.pem", "root.key"):
        shutil.copy(folder / file, tmp_path)
    certificate = load_pem_x509_certificate((folder / "seal.pem").read_bytes())
    write_list(tmp_path, now=NOW + revoked, revoked=[certificate])
    lists = load_trust(tmp_path).lists
    assert len(lists) == 1
    found = examine(levels[name], anchors=Anchors(roots=company.roots, lists=lists), now=NOW + timedelta(hours=2))
    assert found.finding is finding
    assert in_words(found).valid is (finding is Finding.INTACT)
