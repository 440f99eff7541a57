"""Questions that move no money: BIN, instalments, a payment, the reports."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from simulators.bank import cards, instalments, ledger, store
from simulators.bank.iyzico import payloads
from simulators.bank.iyzico.envelope import Answer, Data, amount, endpoint, required, text, whole
from simulators.bank.ledger import Refusal
from simulators.bank.store import Channel, Payment, Refund, lira

_ISTANBUL = ZoneInfo("Europe/Istanbul")
_PAGE = 100
NOT_FOUND = "5115"


@endpoint("test", "GET")
def test(_data: Data) -> Answer:
    """Say that the keys are right."""
    return Answer({})


@endpoint("bin")
def bin_check(data: Data) -> Answer:
    """Say what a card's first digits tell."""
    digits = _bin(required(data, "binNumber"))
    known = cards.bin_of(digits)
    if known is None:
        raise Refusal("5066", "Kart BIN numarası bulunamadı")
    fields = {"binNumber": digits, "cardType": known.card_type, "cardAssociation": known.association}
    fields |= {"cardFamily": known.family, "bankName": known.bank}
    return Answer(fields | {"bankCode": known.bank_code, "commercial": int(known.commercial)})


@endpoint("installment")
def installments(data: Data) -> Answer:
    """Quote the instalments of one card, or of every family where no digits are given."""
    price = amount(data, "price")
    digits = text(data, "binNumber")
    if not digits:
        return Answer({"installmentDetails": [_family(price_of, price) for price_of in instalments.FAMILIES.values()]})
    return Answer({"installmentDetails": [_of_card(_bin(digits), price)]})


def _bin(digits: str) -> str:
    if not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 8):
        raise Refusal("5067", "binNumber 6-8 haneli olmalıdır")
    return digits


def _family(family: instalments.Family, price: Decimal) -> Data:
    return {
        "price": price,
        "cardType": cards.CREDIT,
        "cardAssociation": family.association,
        "cardFamilyName": family.name,
        "bankName": family.bank,
        "bankCode": family.bank_code,
        "force3ds": 1,
        "forceCvc": 1,
        "commercial": 0,
        "installmentPrices": _prices(price, family.name),
    }


def _of_card(digits: str, price: Decimal) -> Data:
    known = cards.bin_of(digits)
    return {
        "binNumber": digits,
        "price": price,
        "cardType": known.card_type if known else cards.CREDIT,
        "cardAssociation": known.association if known else cards.association_of(digits),
        "cardFamilyName": known.family if known else None,
        "bankName": known.bank if known else None,
        "bankCode": known.bank_code if known else None,
        "force3ds": 1,
        "forceCvc": 1,
        "commercial": int(known.commercial) if known else 0,
        "installmentPrices": _prices(price, instalments.family_of(known)),
    }


def _prices(price: Decimal, family: str) -> list[Data]:
    return [
        {"installmentNumber": row.count, "installmentPrice": row.monthly, "totalPrice": row.total}
        for row in instalments.rows(price, family)
    ]


# --- One payment ------------------------------------------------------------------------------------------------------
@endpoint("detail")
def form_detail(data: Data) -> Answer:
    """Tell how a checkout form ended. It says so of a form that nobody finished, too."""
    with store.transaction() as database:
        found = store.find(database, "token", required(data, "token"))
    if found is None or found.channel != Channel.FORM:
        raise Refusal(NOT_FOUND, "Ödeme kaydı bulunamadı", "NOT_FOUND")
    return _told(ledger.expire(found), form=True)


@endpoint("detail")
def payment_detail(data: Data) -> Answer:
    """Tell how a payment ended, by iyzico's id or by the merchant's own."""
    return _told(ledger.expire(lookup(data)), form=False)


def lookup(data: Data) -> Payment:
    """Return the payment that a request names. Raises Refusal."""
    with store.transaction() as database:
        if number := whole(data, "paymentId", 0):
            found = store.find(database, "id", number)
        else:
            found = store.find(database, "conversation_id", required(data, "paymentConversationId"))
    if found is None or found.channel == Channel.NESTPAY:
        raise Refusal(NOT_FOUND, "Ödeme kaydı bulunamadı", "NOT_FOUND")
    return found


