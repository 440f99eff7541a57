"""What only iyzico has: instalment tables, the form, answers that cannot be believed, webhooks, report, direct 3-D."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from payments.gateways.base import (
    ActionKind,
    DeclineGroup,
    GatewayUnavailableError,
    InvalidSignatureError,
    Result,
)
from payments.gateways.iyzico import Iyzico
from payments.gateways.iyzico.answers import outcome_of
from payments.gateways.iyzico.client import parse
from payments.gateways.iyzico.threeds import DirectThreeDS
from tests.payments.gateways.benches import IyzicoBench
from tests.payments.gateways.conformance import BUYER, IP, PRICE, new_charge, paid, said, started
from tests.payments.gateways.faultbank import Payment, serving
from tests.payments.gateways.faultbank_iyzico import IyzicoBank
from tests.payments.gateways.test_signing import WEBHOOK_KEY, WEBHOOKS

UNKNOWN = (Result.UNKNOWN, None)
DAY = date(2026, 11, 23)


@pytest.fixture
def bench() -> Iterator[IyzicoBench]:
    bank = IyzicoBank()
    with serving(bank) as url:
        yield IyzicoBench(bank, url)


# --- Before paying ------------------------------------------------------------------------------------------------
def test_the_instalment_table_is_exact(bench: IyzicoBench) -> None:
    (table,) = bench.gateway.quote_instalments(bin_number="552879", amount=PRICE)
    assert (table.family, table.bank, table.card_type) == ("Paraf", "Halkbank", "CREDIT_CARD")
    rows = [(row.count, str(row.total), str(row.monthly)) for row in table.rows]
    assert rows == [(1, "5097.60", "5097.60"), (2, "5163.87", "2581.93"), (3, "5230.14", "1743.38")]


def test_all_families_and_a_card_that_nobody_gave_out(bench: IyzicoBench) -> None:
    assert [table.family for table in bench.gateway.quote_instalments(bin_number="", amount=PRICE)] == ["Paraf"]
    assert bench.gateway.quote_instalments(bin_number="999999", amount=PRICE) == ()


@pytest.mark.parametrize("fault", ["drop-before", "http-500", "malformed", "system-error", "no-status"])
def test_no_instalments_without_an_answer(bench: IyzicoBench, fault: str) -> None:
    bench.order("installment", fault)
    with pytest.raises(GatewayUnavailableError):
        bench.gateway.quote_instalments(bin_number="552879", amount=PRICE)


def test_what_a_bin_says(bench: IyzicoBench) -> None:
    card = {"family": "Paraf", "association": "MASTER_CARD", "bank": "Halkbank", "card_type": "CREDIT_CARD"}
    assert bench.gateway.card_of("552879") == card
    assert bench.gateway.card_of("999999") == {}
    bench.order("bin", "http-500")
    with pytest.raises(GatewayUnavailableError):
        bench.gateway.card_of("552879")


@pytest.mark.parametrize(
    "fault", ["drop-before", "drop-after", "http-500", "malformed", "wrong-signature", "no-signature", "other-token"]
)
def test_a_form_that_does_not_open_is_a_refusal(bench: IyzicoBench, fault: str) -> None:
    """The payer never gets to it, so no money can move."""
    bench.order("initialize", fault)
    if fault == "other-token":  # signed rightly: then it is the token
        assert bench.gateway.start(new_charge()).token == "baska"
        return
    outcome = bench.gateway.start(new_charge())
    assert (*said(outcome), outcome.action) == (Result.DECLINED, DeclineGroup.OTHER, None)


def test_a_buyer_whom_the_gateway_refuses(bench: IyzicoBench) -> None:
    outcome = bench.gateway.start(new_charge(buyer=replace(BUYER, title="FIRMA KARA")))
    assert said(outcome) == (Result.DECLINED, DeclineGroup.FRAUD)
    assert outcome.detail == "refused: 10034 FRAUD_SUSPECT"


def test_a_company_of_one_word(bench: IyzicoBench) -> None:
    assert bench.gateway.start(new_charge(buyer=replace(BUYER, title="FİRMA", address=""))).action


# --- Answers that cannot be believed ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fault",
    [
        *("wrong-signature", "no-signature", "no-status", "no-object", "redirect", "huge", "encoded", "http-503-whole"),
        *("fraud-held", "fraud-unsaid", "strange-status", "bank-decides", "no-item", "odd-price", "other-token"),
    ],
)
def test_what_cannot_be_believed_is_unknown(bench: IyzicoBench, fault: str) -> None:
    charge, _ = paid(bench)
    bench.order("detail", fault)
    assert said(bench.gateway.query(charge)) == UNKNOWN


def test_a_payment_that_was_refused_for_fraud(bench: IyzicoBench) -> None:
    charge, _ = paid(bench)
    bench.order("detail", "fraud-refused")
    assert said(bench.gateway.query(charge)) == (Result.DECLINED, DeclineGroup.FRAUD)


def test_a_refused_question_is_no_refused_payment(bench: IyzicoBench) -> None:
    """All three sources have to be asked before it is said that nothing was taken."""
    charge, _ = paid(bench)
    bench.order("detail", "system-error")
    bench.order("detail", "system-error")
    assert said(bench.gateway.query(charge)) == UNKNOWN
    wrong_key = replace(bench.gateway, secret_key="baska")
    assert said(wrong_key.query(charge)) == UNKNOWN
    assert wrong_key.query(new_charge()).detail == "refused: 1000"


def test_a_form_forgotten_by_its_token_is_found_by_number(bench: IyzicoBench) -> None:
    charge, capture = paid(bench)
    outcome = bench.gateway.query(replace(charge, token="unutulmus"))
    assert outcome.capture == capture


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": NaN}', b'{"a": 1e999999}', b"[" * 100_000, b"\xff"])
def test_bodies_that_are_no_object(body: bytes) -> None:
    assert parse(body) is None


@pytest.mark.parametrize(
    ("digits", "kept"),
    [(("552879", "0008"), ("552879", "0008")), (("5528", "8"), ("", "")), (("55287900¹", "000x"), ("", ""))],
)
def test_what_is_odd_beside_the_money_makes_no_capture_unbelievable(
    digits: tuple[str, str], kept: tuple[str, str]
) -> None:
    items = [{"paymentTransactionId": "2"}]
    answer = {"paymentStatus": "SUCCESS", "fraudStatus": 1, "paymentId": "1", "itemTransactions": items}
    answer |= {"conversationId": "a", "basketId": "b", "price": 10, "paidPrice": 10, "currency": "TRY"}
    answer |= {"installment": 1, "hostReference": "r" * 65, "cardFamily": "Para\x00f"}
    outcome = outcome_of({**answer, "binNumber": digits[0], "lastFourDigits": digits[1]})
    capture = outcome.capture
    assert capture is not None
    assert ((capture.bin, capture.last4), capture.family, outcome.reference) == (kept, "", "r" * 64)


def test_numbers_are_exact() -> None:
    assert parse(b'{"price": 0.1, "paidPrice": 5097.60}') == {"price": Decimal("0.1"), "paidPrice": Decimal("5097.60")}


# --- Webhooks -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("event", "signature"), WEBHOOKS)
def test_published_webhooks_are_read(event: dict[str, object], signature: str) -> None:
    gateway = Iyzico(url="http://127.0.0.1:9", api_key="a", secret_key=WEBHOOK_KEY)
    headers = {"x-iyz-signature-v3": signature}
    said_event = gateway.verify_webhook(body=json.dumps(event).encode(), headers=headers)
    assert (said_event.payment_id, said_event.conversation_id) == (str(event["iyziPaymentId"]), "conversationId")
    assert (said_event.kind, said_event.status) == (event["iyziEventType"], "SUCCESS")
    for name in ("iyziEventType", "iyziPaymentId", "paymentId", "token", "paymentConversationId", "status"):
        if name not in event or (name == "iyziPaymentId" and "token" not in event):
            continue
        forged = json.dumps({**event, name: f"{event[name]}1"}).encode()
        with pytest.raises(InvalidSignatureError):
            gateway.verify_webhook(body=forged, headers=headers)


def test_webhooks_without_a_signature(bench: IyzicoBench) -> None:
    charge, _ = paid(bench)
    body, headers = bench.bank.webhook(bench.payment(charge))
    assert bench.gateway.verify_webhook(body=body, headers=headers).conversation_id == charge.conversation_id
    for bad_body, bad_headers in ((body, {}), (b"", headers), (b"[]", headers), (body, {"X-IYZ-SIGNATURE-V3": "0"})):
        with pytest.raises(InvalidSignatureError):
            bench.gateway.verify_webhook(body=bad_body, headers=bad_headers)


def test_a_letter_cannot_move_into_the_next_field(bench: IyzicoBench) -> None:
    """The signature does not know where one field ends and the next begins."""
    charge, _ = paid(bench)
    body, headers = bench.bank.webhook(bench.payment(charge))
    event = json.loads(body)
    event["iyziEventType"] += str(event["iyziPaymentId"])[0]
    event["iyziPaymentId"] = str(event["iyziPaymentId"])[1:]
    with pytest.raises(InvalidSignatureError):
        bench.gateway.verify_webhook(body=json.dumps(event).encode(), headers=headers)


# --- The day's report ---------------------------------------------------------------------------------------------
def test_the_report_has_every_page(bench: IyzicoBench) -> None:
    first, capture = paid(bench, new_charge(paid_amount=PRICE + 100, instalments=3))
    second, other = paid(bench)
    bench.gateway.refund(capture, amount=Decimal("10.50"), key="iade-1", ip=IP)
    bench.gateway.cancel(other, key="iptal-1", ip=IP)
    lines = [(line.kind, line.payment_id, line.conversation_id, line.amount) for line in bench.gateway.report(day=DAY)]
    assert lines == [
        ("payment", capture.payment_id, first.conversation_id, PRICE + 100),
        ("refund", capture.payment_id, "iade-1", Decimal("10.50")),
        ("payment", other.payment_id, second.conversation_id, PRICE),
        ("cancel", other.payment_id, "iptal-1", PRICE),
    ]
    at = bench.gateway.report(day=DAY)[0].at
    assert at == datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("Europe/Istanbul"))


def test_an_empty_day(bench: IyzicoBench) -> None:
    assert bench.gateway.report(day=DAY) == ()


@pytest.mark.parametrize("fault", ["http-500", "malformed", "system-error"])
def test_half_a_report_is_none(bench: IyzicoBench, fault: str) -> None:
    paid(bench)
    _, capture = paid(bench)
    bench.bank.faults = [("report", ""), ("report", fault)]
    with pytest.raises(GatewayUnavailableError):
        bench.gateway.report(day=DAY)
    assert capture.payment_id in {line.payment_id for line in bench.gateway.report(day=DAY)}


def test_no_refund_is_sent_when_the_report_does_not_answer(bench: IyzicoBench) -> None:
    charge, capture = paid(bench)
    bench.order("report", "http-500")
    assert said(bench.gateway.refund(capture, amount=PRICE, key="iade-1", ip=IP)) == UNKNOWN
    assert (bench.bank.calls["refund"], bench.given_back(charge)) == (0, 0)


# --- 3-D Secure without the form ----------------------------------------------------------------------------------
CARD = {"cardUserKey": "kullanici", "cardToken": "kart"}


def direct(bench: IyzicoBench, **changed: str) -> tuple[DirectThreeDS, object, dict[str, str], Payment]:
    """Start a direct payment; return it with the callback of a payer who was authenticated."""
    gateway = DirectThreeDS(bench.gateway)
    charge = new_charge()
    opened = gateway.start(charge, payment_card=CARD)
    assert opened.action
    assert (opened.action.kind, opened.action.url) == (ActionKind.FORM, "http://127.0.0.1/3d/")
    assert opened.action.fields == {"kod": opened.token}
    callback = {
        "status": "success",
        "paymentId": opened.token,
        "conversationId": charge.conversation_id,
        "conversationData": "",
        "mdStatus": "1",
    } | changed
    return gateway, replace(charge, token=opened.token), callback, bench.payment(charge)


@pytest.mark.parametrize("status", ["0", "2", "3", "4", "5", "6", "7", "8"])
def test_direct_without_authentication_takes_nothing(bench: IyzicoBench, status: str) -> None:
    gateway, charge, callback, payment = direct(bench, mdStatus=status)
    assert said(gateway.complete(charge, callback)) == (Result.DECLINED, DeclineGroup.AUTHENTICATION)
    assert (bench.bank.calls["charge"], payment.state) == (0, "open")


@pytest.mark.parametrize("status", ["", "9", "01", "bir"])
def test_direct_with_an_odd_status_is_unknown(bench: IyzicoBench, status: str) -> None:
    gateway, charge, callback, _ = direct(bench, mdStatus=status)
    assert said(gateway.complete(charge, callback)) == UNKNOWN
    assert bench.bank.calls["charge"] == 0


@pytest.mark.parametrize("fault", ["drop-after", "http-500-after", "malformed", "wrong-signature"])
def test_direct_with_a_lost_answer_is_never_sent_again(bench: IyzicoBench, fault: str) -> None:
    gateway, charge, callback, _ = direct(bench)
    bench.order("charge", fault)
    assert said(gateway.complete(charge, callback)) == UNKNOWN
    assert gateway.complete(charge, callback).result == Result.SUCCEEDED
    assert bench.bank.calls["charge"] == 1


def test_direct_callbacks_that_are_forged(bench: IyzicoBench) -> None:
    gateway, charge, callback, _ = direct(bench)
    for name in ("paymentId", "conversationId"):
        with pytest.raises(InvalidSignatureError):
            gateway.complete(charge, {**callback, name: "1"})
    with pytest.raises(InvalidSignatureError):
        gateway.complete(charge, {**callback, "signature": "0" * 64})
    assert bench.bank.calls["charge"] == 0


# --- What is kept out of sight ------------------------------------------------------------------------------------
def test_outcomes_name_codes_and_no_sentences_of_the_bank(bench: IyzicoBench) -> None:
    charge, opened = started(bench)
    outcome = bench.gateway.complete(charge, bench.pay(charge, opened, DeclineGroup.EXPIRED_CARD))
    assert re.fullmatch(r"refused: 10054 EXPIRED_CARD", outcome.detail)


def test_the_keys_are_in_no_repr(bench: IyzicoBench) -> None:
    gateway = bench.gateway
    shown = repr((gateway, gateway.client, DirectThreeDS(gateway)))
    assert not {gateway.api_key, gateway.secret_key} & set(re.findall(r"[\w-]+", shown))
