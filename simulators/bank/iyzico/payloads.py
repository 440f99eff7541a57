"""How a payment looks in iyzico's answers."""

import sqlite3
from datetime import datetime
from zoneinfo import ZoneInfo

from simulators.bank import store
from simulators.bank.cards import DECLINES
from simulators.bank.iyzico.envelope import Data
from simulators.bank.store import Channel, Payment, Refund, State, lira

#: What the signature of an answer about a payment covers.
PAYMENT_SIGNED = ("paymentId", "currency", "basketId", "conversationId", "paidPrice", "price")
FORM_SIGNED = ("paymentStatus", *PAYMENT_SIGNED, "token")

_STATUS = {
    State.OPEN: "WAITING",
    State.CODE: "INIT_THREEDS",
    State.VERIFIED: "CALLBACK_THREEDS",
    State.CAPTURED: "SUCCESS",
    State.CANCELLED: "SUCCESS",
    State.DECLINED: "FAILURE",
}
_ISTANBUL = ZoneInfo("Europe/Istanbul")


def payment(database: sqlite3.Connection, row: Payment) -> Data:
    """Return what `/payment/auth`, `/payment/detail` and the form's detail say of a payment."""
    lines = store.items(database, row.id)
    fields: Data = {
        "conversationId": row.conversation_id,
        "price": lira(row.price),
        "paidPrice": lira(row.paid_price),
        "installment": row.installment,
        "paymentId": str(row.id),
        "paymentStatus": _STATUS[State(row.state)],
        "fraudStatus": 1 if row.taken else 0,
        "currency": row.currency,
        "basketId": row.basket_id,
        "phase": "AUTH",
        "itemTransactions": [
            {
                "itemId": line.item_id,
                "paymentTransactionId": str(line.id),
                "transactionStatus": 2,
                "price": lira(line.price),
                "paidPrice": lira(line.paid_price),
            }
            for line in lines
        ],
    }
    if row.bin:
        fields |= card(row)
    if row.state == State.DECLINED:
        fields |= error(row) | {"fraudStatus": -1}
    return fields


def card(row: Payment) -> Data:
    """Return what is said of the card: never more than the first six and the last four digits."""
    fields: Data = {
        "cardType": row.card_type,
        "cardAssociation": row.association,
        "cardFamily": row.family,
        "binNumber": row.bin,
        "lastFourDigits": row.last4,
        "authCode": row.auth_code,
        "hostReference": row.host_reference,
        "connectorName": row.bank,
    }
    return fields | ({"mdStatus": row.md_status} if row.md_status >= 0 and row.channel != Channel.DIRECT else {})


def error(row: Payment) -> Data:
    """Return why a payment was declined."""
    decline = DECLINES[row.error]
    return {
        "status": "failure",
        "errorCode": decline.code,
        "errorMessage": decline.message,
        "errorGroup": decline.group,
    }


def reported(database: sqlite3.Connection, row: Payment) -> Data:
    """Return a payment as the reporting service shows it: with what was given back of it."""
    given = store.refunds(database, row.id)
    total = sum(refund.amount for refund in given)
    state = "NOT_REFUNDED" if not total else "TOTALLY_REFUNDED" if total >= row.paid_price else "PARTIALLY_REFUNDED"
    fields: Data = {
        "paymentId": row.id,
        "paymentStatus": {"SUCCESS": 1, "FAILURE": 2}.get(_STATUS[State(row.state)], 0),
        "paymentRefundStatus": state,
        "price": lira(row.price),
        "paidPrice": lira(row.paid_price),
        "installment": row.installment,
        "paymentConversationId": row.conversation_id,
        "fraudStatus": 1 if row.taken else 0,
        "cardFamily": row.family,
        "cardType": row.card_type,
        "cardAssociation": row.association,
        "binNumber": row.bin,
        "lastFourDigits": row.last4,
        "basketId": row.basket_id,
        "currency": row.currency,
        "authCode": row.auth_code,
        "hostReference": row.host_reference,
        "threeDS": 0 if row.channel == Channel.DIRECT else 1,
        "phase": "AUTH",
        "createdDate": moment(row.created),
        "cancels": [_given(refund, row) for refund in given if refund.kind == "cancel"],
        "itemTransactions": [
            {
                "paymentTransactionId": line.id,
                "transactionStatus": 2,
                "price": lira(line.price),
                "paidPrice": lira(line.paid_price),
                "refunds": [_given(refund, row) for refund in given if refund.item_id == line.id],
            }
            for line in store.items(database, row.id)
        ],
    }
    if row.state == State.DECLINED:
        decline = DECLINES[row.error]
        fields |= {"errorCode": decline.code, "errorGroup": decline.group, "errorMessage": decline.message}
    return fields


def _given(refund: Refund, row: Payment) -> Data:
    return {
        "refundId" if refund.kind == "cancel" else "refundTxId": refund.id,
        "refundPrice": lira(refund.amount),
        "refundStatus": 1,
        "refundConversationId": refund.conversation_id,
        "currencyCode": row.currency,
        "authCode": refund.auth_code,
        "hostReference": row.host_reference,
        "createdDate": moment(refund.at),
    }


def moment(seconds: float) -> str:
    """Return an instant as reports write it: Istanbul's date and time."""
    return datetime.fromtimestamp(seconds, _ISTANBUL).strftime("%Y-%m-%d %H:%M:%S")
