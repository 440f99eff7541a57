"""iyzico's wire protocol as a merchant sees it: signatures, quotes, forms, 3-D Secure."""

import base64
import json
import re
from decimal import Decimal
from typing import Any

import pytest

from tests.simulators.bank import (
    API_KEY,
    BONUS,
    DEBIT,
    FORM_DETAIL,
    INITIALIZE,
    PARAF,
    RETURN,
    Bank,
    Form,
    failure,
    request,
    signature,
)

TEST = "/payment/test"
CARD = {"cardHolderName": "Defne Işıkgil", "cardNumber": PARAF, "expireYear": "2030", "expireMonth": "12", "cvc": "123"}


# --- Signed requests --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("body", "sent"), [("", None), ("null", b"null"), ("null", None), ("", b"null")])
def test_a_get_may_sign_no_body_or_the_text_null(bank: Bank, body: str, sent: bytes | None) -> None:
    response = bank.http.request("GET", bank.url + TEST, content=sent, headers=bank.headers(TEST, body))
    assert response.json()["status"] == "success"


def test_the_query_is_not_signed(bank: Bank) -> None:
    path = "/v2/reporting/payment/transactions"
    assert bank.get(path, "?page=1&transactionDate=2020-01-01")["transactions"] == []


def _broken_headers(bank: Bank) -> dict[str, dict[str, str]]:
    right = bank.headers(TEST, "")
    return {
        "none": {},
        "wrong secret": bank.headers(TEST, "", secret="wrong"),
        "other path": bank.headers("/payment/detail", ""),
        "other body": bank.headers(TEST, "{}"),
        "other x-iyzi-rnd": right | {"x-iyzi-rnd": "0"},
        "no x-iyzi-rnd": {"Authorization": right["Authorization"]},
        "old scheme": right | {"Authorization": right["Authorization"].replace("IYZWSv2", "IYZWS")},
        "not base64": right | {"Authorization": "IYZWSv2 %%%"},
        "not UTF-8": right | {"Authorization": "IYZWSv2 " + base64.b64encode(b"\xff\xfe").decode()},
        "empty": right | {"Authorization": "IYZWSv2"},
    }


def test_anything_else_is_answered_with_error_1000_and_http_200(bank: Bank) -> None:
    answers = {name: bank.http.get(bank.url + TEST, headers=headers) for name, headers in _broken_headers(bank).items()}
    assert {name: (answer.status_code, answer.json()["errorCode"]) for name, answer in answers.items()} == (
        dict.fromkeys(answers, (200, "1000"))
    )


def test_another_merchants_key_is_refused(bank: Bank) -> None:
    headers = bank.headers(TEST, "")
    text = base64.b64decode(headers["Authorization"].split()[1]).decode().replace(API_KEY, "another-key")
    headers["Authorization"] = f"IYZWSv2 {base64.b64encode(text.encode()).decode()}"
    assert bank.http.get(bank.url + TEST, headers=headers).json()["errorCode"] == "1000"


def test_a_body_that_is_no_json_object_is_refused(bank: Bank) -> None:
    path = "/payment/detail"
    bodies = ["", "[]", "{", "nan", "[" * 5000]
    answers = [bank.http.post(bank.url + path, content=body, headers=bank.headers(path, body)) for body in bodies]
    assert [answer.json()["errorCode"] for answer in answers] == ["11"] * 5


def test_the_wrong_method_is_405(bank: Bank) -> None:
    assert bank.http.get(f"{bank.url}/payment/detail").status_code == 405
    assert bank.http.post(bank.url + TEST).status_code == 405


# --- Quotes -----------------------------------------------------------------------------------------------------------
def test_a_bin_tells_the_card(bank: Bank) -> None:
    answer = bank.call("/payment/bin/check", binNumber="55287900", conversationId="c1", locale="tr")
    del answer["systemTime"]
    assert answer == {
        "status": "success",
        "locale": "tr",
        "conversationId": "c1",
        "binNumber": "55287900",
        "cardType": "CREDIT_CARD",
        "cardAssociation": "MASTER_CARD",
        "cardFamily": "Paraf",
        "bankName": "Halkbank",
        "bankCode": 12,
        "commercial": 0,
    }
    assert failure(bank.call("/payment/bin/check", binNumber="499999"))[0] == "5066"
    assert failure(bank.call("/payment/bin/check", binNumber="5528"))[0] == "5067"


