"""Start the bank simulator as a process, and speak to it as a merchant and as a payer do."""

import base64
import hashlib
import hmac
import html
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.bank import cards, instalments
from tests.simulators.edevlet import ROOT, free_port

API_KEY, SECRET_KEY = "sandbox-api-key", "sandbox-secret-key"
CLIENT_ID, STORE_KEY = "190100000", "123456"
API_USER, API_PASSWORD = "ISBANKAPI", "ISBANK07"
STATEMENT_USER, STATEMENT_PASSWORD = "KURUM01", "ekstre-sifresi"
BANNER = "Bu bir benzetimdir; gerçek banka değildir."
IBAN = "TR820001000760123456785001"
PARAF, BONUS, DEBIT = "5528790000000008", "5400360000000003", "5890040000000016"
RETURN = "http://merchant.example/odeme/donus/abc/"
INITIALIZE = "/payment/iyzipos/checkoutform/initialize/auth/ecom"
FORM_DETAIL = "/payment/iyzipos/checkoutform/auth/ecom/detail"


class Merchant:
    """Receives webhooks, as the portal does; answers with a conversation's `statuses` in turn, then 200."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, Any], str]] = []
        self.statuses: dict[str, list[int]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/odeme/bildirim/iyzico/"
                hook = json.loads(body)
                outer.received.append((hook, self.headers["X-IYZ-SIGNATURE-V3"]))
                statuses = outer.statuses.get(hook["paymentConversationId"])
                self.send_response(statuses.pop(0) if statuses else 200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Keeps quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def of(self, payment_id: int, *, count: int = 1) -> list[tuple[dict[str, Any], str]]:
        """Return the webhooks of a payment, once there are `count`."""
        for _ in range(600):
            found = [hook for hook in self.received if hook[0]["iyziPaymentId"] == payment_id]
            if len(found) >= count:
                return found
            time.sleep(0.1)
        pytest.fail(f"webhooks: {self.received}")


@dataclass(frozen=True)
class Bank:
    """One running simulator."""

    url: str
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]
    merchant: Merchant
    http: httpx.Client

    def headers(self, path: str, body: str, *, secret: str = SECRET_KEY) -> dict[str, str]:
        """Return the headers that sign a request."""
        random_key = secrets.token_hex(4)
        signature = hmac.new(secret.encode(), (random_key + path + body).encode(), hashlib.sha256).hexdigest()
        text = f"apiKey:{API_KEY}&randomKey:{random_key}&signature:{signature}"
        authorization = f"IYZWSv2 {base64.b64encode(text.encode()).decode()}"
        return {"Authorization": authorization, "x-iyzi-rnd": random_key, "Content-Type": "application/json"}

    def raw(self, path: str, data: dict[str, Any]) -> httpx.Response:
        """Send a signed POST."""
        body = json.dumps(data)
        return self.http.post(self.url + path, content=body, headers=self.headers(path, body))

    def call(self, path: str, **data: Any) -> dict[str, Any]:
        """Send a signed POST and return the JSON answer, which is always HTTP 200."""
        response = self.raw(path, data)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    def get(self, path: str, query: str = "") -> dict[str, Any]:
        """Send a signed GET without a body and return the JSON answer."""
        response = self.http.get(f"{self.url}{path}{query}", headers=self.headers(path, ""))
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    def order(self, kind: str, fault: str, **more: Any) -> None:
        """Order a fault."""
        data = {"kind": kind, "fault": fault, **more}
        assert self.http.post(f"{self.url}/anahtar/", json=data).status_code == 200

    def transfer(self, **fields: Any) -> httpx.Response:
        """Send money to an account of the merchant."""
        data = {"iban": IBAN, "amount": "5097,60", "text": "KM7-T3R-AWC", "sender": "DENEME A.Ş.", "tax_number": ""}
        return self.http.post(f"{self.url}/havale/", json=data | fields)

    def payments(self) -> list[dict[str, Any]]:
        """Return what the page of transactions shows, latest first."""
        found: list[dict[str, Any]] = self.http.get(f"{self.url}/islemler/?bicim=json").json()["payments"]
        return found


def start(folder: Path, merchant: Merchant, *, certificate: Path | None = None, key: Path | None = None) -> Bank:
    """Start a simulator, with a certificate on TLS; it may not be ready yet."""
    port = free_port()
    log = folder.parent / f"{folder.name}.log"
    keys = {"IYZICO_API_KEY": API_KEY, "IYZICO_SECRET_KEY": SECRET_KEY, "NESTPAY_CLIENT_ID": CLIENT_ID}
    keys |= {"NESTPAY_STORE_KEY": STORE_KEY, "NESTPAY_API_USER": API_USER, "NESTPAY_API_PASSWORD": API_PASSWORD}
    keys |= {"ZIRAAT_USER": STATEMENT_USER, "ZIRAAT_PASSWORD": STATEMENT_PASSWORD}
    command = [sys.executable, "-m", "simulators.bank", "--port", str(port), "--portal-url", f"{merchant.url}/"]
    command += ["--data", str(folder), "--webhook-seconds", "0.2", "--retry-seconds", "0.2"]
    if certificate:
        command += ["--tls-cert", str(certificate), "--tls-key", str(key)]
    with log.open("ab") as output:
        environment = {"PATH": os.environ["PATH"], **keys}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    context = ssl.create_default_context(cafile=certificate)
    http = httpx.Client(trust_env=False, timeout=60, verify=context)
    return Bank(f"{'https' if certificate else 'http'}://127.0.0.1:{port}", folder, log, process, merchant, http)


def wait_ready(bank: Bank) -> None:
    """Wait until the ready path answers; fail if the process ends."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert bank.process.poll() is None, bank.log.read_text()
        try:
            if bank.http.get(f"{bank.url}/saglik/").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("the simulator did not become ready")


