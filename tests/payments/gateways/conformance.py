"""What every gateway promises, over real sockets: one class of tests, for each gateway and each bank a bench.

A bench plays the bank's side: it pays as a payer's browser would, lets the next call go wrong, and looks into the
bank's books.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol
from uuid import uuid4

import pytest

from payments.gateways.base import (
    Buyer,
    Capture,
    Charge,
    DeclineGroup,
    Gateway,
    InvalidSignatureError,
    Outcome,
    Result,
)

PRICE = Decimal("5097.60")
IP = "192.0.2.7"
BUYER = Buyer(
    reference="87654321",
    title="HİZMET SAĞLAYICI A.Ş.",
    tax_number="1234567890",
    email="ayse@example.com",
    phone="+905321112233",
    address="Atatürk Bulvarı 1, Çankaya/Ankara",
)
SECRETS = (BUYER.title, BUYER.tax_number, BUYER.email, BUYER.phone, BUYER.address)


class Bench(Protocol):
    """The bank's side. A `card` is named by what the bank will say: ``ok`` or a DeclineGroup."""

    gateway: Gateway
    # Groups that this bank can be made to give, and whether it knows an attempt before anybody paid.
    declines: frozenset[DeclineGroup]
    knows_open: bool
    secrets: tuple[str, ...]

    def pay(self, charge: Charge, opened: Outcome, /, card: str = "ok") -> dict[str, str]:
        """Go through the bank's pages; return what the browser brings back."""

    def leave(self, charge: Charge, opened: Outcome, /) -> None:
        """Open the bank's page and go away."""

    def order(self, kind: str, fault: str) -> None:
        """Let the next call of this kind (detail, refund, report …) go wrong."""

    def given_back(self, charge: Charge) -> Decimal:
        """Return how much of a payment went back, by the bank's books."""

    def takings(self, charge: Charge) -> int:
        """Return how often the bank took money for an attempt."""

    def unreachable(self) -> Gateway:
        """Return the same gateway behind a port where nobody listens."""


def new_charge(**changed: object) -> Charge:
    """Return an attempt that no bank has heard of."""
    charge = Charge(
        conversation_id=uuid4().hex,
        order_code="KM7-T3R-AWC",
        product="İLETİ-150 paketi",
        amount=PRICE,
        paid_amount=PRICE,
        instalments=1,
        return_url="http://127.0.0.1:9/odeme/donus/abc:def/",
        buyer=BUYER,
        ip=IP,
    )
    return replace(charge, **changed)


def started(bench: Bench, charge: Charge | None = None) -> tuple[Charge, Outcome]:
    """Open an attempt; return it as it is stored then."""
    charge = charge or new_charge()
    opened = bench.gateway.start(charge)
    assert opened.result == Result.NEEDS_ACTION, opened
    return replace(charge, token=opened.token), opened


def paid(bench: Bench, charge: Charge | None = None) -> tuple[Charge, Capture]:
    """Pay an attempt; return it and the capture."""
    charge, opened = started(bench, charge)
    outcome = bench.gateway.complete(charge, bench.pay(charge, opened))
    assert outcome.result == Result.SUCCEEDED, outcome
    assert outcome.capture
    return charge, outcome.capture


def said(outcome: Outcome) -> tuple[Result, DeclineGroup | None]:
    return outcome.result, outcome.group


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


NOTHING_TAKEN = (Result.DECLINED, DeclineGroup.ABANDONED)
LOST = ["drop-before", "drop-after", "http-500", "http-500-after", "malformed", "slow"]


