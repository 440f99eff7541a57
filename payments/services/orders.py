"""An order's way from the package page to the active package, but for the money (see settlement)."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Person, Provider
from contracts.services import record_approval
from iys_portal.audit.services import move, record
from iys_portal.shared import codes
from iys_portal.shared.clock import end_of_istanbul_day, istanbul_day
from iys_portal.shared.money import split_gross
from packages.models import Package, Tariff
from packages.selectors import standing_of, tariff_of
from packages.services import hold_tariff
from payments.contract_terms import ShownContract, contract_for
from payments.enums import ORDER_TRANSITIONS, OrderState
from payments.models import Order
from payments.rules import (
    OrderRefused,
    is_over,
    refusal_of_change,
    refusal_of_choice,
    refusal_of_other_method,
    refusal_of_sale,
)
from payments.selectors.arrivals import arrivals_of
from payments.selectors.orders import is_paid_for
from payments.services import mails
from payments.services.activation import complete

_CANNOT_START = "{} Bilgi için bilgi@iys.org.tr adresine yazabilirsiniz."
CHECKBOX_LABEL = "Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum."


class ContractChanged(Exception):
    """The text or the price changed since the page was shown: the person has to read again."""


@dataclass(frozen=True)
class Visitor:
    """From where a person approved: kept as evidence with the approval."""

    ip: str | None
    user_agent: str


def form_nonce(*, provider: Provider, package: Package) -> str:
    """Return the nonce of the package page as it stands now.

    It depends on the provider's newest order, so two tabs, a double click and the back button all carry the same
    nonce and get the same order, and a page opened after that order may start another.
    """
    newest = Order.objects.filter(provider=provider).order_by("-pk").values_list("pk", flat=True).first()
    return hmac.new(
        settings.SECRET_KEY.encode(), f"{provider.pk}:{package.pk}:{newest}".encode(), hashlib.sha256
    ).hexdigest()


@transaction.atomic
def choose_package(
    *, provider: Provider, person: Person, package: Package, nonce: str, addresses: int, now: datetime
) -> Order:
    """Return the draft order for a package at today's tariff; the same nonce gives the same order again.

    Locks the provider row, so that two submissions at once are served one after the other. Raises OrderRefused
    when the package may not be chosen.
    """
    Provider.objects.select_for_update(of=("self",), no_key=True).get(pk=provider.pk)
    known = Order.objects.filter(provider=provider, form_nonce=nonce, package=package).first()
    if known is not None:
        return known
    if nonce != form_nonce(provider=provider, package=package):
        raise OrderRefused("Sayfa eskimiş. Lütfen paketi yeniden seçiniz.")
    tariff = tariff_of(package, day=istanbul_day(now))
    refusal = refusal_of_choice(package, tariff, addresses=addresses) or refusal_of_package_change(
        provider=provider, package=package, now=now
    )
    if refusal or tariff is None:
        raise OrderRefused(refusal)
    order = Order(
        provider=provider,
        person=person,
        package=package,
        product_label=package.label,
        code=_unused_code(),
        form_nonce=nonce,
        created_at=now,
    )
    _price(order, tariff, day=istanbul_day(now))
    order.save()
    record(action="draft", subject=order, actor=person, product=order.product_label, gross=str(order.gross))
    return order


def refusal_of_package_change(*, provider: Provider, package: Package, now: datetime) -> str | None:
    """Return why the provider may not buy the package beside what it has now, or None when it may."""
    standing = standing_of(provider.pk, now=now)
    queued_is_paid = standing.queued is not None and is_paid_for(standing.queued)
    return refusal_of_change(package, standing, queued_is_paid=queued_is_paid, now=now)


def _unused_code() -> str:
    while Order.objects.filter(code=(code := codes.generate())).exists():
        continue
    return code


def _price(order: Order, tariff: Tariff, *, day: date) -> bool:
    """Price an order by a day of a tariff, unsaved; return whether anything of its price changed."""
    before = _priced(order)
    order.tariff = tariff
    order.kdv_rate = tariff.kdv_rate
    order.gross = tariff.price_on(day)
    if tariff.campaign_on(day) is None:
        order.net, order.kdv = tariff.net, tariff.kdv
    else:
        order.net, order.kdv = split_gross(order.gross, tariff.kdv_rate)
    return _priced(order) != before


def _priced(order: Order) -> tuple[object, ...]:
    return order.tariff_id, order.net, order.kdv_rate, order.kdv, order.gross


def locked(order: Order) -> Order:
    """Return the order as it is now, locked until the caller's transaction is over."""
    return (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("provider", "person", "package", "tariff", "approval")
        .get(pk=order.pk)
    )


@transaction.atomic
def bring_up_to_date(*, order: Order, now: datetime) -> tuple[Order, bool]:
    """Price a draft by today's tariff; return (the order, whether its price changed). Locks the order.

    Raises OrderRefused when the package is no longer sold.
    """
    order = locked(order)
    if order.state != OrderState.DRAFT:
        return order, False
    day = istanbul_day(now)
    tariff = tariff_of(order.package, day=day)
    refusal = refusal_of_sale(order.package, tariff)
    if refusal or tariff is None:
        raise OrderRefused(refusal)
    before = order.gross
    if not _price(order, tariff, day=day):
        return order, False
    order.save(update_fields=["tariff", "net", "kdv_rate", "kdv", "gross"])
    record(action="reprice", subject=order, actor=None, before=str(before), after=str(order.gross))
    return order, before != order.gross


