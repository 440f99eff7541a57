"""The last step of an order: its package begins, or the order rests in `paid` until it can."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import QuerySet

from contracts.services import queue_document
from iys_portal.audit.outbox import fulfil
from iys_portal.audit.selectors import history_of
from iys_portal.audit.services import Actor, move, record
from iys_portal.shared.clock import istanbul_day, last_day
from packages.rules import Standing, standing_among
from packages.selectors import address_count
from packages.services import activate, lock_live
from packages.usage import lock_addresses
from payments.enums import ORDER_TRANSITIONS, OrderState
from payments.models import Allocation, Order
from payments.rules import refusal_of_activation
from payments.selectors.orders import is_paid_for
from payments.services import mails
from payments.services.faults import is_away

logger = structlog.get_logger(__name__)

REFUSED = "activation_refused"


def complete(*, order: Order, actor: Actor | None, reason: str, now: datetime) -> str | None:
    """Activate the package of a settled order and queue its contract, in the caller's transaction and order lock.

    Return None, or the reason for which the package cannot start now: the order then rests in `paid`, the reason
    is audited once, and nothing is lost. Locks the provider's addresses and live subscriptions before it judges,
    so that neither an upload of consents nor a pause nor a second order can slip in between.
    """
    lock_addresses(order.provider_id)
    standing = standing_among(lock_live(order.provider_id), now=now)
    order.provider.refresh_from_db(fields=["state"])
    refusal = _refusal(order, standing, now=now)
    if refusal:
        _rest(order, refusal, actor=actor)
        return refusal
    subscription = activate(provider=order.provider, package=order.package, actor=actor, reason=reason, now=now)
    move(
        order,
        OrderState.COMPLETED,
        table=ORDER_TRANSITIONS,
        actor=actor,
        reason=reason,
        approval=order.approval,
        accepted_at=order.accepted_at,
        subscription=subscription,
        completed_at=now,
    )
    assert order.approval is not None  # noqa: S101  (a completed order has one: order_state_needs_approval)
    queue_document(
        approval=order.approval,
        term_start=istanbul_day(subscription.starts_at),
        term_end=last_day(subscription.ends_at),
    )
    return None


def _refusal(order: Order, standing: Standing, *, now: datetime) -> str | None:
    queued_is_paid = standing.queued is not None and is_paid_for(standing.queued)
    addresses = address_count(order.provider_id)
    return refusal_of_activation(order, standing, queued_is_paid=queued_is_paid, addresses=addresses, now=now)


def _rest(order: Order, refusal: str, *, actor: Actor | None) -> None:
    """Write down why the order rests, unless that is what was written last."""
    last = history_of(order).filter(action=REFUSED).last()
    if last is None or last.reason != refusal:
        record(action=REFUSED, subject=order, actor=actor, reason=refusal)


def activate_settled(*, statement_id: int, promised: Mapping[int, int], now: datetime) -> None:
    """Begin the packages of the orders that a statement's lines have paid, the first paid first.

    `promised` are the outbox messages by order where they are known. Each order has a transaction of its own; one
    that fails is left to its message and keeps no other waiting.
    """
    paid = Allocation.objects.filter(line__statement_id=statement_id, order__state=OrderState.PAID)
    for order_id in dict.fromkeys(paid.order_by("pk").values_list("order_id", flat=True)):
        try:
            begin(order_id=order_id, message_id=promised.get(order_id), now=now)
        except Exception as error:
            if is_away(error):
                raise
            logger.exception("activation_failed", order_id=order_id)


@transaction.atomic
def begin(*, order_id: int, message_id: int | None = None, now: datetime) -> None:
    """Begin the package of an order that was paid by transfer, and tell the provider; safe to repeat. Locks it.

    An order that somebody else has taken further meanwhile is left as it is; the e-mail about its payment is
    written once, whoever comes first. `message_id` is the promise that is kept by this.
    """
    order = _locked(Order.objects.filter(pk=order_id)).get()
    now = _not_before_paid(order, now)
    if order.state == OrderState.PAID:
        complete(order=order, actor=None, reason="Ödemesi alındı.", now=now)
    if order.state in {OrderState.PAID, OrderState.COMPLETED}:
        mails.order_paid(order, now=now)
    if message_id is not None:
        fulfil(message_id, now=now)


def _not_before_paid(order: Order, now: datetime) -> datetime:
    """Return `now`, or when the order was paid: who settled it may have looked at the clock after the caller."""
    return max(now, order.paid_at) if order.paid_at else now


def _locked(orders: QuerySet[Order], *, skip: bool = False) -> QuerySet[Order]:
    held = orders.select_for_update(of=("self",), no_key=True, skip_locked=skip)
    return held.select_related("provider", "package", "approval", "subscription")


def complete_paid(*, now: datetime, provider_id: int | None = None) -> int:
    """Try the orders that rest in `paid` again, the first paid first; return how many were completed.

    Each has a transaction of its own, and one that somebody else is working on is left to them. `provider_id`
    narrows it to one provider.
    """
    resting = Order.objects.filter(state=OrderState.PAID)
    if provider_id is not None:
        resting = resting.filter(provider_id=provider_id)
    return sum(_try_again(pk, now=now) for pk in list(resting.order_by("paid_at", "pk").values_list("pk", flat=True)))


@transaction.atomic
def _try_again(pk: int, *, now: datetime) -> bool:
    order = _locked(Order.objects.filter(pk=pk, state=OrderState.PAID), skip=True).first()
    if order is None:
        return False
    now = _not_before_paid(order, now)
    return complete(order=order, actor=None, reason="Ödemesi alınmıştı; engel kalktı.", now=now) is None
