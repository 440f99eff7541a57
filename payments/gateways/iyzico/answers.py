"""What iyzico's answers mean. A field that is missing or odd makes an answer unbelievable, never a success."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from payments.gateways.base import (
    Capture,
    DeclineGroup,
    Instalment,
    InstalmentTable,
    Outcome,
    ReportedPayment,
    Result,
)
from payments.gateways.iyzico.client import Answer
from payments.gateways.iyzico.errors import RefusedError
from payments.gateways.transport import AnswerLostError

_ISTANBUL = ZoneInfo("Europe/Istanbul")
_CENT = Decimal("0.01")
# The payer has still to do something; CALLBACK_THREEDS is not among them: there the bank is deciding.
_STILL_OPEN = frozenset({"", "WAITING", "PENDING", "INIT_THREEDS"})
NOT_AUTHENTICATED = frozenset({"0", "2", "3", "4", "5", "6", "7", "8"})
_FIRST, _LAST = re.compile("[0-9]{6,8}"), re.compile("[0-9]{4}")
_APPROVED, _HELD, _FRAUD = "1", "0", "-1"
REFUND_DONE, REFUND_FAILED = "1", "0"
_KINDS = {"PAYMENT": "payment", "CANCEL": "cancel", "REFUND": "refund"}


def outcome_of(answer: Answer, *, paid_without_status: bool = False) -> Outcome:
    """Return what a payment's detail says. Raises AnswerLostError for one that cannot be believed.

    The answer to an authorisation is a success without a `paymentStatus`; elsewhere its absence means an open form.
    """
    status = text(answer, "paymentStatus") or ("SUCCESS" if paid_without_status else "")
    if status == "SUCCESS":
        return _of_paid(answer)
    reference = text(answer, "paymentId")
    if status in _STILL_OPEN:
        return Outcome(result=Result.NEEDS_ACTION, token=text(answer, "token"), reference=reference[:64])
    if status == "FAILURE" and text(answer, "mdStatus") in NOT_AUTHENTICATED:
        return declined(DeclineGroup.AUTHENTICATION, detail="mdStatus", reference=reference)
    if status == "FAILURE":
        refusal = RefusedError(code=text(answer, "errorCode"), group=text(answer, "errorGroup"))
        return declined(refusal.decline_group, detail=str(refusal), reference=reference)
    return unknown(f"paymentStatus {status[:40]}", reference=reference)


def _of_paid(answer: Answer) -> Outcome:
    reference = text(answer, "hostReference") or text(answer, "paymentId")
    fraud = text(answer, "fraudStatus")
    if fraud == _FRAUD:
        return declined(DeclineGroup.FRAUD, detail="fraudStatus -1", reference=reference)
    if fraud != _APPROVED:  # held for a look, or unsaid: nothing is delivered on it
        return unknown("fraudStatus 0" if fraud == _HELD else "no fraudStatus", reference=reference)
    return Outcome(result=Result.SUCCEEDED, capture=capture_of(answer), reference=reference[:64])


def capture_of(answer: Answer) -> Capture:
    """Return the money that an answer says was taken. Raises AnswerLostError when something of it is missing."""
    items = objects(answer, "itemTransactions")
    if len(items) != 1:
        raise AnswerLostError("not one basket item")
    return Capture(
        payment_id=needed(answer, "paymentId"),
        transaction_id=needed(items[0], "paymentTransactionId"),
        conversation_id=needed(answer, "conversationId"),
        order_code=needed(answer, "basketId"),
        amount=money(answer, "price"),
        paid_amount=money(answer, "paidPrice"),
        currency=needed(answer, "currency"),
        instalments=_count(answer, "installment"),
        bin=_digits(answer, "binNumber", _FIRST),
        last4=_digits(answer, "lastFourDigits", _LAST),
        family=text(answer, "cardFamily")[:40],
        association=text(answer, "cardAssociation")[:40],
    )


def tables_of(answer: Answer) -> tuple[InstalmentTable, ...]:
    """Return the instalment tables, each with the single payment first."""
    return tuple(
        InstalmentTable(
            family=text(family, "cardFamilyName"),
            bank=text(family, "bankName"),
            card_type=text(family, "cardType"),
            rows=tuple(
                sorted(
                    (
                        Instalment(
                            count=_count(row, "installmentNumber"),
                            total=money(row, "totalPrice"),
                            monthly=money(row, "installmentPrice"),
                        )
                        for row in objects(family, "installmentPrices")
                    ),
                    key=lambda row: row.count,
                )
            ),
        )
        for family in objects(answer, "installmentDetails")
    )


def reported(answer: Answer) -> Iterator[ReportedPayment]:
    """Yield the lines of one page of the day's report; what was held or refused for fraud is no movement."""
    for line in objects(answer, "transactions"):
        kind = _KINDS.get(text(line, "transactionType"))
        if kind is None:
            raise AnswerLostError("a report line of an unknown kind")
        if kind == "payment" and text(line, "transactionStatus") in {_HELD, _FRAUD}:
            continue
        yield ReportedPayment(
            kind=kind,
            payment_id=needed(line, "paymentId"),
            conversation_id=text(line, "conversationId"),
            amount=money(line, "paidPrice" if kind == "payment" else "price"),
            currency=needed(line, "transactionCurrency"),
            at=_instant(line),
        )


def _instant(line: Answer) -> datetime:
    try:
        written = datetime.fromisoformat(needed(line, "transactionDate"))
    except ValueError:
        raise AnswerLostError("odd transactionDate") from None
    return written if written.tzinfo else written.replace(tzinfo=_ISTANBUL)


def declined(group: DeclineGroup, *, detail: str, reference: str = "") -> Outcome:
    """Return the outcome of a refusal."""
    return Outcome(result=Result.DECLINED, group=group, detail=detail, reference=reference[:64])


def unknown(detail: str, *, reference: str = "") -> Outcome:
    """Return the outcome of not knowing."""
    return Outcome(result=Result.UNKNOWN, detail=detail, reference=reference[:64])


def text(answer: Answer, name: str) -> str:
    """Return a field as text, empty when it is missing or no plain value."""
    value = answer.get(name)
    plain = str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
    return plain if plain.isprintable() else ""  # what no database takes: a NUL, half of a surrogate pair


def _digits(answer: Answer, name: str, form: re.Pattern[str]) -> str:
    """Return digits of a card, empty when they are none: of a capture they are the least, and must not hold it up."""
    value = text(answer, name)
    return value if form.fullmatch(value) else ""


def needed(answer: Answer, name: str) -> str:
    """Return a field that must be there, at most 64 letters. Raises AnswerLostError."""
    value = text(answer, name)
    if not value or len(value) > 64:
        raise AnswerLostError(f"odd {name}")
    return value


def money(answer: Answer, name: str) -> Decimal:
    """Return a price, exact to the kuruş. Raises AnswerLostError for more places, or for no number."""
    try:
        amount = Decimal(needed(answer, name))
        exact = amount.quantize(_CENT)
    except InvalidOperation:
        raise AnswerLostError(f"odd {name}") from None
    if exact != amount or amount < 0:
        raise AnswerLostError(f"odd {name}")
    return exact


def _count(answer: Answer, name: str) -> int:
    value = needed(answer, name)
    if value not in _COUNTS:
        raise AnswerLostError(f"odd {name}")
    return int(value)


_COUNTS = frozenset(str(count) for count in range(1, 13))


def objects(answer: Answer, name: str) -> list[dict[str, Any]]:
    """Return a list of objects, empty when it is missing."""
    value = answer.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
