"""The signatures of both wire protocols against the vectors that their makers published."""

import base64

import pytest

from simulators.bank import signing

SANDBOX = "sandbox-UuLnD7wZa0a3DmytfIrwHQqAMfqCNJrs"
ZIRAAT = {
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
    "rnd": "J/jGATA5LLVaMfpU+Yyu",
}
FORM = {
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
}


@pytest.mark.parametrize(
    ("keys", "path", "body", "digest"),
    [
        ("test", "/v2/subscription/customers/", "", "6f384099aae328f72daf9cdab105eb37fb29620251c47b4c583d748d9d0ab764"),
        ("test", "/v2/Iyzilink/products/", "", "78761c2bad44fa61b943ad22bc86bc58c3fa1d748001c11357eca3f904c44d1b"),
        (
            *("apiKey secretKey random", "/v2/uri", '"[data\\u003dvalue]"'),
            "a90ec1aecd68e37cc30942f85ce6b0d53435a4ca45e04769b46e3c35d81bf6fe",
        ),
    ],
    ids=["PHP, subscription", "PHP, links", "Java, with a body"],
)
def test_requests_that_other_clients_signed_are_accepted(keys: str, path: str, body: str, digest: str) -> None:
    api_key, secret_key, random_key = keys.split() if " " in keys else (keys, keys, "123456789")
    text = f"apiKey:{api_key}&randomKey:{random_key}&signature:{digest}"
    headers = {"authorization": f"IYZWSv2 {base64.b64encode(text.encode()).decode()}", "x-iyzi-rnd": random_key}

    def accepted(path: str, *bodies: bytes) -> bool:
        return signing.authorised(headers, path=path, bodies=bodies, api_key=api_key, secret_key=secret_key)

    assert accepted(path, body.encode())
    assert accepted(path, b"null", body.encode())
    assert not accepted(path, body.encode() + b" ")
    assert not accepted(path + "x", body.encode())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"iyziEventType": "CHECKOUT_FORM_AUTH", "iyziPaymentId": 22483975, "status": "SUCCESS"}
            | {"token": "e828c62d-fd12-4b1a-ad5a-380f15fe6596", "paymentConversationId": "conversationId"},
            "4031c575763486a2d2bf3f7ace0baebfcd6bed65393ab4df3fe80c00d5fd6878",
        ),
        (
            {"iyziEventType": "API_AUTH", "paymentId": 22484059, "status": "SUCCESS"}
            | {"paymentConversationId": "conversationId", "iyziPaymentId": 22484059},
            "92c7a72b7741bc83eb696066605c894778c87297b2c88d6037670666230e18ae",
        ),
    ],
)
def test_webhooks_are_signed_as_published(body: dict[str, object], expected: str) -> None:
    assert signing.webhook_signature(SANDBOX, body) == expected


def test_the_browsers_return_is_signed_as_published() -> None:
    fields = {"conversationData": "", "conversationId": "", "mdStatus": "1", "paymentId": "22484292"}
    signature = signing.callback_signature("jLc7GQHD2pyJoqXDeEcTnGHYtP7Ai5jl", fields | {"status": "success"})
    assert signature == "a4f73b80bb32a6ef8358090bbd8609a49a7b53f463048f8ef147496e236d04f0"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (ZIRAAT, "jVgcwtx4vxxAcX8+ajsrrzp77k9uaGu1pjDQfCpoUG95y2MwwGipc6cF3kESiTphjV8/1ESSc6zg9KyTSxUnzA=="),
        (FORM, "/uPxhEKWCEGi3NsDOOQ4u8Hu5g71v5GWspOid70WehTWEz97PqxG3IN1Jv5jsbOXOw3Z3Rr/0UtywzEgbqFfdA=="),
        (
            {name: value for name, value in FORM.items() if name not in {"firmaadi", "Email"}}
            | {"storetype": "3d", "rnd": "12345"},
            "4aUsG5hqlIFLc9s8PKc5rWb2OLhmxDDewNgKa2XrwoYCIxlyVq8Fjl4IVaZzoqL983CfTseicmnTA0PjZr74xg==",
        ),
    ],
    ids=["Ziraat's answer", "3d_pay", "3d"],
)
def test_nestpay_hashes_are_the_published_ones(fields: dict[str, str], expected: str) -> None:
    assert signing.nestpay_hash(fields, "123456") == expected
    # The hash itself and the encoding are never part of it.
    assert signing.nestpay_hash(fields | {"HASH": "x", "Encoding": "y"}, "123456") == expected


def test_bars_and_backslashes_cannot_move_a_value_into_its_neighbour() -> None:
    one = signing.nestpay_hash({"a": "1|2", "b": "3"}, "k")
    assert one != signing.nestpay_hash({"a": "1", "b": "2|3"}, "k")
    assert base64.b64decode(one)


@pytest.mark.parametrize(("amount", "text"), [("10.0", "10"), ("1.20", "1.2"), ("100", "100"), ("5097.60", "5097.6")])
def test_amounts_are_signed_without_zeros_at_their_end(amount: str, text: str) -> None:
    assert signing.plain(signing.Decimal(amount)) == text
