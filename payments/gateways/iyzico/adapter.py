"""iyzico behind the Protocol of gateways: the hosted form, its detail, money back, webhooks, the day's report."""

import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit

from payments.gateways.base import (
    ActionKind,
    Capabilities,
    Capture,
    Charge,
    DeclineGroup,
    Event,
    GatewayUnavailableError,
    InstalmentTable,
    InvalidSignatureError,
    NextAction,
    Outcome,
    ReportedPayment,
    Result,
)
from payments.gateways.iyzico import signing
from payments.gateways.iyzico.answers import (
    declined,
    outcome_of,
    reported,
    tables_of,
    text,
    unknown,
)
from payments.gateways.iyzico.client import Answer, Client, parse
from payments.gateways.iyzico.errors import RefusedError
from payments.gateways.iyzico.refunds import Refunds
from payments.gateways.iyzico.requests import price, purchase
from payments.gateways.transport import AnswerLostError, GatewayError

_SIGNATURE_HEADER = "x-iyz-signature-v3"
_KIND = re.compile(r"[A-Z_]{1,60}")
_PAYMENT_ID = re.compile(r"[0-9]{1,30}")
_MOST_PAGES = 500
_UNKNOWN_BIN = frozenset({"5066", "5067"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Iyzico:
    """The hosted checkout form of iyzico: the card is typed on its pages."""

    url: str
    api_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    timeout: float = 10.0
    name: str = "iyzico"

    @property
    def client(self) -> Client:
        """The wire that every call goes through."""
        return Client(url=self.url.rstrip("/"), api_key=self.api_key, secret_key=self.secret_key, timeout=self.timeout)

    def capabilities(self) -> Capabilities:
        """Return that iyzico can do all of it."""
        return Capabilities(instalments=True, cancel=True, refund=True, partial_refund=True, webhook=True, report=True)

    def quote_instalments(self, *, bin_number: str, amount: Decimal) -> tuple[InstalmentTable, ...]:
        """Return the tables for a card's first digits, or all; none for digits that no bank has given out."""
        body = {"locale": "tr", "conversationId": uuid.uuid4().hex, "price": price(amount)}
        if bin_number:
            body["binNumber"] = bin_number
        try:
            return tables_of(self.client.post("/payment/iyzipos/installment", body))
        except RefusedError as refused:
            if bin_number and refused.code in _UNKNOWN_BIN:
                return ()
            raise GatewayUnavailableError(str(refused)) from None
        except GatewayError as error:
            raise GatewayUnavailableError(str(error)) from None

    def card_of(self, bin_number: str) -> Mapping[str, str]:
        """Return what is known of a card by its first digits: `family`, `association`, `bank`, `card_type`.

        Empty for digits that no bank has given out. Raises GatewayUnavailableError.
        """
        body = {"locale": "tr", "conversationId": uuid.uuid4().hex, "binNumber": bin_number}
        try:
            answer = self.client.post("/payment/bin/check", body)
        except RefusedError:
            return {}
        except GatewayError as error:
            raise GatewayUnavailableError(str(error)) from None
        names = {
            "family": "cardFamily",
            "association": "cardAssociation",
            "bank": "bankName",
            "card_type": "cardType",
        }
        return {ours: text(answer, theirs) for ours, theirs in names.items()}

    def start(self, charge: Charge) -> Outcome:
        """Open the form: NEEDS_ACTION with its address. Whatever else happens, no money can move: DECLINED."""
        body = {**purchase(charge), "enabledInstallments": [charge.instalments]}
        try:
            answer = self.client.post(
                "/payment/iyzipos/checkoutform/initialize/auth/ecom", body, signed=signing.FORM_INITIALIZE
            )
            return self._form_opened(answer, charge)
        except RefusedError as refused:
            return declined(refused.decline_group, detail=str(refused))
        except GatewayError as error:
            return declined(DeclineGroup.OTHER, detail=str(error))

    def _form_opened(self, answer: Answer, charge: Charge) -> Outcome:
        token, address = text(answer, "token"), text(answer, "paymentPageUrl")
        if text(answer, "conversationId") != charge.conversation_id or not 0 < len(token) <= 200:
            raise AnswerLostError("another payment's form")
        if urlsplit(address).scheme not in {"https", urlsplit(self.url).scheme}:
            raise AnswerLostError("odd paymentPageUrl")
        return Outcome(
            result=Result.NEEDS_ACTION, token=token, action=NextAction(kind=ActionKind.REDIRECT, url=address)
        )

    def complete(self, charge: Charge, callback: Mapping[str, str]) -> Outcome:
        """Ask what the form did. The browser brings nothing but the form's token, which must be this attempt's."""
        theirs = callback.get("token", "").encode("utf-8", "surrogatepass")
        if not charge.token or not hmac.compare_digest(theirs, charge.token.encode()):
            raise InvalidSignatureError("a callback with another token")
        return self.query(charge)

    def query(self, charge: Charge) -> Outcome:
        """Ask the form by its token; where that knows nothing, the payments by our own number, then the report."""
        ways: list[Callable[[Charge], Outcome | None]] = [self._by_number, self._by_report]
        if charge.token:
            ways.insert(0, self._by_token)
        try:
            for ask in ways:
                outcome = ask(charge)
                if outcome is not None:
                    return outcome
        except GatewayError as error:
            return unknown(str(error))
        return declined(DeclineGroup.ABANDONED, detail="no payment at iyzico")

    def _by_token(self, charge: Charge) -> Outcome | None:
        body = {"locale": "tr", "conversationId": charge.conversation_id, "token": charge.token}
        try:
            answer = self.client.post(
                "/payment/iyzipos/checkoutform/auth/ecom/detail", body, signed=signing.FORM_DETAIL
            )
        except RefusedError as refused:
            return _of_refusal(refused)
        if text(answer, "token") != charge.token:
            raise AnswerLostError("another form's detail")
        return outcome_of(answer)

    def _by_number(self, charge: Charge) -> Outcome | None:
        body = {
            "locale": "tr",
            "conversationId": charge.conversation_id,
            "paymentConversationId": charge.conversation_id,
        }
        try:
            answer = self.client.post("/payment/detail", body, signed=signing.PAYMENT)
        except RefusedError as refused:
            return _of_refusal(refused)
        return outcome_of(answer, paid_without_status=True)

    def _by_report(self, charge: Charge) -> Outcome | None:
        """Return None when the report, too, knows no payment of our number: only that says that nothing was taken."""
        try:
            answer = self.client.get("/v2/reporting/payment/details", paymentConversationId=charge.conversation_id)
        except RefusedError as refused:
            if refused.knows_no_payment:
                return None
            raise
        if answer.get("payments") != []:
            return unknown("only the report knows the payment")
        return None

    def cancel(self, capture: Capture, *, key: str, ip: str) -> Outcome:
        """Give a whole capture back on its own day, once for a key."""
        return Refunds(self.client).cancel(capture, key=key, ip=ip)

    def refund(self, capture: Capture, *, amount: Decimal, key: str, ip: str) -> Outcome:
        """Give `amount` of a capture back, once for a key."""
        return Refunds(self.client).refund(capture, amount=amount, key=key, ip=ip)

    def query_refund(self, capture: Capture, *, key: str) -> Outcome:
        """Ask what became of a refund or cancellation; DECLINED (ABANDONED) when iyzico knows none of that key."""
        return Refunds(self.client).query(capture, key=key)

    def verify_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Event:
        """Return what a V3 webhook says. Amount and time are not signed, so it is a hint and no more."""
        event = parse(body)
        signature = next((value for name, value in headers.items() if name.lower() == _SIGNATURE_HEADER), None)
        if event is None or not signing.same(signature, signing.webhook_signature(event, secret_key=self.secret_key)):
            raise InvalidSignatureError("a webhook that iyzico did not sign")
        said = Event(
            payment_id=text(event, "iyziPaymentId") or text(event, "paymentId"),
            conversation_id=text(event, "paymentConversationId"),
            kind=text(event, "iyziEventType"),
            status=text(event, "status"),
        )
        # The signed fields stand side by side: only their shapes keep a letter from moving into the next one.
        if not (
            _KIND.fullmatch(said.kind)
            and _PAYMENT_ID.fullmatch(said.payment_id)
            and re.fullmatch(r"[A-Z_]{1,30}", said.status)
            and len(said.conversation_id) <= 40
        ):
            raise InvalidSignatureError("a webhook of an odd shape")
        return said

    def report(self, *, day: date) -> tuple[ReportedPayment, ...]:
        """Return all pages of iyzico's own list of a day."""
        lines: list[ReportedPayment] = []
        try:
            for page in range(1, _MOST_PAGES + 1):
                answer = self.client.get(
                    "/v2/reporting/payment/transactions", page=str(page), transactionDate=day.isoformat()
                )
                lines += reported(answer)
                pages = text(answer, "totalPageCount") or "0"
                if not pages.isdecimal() or int(pages) <= page:
                    return tuple(lines)
        except GatewayError as error:
            raise GatewayUnavailableError(str(error)) from None
        raise GatewayUnavailableError("a report without an end")


def _of_refusal(refused: RefusedError) -> Outcome | None:
    """Return the bank's refusal; None where iyzico refused the question, so that the next source is asked."""
    return declined(refused.decline_group, detail=str(refused)) if refused.by_the_bank else None