def accept_contract(*, order: Order, person: Person, shown_sha256: str, visitor: Visitor, now: datetime) -> Order:
    """Approve the contract that the person was shown; a free order is completed by it, a paid one goes to payment.

    Sent twice, the second call changes nothing. Raises ContractChanged when the contract as it stands now is not
    the one with `shown_sha256`, OrderRefused when the order can no longer be approved. Locks the order.
    """
    order, repriced = bring_up_to_date(order=order, now=now)
    with transaction.atomic():
        order = locked(order)
        if order.state != OrderState.DRAFT:
            if order.accepted_at is None:
                raise OrderRefused("Bu sipariş artık onaylanamaz. Lütfen paketi yeniden seçiniz.")
            return order
        if is_over(order, now=now):
            raise OrderRefused("Bu siparişin süresi doldu. Lütfen paketi yeniden seçiniz.")
        if not _is_priced_for(order, day=istanbul_day(now)):
            raise ContractChanged
        shown = contract_for(order, person=person, now=now)
        if repriced or shown.sha256 != shown_sha256:
            raise ContractChanged
        if refusal := refusal_of_package_change(provider=order.provider, package=order.package, now=now):
            raise OrderRefused(refusal)
        _approve(order, shown, person=person, visitor=visitor, now=now)
    return order


def _is_priced_for(order: Order, *, day: date) -> bool:
    """Return whether the draft's price is that of a day; until the commit nobody can change the tariff (FOR SHARE)."""
    tariff = hold_tariff(order.tariff_id)
    return tariff.covers(day) and not _price(order, tariff, day=day)


def _approve(order: Order, shown: ShownContract, *, person: Person, visitor: Visitor, now: datetime) -> None:
    approval = record_approval(
        provider=order.provider,
        person=person,
        order_code=order.code,
        shown=shown,
        checkbox_label=CHECKBOX_LABEL,
        ip=visitor.ip,
        user_agent=visitor.user_agent,
        now=now,
    )
    order.approval, order.accepted_at = approval, now
    if order.is_free:
        # A free order has no money to keep it: it does not rest in `paid`, and nothing of its approval stays.
        if refusal := complete(order=order, actor=person, reason="Ücretsiz paketin sözleşmesi onaylandı.", now=now):
            raise OrderRefused(_CANNOT_START.format(refusal))
        return
    move(
        order,
        OrderState.CONTRACT_ACCEPTED,
        table=ORDER_TRANSITIONS,
        actor=person,
        reason="Sözleşme onaylandı.",
        approval=approval,
        accepted_at=now,
    )


@transaction.atomic
def choose_transfer(*, order: Order, person: Person, now: datetime) -> Order:
    """Choose Havale/EFT and show the order code; sent twice, the second call changes nothing. Locks the order.

    The money is awaited through the 14th day. Raises OrderRefused when the order is not at the payment step.
    """
    order = locked(order)
    if order.state == OrderState.TRANSFER_PENDING:
        return order
    if order.state != OrderState.CONTRACT_ACCEPTED or is_over(order, now=now):
        raise OrderRefused("Bu sipariş için ödeme yöntemi seçilemez.")
    final_day = istanbul_day(now) + timedelta(days=settings.TRANSFER_LIFETIME_DAYS)
    move(
        order,
        OrderState.TRANSFER_PENDING,
        table=ORDER_TRANSITIONS,
        actor=person,
        reason="Havale/EFT seçildi.",
        pay_by=end_of_istanbul_day(final_day),
    )
    mails.order_received(order)
    return order


@transaction.atomic
def choose_again(*, order: Order, person: Person, now: datetime) -> Order:
    """Go back from Havale/EFT to the choice of a way of paying; sent twice, the second call changes nothing.

    The code stays the order's: money that is transferred all the same still finds it. Locks the order. Raises
    OrderRefused once money came, and when the time to choose is over.
    """
    order = locked(order)
    if order.state == OrderState.CONTRACT_ACCEPTED:
        return order
    if refusal := refusal_of_other_method(order, has_arrived=bool(arrivals_of(order).rows), now=now):
        raise OrderRefused(refusal)
    move(
        order,
        OrderState.CONTRACT_ACCEPTED,
        table=ORDER_TRANSITIONS,
        actor=person,
        reason="Ödeme yöntemi yeniden seçilecek.",
        pay_by=None,
    )
    return order


@transaction.atomic
def cancel(*, order: Order, person: Person) -> Order:
    """Give an order up before any money arrived; sent twice, the second call changes nothing. Locks the order."""
    order = locked(order)
    if order.state == OrderState.CANCELLED:
        return order
    if order.state not in {OrderState.DRAFT, OrderState.CONTRACT_ACCEPTED, OrderState.TRANSFER_PENDING}:
        raise OrderRefused("Bu sipariş artık iptal edilemez.")
    move(order, OrderState.CANCELLED, table=ORDER_TRANSITIONS, actor=person, reason="Müşteri vazgeçti.")
    return order


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """Expire the orders whose time to approve or to pay is over, each in its own transaction; return how many."""
    return sum(_expire(pk, now=now) for pk in _open_orders(now).values_list("pk", flat=True)[:limit])


def _open_orders(now: datetime) -> QuerySet[Order]:
    drafts = Order.objects.filter(
        state=OrderState.DRAFT, created_at__lte=now - timedelta(hours=settings.DRAFT_LIFETIME_HOURS)
    )
    accepted = Order.objects.filter(
        state=OrderState.CONTRACT_ACCEPTED,
        accepted_at__lte=now - timedelta(days=settings.ACCEPTED_LIFETIME_DAYS),
    )
    return drafts | accepted | Order.objects.filter(state=OrderState.TRANSFER_PENDING, pay_by__lte=now)


@transaction.atomic
def _expire(pk: int, *, now: datetime) -> bool:
    order = Order.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk=pk).first()
    if order is None or not is_over(order, now=now):
        return False
    move(order, OrderState.EXPIRED, table=ORDER_TRANSITIONS, actor=None, reason="Süre doldu.")
    return True
