"""Contracts from the order to the archive: whatever is missing, none is unsealed, none is lost, each is made once."""

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command
from django.db import connection
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pytest_django import Settings

from accounts.models import Person
from contracts import rendering, tasks
from contracts.development_pki import make_development_pki, write_list
from contracts.issuing import archive_document, issue_document
from contracts.models import SignedDocument
from contracts.services import retry_documents, retry_waiting
from contracts.trust import current_trust
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from payments.models import Order
from tests import factories
from tests.admin.world import buy

pytestmark = pytest.mark.django_db

ISSUE, ARCHIVE = "contract.issue", "contract.archive"
NO_AUTHORITY = "http://127.0.0.1:1/"
LTA = "INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,EXTENDED_WITH_LTA_UPDATES,ACCEPTABLE_MODIFICATIONS"
LATE_LTA = "INTACT:TRUSTED,EXTENDED_WITH_LTA_UPDATES,ACCEPTABLE_MODIFICATIONS"
PROBLEMS = {
    "missing": "Mühür anahtarına erişilemiyor. Anahtar yerine konunca belge kendiliğinden mühürlenir.",
    "expired": "Mühür sertifikasının süresi dolmuş. Yeni sertifika kurulunca belge kendiliğinden mühürlenir.",
    "revoked": "Mühür sertifikası iptal edilmiş. Yeni sertifika kurulunca belge kendiliğinden mühürlenir.",
    "stamp": "Zaman damgası sunucusundan yanıt alınamadı. Zaman damgası, sunucu yanıt verince kendiliğinden vurulur.",
    "files": "Belge oluşturulamadı: yazı tipi, şablon ya da biçim dosyası eksik. Kurulumu denetleyin.",
}


@pytest.fixture(autouse=True)
def pki(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.DEMO_MODE = False
    make_development_pki(tmp_path / "pki", now=datetime.now(UTC))
    return tmp_path / "pki"


@pytest.fixture
def document(accepted: Callable[..., Order]) -> SignedDocument:
    """A contract that waits to be issued."""
    factories.brief_texts()
    return SignedDocument.objects.get(approval=accepted("ileti-75").approval)


def fresh(document: SignedDocument) -> SignedDocument:
    return SignedDocument.objects.get(pk=document.pk)


def run(topic: str) -> bool:
    return outbox.run(OutboxMessage.objects.get(topic=topic).pk)


def issued(document: SignedDocument, now: datetime) -> SignedDocument:
    issue_document(document_id=document.pk, now=now)
    return fresh(document)


def summary(document: SignedDocument) -> str:
    """Return pyHanko's word on a document's seal, for whoever trusts what this installation trusts."""
    assert document.content is not None
    (signature,) = PdfFileReader(BytesIO(document.content)).embedded_regular_signatures
    context = ValidationContext(trust_roots=list(current_trust().roots))
    return str(validate_pdf_signature(signature, context).summary())


# --- The usual way ------------------------------------------------------------------------------------------
def test_issued_at_once_and_archived_by_its_own_promise(document: SignedDocument, now: datetime) -> None:
    assert run(ISSUE) is True
    first = fresh(document)
    assert (first.state, first.archived_at, first.problem) == ("timestamped", None, "")
    assert run(ARCHIVE) is True
    last = fresh(document)
    assert (last.state, last.problem, last.archived_at is not None) == ("timestamped", "", True)
    assert bytes(last.content or b"").startswith(bytes(first.content or b"x"))
    assert (summary(first), summary(last)) == ("INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,UNTOUCHED", LTA)
    event = AuditEvent.objects.get(object_type="contracts.signeddocument", action="archive")
    assert event.detail == {
        "before": {"sha256": first.sha256, "bytes": len(first.content or b"")},
        "after": {"sha256": last.sha256, "bytes": len(last.content or b"")},
    }


def test_asked_again_nothing_happens(document: SignedDocument, now: datetime) -> None:
    for _ in range(3):
        issue_document(document_id=document.pk, now=now)
    archive_document(document_id=document.pk, now=now)
    done = fresh(document)
    for _ in range(3):
        issue_document(document_id=document.pk, now=now + timedelta(days=1))
        archive_document(document_id=document.pk, now=now + timedelta(days=1))
    assert bytes(fresh(document).content or b"") == bytes(done.content or b"x")
    assert (fresh(document).archived_at, OutboxMessage.objects.filter(topic=ARCHIVE).count()) == (now, 1)


def test_nothing_is_archived_before_it_is_issued(document: SignedDocument, now: datetime) -> None:
    archive_document(document_id=document.pk, now=now)
    assert (fresh(document).state, fresh(document).archived_at) == ("pending", None)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_make_one_document(document: SignedDocument, now: datetime) -> None:
    """Each does what a worker does with both promises, all at the same moment."""
    barrier, failures, seen = threading.Barrier(8), [], set()

    def work() -> None:
        try:
            barrier.wait()
            issue_document(document_id=document.pk, now=now)
            barrier.wait()
            seen.add(fresh(document).sha256)
            barrier.wait()
            archive_document(document_id=document.pk, now=now)
            seen.add(fresh(document).sha256)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failures, len(seen), summary(fresh(document))) == ([], 2, LTA)
    actions = AuditEvent.objects.filter(object_type="contracts.signeddocument").values_list("action", flat=True)
    assert sorted(actions) == ["archive", "state:timestamped"]
    assert OutboxMessage.objects.filter(topic=ARCHIVE).count() == 1


