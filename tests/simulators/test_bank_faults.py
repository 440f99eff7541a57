"""Faults strike once, where they were ordered; webhooks come signed, again, late, early, or not at all."""

import hashlib
import hmac
import json
import re
import time
from typing import Any

import httpx
import pytest

from tests.simulators.bank import (
    FORM_DETAIL,
    INITIALIZE,
    SECRET_KEY,
    Bank,
    Form,
    request,
    signature,
)


@pytest.fixture(autouse=True)
def _no_faults(bank: Bank) -> None:
    bank.order("", "none")


def dropped(bank: Bank, path: str, **data: Any) -> bool:
    """Whether the connection was closed without an answer."""
    try:
        bank.raw(path, data)
    except httpx.RemoteProtocolError:
        return True
    return False


def waiting(bank: Bank) -> list[dict[str, Any]]:
    answer = bank.http.post(f"{bank.url}/anahtar/", json={"kind": "bin", "fault": "slow", "number": 0})
    return [fault for fault in answer.json()["active"] if fault["kind"] != "bin"]


# --- Calls ------------------------------------------------------------------------------------------------------------
def test_before_and_after_differ_in_what_was_done(bank: Bank) -> None:
    for fault, count in (("drop-before", 0), ("drop-after", 1)):
        body = request()
        bank.order("initialize", fault)
        assert dropped(bank, INITIALIZE, **body)
        made = [payment for payment in bank.payments() if payment["conversation_id"] == body["conversationId"]]
        assert len(made) == count
    assert bank.call(INITIALIZE, **request())["status"] == "success"


def test_a_refund_whose_answer_is_lost_was_made(bank: Bank) -> None:
    paid = Form.open(bank).pay()
    for fault, refunded in (("drop-before", "NOT_REFUNDED"), ("drop-after", "PARTIALLY_REFUNDED")):
        bank.order("refund", fault)
        assert dropped(bank, "/v2/payment/refund", paymentId=paid["paymentId"], price="1", conversationId=fault)
        (report,) = bank.get("/v2/reporting/payment/details", f"?paymentId={paid['paymentId']}")["payments"]
        assert report["paymentRefundStatus"] == refunded


