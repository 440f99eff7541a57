from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.gateways.nestpay import rates
from payments.gateways.registry import NAMES


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Ödemeler"

    def ready(self) -> None:
        # The outbox knows its handlers in every process, not only in workers; e-mails know their attachments.
        import_module(f"{self.name}.tasks")
        import_module(f"{self.name}.attachments")
        refuse_unknown_gateway()
        refuse_odd_instalments()


def refuse_unknown_gateway() -> None:
    """Refuse to start with a gateway that there is not: no payment would work. Raises ImproperlyConfigured."""
    if settings.CARD_GATEWAY not in NAMES:
        raise ImproperlyConfigured(f"CARD_GATEWAY: {settings.CARD_GATEWAY!r} is none of {', '.join(NAMES)}.")


def refuse_odd_instalments() -> None:
    """Refuse to start with instalments that cannot be understood. Raises ImproperlyConfigured in a sentence."""
    try:
        rates.parse(settings.NESTPAY_INSTALMENTS)
    except ValueError as error:
        raise ImproperlyConfigured(f"NESTPAY_INSTALMENTS: {error}") from None
