"""Rules of orders that need no lock and no write."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.enums import ProviderState
from iys_portal.shared.clock import istanbul_day, last_day
from iys_portal.shared.money import format_lira
from packages.models import Package, Tariff
from packages.rules import Standing, fits, may_renew, renewal_opens
from payments.enums import OrderState
from payments.models import Order, StatementLine, validate_iban

NO_PRICE = "Bu paketin bugün geçerli bir fiyatı yok. Lütfen bilgi@iys.org.tr adresine yazınız."


class OrderRefused(Exception):
    """A person asked for something that the rules do not allow; `str()` says why, in Turkish."""


def refusal_of_choice(package: Package, tariff: Tariff | None, *, addresses: int) -> str | None:
    """Return why a provider with `addresses` addresses may not choose the package now, or None when it may."""
    if package.is_basic or package.by_offer or not package.on_sale:
        return "Bu paket buradan satın alınamaz."
    if tariff is None:
        return NO_PRICE
    if not fits(package, addresses=addresses):
        count = f"{addresses:,}".replace(",", ".")
        return f"Adres sayınız ({count}) bu paketin sınırını aşıyor."
    return None


def refusal_of_sale(package: Package, tariff: Tariff | None) -> str | None:
    """Return why a package that was chosen before is not sold today, or None when it still is."""
    if package.by_offer or not package.on_sale:
        return "Bu paket artık satışta değil. Lütfen başka bir paket seçiniz."
    return NO_PRICE if tariff is None else None


def refusal_of_change(package: Package, standing: Standing, *, queued_is_paid: bool, now: datetime) -> str | None:
    """Return why a provider with this standing may not buy the package now, or None when it may.

    The package that runs can be renewed in its last 30 days, once. A renewal that was paid for is not thrown away
    by another purchase: a person decides about its money first.
    """
    running, queued = standing.running, standing.queued
    if queued is not None and queued.package_id == package.pk:
        return f"{package.name} paketinizi zaten yenilediniz; yeni süre {_day(queued.starts_at)} tarihinde başlar."
    if queued is not None and queued_is_paid:
        return (
            f"Ücretini ödediğiniz {queued.package.name} yenilemesi {_day(queued.starts_at)} tarihinde başlayacak."
            " Şimdi başka bir pakete geçmek için muhasebe@iys.org.tr adresine yazınız."
        )
    if running is not None and running.package_id == package.pk and not may_renew(running, now=now):
        return (
            f"{package.name} paketiniz {last_day(running.ends_at):%d.%m.%Y} tarihine kadar geçerli."
            f" Aynı paketi {renewal_opens(running):%d.%m.%Y} tarihinden itibaren yenileyebilirsiniz."
        )
    return None


def refusal_of_activation(
    order: Order, standing: Standing, *, queued_is_paid: bool, addresses: int, now: datetime
) -> str | None:
    """Return why a paid order's package cannot start now (it then rests in `paid`), or None when it can.

    Customer and accountant read the same words. They say nothing that changes by the day, since an order that
    rests is judged again every few minutes and only a new reason is written down.
    """
    if order.provider.state != ProviderState.ACTIVE:
        return "Hizmet sağlayıcı kapalı."
    if standing.is_paused:
        return "Hizmet sağlayıcının aboneliği durdurulmuş."
    package, queued = order.package, standing.queued
    if refusal_of_change(package, standing, queued_is_paid=queued_is_paid, now=now):
        if queued is not None and queued.package_id != package.pk:
            return f"Ücreti ödenmiş {queued.package.name} yenilemesi sırada bekliyor."
        return f"{package.name} paketi başka bir siparişle zaten tanımlanmış."
    if not fits(package, addresses=addresses):
        limit = f"{package.max_addresses:,}".replace(",", ".")
        return f"Adres sayısı {package.name} paketinin sınırını ({limit}) aşıyor."
    return None


def _day(instant: datetime) -> str:
    return f"{istanbul_day(instant):%d.%m.%Y}"


def expires_at(order: Order) -> datetime | None:
    """Return the instant at which an open order runs out, or None when it does not (screens: 24 h, 7 and 14 days)."""
    if order.state == OrderState.DRAFT:
        return order.created_at + timedelta(hours=settings.DRAFT_LIFETIME_HOURS)
    if order.state == OrderState.CONTRACT_ACCEPTED and order.accepted_at:
        return order.accepted_at + timedelta(days=settings.ACCEPTED_LIFETIME_DAYS)
    if order.state == OrderState.TRANSFER_PENDING:
        return order.pay_by
    return None


def is_over(order: Order, *, now: datetime) -> bool:
    """Return whether the time of an open order has run out."""
    end = expires_at(order)
    return end is not None and end <= now


def refusal_of_other_method(order: Order, *, has_arrived: bool, now: datetime) -> str | None:
    """Return why the payer of an order by transfer may not choose its way of paying again, or None when they may."""
    if order.state != OrderState.TRANSFER_PENDING or order.accepted_at is None or is_over(order, now=now):
        return "Bu siparişin ödeme yöntemi değiştirilemez."
    if has_arrived:
        return "Bu siparişin koduyla bir ödeme geldi; ödeme yöntemi artık değiştirilemez."
    if order.accepted_at + timedelta(days=settings.ACCEPTED_LIFETIME_DAYS) <= now:
        days = settings.ACCEPTED_LIFETIME_DAYS
        return f"Ödeme yöntemi, sözleşmenin onayından sonra {days} gün içinde değiştirilebilir."
    return None


_LATE = timedelta(days=7)


def late_until(*, pay_by: datetime | None, accepted_at: datetime | None) -> date | None:
    """Return the last value date on which exact money still settles an expired order: a week after its time."""
    if pay_by is not None:
        return last_day(pay_by) + _LATE
    if accepted_at is not None:
        return istanbul_day(accepted_at + timedelta(days=settings.ACCEPTED_LIFETIME_DAYS)) + _LATE
    return None


def amount_due(order: Order, allocated: Decimal) -> Decimal:
    """Return what is still to be paid, in TRY; zero once the order is settled or given up."""
    if order.state in {OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUND_DUE, OrderState.REFUNDED}:
        return Decimal("0.00")
    return max(order.gross - allocated, Decimal("0.00"))


class AllocationRefused(Exception):
    """Money of a movement may not go where a person wants it; `str()` says why, in Turkish."""


# Orders that money by transfer can pay when a person says so.
PAYABLE = frozenset(
    {
        OrderState.CONTRACT_ACCEPTED,
        OrderState.TRANSFER_PENDING,
        OrderState.PARTIALLY_PAID,
        OrderState.EXPIRED,
        OrderState.IN_REVIEW,
        OrderState.CANCELLED,
    }
)
_CARD_STATES = frozenset({OrderState.CARD_PENDING, OrderState.CARD_UNKNOWN})


def refusal_of_share(order: Order, amount: Decimal, *, due: Decimal) -> str | None:
    """Return why an order may not take `amount` of a movement, or None when it may; `due` is what is open (TRY)."""
    code = order.code_display
    if amount <= 0:
        return f"{code} için sıfırdan büyük bir tutar yazın."
    if order.state in _CARD_STATES:
        return f"{code} siparişinin kart ödemesi sürüyor. Bankanın yanıtı geldikten sonra yeniden deneyin."
    if order.state not in PAYABLE or order.approval_id is None or order.subscription_id is not None:
        return f"{code} siparişi «{order.get_state_display()}» durumunda; ödeme alamaz."
    if amount > due:
        return (
            f"{code} için {format_lira(due)} bekleniyor, {format_lira(amount)} yazılamaz."
            " Fazlasını iade olarak ayırın ya da başka bir siparişe yazın."
        )
    return None


def needs_second_person(amount: Decimal) -> bool:
    """Return whether a decision about so much money (TRY, either sign) counts only by a second person."""
    return abs(amount) > settings.DECISION_SECOND_PERSON_ABOVE


def may_pay(line: StatementLine) -> bool:
    """Return whether a movement is money that came in lira and stayed: only that can pay, or go back."""
    return line.amount > 0 and line.currency == "TRY" and not line.is_reversal


IBAN_FORM = "TR ile başlayan 26 karakter olmalı ve denetim basamakları tutmalıdır."


def turkish_iban(value: str) -> str:
    """Return a Turkish IBAN with right check digits without its spaces, or an empty text for anything else."""
    iban = "".join(value.split()).upper()
    try:
        validate_iban(iban)
    except ValidationError:
        return ""
    return iban
