"""Statements that come by themselves: Ziraat's web service on a socket, a folder, and what the portal does."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from pytest_django import Settings

from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.shared.clock import istanbul_day
from payments.enums import OrderState
from payments.fetching.base import Account, Fetched, SourceUnavailableError
from payments.fetching.drop import Drop
from payments.fetching.ziraat import Ziraat
from payments.models import Allocation, BankAccount, Order, SourceRun, Statement, StatementLine
from payments.services import fetching, statements
from tests import factories
from tests.payments.mt940 import Transfer, mt940
from tests.simulators.bank import IBAN, STATEMENT_PASSWORD, STATEMENT_USER, Bank, served

OURS = Account(IBAN, "760-12345678-5001")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with served(tmp_path_factory.mktemp("bank") / "data") as running:
        yield running


@pytest.fixture
def service(settings: Settings, bank: Bank) -> Ziraat:
    """The portal's source: the web service of the simulated bank."""
    settings.ZIRAAT_URL, settings.ZIRAAT_USER, settings.ZIRAAT_PASSWORD = bank.url, STATEMENT_USER, STATEMENT_PASSWORD
    settings.STATEMENT_DROP = ""
    return Ziraat(bank.url, STATEMENT_USER, STATEMENT_PASSWORD, timeout=2.0)


@pytest.fixture
def ziraat_account(account: BankAccount) -> BankAccount:
    account.account_number = OURS.number
    account.save()
    return account


def work_off() -> None:
    """Do what the outbox promises, as the worker would."""
    for message in OutboxMessage.objects.filter(done_at=None, topic="statement.process"):
        assert outbox.run(message.pk)


@pytest.mark.django_db
def test_a_transfer_pays_its_order_without_anybody_doing_anything(
    bank: Bank, service: Ziraat, ziraat_account: BankAccount, awaiting: Callable[..., Order]
) -> None:
    now = timezone.now()
    order = awaiting("ileti-150", at=now)
    bank.transfer(text=f"{order.code_display} HİZMET SAĞLAYICI")
    assert fetching.fetch_all(now=now) == 1
    work_off()
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    # The same days again: nothing new, no money twice.
    assert fetching.fetch_all(now=now) == 0
    bank.transfer(text="BAŞKA BİR HAREKET", amount="12")
    assert fetching.fetch_all(now=now) == 1
    work_off()
    assert [a.amount for a in Allocation.objects.filter(order=order)] == [Decimal("5097.60")]
    assert StatementLine.objects.filter(text__contains=order.code_display).count() == 1
    run = SourceRun.objects.get()
    assert (run.source, run.account, run.succeeded_at, run.problem) == ("ziraat", ziraat_account, now, "")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("drop-before", "Bankanın ekstre servisi yanıtını tamamlamadı."),
        ("http-500", "Bankanın ekstre servisi yanıtını tamamlamadı."),
        ("slow", "Bankanın ekstre servisi yanıtını tamamlamadı."),
        ("malformed", "Bankanın ekstre servisinin yanıtı anlaşılamadı (HTTP 200)."),
    ],
)
def test_what_the_service_does_wrong_is_said_in_words(bank: Bank, service: Ziraat, fault: str, words: str) -> None:
    bank.order("statement", fault, number=4)
    today = date.today()  # noqa: DTZ011
    with pytest.raises(SourceUnavailableError) as error:
        list(service.fetch(OURS, first_day=today, last_day=today))
    assert str(error.value) == words


def test_weeks_are_asked_for_one_after_another(bank: Bank, service: Ziraat) -> None:
    today = date.today()  # noqa: DTZ011
    names: list[str] = []
    found = service.fetch(OURS, first_day=today - timedelta(days=100), last_day=today)
    with pytest.raises(SourceUnavailableError, match="günlerini bankanın ekstre servisi artık vermiyor") as lost:
        names.extend(each.filename for each in found)
    before = f"{today - timedelta(days=100):%d.%m.%Y}–{today - timedelta(days=21):%d.%m.%Y} "
    assert str(lost.value).startswith(before)
    first = today - timedelta(days=20)
    assert names[0] == f"ziraat-{first:%Y%m%d}-{first + timedelta(days=6):%Y%m%d}.xml"
    assert (len(names), names[-1].endswith(f"{today:%Y%m%d}.xml")) == (3, True)
    assert not service.serves(Account("TR140006400000142011234567", "1"))
    assert STATEMENT_PASSWORD not in repr(service)


@pytest.mark.django_db
def test_a_bank_that_is_away_is_shown_until_it_is_back(
    settings: Settings, service: Ziraat, bank: Bank, ziraat_account: BankAccount, now: datetime
) -> None:
    settings.ZIRAAT_URL = "http://127.0.0.1:9"
    assert fetching.fetch_all(now=now) == 0
    assert fetching.fetch_all(now=now + timedelta(minutes=10)) == 0
    run = SourceRun.objects.get()
    assert (run.problem, run.failing_since, run.tried_at) == (
        "Bankanın ekstre servisine ulaşılamadı.",
        now,
        now + timedelta(minutes=10),
    )
    settings.ZIRAAT_URL = bank.url
    fetching.fetch_all(now=timezone.now())
    run.refresh_from_db()
    assert (run.problem, run.failing_since) == ("", None)


