"""Signatures against the vectors that their makers publish, and against what must not hold.

Input values and results are those of iyzico/iyzipay-php (IyziAuthV2GeneratorTest, webhook_Signature_Validation)
and of mewebstudio/pos (EstV3PosCryptTest).
"""

import base64
from decimal import Decimal

import pytest

from payments.gateways.iyzico import signing
from payments.gateways.nestpay import hashing

# What is signed, and the signature that the published header holds.
AUTHORIZATIONS = [
    (
        "/v2/subscription/customers/",
        "6f384099aae328f72daf9cdab105eb37fb29620251c47b4c583d748d9d0ab764",
    ),
    (
        "/v2/subscription/initialize",
        "bc44b2f4dfb8df74147b1f527ff636444c3b3d3a1ff97dcb3366bc293facf298",
    ),
    # The older calls of that client sign the whole address.
    (
        "https://api.iyzipay.com/Iyzilink/v2/Iyzilink/products/",
        "8c67290f00fc7ac8a6473d478a22dfb69c8171cf7939845f77b1d0b3f8470d50",
    ),
    (
        "https://api.iyzipay.com/Iyzilink/v2/Iyzilink/products/?locale=tr&page=1&count=100&conversationId=123456",
        "b1861f00c6a779c14f804e2092ab106910068569f075ccc99f670028ff63a9e6",
    ),
    (
        "https://api.iyzipay.com/Iyzilink/v2",
        "ee263450918688e7b3786827b8c0fb045c8b882a4022b9b05c589a2609630c6d",
    ),
]

WEBHOOK_KEY = "sandbox-UuLnD7wZa0a3DmytfIrwHQqAMfqCNJrs"
WEBHOOKS = [
    (
        {
            "paymentConversationId": "conversationId",
            "merchantId": 3382172,
            "token": "e828c62d-fd12-4b1a-ad5a-380f15fe6596",
            "status": "SUCCESS",
            "iyziReferenceCode": "77e1635c-6b39-475a-8b7b-ca15ad0cd4ac",
            "iyziEventType": "CHECKOUT_FORM_AUTH",
            "iyziEventTime": 1721825036103,
            "iyziPaymentId": 22483975,
        },
        "4031c575763486a2d2bf3f7ace0baebfcd6bed65393ab4df3fe80c00d5fd6878",
    ),
    (
        {
            "paymentConversationId": "conversationId",
            "merchantId": 3382172,
            "paymentId": 22484059,
            "status": "SUCCESS",
            "iyziReferenceCode": "a9af8e6b-4401-4928-b6b8-40419aaa3d0f",
            "iyziEventType": "API_AUTH",
            "iyziEventTime": 1721825828467,
            "iyziPaymentId": 22484059,
        },
        "92c7a72b7741bc83eb696066605c894778c87297b2c88d6037670666230e18ae",
    ),
]

HASHED_FORMS = [
    (
        {
            "clientid": "190100000",
            "storetype": "3d_pay",
            "amount": "100.25",
            "oid": "order222",
            "okUrl": "https://domain.com/success",
            "failUrl": "https://domain.com/fail_url",
            "rnd": "rand",
            "lang": "tr",
            "currency": "949",
            "taksit": "",
            "islemtipi": "Auth",
            "firmaadi": "siparis veren",
            "Email": "test@test.com",
            "hashAlgorithm": "ver3",
        },
        "/uPxhEKWCEGi3NsDOOQ4u8Hu5g71v5GWspOid70WehTWEz97PqxG3IN1Jv5jsbOXOw3Z3Rr/0UtywzEgbqFfdA==",
    ),
    (
        {
            "clientid": "190100000",
            "storetype": "3d",
            "amount": "100.25",
            "oid": "order222",
            "okUrl": "https://domain.com/success",
            "failUrl": "https://domain.com/fail_url",
            "rnd": "12345",
            "hashAlgorithm": "ver3",
            "lang": "tr",
            "currency": "949",
            "islemtipi": "Auth",
            "taksit": "",
        },
        "4aUsG5hqlIFLc9s8PKc5rWb2OLhmxDDewNgKa2XrwoYCIxlyVq8Fjl4IVaZzoqL983CfTseicmnTA0PjZr74xg==",
    ),
]
ZIRAAT_ANSWER = {
    "ReturnOid": "202210308C0F",
    "TRANID": "",
    "hashAlgorithm": "ver3",
    "PAResSyntaxOK": "true",
    "firmaadi": "John Doe",
    "islemtipi": "Auth",
    "lang": "tr",
    "merchantID": "190200000",
    "maskedCreditCard": "4355 08** **** 4358",
    "amount": "1.01",
    "sID": "1",
    "ACQBIN": "454672",
    "Ecom_Payment_Card_ExpDate_Year": "26",
    "EXTRA_CARDBRAND": "VISA",
    "Email": "mail@customer.com",
    "MaskedPan": "435508***4358",
    "acqStan": "184784",
    "merchantName": "Ziraat 3D_Pay",
    "clientIp": "89.244.149.137",
    "EXTRA_KAZANILANPUAN": "000000010.00",
    "okUrl": "http://localhost/akbank/3d-pay/response.php",
    "md": "435508:51104213993AC8DFE8839C7F7E391B461115D09A1D88948C8ACE421D7D7EAA5A:3545:##190200000",
    "ProcReturnCode": "00",
    "payResults_dsId": "1",
    "taksit": "",
    "TransId": "22303RqiC11252",
    "EXTRA_TRXDATE": "20221030 17:42:33",
    "Ecom_Payment_Card_ExpDate_Month": "12",
    "storetype": "3d_pay",
    "Response": "Approved",
    "SettleId": "2383",
    "mdErrorMsg": "Y-status/Challenge authentication via ACS: "
    "https://3ds-acs.test.modirum.com/mdpayacs/creq?token=214711321.1667140951.Ud_jQl3B2l1",
    "ErrMsg": "",
    "PAResVerified": "true",
    "cavv": "ABABBCgghAAAAABllJMDdZdTdic=",
    "digest": "digest",
    "HostRefNum": "230317184784",
    "callbackCall": "true",
    "AuthCode": "216981",
    "failUrl": "http://localhost/akbank/3d-pay/response.php",
    "xid": "N1An1iS5iN4u/1VWS6CgzSGRtN0=",
    "encoding": "ISO-8859-9",
    "currency": "949",
    "oid": "202210308C0F",
    "mdStatus": "1",
    "dsId": "1",
    "eci": "05",
    "version": "2.0",
    "EXTRA_CARDISSUER": "AKBANK T.A.S.",
    "clientid": "190200000",
    "txstatus": "Y",
    "HASH": "jVgcwtx4vxxAcX8+ajsrrzp77k9uaGu1pjDQfCpoUG95y2MwwGipc6cF3kESiTphjV8/1ESSc6zg9KyTSxUnzA==",
    "rnd": "J/jGATA5LLVaMfpU+Yyu",
}
STORE_KEY = "123456"


