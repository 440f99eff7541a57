"""Calls that begin a payment, take its money or give it back."""

import base64
import time
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from simulators.bank import cards, faults, instalments, ledger, store, webhooks
from simulators.bank.config import FORM_SECONDS, origin_of, running
from simulators.bank.iyzico import payloads
from simulators.bank.iyzico.envelope import Answer, Data, amount, endpoint, required, text, whole
from simulators.bank.iyzico.queries import lookup
from simulators.bank.ledger import Order, Refusal
from simulators.bank.store import Channel, Payment, State, lira

_MOST_MONTHS = 12


# --- Beginning --------------------------------------------------------------------------------------------------------
@endpoint("initialize")
def initialize_form(data: Data) -> Answer:
    """Open a checkout form; the payer types the card on our own page."""
    payment = ledger.open_payment(Channel.FORM, _order(data, _counts(data)))
    url = f"{running().origin}/odeme-sayfasi/{payment.token}/"
    fields = {"token": payment.token, "tokenExpireTime": FORM_SECONDS, "paymentPageUrl": url}
    fields["checkoutFormContent"] = f'<iframe src="{url}" title="Kartla ödeme"></iframe>'
    return Answer(fields | {"conversationId": payment.conversation_id}, ("conversationId", "token"))


@endpoint("initialize")
def initialize_threeds(data: Data) -> Answer:
    """Take a card that the merchant collected, and send the payer to the bank's 3-D page."""
    number, count = _card(data)
    if not cards.behaviour_of(number).initialises:
        raise _refusal("10204")
    payment = ledger.open_payment(Channel.THREEDS, _order(data, [count]))
    fault = faults.take("3d")
    payment = ledger.enter_card(payment, number, count, md_status=int(fault.number) if fault else None)
    page = render_to_string("bank/threeds_start.html", {"url": f"{running().origin}/3d/{payment.token}/"})
    fields = {"paymentId": str(payment.id), "conversationId": payment.conversation_id}
    return Answer(
        fields | {"threeDSHtmlContent": base64.b64encode(page.encode()).decode()}, ("paymentId", "conversationId")
    )


def _order(data: Data, counts: list[int]) -> Order:
    price, paid_price = amount(data, "price"), amount(data, "paidPrice")
    currency = text(data, "currency") or "TRY"
    if currency != "TRY":
        raise Refusal("5007", "Para birimi TRY olmalıdır")
    basket = _basket(data, price)
    lines = data.get("basketItems") or [{}]
    return Order(
        conversation_id=text(data, "conversationId"),
        basket_id=text(data, "basketId"),
        title=", ".join(text(line, "name", longest=120) for line in lines if line.get("name"))[:200],
        price=price,
        paid_price=paid_price,
        currency=currency,
        counts=counts,
        return_url=_return_url(data),
        basket=basket,
    )


def _basket(data: Data, price: Decimal) -> list[tuple[str, Decimal]]:
    lines: Any = data.get("basketItems")
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        raise Refusal("5008", "basketItems gönderilmelidir")
    basket = [(required(line, "id"), amount(line, "price")) for line in lines]
    if sum(line_price for _, line_price in basket) != price:
        raise Refusal("5062", "Gönderilen tutar, sepet kalemlerinin toplamına eşit olmalıdır")
    return basket


def _return_url(data: Data) -> str:
    if data.get("callbackUrl") is None:
        return ""
    url = required(data, "callbackUrl")
    if not origin_of(url):
        raise Refusal("5009", "callbackUrl geçersiz")
    return url


def _counts(data: Data) -> list[int]:
    """The numbers of months that a form offers; without `enabledInstallments` the single payment only."""
    if not _return_url(data):
        raise Refusal("5001", "callbackUrl gönderilmelidir")
    given: Any = data.get("enabledInstallments") or [1]
    if not isinstance(given, list):
        raise Refusal("5010", "enabledInstallments geçersiz")
    counts = sorted({whole({"count": count}, "count", 0) for count in given})
    if not all(1 <= count <= _MOST_MONTHS for count in counts):
        raise Refusal("5010", "enabledInstallments geçersiz")
    return counts