def test_a_credit_card_gets_its_familys_table(bank: Bank) -> None:
    answer = bank.call("/payment/iyzipos/installment", binNumber="540036", price=100)
    (details,) = answer["installmentDetails"]
    assert [details[name] for name in ("binNumber", "price", "cardType", "cardFamilyName", "bankName")] == (
        ["540036", 100, "CREDIT_CARD", "Bonus", "Garanti Bankası"]
    )
    # The first row with a surcharge is the sample of iyzico's documentation.
    assert details["installmentPrices"] == [
        {"installmentNumber": 1, "installmentPrice": 100, "totalPrice": 100},
        {"installmentNumber": 2, "installmentPrice": 50.68, "totalPrice": 101.36},
        {"installmentNumber": 3, "installmentPrice": 34.24, "totalPrice": 102.72},
        {"installmentNumber": 6, "installmentPrice": 17.57, "totalPrice": 105.44},
        {"installmentNumber": 9, "installmentPrice": 12.02, "totalPrice": 108.16},
        {"installmentNumber": 12, "installmentPrice": 9.35, "totalPrice": 112.24},
    ]


@pytest.mark.parametrize(("digits", "kind"), [("589004", "DEBIT_CARD"), ("499999", "CREDIT_CARD")])
def test_debit_and_unknown_cards_are_paid_at_once(bank: Bank, digits: str, kind: str) -> None:
    answer = bank.call("/payment/iyzipos/installment", binNumber=digits, price="5097.60")
    (details,) = answer["installmentDetails"]
    assert details["cardType"] == kind
    assert details["installmentPrices"] == [{"installmentNumber": 1, "installmentPrice": 5097.6, "totalPrice": 5097.6}]


def test_without_digits_every_family_is_quoted(bank: Bank) -> None:
    details = bank.call("/payment/iyzipos/installment", price="5097.60")["installmentDetails"]
    assert [(entry["cardFamilyName"], len(entry["installmentPrices"])) for entry in details] == [
        *(("Bonus", 6), ("World", 6), ("Axess", 6), ("Maximum", 6), ("Paraf", 6)),
        *(("Bankkart Combo", 6), ("CardFinans", 6), ("Advantage", 4)),
    ]


def test_amounts_are_json_numbers_with_two_places(bank: Bank) -> None:
    response = bank.raw("/payment/iyzipos/installment", {"price": "5097.60", "binNumber": "540036"})
    rows = json.loads(response.text, parse_float=Decimal)["installmentDetails"][0]["installmentPrices"]
    assert [row["totalPrice"] for row in rows] == [
        *(Decimal("5097.6"), Decimal("5166.93"), Decimal("5236.25")),
        *(Decimal("5374.91"), Decimal("5513.56"), Decimal("5721.55")),
    ]


@pytest.mark.parametrize("price", [None, "", "x", "0", "-1", "1.001", "1e9", "NaN", True, [1]])
def test_amounts_that_are_none_are_refused(bank: Bank, price: object) -> None:
    assert failure(bank.call("/payment/iyzipos/installment", price=price))[0] in {"5002", "5003"}


# --- Checkout form ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [INITIALIZE, "/payment/iyzipos/checkoutform/initialize/ecom"])
def test_a_form_is_opened_under_both_names(bank: Bank, path: str) -> None:
    body = request()
    answer = bank.call(path, **body)
    assert answer["signature"] == signature(body["conversationId"], answer["token"])
    assert answer["paymentPageUrl"] == f"{bank.url}/odeme-sayfasi/{answer['token']}/"
    assert answer["tokenExpireTime"] == 1800


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "5000"}, "5062"),
        ({"basketItems": []}, "5008"),
        ({"basketItems": "x"}, "5008"),
        ({"callbackUrl": None}, "5001"),
        ({"callbackUrl": "javascript:alert(1)"}, "5009"),
        ({"currency": "USD"}, "5007"),
        ({"enabledInstallments": [0]}, "5010"),
        ({"enabledInstallments": ["x"]}, "5004"),
        ({"enabledInstallments": 3}, "5010"),
        ({"conversationId": {"a": 1}}, "5000"),
        ({"paidPrice": "0.001"}, "5003"),
    ],
)
def test_a_form_that_cannot_be_paid_is_not_opened(bank: Bank, changes: dict[str, Any], code: str) -> None:
    assert failure(bank.call(INITIALIZE, **request(**changes)))[0] == code


