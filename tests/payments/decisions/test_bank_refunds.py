"""Money that goes back: its payee, the second person, the bank's file, the debit that confirms it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Person
from payments.enums import BankRefundState, DecisionKind, LineState
from payments.models import BankRefund, LineDecision, StatementLine
from payments.refund_files import Payment, as_csv
from payments.services import bank_refunds
from payments.services.bank_refunds import RefundRefused
from tests import factories
from tests.payments.decisions.conftest import IBAN, OTHER_IBAN, ledger_faults

Decide = Callable[..., LineDecision]
Waiting = Callable[..., StatementLine]


@pytest.fixture
def refund(waiting: Waiting, decide: Decide) -> BankRefund:
    """250,00 ₺ that are owed to the sender."""
    decide(waiting("250.00", "YANLIS"), DecisionKind.REFUND)
    return BankRefund.objects.get()


def test_a_file_is_made_anew_with_the_same_hash(refund: BankRefund, accountant: Person, now: datetime) -> None:
    file = bank_refunds.export(refund_ids=[refund.pk], person=accountant, now=now)
    refund.refresh_from_db()
    assert (refund.state, refund.file, file.count, file.total) == (
        BankRefundState.EXPORTED,
        file,
        1,
        Decimal("250.00"),
    )
    content = bank_refunds.csv_of(file)
    assert content is not None
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1] == (
        f"1;GÖNDEREN LTD;{IBAN};250,00;TRY;IADE-{refund.pk} 23.11.2026 tarihli ödemenizin iadesi;"
        f"IADE-{refund.pk};23.11.2026"
    )
    xml = bank_refunds.pain001_of(file)
    assert xml is not None
    names = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    root = ET.fromstring(xml)  # noqa: S314  (our own file)
    assert [root.findtext(f".//p:{name}", namespaces=names) for name in ("CtrlSum", "NbOfTxs", "InstdAmt")] == [
        "250.00",
        "1",
        "250.00",
    ]
    bank_refunds.owe_again(refund_id=refund.pk, reason="Banka reddetti", person=accountant)
    assert bank_refunds.csv_of(file) is None, "one of its rows is no longer in it"
    again = bank_refunds.export(refund_ids=[refund.pk], person=accountant, now=now)
    assert again.pk != file.pk
    assert ledger_faults() == []


def test_no_name_becomes_a_formula() -> None:
    payment = Payment("IADE-1", "=HYPERLINK(1)", IBAN, Decimal("1.00"), "+1")
    row = as_csv([payment], day=datetime(2026, 11, 23).date()).decode("utf-8-sig").splitlines()[1]  # noqa: DTZ001
    assert row == f"1;'=HYPERLINK(1);{IBAN};1,00;TRY;'+1;IADE-1;23.11.2026"


def test_a_refund_without_payee_waits_for_one(refund: BankRefund, accountant: Person, now: datetime) -> None:
    BankRefund.objects.update(iban="", name="")
    with pytest.raises(RefundRefused, match="IBAN'ı ya da adı eksik"):
        bank_refunds.export(refund_ids=[refund.pk], person=accountant, now=now)
    with pytest.raises(RefundRefused, match="IBAN geçersiz"):
        bank_refunds.set_payee(refund_id=refund.pk, iban=IBAN[:-1] + "8", name="A", person=accountant)
    bank_refunds.set_payee(refund_id=refund.pk, iban=OTHER_IBAN, name="Ali", person=accountant)
    assert bank_refunds.export(refund_ids=[refund.pk], person=accountant, now=now).count == 1
    with pytest.raises(RefundRefused, match="değiştirilemez"):
        bank_refunds.set_payee(refund_id=refund.pk, iban=IBAN, name="Ali", person=accountant)


def test_a_large_refund_needs_somebody_else(
    refund: BankRefund, accountant: Person, second: Person, now: datetime, settings: Settings
) -> None:
    settings.DECISION_SECOND_PERSON_ABOVE = Decimal("249.99")
    with pytest.raises(RefundRefused, match="ikinci kişinin onayı"):
        bank_refunds.export(refund_ids=[refund.pk], person=second, now=now)
    with pytest.raises(RefundRefused, match="onaylayamazsınız"):
        bank_refunds.approve(refund_id=refund.pk, person=accountant, now=now)
    bank_refunds.approve(refund_id=refund.pk, person=second, now=now)
    bank_refunds.set_payee(refund_id=refund.pk, iban=OTHER_IBAN, name="Ali", person=second)
    refund.refresh_from_db()
    assert refund.approved_by is None, "another payee needs another look"
    with pytest.raises(RefundRefused, match="onaylayamazsınız"):
        bank_refunds.approve(refund_id=refund.pk, person=second, now=now)


def test_a_large_refund_owed_again_needs_another_look_by_somebody_else(
    refund: BankRefund, waiting: Waiting, accountant: Person, second: Person, now: datetime, settings: Settings
) -> None:
    settings.DECISION_SECOND_PERSON_ABOVE = Decimal("249.99")
    third = factories.accountant("muhasebe3")
    bank_refunds.approve(refund_id=refund.pk, person=second, now=now)
    debit = waiting("-250.00", "GIDEN")
    bank_refunds.confirm_by_debit(refund_id=refund.pk, debit_line_id=debit.pk, person=accountant, now=now)
    bank_refunds.owe_again(refund_id=refund.pk, reason="Geri geldi", person=third)
    with pytest.raises(RefundRefused, match="ikinci kişinin onayı"):
        bank_refunds.export(refund_ids=[refund.pk], person=third, now=now)
    with pytest.raises(RefundRefused, match="yeniden listeye aldığınız iadeyi onaylayamazsınız"):
        bank_refunds.approve(refund_id=refund.pk, person=third, now=now)
    bank_refunds.approve(refund_id=refund.pk, person=second, now=now)
    assert bank_refunds.export(refund_ids=[refund.pk], person=third, now=now).count == 1


def test_a_debit_confirms_one_refund(
    refund: BankRefund, waiting: Waiting, decide: Decide, accountant: Person, now: datetime
) -> None:
    debit, wrong = waiting("-250.00", "GIDEN"), waiting("-249.00", "GIDEN 2")
    with pytest.raises(RefundRefused, match="aynı değil"):
        bank_refunds.confirm_by_debit(refund_id=refund.pk, debit_line_id=wrong.pk, person=accountant, now=now)
    bank_refunds.confirm_by_debit(refund_id=refund.pk, debit_line_id=debit.pk, person=accountant, now=now)
    refund.refresh_from_db()
    debit.refresh_from_db()
    assert (refund.state, refund.debit_line, debit.state) == (BankRefundState.CONFIRMED, debit, LineState.IGNORED)
    decide(waiting("250.00", "BASKA"), DecisionKind.REFUND)
    other = BankRefund.objects.exclude(pk=refund.pk).get()
    with pytest.raises(RefundRefused, match="başka bir iadenin"):
        bank_refunds.confirm_by_debit(refund_id=other.pk, debit_line_id=debit.pk, person=accountant, now=now)
    bank_refunds.owe_again(refund_id=refund.pk, reason="Geri geldi", person=accountant)
    refund.refresh_from_db()
    assert (refund.state, refund.debit_line) == (BankRefundState.OWED, None)
    assert ledger_faults() == []


def test_the_pages_do_it(
    refund: BankRefund, waiting: Waiting, accountant: Person, client_of: Callable[[Person], Client]
) -> None:
    browser = client_of(accountant)
    page = f"/muhasebe/havale-iadeleri/{refund.pk}/"
    refused = browser.post(page, {"islem": "alici", "iban": OTHER_IBAN, "ad": "Ali"}).content.decode()
    assert refused.count("Para gönderenden başka bir hesaba gidecek.") == 2, "in the summary and beside the box"
    browser.post(page, {"islem": "alici", "iban": OTHER_IBAN, "ad": "Ali", "baskasi": "on"})
    refund.refresh_from_db()
    assert (refund.iban, refund.name) == (OTHER_IBAN, "Ali")
    assert browser.post("/muhasebe/havale-iadeleri/", {}).content.decode().count("Dosyaya girecek iadeleri seçin.") == 1
    answer = browser.post("/muhasebe/havale-iadeleri/", {"iade": [str(refund.pk)]})
    refund.refresh_from_db()
    assert answer["Location"] == f"/muhasebe/havale-iadeleri/dosyalar/{refund.file_id}/"
    file = browser.get(f"/muhasebe/havale-iadeleri/dosyalar/{refund.file_id}/iade.csv")
    assert file.content.decode("utf-8-sig").count("250,00") == 1
    debit = waiting("-250.00", "GIDEN")
    browser.post(page, {"islem": "cikis", "hareket": str(debit.pk)})
    refund.refresh_from_db()
    assert refund.state == BankRefundState.CONFIRMED
