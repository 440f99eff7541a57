"""What only NestPay has: the signed form, the judgement of the signed answer, XML that is not to be trusted."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from payments.gateways.base import (
    ActionKind,
    DeclineGroup,
    GatewayUnavailableError,
    InvalidSignatureError,
    Result,
)
from payments.gateways.nestpay import wire, words
from payments.gateways.transport import AnswerLostError
from tests.payments.gateways.benches import NestPayBench
from tests.payments.gateways.conformance import IP, NOTHING_TAKEN, PRICE, new_charge, paid, said, started
from tests.payments.gateways.faultbank import serving
from tests.payments.gateways.faultbank_nestpay import NestPayBank

UNKNOWN = (Result.UNKNOWN, None)


@pytest.fixture
def bench() -> Iterator[NestPayBench]:
    bank = NestPayBank()
    with serving(bank) as url:
        yield NestPayBench(bank, url)


def test_the_form(bench: NestPayBench) -> None:
    charge, opened = started(bench, new_charge(instalments=3, paid_amount=Decimal("5230.10")))
    assert opened.action
    assert opened.action.kind == ActionKind.FORM
    assert opened.action.url.endswith("/fim/est3Dgate")
    fields = dict(opened.action.fields)
    random, signature = fields.pop("rnd"), fields.pop("hash")
    assert len(random) == 32
    assert len(signature) == 88
    assert fields == {
        "clientid": "190200000",
        "storetype": "3d_pay_hosting",
        "hashAlgorithm": "ver3",
        "islemtipi": "Auth",
        "amount": "5230.10",
        "currency": "949",
        "oid": charge.conversation_id,
        "okUrl": charge.return_url,
        "failUrl": charge.return_url,
        "lang": "tr",
        "taksit": "3",
        "encoding": "utf-8",
    }


@pytest.mark.parametrize("status", [1, 2, 3, 4])
def test_authenticated_fully_or_half(bench: NestPayBench, status: int) -> None:
    charge, opened = started(bench)
    bench.pay(charge, opened)
    payment = bench.bank.payments[0]
    payment.md_status = status
    assert bench.gateway.complete(charge, bench.bank.answer(payment)).result == Result.SUCCEEDED


@pytest.mark.parametrize("status", [0, 5, 6, 7, 8])
def test_not_authenticated(bench: NestPayBench, status: int) -> None:
    charge, opened = started(bench)
    assert opened.action
    payment = bench.bank.submit(opened.action.fields)
    payment.md_status = status
    bench.bank.pay(payment)
    outcome = bench.gateway.complete(charge, bench.bank.answer(payment))
    assert said(outcome) == (Result.DECLINED, DeclineGroup.AUTHENTICATION)


@pytest.mark.parametrize(
    "changed",
    [
        {"mdStatus": "9"},
        {"mdStatus": "0"},
        {"Response": "Error", "ProcReturnCode": "99"},
        {"Response": "Declined", "ProcReturnCode": "00"},
        {"Response": "", "ProcReturnCode": ""},
        {"ProcReturnCode": "99"},
    ],
)
def test_a_signed_answer_that_contradicts_itself_is_asked_about(bench: NestPayBench, changed: dict[str, str]) -> None:
    """Here the bank took the money, whatever the answer says."""
    charge, opened = started(bench)
    bench.pay(charge, opened)
    callback = bench.bank.answer(bench.bank.payments[0], **changed)
    assert bench.gateway.complete(charge, callback).result == Result.SUCCEEDED
    assert bench.bank.calls["detail"] == 1


def test_a_refusal_counts_once_the_bank_says_that_nothing_was_taken(bench: NestPayBench) -> None:
    charge, opened = started(bench)
    callback = bench.pay(charge, opened, DeclineGroup.DO_NOT_HONOUR)
    bench.order("detail", "http-500")
    assert said(bench.gateway.complete(charge, callback)) == UNKNOWN
    assert said(bench.gateway.complete(charge, callback)) == (Result.DECLINED, DeclineGroup.DO_NOT_HONOUR)


@pytest.mark.parametrize("status", [0, 1])
def test_a_refused_try_does_not_hide_the_one_that_was_paid(bench: NestPayBench, status: int) -> None:
    """The form was sent twice: one order at the bank."""
    charge, opened = started(bench)
    bench.pay(charge, opened)
    refused = bench.bank.answer(bench.bank.payments[0], Response="Declined", ProcReturnCode="12", mdStatus=str(status))
    assert bench.gateway.complete(charge, refused).result == Result.SUCCEEDED


@pytest.mark.parametrize("changed", [{"amount": "çok"}, {"amount": "1.001"}, {"amount": ""}, {"TransId": ""}])
def test_a_signed_answer_without_a_sum_is_unknown(bench: NestPayBench, changed: dict[str, str]) -> None:
    charge, opened = started(bench)
    bench.pay(charge, opened)
    assert said(bench.gateway.complete(charge, bench.bank.answer(bench.bank.payments[0], **changed))) == UNKNOWN


def test_another_sum_and_another_currency_are_told(bench: NestPayBench) -> None:
    charge, opened = started(bench)
    bench.pay(charge, opened)
    callback = bench.bank.answer(bench.bank.payments[0], amount="1.00", currency="840")
    capture = bench.gateway.complete(charge, callback).capture
    assert capture
    assert (capture.paid_amount, capture.currency) == (Decimal("1.00"), "840")


def test_an_answer_to_another_merchant(bench: NestPayBench) -> None:
    charge, opened = started(bench)
    bench.pay(charge, opened)
    with pytest.raises(InvalidSignatureError):
        bench.gateway.complete(charge, bench.bank.answer(bench.bank.payments[0], clientid="190200001"))


@pytest.mark.parametrize("fault", ["strange-status", "no-amount"])
def test_a_state_that_is_not_plain_is_unknown(bench: NestPayBench, fault: str) -> None:
    charge, _ = paid(bench)
    bench.order("detail", fault)
    assert said(bench.gateway.query(charge)) == UNKNOWN


def test_a_payment_that_was_taken_back_is_none(bench: NestPayBench) -> None:
    charge, capture = paid(bench)
    bench.gateway.cancel(capture, key="k", ip=IP)
    assert said(bench.gateway.query(charge)) == (Result.DECLINED, DeclineGroup.OTHER)


def test_no_webhook_and_no_report(bench: NestPayBench) -> None:
    assert not bench.gateway.capabilities().webhook
    with pytest.raises(InvalidSignatureError):
        bench.gateway.verify_webhook(body=b"{}", headers={})
    with pytest.raises(GatewayUnavailableError):
        bench.gateway.report(day=date(2026, 11, 23))


def test_a_refund_that_the_bank_refuses(bench: NestPayBench) -> None:
    charge, capture = paid(bench)
    bench.bank.payments[0].paid_price = Decimal("1.00")
    assert bench.gateway.refund(capture, amount=PRICE, key="k", ip=IP).result == Result.DECLINED
    assert bench.given_back(charge) == 0
    assert said(bench.gateway.query_refund(capture, key="k")) == NOTHING_TAKEN


BOMB = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><CC5Response><Response>&c;</Response></CC5Response>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><CC5Response><Response>&b;</Response></CC5Response>'


@pytest.mark.parametrize("body", [b"", b"<a>", b"<a/>", b"\xff\xfe", BOMB, OUTSIDE, b'<?xml encoding="yok"?><a/>'])
def test_xml_that_is_refused(body: bytes) -> None:
    with pytest.raises(AnswerLostError):
        wire._read(body)


def test_xml_in_the_old_turkish_encoding() -> None:
    xml = '<?xml version="1.0" encoding="ISO-8859-9"?><CC5Response><ErrMsg>İşlem</ErrMsg></CC5Response>'
    assert wire._read(xml.encode("iso-8859-9")).fields == {"ErrMsg": "İşlem"}


@pytest.mark.parametrize(
    ("masked", "digits"),
    [
        ("435508***4358", ("435508", "4358")),
        ("4355 08** **** 4358", ("435508", "4358")),
        ("4355081234564358", ("", "")),
        ("4355²8***43-8", ("", "")),
        ("", ("", "")),
    ],
)
def test_of_a_card_only_what_is_masked(masked: str, digits: tuple[str, str]) -> None:
    assert words.card_digits(masked) == digits
