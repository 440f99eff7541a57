"""Pay an order by card: begin an attempt, take the payer back from the bank, ask the bank what became of it.

Callback, webhook and sweeper all end in `card_results.apply`. The gateway is never spoken to inside a transaction.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Person
from iys_portal.audit.services import record
from payments.enums import LIVE_ATTEMPTS, AttemptState, OrderState
from payments.gateways.base import (
    Buyer,
    Charge,
    GatewayUnavailableError,
    InvalidSignatureError,
    Outcome,
    Result,
)
from payments.gateways.registry import cards_are_open, gateway, is_set_up
from payments.models import CardAttempt, Order
from payments.models.cards import LEFT_AT_BANK
from payments.rules import OrderRefused, is_over
from payments.services.asking import Question, ask_round
from payments.services.card_results import PENDING, apply, move_order
from payments.services.orders import locked

CLOSED = "Bu kurulumda kartla ödeme kapalı."
_RETURN_SALT = "payments.card-return"


@dataclass(frozen=True)
class Chosen:
    """How the payer wants to pay: the number of months, the first digits of the card that was quoted for.

    `total` is what the payer was shown as the amount that is charged, in TRY; None when nothing was shown yet.
    """

    instalments: int
    bin_number: str
    total: Decimal | None = None


class TotalChanged(Exception):
    """The gateway's quote is not what the payer was shown; `total` is what would be charged now, in TRY."""

    def __init__(self, total: Decimal) -> None:
        super().__init__(str(total))
        self.total = total


def start(*, order: Order, person: Person, chosen: Chosen, nonce: str, ip: str | None, now: datetime) -> CardAttempt:
    """Begin one attempt and open it at the gateway; return it with where the browser goes next (`action`).

    The same nonce, however often and from however many tabs it comes, is one attempt and one call to the gateway.
    Raises OrderRefused when the order is not at the payment step or the instalments cannot be had, TotalChanged
    when another amount would be charged than was shown: nothing has begun then.
    """
    paid_amount = quoted(order, chosen)
    if paid_amount != (chosen.total or paid_amount) and _of_form(order, nonce) is None:
        raise TotalChanged(paid_amount)
    attempt, is_new = _begin(
        order=order, person=person, chosen=chosen, paid_amount=paid_amount, nonce=nonce, ip=ip, now=now
    )
    if is_new:
        outcome = gateway(attempt.gateway).start(charge_of(attempt))
        attempt = apply(attempt_id=attempt.pk, outcome=outcome, now=now)
    return attempt


def quoted(order: Order, chosen: Chosen) -> Decimal:
    """Return what the card is charged with: the gateway's quote of this moment, never a figure from the form.

    Raises OrderRefused when the instalments cannot be had, and where the gateway for new attempts is not set up.
    """
    if not cards_are_open():
        raise OrderRefused(CLOSED)
    if chosen.instalments == 1:
        return order.gross
    try:
        tables = gateway().quote_instalments(bin_number=chosen.bin_number, amount=order.gross)
    except GatewayUnavailableError:
        raise OrderRefused("Taksit seçeneklerine şu anda ulaşılamıyor. Lütfen biraz sonra yeniden deneyin.") from None
    rows = {row.count: row.total for row in tables[0].rows} if len(tables) == 1 else {}
    if chosen.instalments not in rows:
        raise OrderRefused("Seçtiğiniz taksit sayısı bu kart için sunulmuyor. Lütfen yeniden seçin.")
    return rows[chosen.instalments]


def _of_form(order: Order, nonce: str) -> CardAttempt | None:
    return CardAttempt.objects.filter(provider_id=order.provider_id, form_nonce=nonce, order=order).first()


@transaction.atomic
def _begin(
    *,
    order: Order,
    person: Person,
    chosen: Chosen,
    paid_amount: Decimal,
    nonce: str,
    ip: str | None,
    now: datetime,
) -> tuple[CardAttempt, bool]:
    order = locked(order)
    if (known := _of_form(order, nonce)) is not None:
        return known, False
    if CardAttempt.objects.filter(provider_id=order.provider_id, form_nonce=nonce).exists():
        raise OrderRefused("Bu sayfa başka bir siparişe ait. Lütfen ödemeyi yeniden başlatın.")
    if order.state in PENDING:
        raise OrderRefused("Bu sipariş için devam eden bir kart ödemesi var. Lütfen sonucunu bekleyin.")
    if order.state != OrderState.CONTRACT_ACCEPTED or is_over(order, now=now):
        raise OrderRefused("Bu sipariş için kartla ödeme yapılamaz.")
    attempt = CardAttempt.objects.create(
        provider_id=order.provider_id,
        order=order,
        person=person,
        gateway=gateway().name,
        conversation_id=secrets.token_hex(16),
        form_nonce=nonce,
        amount=order.gross,
        paid_amount=paid_amount,
        instalments=chosen.instalments,
        ip=ip,
        created_at=now,
    )
    record(
        action="card_attempt",
        subject=attempt,
        actor=person,
        order=order.code,
        amount=str(attempt.amount),
        paid_amount=str(paid_amount),
        instalments=chosen.instalments,
    )
    move_order(order, OrderState.CARD_PENDING, "Kartla ödeme başladı.", actor=person)
    return attempt, True


