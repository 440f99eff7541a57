"""3-D Secure without the hosted form: initialise, the bank's page, the callback, and the call that takes the money.

The portal does not use it: whoever sends a typed card number here handles card data, and the portal does not
(`docs/adr/0022-card-gateways.md`). It serves a merchant's stored cards (`cardUserKey` and `cardToken`), and the tests,
which play the cashier that iyzico's form is otherwise.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from payments.gateways.base import (
    ActionKind,
    Charge,
    DeclineGroup,
    InvalidSignatureError,
    NextAction,
    Outcome,
    Result,
)
from payments.gateways.iyzico import signing
from payments.gateways.iyzico.adapter import Iyzico
from payments.gateways.iyzico.answers import NOT_AUTHENTICATED, declined, outcome_of, text, unknown
from payments.gateways.iyzico.client import Answer
from payments.gateways.iyzico.errors import RefusedError
from payments.gateways.iyzico.requests import price, purchase
from payments.gateways.transport import AnswerLostError, GatewayError

_CALLBACK = ("conversationData", "conversationId", "mdStatus", "paymentId", "status")


@dataclass(frozen=True, slots=True)
class DirectThreeDS:
    """The direct way of one iyzico account; `Charge.token` is iyzico's payment id."""

    iyzico: Iyzico

    def start(self, charge: Charge, *, payment_card: Mapping[str, str]) -> Outcome:
        """Initialise: NEEDS_ACTION with the form for the bank's page. No money can move yet: else DECLINED."""
        body = {**purchase(charge), "installment": charge.instalments, "paymentCard": dict(payment_card)}
        try:
            answer = self.iyzico.client.post("/payment/3dsecure/initialize", body, signed=signing.THREEDS_INITIALIZE)
            if text(answer, "conversationId") != charge.conversation_id:
                raise AnswerLostError("another payment's page")
            return Outcome(result=Result.NEEDS_ACTION, token=text(answer, "paymentId"), action=_page(answer))
        except RefusedError as refused:
            return declined(refused.decline_group, detail=str(refused))
        except GatewayError as error:
            return declined(DeclineGroup.OTHER, detail=str(error))

    def complete(self, charge: Charge, callback: Mapping[str, str]) -> Outcome:
        """Take the money after the bank's word, unless it is taken already; asked twice, it is taken once."""
        self._check(charge, callback)
        status = callback.get("mdStatus", "")
        if status in NOT_AUTHENTICATED:
            return declined(DeclineGroup.AUTHENTICATION, detail=f"mdStatus {status}")
        if status != "1":
            return unknown("odd mdStatus")
        # By our own number: there is no form that its token would be of.
        before = self.iyzico.query(replace(charge, token=""))
        if before.result == Result.SUCCEEDED:
            return before
        return self._authorise(charge, callback.get("conversationData", ""))

    def _check(self, charge: Charge, callback: Mapping[str, str]) -> None:
        theirs = f"{callback.get('paymentId', '')}:{callback.get('conversationId', '')}"
        ours = f"{charge.token}:{charge.conversation_id}"
        if not charge.token or not hmac.compare_digest(theirs.encode("utf-8", "surrogatepass"), ours.encode()):
            raise InvalidSignatureError("a callback of another payment")
        if "signature" in callback:
            expected = signing.answer_signature(callback, _CALLBACK, secret_key=self.iyzico.secret_key)
            if not signing.same(callback["signature"], expected):
                raise InvalidSignatureError("a callback that iyzico did not sign")

    def _authorise(self, charge: Charge, data: str) -> Outcome:
        """Send the one call that takes money. It repeats sum, currency and basket, and iyzico compares them."""
        body = {
            "locale": "tr",
            "conversationId": charge.conversation_id,
            "paymentId": charge.token,
            "paidPrice": price(charge.paid_amount),
            "basketId": charge.order_code,
            "currency": charge.currency,
        }
        if data:
            body["conversationData"] = data
        try:
            answer = self.iyzico.client.post("/payment/v2/3dsecure/auth", body, signed=signing.PAYMENT)
            return outcome_of(answer, paid_without_status=True)
        except RefusedError as refused:
            if refused.by_the_bank:
                return declined(refused.decline_group, detail=str(refused))
            return unknown(str(refused))
        except GatewayError as error:
            return unknown(str(error))


def _page(answer: Answer) -> NextAction:
    """Return the form of the page that iyzico sends as base64. Its script is not run here: the portal posts it."""
    try:
        page = base64.b64decode(text(answer, "threeDSHtmlContent"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise AnswerLostError("odd threeDSHtmlContent") from None
    form = _Form()
    form.feed(page)
    if not form.action.startswith(("https://", "http://")):
        raise AnswerLostError("threeDSHtmlContent without a form")
    kind = ActionKind.FORM if form.method == "post" else ActionKind.REDIRECT
    return NextAction(kind=kind, url=form.action, fields=form.fields)


class _Form(HTMLParser):
    """The first form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.method = "get"
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its inputs."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action, self.method = said.get("action", ""), said.get("method", "get").lower()
        elif tag == "input" and said.get("name"):
            self.fields[said["name"]] = said.get("value", "")
