"""A NestPay/EST virtual POS (Ziraat, İş Bankası) behind the Protocol of gateways: the bank's own hosted card page.

Our conversation id is the bank's order number (`oid`), so one attempt is one order there. The bank knows what the
card is charged with, and nothing of the order's own price and code: those it cannot confirm.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from payments.gateways.base import (
    ActionKind,
    Capabilities,
    Capture,
    Charge,
    DeclineGroup,
    Event,
    GatewayUnavailableError,
    Instalment,
    InstalmentTable,
    InvalidSignatureError,
    NextAction,
    Outcome,
    ReportedPayment,
    Result,
)
from payments.gateways.nestpay import hashing, words
from payments.gateways.nestpay.rates import CardFamily, family_of
from payments.gateways.nestpay.wire import Api, Reply
from payments.gateways.transport import AnswerLostError, GatewayError

_FORM = "/fim/est3Dgate"
_OTHER_CARDS = "Diğer kartlar"


@dataclass(frozen=True, slots=True, kw_only=True)
class NestPay:
    """One bank's virtual POS. `families` are the instalments agreed with the bank; none: only at once."""

    url: str
    client_id: str
    store_key: str = field(repr=False)
    api_user: str = field(repr=False)
    api_password: str = field(repr=False)
    timeout: float = 10.0
    families: tuple[CardFamily, ...] = ()
    name: str = "nestpay"

    @property
    def api(self) -> Api:
        """The XML service that questions and refunds go to."""
        return Api(
            url=self.url.rstrip("/"),
            client_id=self.client_id,
            user=self.api_user,
            password=self.api_password,
            timeout=self.timeout,
        )

    def capabilities(self) -> Capabilities:
        """Return that there is no partial refund: nothing could tell two of them apart when an answer is lost."""
        return Capabilities(
            instalments=bool(self.families), cancel=True, refund=True, partial_refund=False, webhook=False, report=False
        )

    def quote_instalments(self, *, bin_number: str, amount: Decimal) -> tuple[InstalmentTable, ...]:
        """Return what was agreed with the bank: for a card's first digits its family, for none all families.

        Cards of no agreed family are paid at once.
        """
        at_once = (Instalment(count=1, total=amount, monthly=amount),)
        others = InstalmentTable(family=_OTHER_CARDS, bank="", card_type="", rows=at_once)
        if not bin_number:
            return (*(_table(family, amount) for family in self.families), others)
        family = family_of(self.families, bin_number)
        return (_table(family, amount) if family else others,)

    def start(self, charge: Charge) -> Outcome:
        """Return the signed form that the browser posts to the bank; nothing is sent from here."""
        fields = {
            "clientid": self.client_id,
            "storetype": "3d_pay_hosting",
            "hashAlgorithm": "ver3",
            "islemtipi": "Auth",
            "amount": f"{charge.paid_amount:.2f}",
            "currency": words.LIRA,
            "oid": charge.conversation_id,
            "okUrl": charge.return_url,
            "failUrl": charge.return_url,
            "lang": "tr",
            "rnd": secrets.token_hex(16),
            "taksit": str(charge.instalments) if charge.instalments > 1 else "",
            # Without it some banks answer in ISO-8859-9, whose letters would not hash the same here.
            "encoding": "utf-8",
        }
        fields["hash"] = hashing.ver3(fields, store_key=self.store_key)
        action = NextAction(kind=ActionKind.FORM, url=self.url.rstrip("/") + _FORM, fields=fields)
        return Outcome(result=Result.NEEDS_ACTION, action=action, token=charge.conversation_id)

    def complete(self, charge: Charge, callback: Mapping[str, str]) -> Outcome:
        """Judge the signed answer that the browser brings; where it is not plain, ask the bank.

        A refusal is the answer to one try: the form may have been sent twice, and the other try may have been paid. So
        it counts once the bank says of the order that nothing was taken.
        Raises InvalidSignatureError for an answer that is not signed, or of another merchant or attempt.
        """
        if not hashing.holds(callback, store_key=self.store_key):
            raise InvalidSignatureError("an answer that the bank did not sign")
        if (callback.get("clientid"), callback.get("oid")) != (self.client_id, charge.conversation_id):
            raise InvalidSignatureError("an answer to another attempt")
        code, response = callback.get("ProcReturnCode", ""), callback.get("Response", "")
        reference = callback.get("HostRefNum", "")[:64]
        authenticated = callback.get("mdStatus", "")
        if response == "Approved" and code == "00" and authenticated in words.AUTHENTICATED:
            return _captured(charge, callback, reference)
        asked = self.query(charge)
        if asked.result != Result.DECLINED:
            return asked
        if response != "Approved" and authenticated in words.NOT_AUTHENTICATED:
            return Outcome(
                result=Result.DECLINED,
                group=DeclineGroup.AUTHENTICATION,
                reference=reference,
                detail=f"mdStatus {authenticated}",
            )
        if response == "Declined" and code not in {"", "00"} and authenticated in words.AUTHENTICATED:
            return words.declined(code, reference=reference)
        return asked

    def query(self, charge: Charge) -> Outcome:
        """Ask the bank for the state of our order number."""
        try:
            reply = self._state(charge.conversation_id)
        except GatewayError as error:
            return Outcome(result=Result.UNKNOWN, detail=str(error))
        if reply.not_found:
            return Outcome(result=Result.DECLINED, group=DeclineGroup.ABANDONED, detail="no such order")
        return _judged(charge, reply)

    def _state(self, order: str) -> Reply:
        return self.api.ask(order=order, what="ORDERSTATUS", fields={"Extra/ORDERSTATUS": "QUERY"})

    def cancel(self, capture: Capture, *, key: str, ip: str) -> Outcome:  # noqa: ARG002  # the protocol has neither
        """Take a whole capture back on its own day (Void), once."""
        return self._give_back(capture, "Void", {"Type": "Void"})

    def refund(self, capture: Capture, *, amount: Decimal, key: str, ip: str) -> Outcome:  # noqa: ARG002  # as above
        """Give a whole capture back (Credit), once. A part of it is DECLINED: see `capabilities`."""
        if amount != capture.paid_amount:
            return Outcome(result=Result.DECLINED, group=DeclineGroup.NOT_PERMITTED, detail="a partial refund")
        return self._give_back(capture, "Credit", {"Type": "Credit", "Total": f"{amount:.2f}", "Currency": words.LIRA})

    def _give_back(self, capture: Capture, what: str, fields: Mapping[str, str]) -> Outcome:
        """Send unless it is done already; a bank that does not say how it stands is sent nothing."""
        before = self.query_refund(capture, key="")
        if before.result != Result.DECLINED:
            return before
        try:
            reply = self.api.ask(order=capture.conversation_id, what=what, fields=fields)
        except GatewayError as error:
            return Outcome(result=Result.UNKNOWN, detail=str(error))
        if reply.approved:
            return Outcome(result=Result.SUCCEEDED, reference=reply.reference)
        if reply.refused:
            return words.declined(reply.code, reference=reply.reference)
        return Outcome(result=Result.UNKNOWN, detail=f"code {reply.code}")

    def query_refund(self, capture: Capture, *, key: str) -> Outcome:  # noqa: ARG002  # an order is given back once
        """Ask whether the order was voided or credited; DECLINED (ABANDONED) when it stands as it was taken.

        The order's state tells of a void, only its history of a credit.
        """
        try:
            reply = self._state(capture.conversation_id)
            credited = self._credited(capture.conversation_id)
        except GatewayError as error:
            return Outcome(result=Result.UNKNOWN, detail=str(error))
        if credited or _given_back(reply):
            return Outcome(result=Result.SUCCEEDED, reference=reply.reference)
        if reply.approved and reply.extra.get("TRANS_STAT") in words.TAKEN:
            return Outcome(result=Result.DECLINED, group=DeclineGroup.ABANDONED, detail="nothing given back")
        return Outcome(result=Result.UNKNOWN, detail=f"code {reply.code}")

    def _credited(self, order: str) -> bool:
        reply = self.api.ask(order=order, what="ORDERHISTORY", fields={"Extra/ORDERHISTORY": "QUERY"})
        if not reply.approved:
            raise AnswerLostError(f"no history: code {reply.code}")
        lines = (value.split("\t") for name, value in reply.extra.items() if words.HISTORY_LINE.fullmatch(name))
        return any(line[0] == "C" and line[1:2] and line[1] in words.TAKEN for line in lines)

    def verify_webhook(self, *, body: bytes, headers: Mapping[str, str]) -> Event:  # noqa: ARG002  # there are none
        """NestPay sends none: whatever comes is forged."""
        raise InvalidSignatureError("this gateway has no webhooks")

    def report(self, *, day: date) -> tuple[ReportedPayment, ...]:  # noqa: ARG002  # there is none
        """NestPay has none."""
        raise GatewayUnavailableError("this gateway has no report")