# --- The authority is away ----------------------------------------------------------------------------------
def test_without_the_authority_the_document_is_sealed_and_stamped_later(
    document: SignedDocument, settings: Settings
) -> None:
    settings.TSA_URL = NO_AUTHORITY
    assert run(ISSUE) is True
    bare = fresh(document)
    assert (bare.state, bare.problem, summary(bare)) == ("sealed", PROBLEMS["stamp"], "INTACT:TRUSTED,UNTOUCHED")
    assert run(ARCHIVE) is False
    assert bytes(fresh(document).content or b"") == bytes(bare.content or b"x")
    settings.TSA_URL = ""
    assert run(ARCHIVE) is True
    last = fresh(document)
    assert (last.state, last.problem, last.archived_at is not None, summary(last)) == (
        "timestamped",
        "",
        True,
        LATE_LTA,
    )
    assert bytes(last.content or b"").startswith(bytes(bare.content or b"x"))


def test_what_cannot_be_proven_yet_is_stamped_and_waits_for_its_archive(
    document: SignedDocument, settings: Settings, pki: Path, now: datetime
) -> None:
    settings.TSA_URL = NO_AUTHORITY
    issued(document, now)
    settings.TSA_URL = ""
    (pki / "root.crl").rename(pki / "root.crl.gone")
    assert run(ARCHIVE) is False
    stamped = fresh(document)
    assert (stamped.state, stamped.archived_at) == ("timestamped", None)
    assert stamped.problem == (
        "Mühür ya da zaman damgası doğrulanamadı. İptal listesi adresini ve güvenilen kökleri denetleyin."
    )
    (pki / "root.crl.gone").rename(pki / "root.crl")
    assert run(ARCHIVE) is True
    assert (fresh(document).problem, summary(fresh(document))) == ("", LATE_LTA)


# --- The key is away ----------------------------------------------------------------------------------------
def spoil(how: str, pki: Path) -> None:
    match how:
        case "missing":
            shutil.rmtree(pki)
        case "expired":
            shutil.rmtree(pki)
            make_development_pki(pki, now=datetime.now(UTC) - timedelta(days=1200))
        case "revoked":
            seal = x509.load_pem_x509_certificate((pki / "seal.pem").read_bytes())
            write_list(pki, now=datetime.now(UTC), revoked=[seal])


@pytest.mark.parametrize("how", ["missing", "expired", "revoked"])
def test_without_a_key_documents_wait_and_are_issued_when_it_is_back(
    how: str, document: SignedDocument, pki: Path, now: datetime
) -> None:
    spoil(how, pki)
    for _ in range(outbox.MAX_ATTEMPTS):
        assert run(ISSUE) is False
    waiting = fresh(document)
    assert (waiting.state, waiting.content, waiting.problem) == ("failed", None, PROBLEMS[how])
    assert OutboxMessage.objects.get(topic=ISSUE).failed_at is not None
    shutil.rmtree(pki, ignore_errors=True)
    make_development_pki(pki, now=datetime.now(UTC))
    tasks.retry_documents()
    assert (run(ISSUE), run(ARCHIVE)) == (True, True)
    assert (fresh(document).state, fresh(document).problem, summary(fresh(document))) == ("timestamped", "", LTA)


# --- Something of the portal's own is away ------------------------------------------------------------------
def test_a_missing_template_is_told(document: SignedDocument, settings: Settings, tmp_path: Path) -> None:
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "none"]}]
    settings.TEMPLATES = templates
    assert run(ISSUE) is False
    assert (fresh(document).state, fresh(document).content, fresh(document).problem) == (
        "failed",
        None,
        PROBLEMS["files"],
    )


def test_a_missing_typeface_is_told(document: SignedDocument, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rendering, "_TYPEFACE", tmp_path / "none.ttf")
    rendering._style.cache_clear()
    assert run(ISSUE) is False
    rendering._style.cache_clear()
    assert (fresh(document).state, fresh(document).content, fresh(document).problem) == (
        "failed",
        None,
        PROBLEMS["files"],
    )