def _told(payment: Payment, *, form: bool) -> Answer:
    with store.transaction() as database:
        fields = payloads.payment(database, payment)
    if form:
        return Answer(fields | {"token": payment.token, "callbackUrl": payment.return_url}, payloads.FORM_SIGNED)
    return Answer(fields, payloads.PAYMENT_SIGNED)


# --- Reports ----------------------------------------------------------------------------------------------------------
@endpoint("report", "GET")
def report_details(data: Data) -> Answer:
    """Show a payment with everything that was given back of it."""
    payment = lookup(data)
    with store.transaction() as database:
        return Answer({"payments": [payloads.reported(database, store.payment(database, payment.id))]})


@endpoint("report", "GET")
def report_transactions(data: Data) -> Answer:
    """List what was taken and given back on an Istanbul day, a page at a time."""
    try:
        day = date.fromisoformat(required(data, "transactionDate"))
    except ValueError:
        raise Refusal("5005", "transactionDate geçersiz") from None
    page = whole(data, "page", 1)
    if page < 1:
        raise Refusal("5006", "page geçersiz")
    lines = _lines(day)
    pages = max(1, -(-len(lines) // _PAGE))
    shown = lines[(page - 1) * _PAGE : page * _PAGE]
    return Answer({"transactions": shown, "currentPage": page, "totalPageCount": pages})


def _lines(day: date) -> list[Data]:
    begin = datetime.combine(day, time(), _ISTANBUL).timestamp()
    end = datetime.combine(day + timedelta(days=1), time(), _ISTANBUL).timestamp()
    taken = "channel <> 'nestpay' AND state IN ('captured', 'cancelled') AND ended >= ? AND ended < ? ORDER BY id"
    given = (
        "SELECT refund.* FROM refund JOIN payment ON payment.id = payment_id"
        " WHERE channel <> 'nestpay' AND at >= ? AND at < ? ORDER BY refund.id"
    )
    with store.transaction() as database:
        payments = database.execute(f"SELECT * FROM payment WHERE {taken}", [begin, end]).fetchall()  # noqa: S608  # no input
        lines = [_payment_line(Payment(**dict(row)), store.items(database, row["id"])[0]) for row in payments]
        for row in database.execute(given, [begin, end]).fetchall():
            refund = Refund(**dict(row))
            lines.append(_refund_line(store.payment(database, refund.payment_id), refund))
    return lines


def _payment_line(payment: Payment, item: store.Item) -> Data:
    fields = _line(payment, "PAYMENT", payment.ended, payment.conversation_id)
    fields |= {"transactionId": item.id, "paymentTxId": item.id, "authCode": payment.auth_code}
    return fields | {"price": lira(payment.price), "paidPrice": lira(payment.paid_price), "transactionStatus": 2}


def _refund_line(payment: Payment, refund: Refund) -> Data:
    fields = _line(payment, refund.kind.upper(), refund.at, refund.conversation_id)
    fields |= {"transactionId": refund.id, "paymentTxId": refund.item_id, "authCode": refund.auth_code}
    return fields | {"price": lira(refund.amount), "paidPrice": lira(refund.amount), "transactionStatus": 1}


def _line(payment: Payment, kind: str, at: float, conversation_id: str) -> Data:
    return {
        "transactionType": kind,
        "transactionDate": payloads.moment(at),
        "afterSettlement": 0,
        "paymentId": payment.id,
        "conversationId": conversation_id,
        "paymentPhase": "AUTH",
        "transactionCurrency": payment.currency,
        "settlementCurrency": payment.currency,
        "installment": payment.installment,
        "threeDS": 0 if payment.channel == Channel.DIRECT else 1,
        "connectorType": payment.bank,
        "hostReference": payment.host_reference,
        "basketId": payment.basket_id,
    }
