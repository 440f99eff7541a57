"""iyzico's own Python client, unmodified, against the simulator over TLS."""

import json
import subprocess
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import iyzipay
import pytest

from tests.simulators.bank import (
    API_KEY,
    PARAF,
    SECRET_KEY,
    Bank,
    Form,
    request,
    served,
    signature,
)

# The client never closes its connections.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")

CARD = {"cardHolderName": "Defne Işıkgil", "cardNumber": PARAF, "expireYear": "2030", "expireMonth": "12", "cvc": "123"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "30", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[Bank]:
    with served(tmp_path_factory.mktemp("bank") / "data", certificate=certificate[0], key=certificate[1]) as running:
        yield running


@pytest.fixture
def options(bank: Bank, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    return {"api_key": API_KEY, "secret_key": SECRET_KEY, "base_url": bank.url.removeprefix("https://")}


def read(response: HTTPResponse) -> dict[str, Any]:
    with response:
        answer: dict[str, Any] = json.loads(response.read())
    assert answer["status"] == "success", answer
    return answer


def test_keys_bin_and_instalments(options: dict[str, str]) -> None:
    read(iyzipay.ApiTest().retrieve(options))
    assert read(iyzipay.BinNumber().retrieve({"binNumber": "540036"}, options))["cardFamily"] == "Bonus"
    quote = read(iyzipay.InstallmentInfo().retrieve({"binNumber": "540036", "price": "100"}, options))
    assert quote["installmentDetails"][0]["installmentPrices"][1]["totalPrice"] == 101.36


def test_wrong_keys(options: dict[str, str]) -> None:
    with iyzipay.ApiTest().retrieve(options | {"secret_key": "wrong"}) as response:
        assert json.loads(response.read())["errorCode"] == "1000"


def test_a_checkout_form_from_start_to_refund(
    bank: Bank, options: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    body = request()
    opened = read(iyzipay.CheckoutFormInitialize().create(body, options))
    form = Form(bank, opened["token"], body["conversationId"])
    form.type()
    form.confirm()
    resource = iyzipay.CheckoutForm()
    paid = read(resource.retrieve({"token": opened["token"], "locale": "tr"}, options))

    names = ("paymentStatus", "paymentId", "currency", "basketId", "conversationId", "paidPrice", "price", "token")
    resource.verify_signature([resource.strip_zero(str(paid[name])) for name in names], SECRET_KEY, paid["signature"])
    # The client prints what it thinks of a signature, and returns nothing.
    assert capsys.readouterr().out == "Signature verified: True\n"

    item = paid["itemTransactions"][0]["paymentTransactionId"]
    part = {"paymentTransactionId": item, "price": "97.60", "ip": "127.0.0.1", "currency": "TRY", "conversationId": "r"}
    assert read(iyzipay.Refund().create(part, options))["price"] == 97.6
    rest = {"paymentId": paid["paymentId"], "price": "5000"}
    assert read(iyzipay.Payment().refund(rest, options))["price"] == 5000
    (report,) = read(iyzipay.RetrievePaymentDetails().retrieve({"paymentId": paid["paymentId"]}, options))["payments"]
    assert report["paymentRefundStatus"] == "TOTALLY_REFUNDED"
    day = report["createdDate"][:10]
    listed = read(iyzipay.RetrieveTransactions().retrieve({"page": 1, "transactionDate": day}, options))
    ours = [line for line in listed["transactions"] if str(line["paymentId"]) == paid["paymentId"]]
    assert [line["transactionType"] for line in ours] == ["PAYMENT", "REFUND", "REFUND"]


def test_3d_secure_and_cancel(bank: Bank, options: dict[str, str]) -> None:
    body = request(paymentCard=CARD, installment="1")
    started = read(iyzipay.ThreedsInitialize().create(body, options))
    token = next(payment["token"] for payment in bank.payments() if str(payment["id"]) == started["paymentId"])
    Form(bank, token, body["conversationId"]).confirm()
    repeated = {"paymentId": started["paymentId"], "paidPrice": "5097.6", "basketId": body["basketId"]}
    paid = read(iyzipay.ThreedsV2Payment().create(repeated | {"currency": "TRY"}, options))
    values = (paid["paymentId"], "TRY", body["basketId"], body["conversationId"], "5097.6", "5097.6")
    assert paid["signature"] == signature(*values)
    read(iyzipay.Cancel().create({"paymentId": paid["paymentId"], "ip": "127.0.0.1"}, options))


def test_a_direct_payment_is_found_again(options: dict[str, str]) -> None:
    body = request(paymentCard=CARD, installment="2", paidPrice="5163.87")
    paid = read(iyzipay.Payment().create(body, options))
    found = read(iyzipay.Payment().retrieve({"paymentConversationId": body["conversationId"]}, options))
    assert (found["paymentId"], found["installment"], found["paidPrice"]) == (paid["paymentId"], 2, 5163.87)
