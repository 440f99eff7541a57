"""Rules of orders that need no lock and no write."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from accounts.enums import ProviderState
from packages.enums import SubscriptionState
from packages.models import Package, Subscription, Tariff
from packages.rules import fits
from payments.enums import OrderState
from payments.models import Order


class OrderRefused(Exception):
    """A person asked for something that the rules do not allow; `str()` says why, in Turkish."""


def refusal_of_choice(package: Package, tariff: Tariff | None, *, addresses: int) -> str | None:
    """Return why a provider with `addresses` addresses may not choose the package now, or None when it may."""
    if package.is_basic or package.by_offer or not package.on_sale:
        return "Bu paket buradan satın alınamaz."
    if tariff is None:
        return "Bu paketin bugün geçerli bir fiyatı yok. Lütfen bilgi@iys.org.tr adresine yazınız."
    if not fits(package, addresses=addresses):
        count = f"{addresses:,}".replace(",", ".")
        return f"Adres sayınız ({count}) bu paketin sınırını aşıyor."
    return None


def refusal_of_activation(order: Order, running: Subscription | None) -> str | None:
    """Return why a paid order's package cannot start now (it then rests in `paid`), or None when it can."""
    if order.provider.state != ProviderState.ACTIVE:
        return "Hizmet sağlayıcı kapalı."
    if running is not None and running.state == SubscriptionState.PAUSED:
        return "Hizmet sağlayıcının aboneliği durdurulmuş."
    return None


def expires_at(order: Order) -> datetime | None:
    """Return the instant at which an open order runs out, or None when it does not (screens: 24 h, 7 and 14 days)."""
    if order.state == OrderState.DRAFT:
        return order.created_at + timedelta(hours=settings.DRAFT_LIFETIME_HOURS)
    if order.state == OrderState.CONTRACT_ACCEPTED and order.accepted_at:
        return order.accepted_at + timedelta(days=settings.ACCEPTED_LIFETIME_DAYS)
    if order.state == OrderState.TRANSFER_PENDING:
        return order.pay_by
    return None


def amount_due(order: Order, allocated: Decimal) -> Decimal:
    """Return what is still to be paid, in TRY; zero once the order is settled or given up."""
    if order.state in {OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUND_DUE, OrderState.REFUNDED}:
        return Decimal("0.00")
    return max(order.gross - allocated, Decimal("0.00"))