@contextmanager
def served(folder: Path, *, certificate: Path | None = None, key: Path | None = None) -> Iterator[Bank]:
    """Serve one simulator and its merchant; nothing is left afterwards."""
    merchant = Merchant()
    bank = start(folder, merchant, certificate=certificate, key=key)
    try:
        wait_ready(bank)
        yield bank
    finally:
        bank.http.close()
        bank.process.kill()
        bank.process.wait()
        merchant.close()


def request(**changes: Any) -> dict[str, Any]:
    """Return the body that opens a checkout form for 5.097,60 ₺, paid at once."""
    body = {
        "locale": "tr",
        "conversationId": secrets.token_hex(8),
        "price": "5097.60",
        "paidPrice": "5097.60",
        "currency": "TRY",
        "basketId": "KM7-T3R-AWC",
        "paymentGroup": "PRODUCT",
        "callbackUrl": RETURN,
        "enabledInstallments": [1],
        "buyer": {"id": "1", "name": "Hizmet", "surname": "Sağlayıcı", "ip": "127.0.0.1"},
        "basketItems": [{"id": "ILETI-150", "name": "İLETİ-150", "itemType": "VIRTUAL", "price": "5097.60"}],
    }
    return body | changes


@dataclass
class Form:
    """A checkout form that was opened."""

    bank: Bank
    token: str
    conversation_id: str

    @classmethod
    def open(cls, bank: Bank, **changes: Any) -> "Form":
        """Open a form."""
        body = request(**changes)
        answer = bank.call(INITIALIZE, **body)
        assert answer["status"] == "success", answer
        assert answer["paymentPageUrl"] == f"{bank.url}/odeme-sayfasi/{answer['token']}/"
        return cls(bank, answer["token"], body["conversationId"])

    def path(self, page: str) -> str:
        """Return the address of one of its pages."""
        return f"{self.bank.url}/{page}/{self.token}/"

    def type(self, number: str = PARAF, **changes: str) -> httpx.Response:
        """Fill in the card page and send it."""
        typed = {"holder": "DEFNE IŞIKGİL", "number": number, "expiry": "12/30", "code": "123"}
        return self.bank.http.post(self.path("odeme-sayfasi"), data=typed | changes)

    def shown_code(self) -> str:
        """Return the one-time code that the 3-D page shows."""
        found = re.search(r'data-testid="deneme-kodu">(\d{6})<', self.bank.http.get(self.path("3d")).text)
        assert found
        return found[1]

    def confirm(self, code: str | None = None) -> httpx.Response:
        """Send the one-time code."""
        return self.bank.http.post(self.path("3d"), data={"code": code or self.shown_code()})

    def pay(self, number: str = PARAF, **changes: str) -> dict[str, Any]:
        """Pay from the card page to the way back; return what the form's detail says."""
        assert self.type(number, **changes).headers["location"] == f"/3d/{self.token}/"
        assert self.confirm().headers["location"] == f"/donus/{self.token}/"
        return self.detail()

    def detail(self) -> dict[str, Any]:
        """Ask how the form ended."""
        return self.bank.call(FORM_DETAIL, token=self.token, conversationId=self.conversation_id)

    def going_back(self) -> tuple[str, dict[str, str]]:
        """Return where the browser posts to, and what."""
        return return_form(self.bank.http.get(self.path("donus")))


def return_form(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Return address and fields of the form that leads back to the merchant."""
    return auto_form(page.text)


def auto_form(page: str) -> tuple[str, dict[str, str]]:
    """Return address and fields of the form that a page, of the bank or of the portal, sends by itself."""
    form = re.search(r'<form method="post" action="([^"]+)" data-auto(.*?)</form>', page, re.DOTALL)
    assert form, page
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[2])
    return html.unescape(form[1]), {name: html.unescape(value) for name, value in fields}


def agreed_instalments() -> str:
    """Return every card family of the bank, its first digits and its rates, as the setting NESTPAY_INSTALMENTS."""
    agreed = {
        family.name: {
            "bins": [each.number for each in cards.BINS.values() if each.family == family.name],
            "rates": {str(count): str(Decimal(rate) / 100) for count, rate in family.rates.items()},
        }
        for family in instalments.FAMILIES.values()
    }
    return json.dumps(agreed)


def errors(page: httpx.Response) -> list[str]:
    """Return the entries of the error summary."""
    summary = re.search(r'data-testid="error-summary">(.*?)</div>', page.text, re.DOTALL)
    return [html.unescape(text) for text in re.findall(r"<a [^>]+>([^<]+)</a>", summary[1])] if summary else []


def failure(answer: dict[str, Any]) -> tuple[str, str]:
    """Return code and words of an answer that says no, and is not signed."""
    assert (answer["status"], "signature" in answer) == ("failure", False)
    return answer["errorCode"], answer["errorMessage"]


def signature(*values: str) -> str:
    """Return the signature of an answer over values that are written as they are signed."""
    return hmac.new(SECRET_KEY.encode(), ":".join(values).encode(), hashlib.sha256).hexdigest()