@pytest.mark.parametrize(("path", "published"), AUTHORIZATIONS)
def test_published_authorizations(path: str, published: str) -> None:
    ours = signing.authorization(api_key="test", secret_key="test", random="123456789", path=path, body="")
    content = f"apiKey:test&randomKey:123456789&signature:{published}"
    assert ours == "IYZWSv2 " + base64.b64encode(content.encode()).decode()


def test_an_authorization_covers_the_body() -> None:
    headers = {
        signing.authorization(api_key="a", secret_key="s", random="r", path="/p", body=body)
        for body in ("", "{}", "{ }", "null")
    }
    assert len(headers) == 4


@pytest.mark.parametrize(("event", "published"), WEBHOOKS)
def test_published_webhooks(event: dict[str, object], published: str) -> None:
    assert signing.webhook_signature(event, secret_key=WEBHOOK_KEY) == published


@pytest.mark.parametrize(
    ("price", "text"), [("10.0", "10"), ("1.20", "1.2"), ("5097.60", "5097.6"), ("5000", "5000"), ("0.00", "0")]
)
def test_prices_lose_their_zeros(price: str, text: str) -> None:
    assert signing.price_text(Decimal(price)) == text


def test_a_signature_reads_a_price_as_number_and_as_text_alike() -> None:
    names = ("paymentId", "price")
    texts = [
        signing.answer_signature({"paymentId": "10", "price": price}, names, secret_key="s")
        for price in (Decimal("7.50"), "7.50", "7.5", Decimal("7.5"))
    ]
    assert len(set(texts)) == 1
    assert texts[0] != signing.answer_signature({"paymentId": "1", "price": "7.5"}, names, secret_key="s")


def test_what_is_no_signature() -> None:
    assert not any(signing.same(theirs, "ab") for theirs in (None, 1, "", "\udcff", ["ab"]))
    assert signing.same("AB", "ab")


@pytest.mark.parametrize(("fields", "published"), HASHED_FORMS)
def test_published_forms(fields: dict[str, str], published: str) -> None:
    assert hashing.ver3(fields, store_key=STORE_KEY) == published


def test_published_answer_of_ziraat() -> None:
    assert len(ZIRAAT_ANSWER) == 53
    assert hashing.holds(ZIRAAT_ANSWER, store_key=STORE_KEY)
    assert hashing.holds({**ZIRAAT_ANSWER, "nationalidno": "10000000146"}, store_key=STORE_KEY)


def test_every_field_of_that_answer_counts() -> None:
    for name in ZIRAAT_ANSWER.keys() - {"encoding"}:
        changed = {**ZIRAAT_ANSWER, name: ZIRAAT_ANSWER[name] + "1"}
        assert not hashing.holds(changed, store_key=STORE_KEY), name
    assert not hashing.holds({**ZIRAAT_ANSWER, "yeni": "1"}, store_key=STORE_KEY)
    assert not hashing.holds(ZIRAAT_ANSWER, store_key="123457")


def test_values_cannot_move_into_the_next_field() -> None:
    one = hashing.ver3({"a": "x|y", "b": "z"}, store_key="k")
    other = hashing.ver3({"a": "x", "b": "y|z"}, store_key="k")
    assert one != other


def test_numbers_in_names_count_by_their_value() -> None:
    sorted_by_name = hashing.ver3({"a": "1", "b": "2", "c": "3"}, store_key="k")
    assert hashing.ver3({"f2": "1", "f010": "2", "f" + "9" * 5000: "3"}, store_key="k") == sorted_by_name
    assert hashing.ver3({"f01": "1", "f2": "2", "fa": "3"}, store_key="k") == sorted_by_name