def _table(family: CardFamily, amount: Decimal) -> InstalmentTable:
    return InstalmentTable(family=family.name, bank="", card_type="", rows=family.rows(amount))


def _captured(charge: Charge, callback: Mapping[str, str], reference: str) -> Outcome:
    paid, payment = words.lira(callback.get("amount", "")), callback.get("TransId", "")
    if paid is None or not payment:
        return Outcome(result=Result.UNKNOWN, reference=reference, detail="odd amount or TransId")
    currency = callback.get("currency", "")
    capture = _capture(
        charge,
        payment=payment,
        paid=paid,
        currency="TRY" if currency == words.LIRA else currency[:3],
        masked=callback.get("MaskedPan", ""),
        association=callback.get("EXTRA.CARDBRAND", ""),
    )
    return Outcome(result=Result.SUCCEEDED, capture=capture, reference=reference)


def _judged(charge: Charge, reply: Reply) -> Outcome:
    """Return what an order's state means for the attempt."""
    extra, state = reply.extra, reply.extra.get("TRANS_STAT", "")
    if reply.fields.get("OrderId", charge.conversation_id) != charge.conversation_id:
        return Outcome(result=Result.UNKNOWN, detail="another order's state")
    if _given_back(reply):
        return Outcome(
            result=Result.DECLINED, group=DeclineGroup.OTHER, reference=reply.reference, detail="taken back at the bank"
        )
    if state in words.REFUSED:
        return words.declined(extra.get("PROC_RET_CD", ""), reference=reply.reference)
    paid, payment = words.kurus(extra.get("CAPTURE_AMT", "")), reply.fields.get("TransId", "")
    if reply.approved and state in words.TAKEN and extra.get("PROC_RET_CD") == "00" and paid and payment:
        capture = _capture(charge, payment=payment, paid=paid, currency="TRY", masked=extra.get("PAN", ""))
        return Outcome(result=Result.SUCCEEDED, capture=capture, reference=reply.reference)
    return Outcome(result=Result.UNKNOWN, reference=reply.reference, detail=f"state {state[:10]} code {reply.code}")


def _given_back(reply: Reply) -> bool:
    credited = reply.extra.get("CHARGE_TYPE_CD") == "C" and reply.extra.get("PROC_RET_CD") == "00"
    return reply.approved and (credited or reply.extra.get("TRANS_STAT") in words.TAKEN_BACK)


def _capture(
    charge: Charge, *, payment: str, paid: Decimal, currency: str, masked: str, association: str = ""
) -> Capture:
    first, last = words.card_digits(masked)
    return Capture(
        payment_id=payment[:64],
        transaction_id=payment[:64],
        conversation_id=charge.conversation_id,
        order_code=charge.order_code,
        amount=charge.amount,
        paid_amount=paid,
        currency=currency,
        instalments=charge.instalments,
        bin=first,
        last4=last,
        association=association[:40],
    )