def test_a_paid_form_tells_everything_that_a_merchant_compares(bank: Bank) -> None:
    form = Form.open(bank)
    answer = form.pay()
    payment_id, (item,) = answer["paymentId"], answer["itemTransactions"]
    assert answer["signature"] == signature(
        *("SUCCESS", payment_id, "TRY", "KM7-T3R-AWC", form.conversation_id, "5097.6", "5097.6", form.token)
    )
    assert {name: answer[name] for name in ("status", "fraudStatus", "installment", "mdStatus", "callbackUrl")} == {
        "status": "success",
        "fraudStatus": 1,
        "installment": 1,
        "mdStatus": 1,
        "callbackUrl": RETURN,
    }
    assert {name: answer[name] for name in ("binNumber", "lastFourDigits", "cardFamily", "cardAssociation")} == {
        "binNumber": "552879",
        "lastFourDigits": "0008",
        "cardFamily": "Paraf",
        "cardAssociation": "MASTER_CARD",
    }
    assert (item["itemId"], item["price"], item["paidPrice"]) == ("ILETI-150", 5097.6, 5097.6)
    assert form.going_back() == (RETURN, {"token": form.token})


def test_a_form_is_charged_once_however_often_it_is_sent(bank: Bank) -> None:
    form = Form.open(bank)
    first = form.pay()
    assert form.type(BONUS).headers["location"] == f"/donus/{form.token}/"
    assert form.confirm("123456").headers["location"] == f"/donus/{form.token}/"
    assert bank.http.post(form.path("vazgec")).headers["location"] == f"/donus/{form.token}/"
    again = form.detail()
    assert again | {"systemTime": 0} == first | {"systemTime": 0}


def test_a_form_in_instalments_takes_the_familys_sum(bank: Bank) -> None:
    form = Form.open(bank, enabledInstallments=[3], paidPrice="5230.14")
    answer = form.pay()
    assert (answer["installment"], answer["price"], answer["paidPrice"]) == (3, 5097.6, 5230.14)


@pytest.mark.parametrize(
    ("number", "counts", "paid", "message"),
    [
        (PARAF, [3], "5230.13", "Ödenecek tutar, bu kartın taksit tablosundaki tutar değil."),
        (BONUS, [3], "5230.14", "Ödenecek tutar, bu kartın taksit tablosundaki tutar değil."),
        (DEBIT, [3], "5230.14", "Bu kart 3 taksit sunmuyor."),
        ("5504720000000003", [12], "6000.00", "Bu kart 12 taksit sunmuyor."),
    ],
)
def test_a_card_that_does_not_fit_the_sum_is_not_charged(
    bank: Bank, number: str, counts: list[int], paid: str, message: str
) -> None:
    form = Form.open(bank, enabledInstallments=counts, paidPrice=paid)
    page = form.type(number, installment=str(counts[0]))
    assert page.status_code == 200
    assert message in page.text
    assert form.detail()["paymentStatus"] == "WAITING"


def test_where_the_merchant_leaves_the_choice_the_payer_has_it(bank: Bank) -> None:
    form = Form.open(bank, enabledInstallments=[1, 2, 3])
    assert "Taksit seçeneğini işaretleyiniz." in form.type().text
    answer = form.pay(installment="2")
    assert (answer["installment"], answer["paidPrice"]) == (2, 5163.87)
    assert sum(item["paidPrice"] for item in answer["itemTransactions"]) == 5163.87


def test_an_unfinished_form_is_neither_paid_nor_declined(bank: Bank) -> None:
    form = Form.open(bank)
    before = form.detail()
    form.type()
    after = form.detail()
    assert [(answer["status"], answer["paymentStatus"]) for answer in (before, after)] == [
        ("success", "WAITING"),
        ("success", "INIT_THREEDS"),
    ]


def test_an_unknown_token_or_payment_is_not_found(bank: Bank) -> None:
    answers = [
        bank.call(FORM_DETAIL, token="0" * 32),
        bank.call("/payment/detail", paymentId="1"),
        bank.call("/payment/detail", paymentConversationId="never"),
    ]
    assert [(answer["errorCode"], answer["errorGroup"]) for answer in answers] == [("5115", "NOT_FOUND")] * 3


def test_a_form_that_was_given_up_is_declined(bank: Bank) -> None:
    form = Form.open(bank)
    assert bank.http.post(form.path("vazgec")).headers["location"] == f"/donus/{form.token}/"
    answer = form.detail()
    assert [answer[name] for name in ("status", "paymentStatus", "errorCode", "errorGroup")] == (
        ["failure", "FAILURE", "5153", "CANCELLED_BY_USER"]
    )


def test_a_payment_is_found_by_either_id(bank: Bank) -> None:
    form = Form.open(bank)
    paid = form.pay()
    by_ours = bank.call("/payment/detail", paymentConversationId=form.conversation_id, conversationId="query-1")
    by_theirs = bank.call("/payment/detail", paymentId=paid["paymentId"])
    expected = signature(paid["paymentId"], "TRY", "KM7-T3R-AWC", form.conversation_id, "5097.6", "5097.6")
    assert [answer["signature"] for answer in (by_ours, by_theirs)] == [expected, expected]
    assert by_ours["paymentStatus"] == "SUCCESS"


