"""What the bank does with money: take it once, give it back, and never more than was taken."""

import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from simulators.bank import cards, instalments, store, webhooks
from simulators.bank.cards import CANCELLED, EXPIRED, NOT_AUTHENTICATED
from simulators.bank.config import FORM_SECONDS
from simulators.bank.store import Channel, Payment, State, kurus, lira

MAX_TRIES = 3
_WRONG_BY = 100
_ISTANBUL = ZoneInfo("Europe/Istanbul")


class Refusal(Exception):
    """The bank does not do it: code, group and words."""

    def __init__(self, code: str, message: str, group: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.group = code, message, group


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a merchant asks to be paid. `basket` holds (id, price) of each line; `counts` the months allowed."""

    conversation_id: str
    basket_id: str
    title: str
    price: Decimal
    paid_price: Decimal
    currency: str
    counts: Sequence[int]
    return_url: str
    basket: Sequence[tuple[str, Decimal]]
    fields: str = "{}"


@dataclass(frozen=True)
class Typed:
    """What of a typed card is kept, and what it will answer."""

    bin: str
    last4: str
    association: str
    card_type: str
    family: str
    bank: str
    md_status: int
    planned: str
    refundable: int


def typed(number: str) -> Typed:
    """Return what is kept of a card number."""
    known, behaviour = cards.bin_of(number), cards.behaviour_of(number)
    return Typed(
        bin=number[:6],
        last4=number[-4:],
        association=known.association if known else cards.association_of(number),
        card_type=known.card_type if known else cards.CREDIT,
        family=instalments.family_of(known),
        bank=known.bank if known else "",
        md_status=behaviour.md_status,
        planned=behaviour.decline,
        refundable=int(behaviour.refundable),
    )


def open_payment(channel: Channel, order: Order) -> Payment:
    """Note a payment that somebody may make from now on."""
    with store.transaction() as database:
        cursor = database.execute(
            "INSERT INTO payment (channel, state, token, conversation_id, basket_id, title, price, paid_price,"
            " currency, counts, installment, return_url, fields, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(channel, State.OPEN, secrets.token_hex(16), order.conversation_id, order.basket_id, order.title),
                *(kurus(order.price), kurus(order.paid_price), order.currency),
                *(",".join(str(count) for count in order.counts), min(order.counts), order.return_url, order.fields),
                time.time(),
            ],
        )
        payment_id = int(cursor.lastrowid or 0)
        _add_items(database, payment_id, order)
        return store.payment(database, payment_id)


def _add_items(database: sqlite3.Connection, payment_id: int, order: Order) -> None:
    """Spread what the card pays over the basket by price; the last line takes the remainder."""
    left = kurus(order.paid_price)
    for place, (item_id, price) in enumerate(order.basket, 1):
        share = (
            left if place == len(order.basket) else kurus(order.paid_price) * kurus(price) // (kurus(order.price) or 1)
        )
        left -= share
        database.execute(
            "INSERT INTO item (payment_id, item_id, price, paid_price) VALUES (?, ?, ?, ?)",
            [payment_id, item_id, kurus(price), share],
        )


def fitting_total(payment: Payment, family: str, count: int) -> Decimal:
    """Return what the card is charged with for `count` months. Raises Refusal when the card does not fit.

    Where the merchant allows one way of paying only, the sum it named must be the family's.
    """
    if count not in payment.allowed:
        raise Refusal("5020", "Bu taksit seçeneği sunulmuyor.")
    if payment.channel == Channel.NESTPAY or count == 1:
        if count > 1 and not family:
            raise Refusal("5021", "Bu kartla yalnızca peşin ödeme yapılabilir.")
        return lira(payment.paid_price)
    offered = instalments.row(lira(payment.price), family, count)
    if offered is None:
        raise Refusal("5021", f"Bu kart {count} taksit sunmuyor.")
    if len(payment.allowed) == 1 and offered.total != lira(payment.paid_price):
        raise Refusal("5022", "Ödenecek tutar, bu kartın taksit tablosundaki tutar değil.")
    return offered.total


def enter_card(payment: Payment, number: str, count: int, *, md_status: int | None = None) -> Payment:
    """Note the card and ask for the one-time code. Raises Refusal when the card does not fit the sum."""
    card = typed(number)
    total = fitting_total(payment, card.family, count)
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        if fresh.state not in {State.OPEN, State.CODE}:
            return fresh
        if kurus(total) != fresh.paid_price:
            _respread(database, fresh, kurus(total))
        return store.change(
            database,
            fresh,
            **vars(card) | ({} if md_status is None else {"md_status": md_status}),
            installment=count,
            paid_price=kurus(total),
            state=State.CODE,
            code=f"{secrets.randbelow(1_000_000):06}",
            tries=0,
        )


def _respread(database: sqlite3.Connection, payment: Payment, total: int) -> None:
    lines = store.items(database, payment.id)
    left = total
    for place, line in enumerate(lines, 1):
        share = left if place == len(lines) else total * line.price // (payment.price or 1)
        left -= share
        database.execute("UPDATE item SET paid_price = ? WHERE id = ?", [share, line.id])


def try_code(payment: Payment, code: str) -> bool:
    """Whether this is the one-time code. Counts the try; the last wrong one ends the payment."""
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        if fresh.state != State.CODE:
            return False
        if secrets.compare_digest(code.encode(), fresh.code.encode()):
            return True
        fresh = store.change(database, fresh, tries=fresh.tries + 1)
        if fresh.tries >= MAX_TRIES:
            # The issuer says no: as a card whose 3-D signature is bad.
            fresh = store.change(database, fresh, md_status=0)
            _decline(database, fresh, NOT_AUTHENTICATED)
        return False


def verify(payment: Payment) -> Payment:
    """Note that the card holder was recognised; the merchant's own call takes the money."""
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        return store.change(database, fresh, state=State.VERIFIED) if fresh.state == State.CODE else fresh


def fail_authentication(payment: Payment) -> Payment:
    """End a payment whose card holder was not recognised."""
    return _end(payment, NOT_AUTHENTICATED)


def abandon(payment: Payment) -> Payment:
    """End a payment that the payer gave up."""
    return _end(payment, CANCELLED)


def expire(payment: Payment) -> Payment:
    """End a form that nobody filled in in time; any other payment stays as it is."""
    late = time.time() > payment.created + FORM_SECONDS
    return _end(payment, EXPIRED) if late and payment.state in {State.OPEN, State.CODE} else payment


def charge(payment: Payment, *, wrong_amount: bool = False) -> Payment:
    """Take the money, or decline; does nothing when that is decided already."""
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        if fresh.finished:
            return fresh
        if fresh.channel == Channel.NESTPAY and _paid_before(database, fresh):
            return _decline(database, fresh, "10012")
        if fresh.planned:
            return _decline(database, fresh, fresh.planned)
        changes: dict[str, object] = {"state": State.CAPTURED, "ended": time.time(), "code": ""}
        changes |= {"auth_code": f"{secrets.randbelow(1_000_000):06}", "host_reference": f"{fresh.id:012}"}
        if wrong_amount:
            changes |= {"price": fresh.price - _WRONG_BY, "paid_price": fresh.paid_price - _WRONG_BY}
        captured = store.change(database, fresh, **changes)
        webhooks.promise(database, captured)
        return captured


def _paid_before(database: sqlite3.Connection, payment: Payment) -> bool:
    """NestPay's order numbers are the merchant's, and are paid once."""
    query = "SELECT 1 FROM payment WHERE channel = ? AND basket_id = ? AND state IN (?, ?)"
    values = [Channel.NESTPAY, payment.basket_id, State.CAPTURED, State.CANCELLED]
    return database.execute(query, values).fetchone() is not None


def _end(payment: Payment, error: str) -> Payment:
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        if fresh.finished:
            return fresh
        if error != NOT_AUTHENTICATED:
            # Nobody asked the card's bank.
            fresh = store.change(database, fresh, md_status=-1)
        return _decline(database, fresh, error)


def _decline(database: sqlite3.Connection, payment: Payment, error: str) -> Payment:
    declined = store.change(
        database, payment, state=State.DECLINED, error=error, ended=time.time(), code="", planned=""
    )
    webhooks.promise(database, declined)
    return declined


def cancel(payment: Payment, *, conversation_id: str) -> Payment:
    """Give all of it back on the same day. Raises Refusal."""
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        if fresh.state != State.CAPTURED:
            raise Refusal("5088", "Ödeme iptal edilemez durumda.")
        if not fresh.refundable:
            raise Refusal("10201", "İşlem bankaca reddedildi.", "UNKNOWN")
        if store.refunds(database, fresh.id):
            raise Refusal("5090", "Kısmen iade edilen ödeme iptal edilemez.")
        if _day(fresh.ended) != _day(time.time()):
            raise Refusal("5089", "Ödeme yalnızca yapıldığı gün iptal edilebilir; iade ediniz.")
        _give_back(database, fresh, None, "cancel", fresh.paid_price, conversation_id)
        return store.change(database, fresh, state=State.CANCELLED)


def refund(payment: Payment, amount: Decimal, *, conversation_id: str, item_id: int | None = None) -> None:
    """Give a part back: of one basket line where `item_id` names it, else of the whole. Raises Refusal."""
    with store.transaction() as database:
        fresh = store.payment(database, payment.id)
        if fresh.state != State.CAPTURED:
            raise Refusal("5091", "Ödeme iade edilemez durumda.")
        if not fresh.refundable:
            raise Refusal("10201", "İşlem bankaca reddedildi.", "UNKNOWN")
        lines = [line for line in store.items(database, fresh.id) if item_id in (None, line.id)]
        left = [(line, line.paid_price - given_back(database, line)) for line in lines]
        if not 0 < kurus(amount) <= sum(rest for _, rest in left):
            raise Refusal("5092", "İade tutarı, kalan tutardan büyük olamaz.")
        wanted = kurus(amount)
        for line, rest in left:
            part = min(rest, wanted)
            if part:
                _give_back(database, fresh, line.id, "refund", part, conversation_id)
            wanted -= part


def given_back(database: sqlite3.Connection, line: store.Item) -> int:
    """Return how much of a basket line was given back."""
    query = "SELECT COALESCE(SUM(amount), 0) FROM refund WHERE item_id = ?"
    return int(database.execute(query, [line.id]).fetchone()[0])


def _give_back(
    database: sqlite3.Connection, payment: Payment, item_id: int | None, kind: str, amount: int, conversation_id: str
) -> None:
    database.execute(
        "INSERT INTO refund (payment_id, item_id, kind, amount, conversation_id, auth_code, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [payment.id, item_id, kind, amount, conversation_id, f"{secrets.randbelow(1_000_000):06}", time.time()],
    )


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, _ISTANBUL).date().isoformat()