class Conformance:
    """The suite. Whoever inherits gives the fixture `bench`."""

    # --- Paying ---------------------------------------------------------------------------------------------------
    def test_a_payment_is_what_the_attempt_asked_for(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        assert (capture.conversation_id, capture.order_code) == (charge.conversation_id, charge.order_code)
        assert (capture.amount, capture.paid_amount, capture.currency) == (PRICE, PRICE, "TRY")
        assert (capture.instalments, capture.bin, capture.last4) == (1, "552879", "0008")
        assert capture.payment_id
        assert capture.transaction_id
        assert bench.takings(charge) == 1

    def test_asked_later_it_says_the_same(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        outcome = bench.gateway.query(charge)
        assert outcome.result == Result.SUCCEEDED
        assert outcome.capture
        ours = (capture.payment_id, capture.transaction_id, capture.paid_amount, capture.last4)
        theirs = outcome.capture
        assert (theirs.payment_id, theirs.transaction_id, theirs.paid_amount, theirs.last4) == ours

    def test_by_our_own_number_alone(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        outcome = bench.gateway.query(replace(charge, token=""))
        assert outcome.capture
        assert outcome.capture.payment_id == capture.payment_id

    def test_instalments(self, bench: Bench) -> None:
        if not bench.gateway.capabilities().instalments:
            (table,) = bench.gateway.quote_instalments(bin_number="552879", amount=PRICE)
            assert [(row.count, row.total, row.monthly) for row in table.rows] == [(1, PRICE, PRICE)]
            return
        (table,) = bench.gateway.quote_instalments(bin_number="552879", amount=PRICE)
        assert table.rows[0].count == 1
        assert [row.count for row in table.rows] == sorted({row.count for row in table.rows})
        assert all(row.total >= PRICE and row.total > row.monthly for row in table.rows[1:])
        three = next(row for row in table.rows if row.count == 3)
        _, capture = paid(bench, new_charge(instalments=3, paid_amount=three.total))
        assert (capture.amount, capture.paid_amount, capture.instalments) == (PRICE, three.total, 3)

    def test_a_callback_again_takes_nothing_again(self, bench: Bench) -> None:
        charge, opened = started(bench)
        callback = bench.pay(charge, opened)
        first, second = (bench.gateway.complete(charge, callback) for _ in range(2))
        assert first == second
        assert bench.takings(charge) == 1

    def test_declines(self, bench: Bench) -> None:
        """One after the other: each group that this bank can give."""
        for group in sorted(bench.declines):
            charge, opened = started(bench)
            outcome = bench.gateway.complete(charge, bench.pay(charge, opened, group))
            assert said(outcome) == (Result.DECLINED, group)
            assert said(bench.gateway.query(charge))[0] == Result.DECLINED
            assert bench.takings(charge) == 0

    def test_nobody_has_paid_yet(self, bench: Bench) -> None:
        charge, opened = started(bench)
        bench.leave(charge, opened)
        expected = (Result.NEEDS_ACTION, None) if bench.knows_open else NOTHING_TAKEN
        assert said(bench.gateway.query(charge)) == expected

    def test_an_attempt_that_the_bank_never_saw(self, bench: Bench) -> None:
        assert said(bench.gateway.query(new_charge())) == NOTHING_TAKEN

    # --- Answers that are lost or cannot be believed ----------------------------------------------------------------
    @pytest.mark.parametrize("fault", LOST)
    def test_a_lost_answer_is_unknown_and_then_known(self, bench: Bench, fault: str) -> None:
        charge, capture = paid(bench)
        bench.order("detail", fault)
        assert said(bench.gateway.query(charge)) == (Result.UNKNOWN, None)
        outcome = bench.gateway.query(charge)
        assert outcome.capture
        assert outcome.capture.payment_id == capture.payment_id

    def test_a_wrong_amount_is_told_as_it_is(self, bench: Bench) -> None:
        charge, _ = paid(bench)
        bench.order("detail", "wrong-amount")
        outcome = bench.gateway.query(charge)
        assert outcome.capture
        assert outcome.capture.paid_amount == PRICE - 1

    def test_a_bank_that_is_not_there(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        gateway = bench.unreachable()
        assert said(gateway.query(charge)) == (Result.UNKNOWN, None)
        assert said(gateway.refund(capture, amount=PRICE, key="k1", ip=IP)) == (Result.UNKNOWN, None)
        assert said(gateway.query_refund(capture, key="k1")) == (Result.UNKNOWN, None)
        assert gateway.start(charge).result in {Result.DECLINED, Result.NEEDS_ACTION}

    # --- Callbacks ------------------------------------------------------------------------------------------------
    def test_a_callback_of_another_attempt(self, bench: Bench) -> None:
        charge, opened = started(bench)
        callback = bench.pay(charge, opened)
        other, _ = started(bench)
        with pytest.raises(InvalidSignatureError):
            bench.gateway.complete(other, callback)

    def test_an_empty_callback(self, bench: Bench) -> None:
        charge, _ = started(bench)
        with pytest.raises(InvalidSignatureError):
            bench.gateway.complete(charge, {})

    def test_a_callback_changed_in_any_field(self, bench: Bench) -> None:
        """Fields that say nothing may be changed; then the outcome must be the very same."""
        charge, opened = started(bench)
        callback = bench.pay(charge, opened)
        honest = bench.gateway.complete(charge, callback)
        for name in callback:
            for value in (callback[name] + "0", "", "İ\udcff"):
                try:
                    outcome = bench.gateway.complete(charge, {**callback, name: value})
                except InvalidSignatureError:
                    continue
                assert outcome == honest, name

    def test_an_attempt_that_was_never_started(self, bench: Bench) -> None:
        charge, opened = started(bench)
        callback = bench.pay(charge, opened)
        with pytest.raises(InvalidSignatureError):
            bench.gateway.complete(new_charge(), callback)

    # --- Money back -----------------------------------------------------------------------------------------------
    def test_a_refund_is_done_once_for_its_key(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        assert said(bench.gateway.query_refund(capture, key="iade-1")) == NOTHING_TAKEN
        outcomes = [bench.gateway.refund(capture, amount=PRICE, key="iade-1", ip=IP) for _ in range(2)]
        assert [each.result for each in outcomes] == [Result.SUCCEEDED, Result.SUCCEEDED]
        assert bench.gateway.query_refund(capture, key="iade-1").result == Result.SUCCEEDED
        assert bench.given_back(charge) == PRICE

    def test_a_cancellation_is_done_once_for_its_key(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        outcomes = [bench.gateway.cancel(capture, key="iptal-1", ip=IP) for _ in range(2)]
        assert [each.result for each in outcomes] == [Result.SUCCEEDED, Result.SUCCEEDED]
        assert bench.gateway.query_refund(capture, key="iptal-1").result == Result.SUCCEEDED
        assert bench.given_back(charge) == PRICE

    @pytest.mark.parametrize("fault", LOST)
    def test_a_refund_whose_answer_is_lost_goes_back_once(self, bench: Bench, fault: str) -> None:
        charge, capture = paid(bench)
        bench.order("refund", fault)
        assert said(bench.gateway.refund(capture, amount=PRICE, key="iade-1", ip=IP)) == (Result.UNKNOWN, None)
        done = fault not in {"drop-before", "http-500"}
        if fault == "slow":  # the bank is still at it; nobody believes that nothing happened before it has had time
            wait_for(lambda: bench.given_back(charge) == PRICE)
        asked = bench.gateway.query_refund(capture, key="iade-1")
        assert asked.result == (Result.SUCCEEDED if done else Result.DECLINED)
        assert bench.gateway.refund(capture, amount=PRICE, key="iade-1", ip=IP).result == Result.SUCCEEDED
        assert bench.given_back(charge) == PRICE

    def test_parts_go_back_up_to_the_whole(self, bench: Bench) -> None:
        charge, capture = paid(bench)
        part = Decimal("2000.00")
        if not bench.gateway.capabilities().partial_refund:
            assert bench.gateway.refund(capture, amount=part, key="iade-1", ip=IP).result == Result.DECLINED
            assert bench.given_back(charge) == 0
            return
        results = [bench.gateway.refund(capture, amount=part, key=f"iade-{n}", ip=IP).result for n in range(3)]
        assert results == [Result.SUCCEEDED, Result.SUCCEEDED, Result.DECLINED]
        assert bench.given_back(charge) == part * 2

    # --- Secrets --------------------------------------------------------------------------------------------------
    def test_keys_and_personal_data_are_in_no_log_and_no_repr(
        self, bench: Bench, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("DEBUG"):
            charge, capture = paid(bench)
            refused, opened = started(bench)
            outcome = bench.gateway.complete(refused, bench.pay(refused, opened, min(bench.declines)))
            bench.gateway.refund(capture, amount=PRICE, key="iade-1", ip=IP)
        text = "".join([caplog.text, *capfd.readouterr(), repr(bench.gateway), repr(charge), repr(outcome)])
        assert [secret for secret in (*SECRETS, *bench.secrets) if secret in text] == []