def test_500_and_malformed_json(bank: Bank) -> None:
    form = Form.open(bank)
    for fault in ("http-500", "http-500-after", "malformed"):
        bank.order("detail", fault)
    answers = [bank.raw(FORM_DETAIL, {"token": form.token}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [500, 500, 200, 200]
    with pytest.raises(json.JSONDecodeError):
        answers[2].json()
    assert answers[3].json()["status"] == "success"


def test_slow_answers(bank: Bank) -> None:
    bank.order("detail", "slow", number=4)
    form = Form.open(bank)
    began = time.monotonic()
    form.detail()
    middle = time.monotonic()
    form.detail()
    assert middle - began >= 4
    assert time.monotonic() - middle < 4


def test_a_wrong_signature_and_a_wrong_amount(bank: Bank) -> None:
    form = Form.open(bank)
    right = form.pay()
    bank.order("detail", "wrong-signature")
    bank.order("detail", "wrong-amount")
    forged, wrong, after = form.detail(), form.detail(), form.detail()
    assert forged["signature"] == "0" * 64
    # The wrong amount is signed rightly: only comparing finds it.
    assert (wrong["price"], wrong["paidPrice"]) == (5096.6, 5096.6)
    values = ("SUCCESS", right["paymentId"], "TRY", "KM7-T3R-AWC", form.conversation_id, "5096.6", "5096.6")
    assert wrong["signature"] == signature(*values, form.token)
    assert after["signature"] == right["signature"]


def test_a_fault_can_hit_several_calls(bank: Bank) -> None:
    form = Form.open(bank)
    bank.order("detail", "http-500", count=2)
    assert [fault["remaining"] for fault in waiting(bank)] == [2]
    assert [bank.raw(FORM_DETAIL, {"token": form.token}).status_code for _ in range(3)] == [500, 500, 200]


# --- Taking the money -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("fault", "status"), [("drop-before", "INIT_THREEDS"), ("drop-after", "SUCCESS")])
def test_a_connection_lost_while_charging(bank: Bank, fault: str, status: str) -> None:
    form = Form.open(bank)
    form.type()
    bank.order("charge", fault)
    with pytest.raises(httpx.RemoteProtocolError):
        form.confirm()
    assert form.detail()["paymentStatus"] == status
    if status == "SUCCESS":
        assert bank.http.get(form.path("3d")).headers["location"] == f"/donus/{form.token}/"
    else:
        form.confirm()
        assert form.detail()["paymentStatus"] == "SUCCESS"


def test_the_bank_can_take_the_wrong_amount(bank: Bank) -> None:
    form = Form.open(bank)
    bank.order("charge", "wrong-amount")
    answer = form.pay()
    assert (answer["price"], answer["paidPrice"]) == (5096.6, 5096.6)
    assert bank.call("/payment/detail", paymentId=answer["paymentId"])["paidPrice"] == 5096.6


@pytest.mark.parametrize("status", range(9))
def test_any_md_status_can_be_ordered(bank: Bank, status: int) -> None:
    bank.order("3d", "mdstatus", number=status)
    answer = Form.open(bank).pay()
    assert (answer["paymentStatus"], answer["mdStatus"]) == ("SUCCESS" if status == 1 else "FAILURE", status)


# --- Webhooks ---------------------------------------------------------------------------------------------------------
def hook_signature(body: dict[str, Any]) -> str:
    names = ("iyziEventType", "iyziPaymentId", "token", "paymentConversationId", "status")
    text = SECRET_KEY + "".join(str(body[name]) for name in names)
    return hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_a_webhook_follows_each_end(bank: Bank) -> None:
    for number, status in (("5528790000000008", "SUCCESS"), ("4111111111111129", "FAILURE")):
        form = Form.open(bank)
        payment_id = int(form.pay(number)["paymentId"])
        ((body, sent),) = bank.merchant.of(payment_id)
        assert sent == hook_signature(body)
        assert [body[name] for name in ("iyziEventType", "status", "token", "paymentConversationId")] == (
            ["CHECKOUT_FORM_AUTH", status, form.token, form.conversation_id]
        )


def test_a_direct_payments_webhook_has_the_direct_order(bank: Bank) -> None:
    card = {"cardNumber": "5528790000000008", "expireYear": "2030", "expireMonth": "12", "cvc": "123"}
    paid = bank.call("/payment/auth", **request(paymentCard=card))
    ((body, sent),) = bank.merchant.of(int(paid["paymentId"]))
    text = f"{SECRET_KEY}API_AUTH{paid['paymentId']}{paid['conversationId']}SUCCESS"
    assert sent == hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert "token" not in body


def test_a_webhook_is_repeated_until_it_is_answered_at_most_three_times(bank: Bank) -> None:
    form, silent = Form.open(bank), Form.open(bank)
    bank.merchant.statuses |= {form.conversation_id: [500, 503, 200], silent.conversation_id: [500] * 3}
    paid = int(form.pay()["paymentId"])
    assert len(bank.merchant.of(paid, count=3)) == 3
    unheard = int(silent.pay()["paymentId"])
    assert len(bank.merchant.of(unheard, count=3)) == 3
    time.sleep(1.5)
    assert [len(bank.merchant.of(payment_id)) for payment_id in (paid, unheard)] == [3, 3]
    hooks = {payment["id"]: (payment["delivered"], payment["hook_status"]) for payment in bank.payments()}
    assert (hooks[paid], hooks[unheard]) == ((1, 200), (0, 500))


def test_a_webhook_can_come_twice(bank: Bank) -> None:
    bank.order("webhook", "duplicate")
    first, second = bank.merchant.of(int(Form.open(bank).pay()["paymentId"]), count=2)
    assert first == second


def test_a_webhook_can_come_before_the_browser(bank: Bank) -> None:
    bank.order("webhook", "early")
    form = Form.open(bank)
    form.type()
    form.confirm()
    # Nothing was waited for: it was there before the browser was told where to go.
    assert [hook.get("token") for hook, _ in bank.merchant.received].count(form.token) == 1


def test_a_webhook_can_come_late_or_never(bank: Bank) -> None:
    bank.order("webhook", "late", number=4)
    late = int(Form.open(bank).pay()["paymentId"])
    bank.order("webhook", "lost")
    lost = int(Form.open(bank).pay()["paymentId"])
    time.sleep(1.0)
    known = {hook["iyziPaymentId"] for hook, _ in bank.merchant.received}
    assert {late, lost} & known == set()
    assert len(bank.merchant.of(late)) == 1
    assert lost not in {hook["iyziPaymentId"] for hook, _ in bank.merchant.received}


def test_a_webhook_can_be_forged(bank: Bank) -> None:
    bank.order("webhook", "wrong-signature")
    ((_, sent),) = bank.merchant.of(int(Form.open(bank).pay()["paymentId"]))
    assert sent == "0" * 64


# --- The switch -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [
        {"kind": "detail", "fault": "early"},
        {"kind": "webhook", "fault": "slow"},
        {"kind": "x", "fault": "slow"},
        {"kind": "3d", "fault": "mdstatus", "number": 9},
        {"kind": "detail", "fault": "slow", "number": -1},
        {"kind": "detail", "fault": "slow", "count": 0},
        {"kind": "detail", "fault": "slow", "count": "many"},
        {"fault": "slow"},
        [],
    ],
)
def test_a_fault_that_cannot_be_is_refused(bank: Bank, data: Any) -> None:
    assert bank.http.post(f"{bank.url}/anahtar/", json=data).status_code == 400
    assert waiting(bank) == []


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def test_the_switch_page(bank: Bank) -> None:
    url = f"{bank.url}/anahtar/"
    secret = {"csrfmiddlewaretoken": csrf(bank.http.get(url))}
    chosen = {"kind": "detail", "fault": "slow", "number": "2,5", "count": "3"}
    assert bank.http.post(url, data=secret | chosen).status_code == 303
    assert "Ödeme sorgusu: Yavaş yanıt (2,5 saniye) – 3 çağrı" in bank.http.get(url).text
    refused = bank.http.post(url, data=secret | chosen | {"fault": "early"})
    assert refused.status_code == 400
    assert "Bu hata bu çağrı türünde yok" in refused.text
    assert bank.http.post(url, data=secret | {"action": "clear"}).status_code == 303
    assert "her şey yolunda gider" in bank.http.get(url).text


def test_another_sites_form_cannot_order_a_fault(bank: Bank) -> None:
    assert bank.http.post(f"{bank.url}/anahtar/", data={"kind": "detail", "fault": "slow"}).status_code == 403
