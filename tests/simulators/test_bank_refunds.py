"""Giving money back over iyzico's wire protocol, and the reports that tell what was taken and given back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.simulators.bank import Bank, Form, failure


def test_refunds_add_up_to_what_was_paid_and_no_further(bank: Bank) -> None:
    paid = Form.open(bank).pay()
    item = paid["itemTransactions"][0]["paymentTransactionId"]
    part = bank.call("/payment/refund", paymentTransactionId=item, price="1000", ip="127.0.0.1", conversationId="r1")
    rest = bank.call("/v2/payment/refund", paymentId=paid["paymentId"], price="4097.60", conversationId="r2")
    more = bank.call("/v2/payment/refund", paymentId=paid["paymentId"], price="0.01")
    assert (part["paymentTransactionId"], part["price"], rest["price"]) == (item, 1000, 4097.6)
    assert failure(more)[0] == "5092"

    path = "/v2/reporting/payment/details"
    (report,) = bank.get(path, f"?paymentId={paid['paymentId']}")["payments"]
    refunds = report["itemTransactions"][0]["refunds"]
    assert report["paymentRefundStatus"] == "TOTALLY_REFUNDED"
    assert [(refund["refundConversationId"], refund["refundPrice"]) for refund in refunds] == [
        ("r1", 1000),
        ("r2", 4097.6),
    ]


def test_a_payment_is_cancelled_once_and_then_not_refunded(bank: Bank) -> None:
    paid = Form.open(bank).pay()
    body = {"paymentId": paid["paymentId"], "ip": "127.0.0.1", "conversationId": "c9"}
    assert bank.call("/payment/cancel", **body)["price"] == 5097.6
    assert failure(bank.call("/payment/cancel", **body))[0] == "5088"
    assert failure(bank.call("/v2/payment/refund", paymentId=paid["paymentId"], price="1"))[0] == "5091"
    (report,) = bank.get("/v2/reporting/payment/details", f"?paymentId={paid['paymentId']}")["payments"]
    assert [(cancel["refundConversationId"], cancel["refundPrice"]) for cancel in report["cancels"]] == [("c9", 5097.6)]


def test_what_was_refunded_in_part_cannot_be_cancelled(bank: Bank) -> None:
    paid = Form.open(bank).pay()
    bank.call("/v2/payment/refund", paymentId=paid["paymentId"], price="1")
    assert failure(bank.call("/payment/cancel", paymentId=paid["paymentId"]))[0] == "5090"


def test_some_cards_cannot_be_given_back(bank: Bank) -> None:
    paid = Form.open(bank).pay("5406670000000009")
    assert failure(bank.call("/payment/cancel", paymentId=paid["paymentId"]))[0] == "10201"
    assert failure(bank.call("/v2/payment/refund", paymentId=paid["paymentId"], price="1"))[0] == "10201"


def test_unpaid_payments_are_not_given_back(bank: Bank) -> None:
    form = Form.open(bank)
    payment_id = form.detail()["paymentId"]
    assert failure(bank.call("/v2/payment/refund", paymentId=payment_id, price="1"))[0] == "5091"
    assert failure(bank.call("/payment/refund", paymentTransactionId="1", price="1"))[0] == "5115"


def test_the_days_report_lists_what_was_taken_and_given_back(bank: Bank) -> None:
    form = Form.open(bank)
    paid = form.pay()
    bank.call("/v2/payment/refund", paymentId=paid["paymentId"], price="97.60", conversationId="r7")
    today = datetime.now(ZoneInfo("Europe/Istanbul")).date()
    answer = bank.get("/v2/reporting/payment/transactions", f"?page=1&transactionDate={today}")
    lines = [line for line in answer["transactions"] if str(line["paymentId"]) == paid["paymentId"]]
    assert [(line["transactionType"], line["conversationId"], line["paidPrice"]) for line in lines] == [
        ("PAYMENT", form.conversation_id, 5097.6),
        ("REFUND", "r7", 97.6),
    ]
    assert (answer["currentPage"], answer["totalPageCount"]) == (1, 1)
    beyond = bank.get("/v2/reporting/payment/transactions", f"?page=2&transactionDate={today}")
    assert beyond["transactions"] == []
    assert failure(bank.get("/v2/reporting/payment/transactions", "?transactionDate=x"))[0] == "5005"
