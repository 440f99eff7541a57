"""What people who run the portal see of documents that wait, and what they can do about it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from accounts.models import Person
from contracts import condition
from contracts.development_pki import make_development_pki
from contracts.models import SignedDocument
from contracts.notices import CONDITION_KEY, notices
from iys_portal.audit.models import AuditEvent, OutboxMessage
from tests import factories
from tests.admin.world import buy

pytestmark = pytest.mark.django_db

DOCUMENTS = "/yonetim/contracts/signeddocument/"
PROBLEM = "Mühür anahtarına erişilemiyor. Anahtar yerine konunca belge kendiliğinden mühürlenir."


@pytest.fixture(autouse=True)
def no_word_of_the_seal() -> Iterator[None]:
    cache.delete(CONDITION_KEY)
    yield
    cache.delete(CONDITION_KEY)


@pytest.fixture
def failed(now: datetime) -> SignedDocument:
    person = factories.PersonFactory.create()
    order = buy(factories.MembershipFactory.create(person=person).provider, person, now=now)
    SignedDocument.objects.filter(approval=order.approval).update(state="failed", problem=PROBLEM)
    OutboxMessage.objects.filter(topic="contract.issue").update(attempts=12, failed_at=now)
    return SignedDocument.objects.get()


def press(browser: Client, document: SignedDocument) -> int:
    return browser.post(DOCUMENTS, {"action": "try_again", "_selected_action": [document.pk]}).status_code


def test_a_waiting_document_says_why(browser: Client, failed: SignedDocument) -> None:
    page = strip_tags(browser.get(f"{DOCUMENTS}{failed.pk}/change/").content.decode())
    for shown in (failed.verification_code, PROBLEM, "Yeniden denenecek"):
        assert page.count(shown) == 1, shown
    assert PROBLEM in strip_tags(browser.get(DOCUMENTS, {"is": "sorunlu"}).content.decode())
    assert "0 İmzalı belgeler" in strip_tags(browser.get(DOCUMENTS, {"is": "arsiv"}).content.decode())


def test_the_size_of_an_issued_document_is_told(browser: Client, failed: SignedDocument, now: datetime) -> None:
    SignedDocument.objects.update(
        state="timestamped", content=b"x" * 92_160, sha256="0" * 64, issued_at=now, problem=""
    )
    assert "90 KB" in strip_tags(browser.get(f"{DOCUMENTS}{failed.pk}/change/").content.decode())


def test_a_waiting_document_is_tried_again_and_audited(
    browser: Client, administrator: Person, failed: SignedDocument, now: datetime
) -> None:
    assert press(browser, failed) == 302
    message = OutboxMessage.objects.get(topic="contract.issue")
    assert (message.attempts, message.failed_at, message.due_at) == (0, None, now)
    events = AuditEvent.objects.filter(action="retry", actor_id=administrator.pk)
    assert sorted(events.values_list("object_type", flat=True)) == ["audit.outboxmessage", "contracts.signeddocument"]
    assert "1 belge yeniden denenecek." in strip_tags(browser.get(DOCUMENTS).content.decode())


def test_a_finished_document_is_left_alone(browser: Client, failed: SignedDocument, now: datetime) -> None:
    done = {"state": "timestamped", "content": b"x", "sha256": "0" * 64, "issued_at": now, "archived_at": now}
    SignedDocument.objects.update(problem="", **done)
    assert press(browser, failed) == 302
    assert AuditEvent.objects.filter(action="retry").count() == 0
    page = strip_tags(browser.get(DOCUMENTS).content.decode())
    assert "Seçilenlerin hepsi tamamlanmış; denenecek bir şey yok." in page


def test_an_accountant_looks_but_does_not_press(
    accountant: Person, client_of: Callable[[Person], Client], failed: SignedDocument
) -> None:
    browser = client_of(accountant)
    assert PROBLEM in strip_tags(browser.get(DOCUMENTS).content.decode())
    assert press(browser, failed) == 200  # the list again: there is no such action for them
    assert AuditEvent.objects.filter(action="retry").count() == 0


# --- The first page -----------------------------------------------------------------------------------------
WAITING = "1 sözleşme mühürlenemedi ve bekliyor; nedeni belgenin sayfasında."


def test_the_first_page_tells_administrators_and_accountants(
    browser: Client, accountant: Person, client_of: Callable[[Person], Client], failed: SignedDocument
) -> None:
    for who in (browser, client_of(accountant)):
        assert WAITING in strip_tags(who.get("/yonetim/").content.decode())


def test_the_first_page_says_nothing_when_all_is_well(browser: Client) -> None:
    assert "messagelist" not in browser.get("/yonetim/").content.decode()


def test_staff_who_may_not_see_documents_are_told_nothing(
    client_of: Callable[[Person], Client], failed: SignedDocument
) -> None:
    page = client_of(factories.staff("okuyucu")).get("/yonetim/").content.decode()
    assert ("bekliyor" in page, "messagelist" in page) == (False, False)


def test_an_archive_that_is_late_is_told(failed: SignedDocument, now: datetime) -> None:
    issued = {"state": "timestamped", "content": b"x", "sha256": "0" * 64, "problem": ""}
    SignedDocument.objects.update(issued_at=now, **issued)
    assert notices(now=now + timedelta(minutes=59)) == []
    assert notices(now=now + timedelta(minutes=61)) == [
        "1 sözleşme uzun süreli arşive alınamadı ve bekliyor; nedeni belgenin sayfasında."
    ]
    SignedDocument.objects.update(archived_at=now)
    assert notices(now=now + timedelta(days=1)) == []


@pytest.mark.parametrize(("days", "told"), [(1095, []), (31, []), (29, [1]), (0, [1])])
def test_a_certificate_that_runs_out_is_told_a_month_before(
    days: int, told: list[int], settings: Settings, tmp_path: Path, now: datetime, db: None
) -> None:
    settings.DATA_DIR, settings.DEMO_MODE = tmp_path, False
    make_development_pki(tmp_path / "pki", now=now - timedelta(days=1096 - days, minutes=-1))
    condition.report()
    end = (now + timedelta(days=days, minutes=1)).astimezone(UTC)
    sentence = f"Mühür sertifikasının süresi {end + timedelta(hours=3):%d.%m.%Y} tarihinde doluyor; yenisini kurun."
    assert notices(now=now) == [sentence for _ in told]


def test_a_key_that_is_away_is_told(settings: Settings, tmp_path: Path, now: datetime, db: None) -> None:
    settings.DATA_DIR, settings.DEMO_MODE = tmp_path, False
    condition.report()
    assert notices(now=now) == ["Mühür anahtarına erişilemiyor; yeni sözleşmeler mühürlenemez."]