def _card(data: Data) -> tuple[str, int]:
    """Read the card that a merchant sends itself; its code is only looked at for its length."""
    card: Any = data.get("paymentCard")
    if not isinstance(card, dict):
        raise Refusal("5011", "paymentCard gönderilmelidir")
    number, code = required(card, "cardNumber"), required(card, "cvc")
    if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19 and cards.luhn(number)):
        raise _refusal("10215")
    if not (code.isascii() and code.isdigit() and len(code) in {3, 4}):
        raise _refusal("10084")
    month, year = whole(card, "expireMonth", 0), whole(card, "expireYear", 0)
    year += 2000 if year < 100 else 0
    now = time.localtime()
    if not 1 <= month <= 12 or (year, month) < (now.tm_year, now.tm_mon):
        raise _refusal("10054")
    return number, whole(data, "installment", 1)


# --- Taking -----------------------------------------------------------------------------------------------------------
@endpoint("charge")
def auth(data: Data) -> Answer:
    """Take the money of a card that the merchant collected, without 3-D Secure."""
    number, count = _card(data)
    order = _order(data, [count])
    row = instalments.row(order.price, ledger.typed(number).family, count)
    if row is None:
        raise Refusal("5021", f"Bu kart {count} taksit sunmuyor.")
    payment = ledger.enter_card(ledger.open_payment(Channel.DIRECT, order), number, count)
    return _charged(payment, data)


@endpoint("charge")
def threeds_auth(data: Data) -> Answer:
    """Take the money after 3-D Secure (first version)."""
    return _charged(_verified(data), data)


@endpoint("charge")
def threeds_auth_v2(data: Data) -> Answer:
    """Take the money after 3-D Secure; the caller repeats sum, currency and basket, and they must be ours."""
    payment = _verified(data)
    repeated = (amount(data, "paidPrice"), required(data, "currency"), required(data, "basketId"))
    if repeated != (lira(payment.paid_price), payment.currency, payment.basket_id):
        raise Refusal("5063", "paidPrice, currency ve basketId ödemeyle aynı olmalıdır")
    return _charged(payment, data)


def _verified(data: Data) -> Payment:
    payment = lookup({"paymentId": required(data, "paymentId")})
    if payment.channel != Channel.THREEDS or payment.state != State.VERIFIED:
        raise Refusal("5064", "Ödeme, 3-D Secure doğrulamasını geçmemiş ya da daha önce sonuçlanmış")
    return payment


def _charged(payment: Payment, data: Data) -> Answer:
    # The fault “wrong amount” is the bank's own here: what it then tells is what it took.
    payment = ledger.charge(payment, wrong_amount=data.get("_fault") == "wrong-amount")
    webhooks.disturb(payment)
    with store.transaction() as database:
        fields = payloads.payment(database, payment)
    if payment.state == State.DECLINED:
        decline = cards.DECLINES[payment.error]
        raise Refusal(decline.code, decline.message, decline.group)
    return Answer(fields, payloads.PAYMENT_SIGNED)


def _refusal(code: str) -> Refusal:
    decline = cards.DECLINES[code]
    return Refusal(decline.code, decline.message, decline.group)


# --- Giving back ------------------------------------------------------------------------------------------------------
@endpoint("cancel")
def cancel(data: Data) -> Answer:
    """Give a whole payment back on its own day."""
    payment = lookup({"paymentId": required(data, "paymentId")})
    payment = ledger.cancel(payment, conversation_id=text(data, "conversationId"))
    fields = {"paymentId": str(payment.id), "price": lira(payment.paid_price), "currency": payment.currency}
    return Answer(fields | {"authCode": payment.auth_code, "hostReference": payment.host_reference})


@endpoint("refund")
def refund(data: Data) -> Answer:
    """Give a part of one basket line back."""
    item_id = whole(data, "paymentTransactionId", 0)
    with store.transaction() as database:
        row = database.execute("SELECT payment_id FROM item WHERE id = ?", [item_id]).fetchone()
    if row is None:
        raise Refusal("5115", "Ödeme kırılım kaydı bulunamadı", "NOT_FOUND")
    payment = lookup({"paymentId": row["payment_id"]})
    given = amount(data, "price")
    ledger.refund(payment, given, conversation_id=text(data, "conversationId"), item_id=item_id)
    return Answer({"paymentTransactionId": str(item_id)} | _refunded(payment, given))


@endpoint("refund")
def refund_v2(data: Data) -> Answer:
    """Give a part of a payment back, whichever lines it is taken from."""
    payment = lookup({"paymentId": required(data, "paymentId")})
    given = amount(data, "price")
    ledger.refund(payment, given, conversation_id=text(data, "conversationId"))
    return Answer(_refunded(payment, given))


def _refunded(payment: Payment, given: Decimal) -> Data:
    fields = {"paymentId": str(payment.id), "price": given, "currency": payment.currency}
    return fields | {"authCode": payment.auth_code, "hostReference": payment.host_reference}