@pytest.mark.django_db
def test_days_that_the_bank_no_longer_gives_are_shown_until_somebody_uploads_them(
    service: Ziraat, ziraat_account: BankAccount
) -> None:
    now = timezone.now()
    last = now - timedelta(days=40)
    day = istanbul_day(last)
    run = SourceRun.objects.create(source="ziraat", account=ziraat_account, succeeded_at=last)
    assert fetching.fetch_all(now=now) > 0, "weeks without a movement are the same file"
    run.refresh_from_db()
    assert (run.problem.partition("–")[0], run.succeeded_at) == (f"{day - timedelta(days=1):%d.%m.%Y}", last)
    days = [day + timedelta(days=number) for number in (1, 15, 30)]
    content = mt940(ziraat_account.iban, *(Transfer("KIRA", Decimal("30.00"), day=day) for day in days))
    kept, _ = statements.receive(
        account=ziraat_account,
        format="mt940",
        filename="e.sta",
        content=content,
        person=factories.accountant(),
        now=now,
    )
    statements.read(statement_id=kept.pk)
    fetching.fetch_all(now=now + timedelta(minutes=10))
    run.refresh_from_db()
    assert (run.problem, run.succeeded_at) == ("", now + timedelta(minutes=10))


@pytest.mark.django_db
def test_a_wrong_password_is_a_refused_statement_with_the_banks_words(
    settings: Settings, service: Ziraat, ziraat_account: BankAccount
) -> None:
    settings.ZIRAAT_PASSWORD = "yanlış"
    assert fetching.fetch_all(now=timezone.now()) == 1
    work_off()
    statement = Statement.objects.get()
    assert statement.state == "refused"
    assert "Kurum kodu ya da şifre hatalı" in statement.problems[0]["message"]
    run = SourceRun.objects.get()
    assert (run.succeeded_at, run.problem) == (
        None,
        "Bankanın ekstre servisi hata bildirdi; reddedilen ekstreye bakın.",
    )


@pytest.mark.django_db
def test_a_dropped_file_is_received_read_and_put_aside(
    settings: Settings, tmp_path: Path, account: BankAccount, awaiting: Callable[..., Order], now: datetime
) -> None:
    settings.ZIRAAT_USER, settings.STATEMENT_DROP = "", str(tmp_path)
    order = awaiting("ileti-150")
    folder = tmp_path / account.iban
    folder.mkdir()
    for name, content in [("ekstre.sta", mt940(account.iban, Transfer(order.code_display))), ("not.txt", b"merhaba")]:
        (folder / name).write_bytes(content)
        os.utime(folder / name, (time.time() - 60,) * 2)
    assert fetching.fetch_all(now=now) == 1
    work_off()
    order.refresh_from_db()
    assert order.state == OrderState.COMPLETED
    assert sorted(path.name for path in (folder / "alindi").iterdir()) == ["ekstre.sta"]
    assert sorted(path.name for path in (folder / "alinamadi").iterdir()) == ["not.txt", "not.txt.neden.txt"]


@pytest.mark.django_db
def test_a_file_that_cannot_be_taken_keeps_none_of_the_others(
    tmp_path: Path, account: BankAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Drop):
        """A source that trips over one of its files."""

        def received(self, fetched: Fetched) -> None:
            if fetched.filename == "once.sta":
                raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")
            super().received(fetched)

    monkeypatch.setattr(fetching, "sources", lambda: [Broken(tmp_path)])
    folder = tmp_path / account.iban
    folder.mkdir()
    for number, name in enumerate(["once.sta", "sonra.sta"]):
        (folder / name).write_bytes(mt940(account.iban, Transfer("KIRA"), reference=name))
        os.utime(folder / name, (time.time() - 60 + number,) * 2)
    assert fetching.fetch_all(now=now) == 1
    run = SourceRun.objects.get()
    assert (run.problem, run.succeeded_at) == (
        "once.sta alınamadı: beklenmeyen bir hata oluştu; ayrıntısı sistem günlüğünde.",
        None,
    )
    assert sorted(path.name for path in folder.rglob("*.sta")) == ["once.sta", "sonra.sta"]
    assert (folder / "alindi/sonra.sta").exists()


@pytest.mark.django_db
def test_a_worker_whose_time_is_over_stops_fetching(
    tmp_path: Path, account: BankAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Drop):
        """A source during which the worker's time runs out."""

        def received(self, fetched: Fetched) -> None:
            raise SoftTimeLimitExceeded(fetched.filename)

    monkeypatch.setattr(fetching, "sources", lambda: [Slow(tmp_path)])
    (tmp_path / account.iban).mkdir()
    (tmp_path / account.iban / "ekstre.sta").write_bytes(mt940(account.iban, Transfer("KIRA"), reference="A"))
    os.utime(tmp_path / account.iban / "ekstre.sta", (time.time() - 60,) * 2)
    with pytest.raises(SoftTimeLimitExceeded):
        fetching.fetch_all(now=now)