def test_anything_else_is_told_too(document: SignedDocument, monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    SignedDocument.objects.filter(pk=document.pk).update(number="")
    monkeypatch.setattr(rendering, "_attachments", None)
    with pytest.raises(TypeError):
        issue_document(document_id=document.pk, now=now)
    assert fresh(document).problem == "Beklenmeyen bir hata oluştu. Ayrıntısı “Bekleyen işler” sayfasında."


# --- Taken up again -----------------------------------------------------------------------------------------
def test_the_sweeper_leaves_alone_what_is_promised(document: SignedDocument, now: datetime) -> None:
    assert retry_waiting(now=now) == 0
    issued(document, now)
    assert retry_waiting(now=now) == 0
    archive_document(document_id=document.pk, now=now)
    OutboxMessage.objects.all().delete()
    assert retry_waiting(now=now) == 0


@pytest.mark.parametrize("step", [ISSUE, ARCHIVE])
def test_the_sweeper_promises_what_nobody_promised(step: str, document: SignedDocument, now: datetime) -> None:
    if step == ARCHIVE:
        issued(document, now)
    OutboxMessage.objects.all().delete()
    assert (retry_waiting(now=now), retry_waiting(now=now)) == (1, 0)
    assert OutboxMessage.objects.values_list("topic", "payload").get() == (step, {"document_id": document.pk})


def test_the_sweeper_takes_up_what_was_given_up(document: SignedDocument, now: datetime) -> None:
    OutboxMessage.objects.update(attempts=12, failed_at=now)
    assert (retry_waiting(now=now), retry_waiting(now=now)) == (1, 0)
    message = OutboxMessage.objects.get()
    assert (message.attempts, message.failed_at, message.due_at) == (0, None, now)
    assert AuditEvent.objects.get(action="retry").actor_name == "Sistem"


def test_a_person_has_it_tried_at_once(document: SignedDocument, now: datetime) -> None:
    person: Person = factories.administrator()
    OutboxMessage.objects.update(attempts=7, due_at=now + timedelta(hours=1))
    SignedDocument.objects.update(state="failed", problem=PROBLEMS["missing"])
    assert retry_documents(document_ids=[document.pk, 0], actor=person, now=now) == 1
    assert OutboxMessage.objects.values_list("attempts", "due_at").get() == (0, now)
    event = AuditEvent.objects.get(action="retry")
    assert (event.object_type, event.actor_id, event.detail) == (
        "contracts.signeddocument",
        person.pk,
        {"problem": PROBLEMS["missing"]},
    )


# --- Rotation -----------------------------------------------------------------------------------------------
def signer_of(document: SignedDocument) -> bytes:
    (signature,) = PdfFileReader(BytesIO(document.content or b"")).embedded_regular_signatures
    return bytes(signature.signer_cert.dump())


@pytest.fixture
def another(now: datetime) -> SignedDocument:
    """A contract of another provider that waits too."""
    person = factories.PersonFactory.create()
    order = buy(factories.MembershipFactory.create(person=person).provider, person, now=now)
    return SignedDocument.objects.get(approval=order.approval)


def test_what_was_sealed_before_a_rotation_stays_good(
    document: SignedDocument, another: SignedDocument, pki: Path, now: datetime, capsys: Any
) -> None:
    old = issued(document, now)
    call_command("rotate_seal_key")
    (new,) = [path for path in pki.iterdir() if path.is_dir() and not path.is_symlink()]
    assert (capsys.readouterr().out, (pki / "current").resolve()) == (f"set: {new.name}\n", new)
    assert sorted(path.name for path in pki.glob("*.*")) == ["root.crl", "root.pem", "seal.pem", "tsa.pem"]
    young = issued(another, now)
    certificates = [x509.load_pem_x509_certificate((place / "seal.pem").read_bytes()) for place in (pki, new)]
    assert [signer_of(old), signer_of(young)] == [entry.public_bytes(Encoding.DER) for entry in certificates]
    assert (summary(old), summary(young)) == ("INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,UNTOUCHED",) * 2
    for waiting in (document, another):
        archive_document(document_id=waiting.pk, now=now)
        assert summary(fresh(waiting)) == LTA


def test_rotated_twice_everything_stays_good(document: SignedDocument, pki: Path, now: datetime) -> None:
    issued(document, now)
    for _ in range(2):
        call_command("rotate_seal_key")
    archive_document(document_id=document.pk, now=now)
    assert (summary(fresh(document)), len(current_trust().roots)) == (LTA, 3)


def test_the_last_list_of_an_old_root_holds_as_long_as_the_root(pki: Path) -> None:
    call_command("rotate_seal_key")
    root = x509.load_pem_x509_certificate((pki / "root.pem").read_bytes())
    assert x509.load_pem_x509_crl((pki / "root.crl").read_bytes()).next_update_utc == root.not_valid_after_utc


def test_a_key_that_is_not_the_portals_is_not_rotated(settings: Settings, pki: Path) -> None:
    settings.SEAL_SOURCE = "pkcs12"
    with pytest.raises(CommandError, match="not the portal's to make"):
        call_command("rotate_seal_key")
    settings.SEAL_SOURCE = "development"
    shutil.rmtree(pki)
    with pytest.raises(CommandError, match="no development PKI"):
        call_command("rotate_seal_key")
