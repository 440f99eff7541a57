"""Webhooks to the portal: noted with the payment, sent by a thread of their own until they are answered 2xx."""

import http.client
import json
import sqlite3
import ssl
import threading
import time
import urllib.error
import urllib.request
import uuid

from simulators.bank import faults, signing, store
from simulators.bank.config import running
from simulators.bank.store import Channel, Payment

MAX_TRIES = 3
_PAUSE = 0.25
_MERCHANT_ID = 3_382_172
_EVENTS = {Channel.FORM: "CHECKOUT_FORM_AUTH", Channel.THREEDS: "THREE_DS_AUTH", Channel.DIRECT: "API_AUTH"}
_sending = threading.Lock()


def promise(database: sqlite3.Connection, payment: Payment) -> None:
    """Note the webhook of a payment that has ended, in the transaction that ends it. NestPay has none."""
    if payment.channel == Channel.NESTPAY:
        return
    body = _body(payment)
    text = json.dumps(body, separators=(",", ":"))
    signature = signing.webhook_signature(running().iyzico_secret_key, body)
    database.execute(
        "INSERT INTO webhook (payment_id, body, signature, due) VALUES (?, ?, ?, ?)",
        [payment.id, text, signature, time.time() + running().webhook_seconds],
    )


def _body(payment: Payment) -> dict[str, object]:
    body: dict[str, object] = {
        "paymentConversationId": payment.conversation_id,
        "merchantId": _MERCHANT_ID,
        "status": "SUCCESS" if payment.taken else "FAILURE",
        "iyziReferenceCode": str(uuid.uuid4()),
        "iyziEventType": _EVENTS[Channel(payment.channel)],
        "iyziEventTime": int(time.time() * 1000),
        "iyziPaymentId": payment.id,
    }
    form = payment.channel == Channel.FORM
    return body | ({"token": payment.token} if form else {"paymentId": payment.id})


def disturb(payment: Payment) -> None:
    """Let the fault that was ordered for webhooks strike the webhook of a payment that has just ended."""
    fault = faults.take("webhook")
    if fault is None:
        return
    with store.transaction() as database:
        if fault.name == "lost":
            database.execute("DELETE FROM webhook WHERE payment_id = ? AND delivered = 0", [payment.id])
        elif fault.name == "late":
            due = time.time() + fault.number
            database.execute("UPDATE webhook SET due = ? WHERE payment_id = ?", [due, payment.id])
        elif fault.name == "early":
            database.execute("UPDATE webhook SET due = 0 WHERE payment_id = ?", [payment.id])
        elif fault.name == "wrong-signature":
            database.execute("UPDATE webhook SET signature = ? WHERE payment_id = ?", ["0" * 64, payment.id])
        elif fault.name == "duplicate":
            database.execute(
                "INSERT INTO webhook (payment_id, body, signature, due)"
                " SELECT payment_id, body, signature, due FROM webhook WHERE payment_id = ?",
                [payment.id],
            )
    if fault.name == "early":
        send_due()


def start() -> None:
    """Send what is due from now on, in a thread that ends with the process."""
    threading.Thread(target=_run, name="webhooks", daemon=True).start()


def _run() -> None:
    while True:
        send_due()
        time.sleep(_PAUSE)


def send_due() -> None:
    """Send every webhook whose time has come."""
    with _sending:
        with store.transaction() as database:
            query = "SELECT * FROM webhook WHERE delivered = 0 AND due <= ? AND tries < ? ORDER BY id"
            due = database.execute(query, [time.time(), MAX_TRIES]).fetchall()
        for row in due:
            status = _post(row["body"], row["signature"])
            now = time.time()
            with store.transaction() as database:
                database.execute(
                    "UPDATE webhook SET tries = tries + 1, status = ?, delivered = ?, due = ? WHERE id = ?",
                    [status, now if 200 <= status < 300 else 0, now + running().retry_seconds, row["id"]],
                )


def _post(body: str, signature: str) -> int:
    """Return the status that the portal answers with, 0 for no answer."""
    request = urllib.request.Request(  # noqa: S310  # the address is the portal's, checked at the start
        running().webhook_url,
        data=body.encode(),
        headers={"Content-Type": "application/json", "X-IYZ-SIGNATURE-V3": signature},
        method="POST",
    )
    # No proxy of the environment may be asked for a loopback address.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    try:
        with opener.open(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, http.client.HTTPException):
        return 0