def charge_of(attempt: CardAttempt) -> Charge:
    """Return the attempt as gateways know it."""
    provider = attempt.order.provider
    return Charge(
        conversation_id=attempt.conversation_id,
        order_code=attempt.order.code,
        product=attempt.order.product_label,
        amount=attempt.amount,
        paid_amount=attempt.paid_amount,
        instalments=attempt.instalments,
        return_url=settings.PUBLIC_URL + reverse("card_return", args=[return_token(attempt)]),
        buyer=Buyer(
            reference=str(provider.iys_code),
            title=provider.title,
            tax_number=provider.tin,
            email=provider.email,
            phone=provider.phone,
            address=provider.address,
        ),
        ip=attempt.ip or "",
        token=attempt.token,
    )


def return_token(attempt: CardAttempt) -> str:
    """Return the signed name of an attempt: a bank's cross-site POST brings no session, only this."""
    return signing.dumps(attempt.pk, salt=_RETURN_SALT)


def attempt_of_token(token: str) -> CardAttempt | None:
    """Return the attempt that a signed return address names, or None for a forged one."""
    try:
        pk = signing.loads(token, salt=_RETURN_SALT)
    except signing.BadSignature:
        return None
    return CardAttempt.objects.select_related("order__provider").filter(pk=pk).first()


def finish(*, attempt: CardAttempt, callback: dict[str, str], now: datetime) -> CardAttempt:
    """Judge the browser's return from the bank. Raises InvalidSignatureError for a forged one.

    A capture that is known already is not asked for again. Only the first return that is awaited may authorise, even
    if a question was not answered meanwhile: it is marked before the gateway hears of it, so that a second browser, or
    one that comes back to a process that died meanwhile, only asks. So does a return to an attempt that was thought to
    be over, and to one whose start has not been answered yet: the browser can be faster than that answer.
    """
    if attempt.state == AttemptState.SUCCEEDED:
        return attempt
    may_be = CardAttempt.objects.filter(state__in=[AttemptState.NEEDS_3DS, AttemptState.UNKNOWN], returned_at=None)
    awaited = may_be.filter(pk=attempt.pk, action__isnull=False)
    if not is_set_up(attempt.gateway) or not awaited.update(returned_at=now):
        return settle(attempt=attempt, now=now)
    try:
        outcome = gateway(attempt.gateway).complete(charge_of(attempt), callback)
    except InvalidSignatureError:  # not the gateway's: the true return is still to come
        CardAttempt.objects.filter(pk=attempt.pk).update(returned_at=None)
        raise
    return apply(attempt_id=attempt.pk, outcome=outcome, now=now, returned=True)


def settle(*, attempt: CardAttempt, now: datetime) -> CardAttempt:
    """Ask the gateway what became of an attempt and make it true here; the way of webhook and sweeper."""
    return apply(attempt_id=attempt.pk, outcome=query(attempt), now=now)


def query(attempt: CardAttempt) -> Outcome:
    """Ask the gateway what became of an attempt; of one that is not set up here any more nobody knows."""
    if not is_set_up(attempt.gateway):
        return Outcome(result=Result.UNKNOWN, detail="no such gateway here")
    return gateway(attempt.gateway).query(charge_of(attempt))


def settle_by_id(*, attempt_id: int, now: datetime) -> None:
    """Ask about the attempt with this number."""
    settle(attempt=CardAttempt.objects.select_related("order__provider").get(pk=attempt_id), now=now)


def sweep(*, now: datetime, limit: int = 200) -> int:
    """Ask the gateways about the attempts that are due; return how many were asked.

    Those are the open ones, and those left half-way, whose page may still be open somewhere: until the gateway has
    said after some hours that nothing was taken, however long neither it nor we were there to ask.

    An attempt is asked about after a quarter of its age, at least 20 seconds and at most 4 minutes apart: five
    minutes after a gateway's return nothing that it knows is unknown here. One gateway's failure keeps nothing of
    another's from being asked.
    """
    return ask_round("card", lambda: [_question(attempt, now=now) for attempt in _due(now=now, limit=limit)])


def _due(*, now: datetime, limit: int) -> list[CardAttempt]:
    """Return what is to be asked about now, what waits longest first; two queries, each by an index of its own."""
    found: list[CardAttempt] = []
    for wanted in (Q(state__in=LIVE_ATTEMPTS), LEFT_AT_BANK):
        attempts = CardAttempt.objects.filter(wanted).select_related("order__provider")
        found += attempts.order_by(F("queried_at").asc(nulls_first=True), "pk")[:limit]
    found.sort(key=lambda attempt: (attempt.queried_at or attempt.created_at, attempt.pk))
    return [attempt for attempt in found[:limit] if _is_due(attempt, now=now)]


def _question(attempt: CardAttempt, *, now: datetime) -> Question:
    def ask() -> Outcome:
        outcome = query(attempt)
        apply(attempt_id=attempt.pk, outcome=outcome, now=now)
        return outcome

    return Question(attempt.gateway, attempt.pk, ask)


def _is_due(attempt: CardAttempt, *, now: datetime) -> bool:
    pause = min(max((now - attempt.created_at) / 4, timedelta(seconds=20)), timedelta(minutes=4))
    return now - (attempt.queried_at or attempt.created_at) >= pause
