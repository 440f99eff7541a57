"""Money that goes back: its debit confirms it, its return owes it again, and only an exact reference speaks alone."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from iys_portal import ledger
from payments.enums import BankRefundState, LineState
from payments.models import BankRefund, Statement, StatementLine
from payments.selectors.bank_refunds import likely_for
from tests import factories
from tests.payments.mt940 import Transfer

Import = Callable[..., Statement]
SUM = Decimal("120.50")
LATER = date(2026, 11, 24)


@pytest.fixture
def refund(imported: Import, now: datetime) -> BankRefund:
    """Money of an unknown sender that is owed back."""
    imported(Transfer("BILINMEYEN", SUM))
    line = StatementLine.objects.get()
    owed = BankRefund.objects.create(
        line=line, amount=SUM, iban=factories.make_iban(9), name="Örnek Gıda Ltd. Şti.", reason="Kime ait belli değil."
    )
    StatementLine.objects.filter(pk=line.pk).update(state=LineState.REFUND)
    return owed


def last_line() -> StatementLine:
    return StatementLine.objects.latest("pk")


def broken() -> list[str]:
    return [name for name, result in ledger.verify().items() if not result["ok"]]


def test_the_debit_with_its_reference_confirms_a_refund(refund: BankRefund, imported: Import, now: datetime) -> None:
    imported(Transfer(f"GIDEN EFT IADE-{refund.pk} 23.11.2026", -SUM, day=LATER), reference="EKSTRE2")
    refund.refresh_from_db()
    line = last_line()
    assert (refund.state, refund.debit_line, refund.confirmed_at) == (BankRefundState.CONFIRMED, line, now)
    assert (line.state, line.rule) == (LineState.IGNORED, "refund-paid")
    assert broken() == []


@pytest.mark.parametrize("amount", [SUM + 1, SUM - Decimal("0.01")])
def test_another_amount_confirms_nothing(refund: BankRefund, imported: Import, amount: Decimal) -> None:
    imported(Transfer(f"IADE-{refund.pk}", -amount, day=LATER), reference="EKSTRE2")
    refund.refresh_from_db()
    assert (refund.state, last_line().rule) == (BankRefundState.OWED, "outgoing")


@pytest.mark.parametrize("words", ["ORNEK GIDA LTD STI", "TR IBAN"])
def test_what_is_likely_is_shown_and_not_done(refund: BankRefund, imported: Import, words: str) -> None:
    imported(Transfer(words.replace("TR IBAN", refund.iban), -SUM, day=LATER), reference="EKSTRE2")
    refund.refresh_from_db()
    line = last_line()
    assert (refund.state, line.state, line.rule) == (BankRefundState.OWED, LineState.SUGGESTED, "refund-likely")
    assert line.features == {"refunds": [refund.pk]}
    assert list(likely_for(line)) == [refund]
    assert broken() == []
    BankRefund.objects.update(state=BankRefundState.CANCELLED)
    assert list(likely_for(line)) == []


def test_one_debit_pays_one_refund(refund: BankRefund, imported: Import) -> None:
    debit = Transfer(f"IADE-{refund.pk}", -SUM, day=LATER)
    imported(debit, debit, reference="EKSTRE2")
    rules = StatementLine.objects.filter(amount=-SUM).order_by("pk").values_list("rule", flat=True)
    assert list(rules) == ["refund-paid", "outgoing"]
    assert broken() == []


@pytest.mark.parametrize("together", [True, False])
def test_a_refund_that_comes_back_is_owed_again(refund: BankRefund, imported: Import, together: bool) -> None:
    out = Transfer(f"IADE-{refund.pk}", -SUM, day=LATER)
    back = Transfer(f"EFT IADE IADE-{refund.pk} HESAP KAPALI", SUM, day=LATER)
    if together:
        imported(out, back, reference="EKSTRE2")
    else:
        imported(out, reference="EKSTRE2")
        imported(back, reference="EKSTRE3")
    refund.refresh_from_db()
    assert (refund.state, refund.debit_line) == (BankRefundState.OWED, None)
    assert (last_line().state, last_line().rule) == (LineState.IGNORED, "refund-returned")
    assert broken() == []
