"""Both gateways keep what the Protocol promises against the bank simulator, paid on its pages by a browser."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from payments.gateways.base import DeclineGroup, InvalidSignatureError, Result
from payments.gateways.iyzico.threeds import DirectThreeDS
from tests.payments.gateways.benches_simulator import CARDS, IyzicoSimulator, NestPaySimulator
from tests.payments.gateways.conformance import IP, PRICE, Conformance, new_charge, paid, said, started
from tests.simulators.bank import Bank, served


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """One simulator for the tests of this module."""
    with served(tmp_path_factory.mktemp("bank") / "data") as running:
        yield running


class TestIyzico(Conformance):
    @pytest.fixture
    def bench(self, bank: Bank) -> IyzicoSimulator:
        return IyzicoSimulator(bank)

    @pytest.mark.parametrize("fault", ["wrong-signature"])
    def test_a_wrong_signature(self, bench: IyzicoSimulator, fault: str) -> None:
        charge, _ = paid(bench)
        bench.order("detail", fault)
        assert said(bench.gateway.query(charge)) == (Result.UNKNOWN, None)

    def test_all_families(self, bench: IyzicoSimulator) -> None:
        tables = bench.gateway.quote_instalments(bin_number="", amount=PRICE)
        assert len({table.family for table in tables}) == len(tables) == 8
        assert {table.rows[0].total for table in tables} == {PRICE}

    def test_the_payer_gives_up(self, bench: IyzicoSimulator) -> None:
        charge, opened = started(bench)
        bench.bank.http.post(f"{bench.bank.url}/vazgec/{charge.token}/")
        outcome = bench.gateway.complete(charge, {"token": opened.token})
        assert said(outcome) == (Result.DECLINED, DeclineGroup.GAVE_UP)

    def test_money_taken_while_the_answer_was_wrong(self, bench: IyzicoSimulator) -> None:
        charge, opened = started(bench)
        bench.order("charge", "wrong-amount")
        outcome = bench.gateway.complete(charge, bench.pay(charge, opened))
        assert outcome.capture
        assert outcome.capture.paid_amount != PRICE

    def test_the_webhook(self, bench: IyzicoSimulator) -> None:
        charge, capture = paid(bench)
        ((body, signature),) = bench.bank.merchant.of(int(capture.payment_id))
        headers = {"X-Iyz-Signature-V3": signature}
        event = bench.gateway.verify_webhook(body=json.dumps(body).encode(), headers=headers)
        assert (event.payment_id, event.conversation_id) == (capture.payment_id, charge.conversation_id)
        assert (event.kind, event.status) == ("CHECKOUT_FORM_AUTH", "SUCCESS")
        with pytest.raises(InvalidSignatureError):
            bench.gateway.verify_webhook(body=json.dumps({**body, "status": "FAILURE"}).encode(), headers=headers)

    def test_the_report_of_the_day(self, bench: IyzicoSimulator) -> None:
        charge, capture = paid(bench)
        bench.gateway.refund(capture, amount=Decimal("10.50"), key="iade-1", ip=IP)
        today = datetime.now(ZoneInfo("Europe/Istanbul")).date()
        lines = [
            (line.kind, line.conversation_id, line.amount, line.currency)
            for line in bench.gateway.report(day=today)
            if line.payment_id == capture.payment_id
        ]
        assert lines == [
            ("payment", charge.conversation_id, PRICE, "TRY"),
            ("refund", "iade-1", Decimal("10.50"), "TRY"),
        ]

    @pytest.mark.parametrize(
        ("card", "result"),
        [
            ("ok", (Result.SUCCEEDED, None)),
            (DeclineGroup.INSUFFICIENT_FUNDS, (Result.DECLINED, DeclineGroup.INSUFFICIENT_FUNDS)),
            (DeclineGroup.AUTHENTICATION, (Result.DECLINED, DeclineGroup.AUTHENTICATION)),
        ],
    )
    def test_direct(self, bench: IyzicoSimulator, card: str, result: tuple[Result, DeclineGroup | None]) -> None:
        """The test is the cashier here: no screen of the portal could do this."""
        gateway, charge = DirectThreeDS(bench.gateway), new_charge()
        typed = {"cardHolderName": "DEFNE IŞIKGİL", "cardNumber": CARDS[card], "cvc": "123"}
        opened = gateway.start(charge, payment_card=typed | {"expireMonth": "12", "expireYear": "2030"})
        assert opened.result == Result.NEEDS_ACTION
        charge = replace(charge, token=opened.token)
        callback = bench.browser.confirm(bench.browser.open(opened))
        assert said(gateway.complete(charge, callback)) == result
        with pytest.raises(InvalidSignatureError):
            gateway.complete(charge, {**callback, "mdStatus": "3"})
        assert bench.takings(charge) == (1 if result[0] == Result.SUCCEEDED else 0)


class TestNestPay(Conformance):
    @pytest.fixture
    def bench(self, bank: Bank) -> NestPaySimulator:
        return NestPaySimulator(bank)

    def test_half_secure_is_taken(self, bench: NestPaySimulator) -> None:
        charge, opened = started(bench)
        bench.order("3d", "mdstatus")
        bench.bank.order("3d", "mdstatus", number=4)
        first = bench.gateway.complete(charge, bench.pay(charge, opened))
        assert said(first) == (Result.DECLINED, DeclineGroup.AUTHENTICATION)
        charge, opened = started(bench)
        assert bench.gateway.complete(charge, bench.pay(charge, opened)).result == Result.SUCCEEDED
