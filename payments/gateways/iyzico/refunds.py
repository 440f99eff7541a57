"""Money back at iyzico, once for a key: the key is the call's conversationId, and the report is read before sending.

iyzico's own refund service does the same refund twice when it is asked twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from payments.gateways.base import Capture, DeclineGroup, Outcome, Result
from payments.gateways.iyzico.answers import REFUND_DONE, REFUND_FAILED, declined, money, objects, text, unknown
from payments.gateways.iyzico.client import Answer, Client
from payments.gateways.iyzico.errors import RefusedError
from payments.gateways.iyzico.requests import price
from payments.gateways.transport import AnswerLostError, GatewayError

_KEYS = ("refundConversationId", "cancelConversationId")


@dataclass(frozen=True, slots=True)
class Refunds:
    """Cancellations and refunds of one merchant."""

    client: Client

    def cancel(self, capture: Capture, *, key: str, ip: str) -> Outcome:
        """Give a whole capture back on its own day."""
        body = {"locale": "tr", "conversationId": key, "paymentId": capture.payment_id, "ip": ip}
        return self._once(capture, "/payment/cancel", body, amount=capture.paid_amount)

    def refund(self, capture: Capture, *, amount: Decimal, key: str, ip: str) -> Outcome:
        """Give `amount` of a capture back."""
        body = {
            "locale": "tr",
            "conversationId": key,
            "paymentTransactionId": capture.transaction_id,
            "price": price(amount),
            "currency": capture.currency,
            "ip": ip,
        }
        return self._once(capture, "/payment/refund", body, amount=amount)

    def query(self, capture: Capture, *, key: str) -> Outcome:
        """Ask the report for the refund or cancellation of a key."""
        try:
            known = self._known(capture, key)
        except GatewayError as error:
            return unknown(str(error))
        return known or declined(DeclineGroup.ABANDONED, detail="no refund of this key at iyzico")

    def _once(self, capture: Capture, path: str, body: Mapping[str, Any], *, amount: Decimal) -> Outcome:
        """Send unless the report knows the key as done; a report that does not answer sends nothing."""
        try:
            known = self._known(capture, body["conversationId"])
            if known is not None and known.result != Result.DECLINED:
                return known
            answer = self.client.post(path, {name: value for name, value in body.items() if value})
            return _done(answer, capture, amount)
        except RefusedError as refused:
            return declined(refused.decline_group, detail=str(refused))
        except GatewayError as error:
            return unknown(str(error))

    def _known(self, capture: Capture, key: str) -> Outcome | None:
        """Return what the report says of a key, or None. Raises GatewayError when it does not answer."""
        answer = _report(self.client, capture)
        payments = [each for each in objects(answer, "payments") if text(each, "paymentId") == capture.payment_id]
        if not payments:
            raise AnswerLostError("the report does not know the payment")
        entries = [
            *objects(payments[0], "cancels"),
            *(each for item in objects(payments[0], "itemTransactions") for each in objects(item, "refunds")),
        ]
        entries = [each for each in entries if key in (text(each, name) for name in _KEYS)]
        states = {text(each, "refundStatus") for each in entries}
        reference = next((text(each, "hostReference") for each in entries), "")[:64]
        if REFUND_DONE in states:
            return Outcome(result=Result.SUCCEEDED, reference=reference)
        if states <= {REFUND_FAILED}:
            return declined(DeclineGroup.OTHER, detail="refund failed", reference=reference) if states else None
        return unknown("refund under way", reference=reference)


def _report(client: Client, capture: Capture) -> Answer:
    try:
        return client.get("/v2/reporting/payment/details", paymentId=capture.payment_id)
    except RefusedError as refused:  # of the question, not of a refund
        raise AnswerLostError(str(refused)) from None


def _done(answer: Answer, capture: Capture, amount: Decimal) -> Outcome:
    """Return that money went back, if the answer speaks of this payment and of this amount."""
    if text(answer, "paymentId") != capture.payment_id or money(answer, "price") != amount:
        return unknown("another refund's answer")
    reference = text(answer, "hostReference") or text(answer, "paymentTransactionId")
    return Outcome(result=Result.SUCCEEDED, reference=reference[:64])