# --- With a card that the merchant collects ---------------------------------------------------------------------------
def threeds(bank: Bank, number: str = PARAF) -> tuple[dict[str, Any], Form]:
    """Initialise 3-D Secure; return the answer, and the payment as a form whose pages can be walked."""
    body = request(paymentCard=CARD | {"cardNumber": number}, installment=1)
    answer = bank.call("/payment/3dsecure/initialize", **body)
    page = base64.b64decode(answer["threeDSHtmlContent"]).decode()
    token = re.search(rf'action="{bank.url}/3d/([0-9a-f]+)/"', page)
    assert token
    return answer, Form(bank, token[1], body["conversationId"])


def test_3d_secure_takes_money_only_when_the_merchant_says_so(bank: Bank) -> None:
    started, form = threeds(bank)
    payment_id = started["paymentId"]
    assert started["signature"] == signature(payment_id, form.conversation_id)

    early = bank.call("/payment/v2/3dsecure/auth", paymentId=payment_id, paidPrice="5097.60", currency="TRY")
    form.confirm()
    url, back = form.going_back()
    verified = bank.call("/payment/detail", paymentId=payment_id)
    repeated = {"paymentId": payment_id, "currency": "TRY", "basketId": "KM7-T3R-AWC"}
    wrong = bank.call("/payment/v2/3dsecure/auth", **repeated, paidPrice="5097.59")
    taken = bank.call("/payment/v2/3dsecure/auth", **repeated, paidPrice="5097.60")
    again = bank.call("/payment/v2/3dsecure/auth", **repeated, paidPrice="5097.60")

    assert failure(early)[0] == "5064"
    assert url == RETURN
    assert back == {
        "status": "success",
        "paymentId": payment_id,
        "conversationData": "",
        "conversationId": form.conversation_id,
        "mdStatus": "1",
        "signature": signature("", form.conversation_id, "1", payment_id, "success"),
    }
    assert (verified["paymentStatus"], failure(wrong)[0], failure(again)[0]) == ("CALLBACK_THREEDS", "5063", "5064")
    assert taken["signature"] == signature(payment_id, "TRY", "KM7-T3R-AWC", form.conversation_id, "5097.6", "5097.6")


def test_the_first_version_of_auth_works_too(bank: Bank) -> None:
    started, form = threeds(bank)
    form.confirm()
    assert bank.call("/payment/3dsecure/auth", paymentId=started["paymentId"])["paymentStatus"] == "SUCCESS"


@pytest.mark.parametrize(("number", "status"), [("4131111111111117", "0"), ("4141111111111115", "4")])
def test_a_card_holder_who_is_not_recognised_cannot_be_charged(bank: Bank, number: str, status: str) -> None:
    started, form = threeds(bank, number)
    form.confirm()
    _, back = form.going_back()
    assert (back["status"], back["mdStatus"]) == ("failure", status)
    assert failure(bank.call("/payment/3dsecure/auth", paymentId=started["paymentId"]))[0] == "5064"


def test_a_card_whose_3d_secure_cannot_start_is_refused_at_once(bank: Bank) -> None:
    body = request(paymentCard=CARD | {"cardNumber": "4151111111111112"})
    assert failure(bank.call("/payment/3dsecure/initialize", **body))[0] == "10204"


def test_a_direct_payment(bank: Bank) -> None:
    body = request(paymentCard=CARD, installment=1)
    answer = bank.call("/payment/auth", **body)
    assert answer["signature"] == signature(
        answer["paymentId"], "TRY", "KM7-T3R-AWC", body["conversationId"], "5097.6", "5097.6"
    )
    declined = bank.call("/payment/auth", **request(paymentCard=CARD | {"cardNumber": "4111111111111129"}))
    assert (declined["errorCode"], declined["errorGroup"]) == ("10051", "NOT_SUFFICIENT_FUNDS")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"cardNumber": "5528790000000009"}, "10215"),
        ({"cardNumber": "552879"}, "10215"),
        ({"cvc": "12"}, "10084"),
        ({"expireYear": "2020"}, "10054"),
        ({"expireMonth": "13"}, "10054"),
    ],
)
def test_a_card_that_cannot_be_is_refused(bank: Bank, card: dict[str, str], code: str) -> None:
    assert failure(bank.call("/payment/auth", **request(paymentCard=CARD | card)))[0] == code
