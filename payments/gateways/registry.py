"""Which gateways this installation has, and which one new attempts use."""

from django.conf import settings

from payments.gateways.base import Gateway
from payments.gateways.iyzico import Iyzico
from payments.gateways.nestpay import NestPay, rates

NAMES = ("iyzico", "nestpay")
"""What CARD_GATEWAY may be: the gateways that the portal can speak to."""


def _gateways() -> dict[str, Gateway]:
    found: list[Gateway] = []
    if settings.IYZICO_API_KEY:
        found.append(
            Iyzico(
                url=settings.IYZICO_URL,
                api_key=settings.IYZICO_API_KEY,
                secret_key=settings.IYZICO_SECRET_KEY,
                timeout=settings.CARD_TIMEOUT_SECONDS,
            )
        )
    if settings.NESTPAY_STORE_KEY:
        found.append(
            NestPay(
                url=settings.NESTPAY_URL,
                client_id=settings.NESTPAY_CLIENT_ID,
                store_key=settings.NESTPAY_STORE_KEY,
                api_user=settings.NESTPAY_API_USER,
                api_password=settings.NESTPAY_API_PASSWORD,
                timeout=settings.CARD_TIMEOUT_SECONDS,
                families=rates.parse(settings.NESTPAY_INSTALMENTS),
            )
        )
    return {each.name: each for each in found}


def gateway(name: str | None = None) -> Gateway:
    """Return the gateway of that name, or the one for new attempts. Raises KeyError for one we do not have."""
    return _gateways()[name or settings.CARD_GATEWAY]


def is_set_up(name: str) -> bool:
    """Return whether this installation has the gateway of that name: old payments may name one that it has no more."""
    return name in _gateways()


def cards_are_open() -> bool:
    """Return whether the gateway for new attempts has its keys: without them nobody is offered to pay by card."""
    return is_set_up(settings.CARD_GATEWAY)


def gateway_names() -> frozenset[str]:
    """Return the names of the gateways of this installation."""
    return frozenset(_gateways())
