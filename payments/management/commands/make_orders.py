"""Make synthetic orders that await a bank transfer."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from iys_portal.shared.commands import ObjectCommand
from payments.selectors.orders import shown_bank_accounts
from payments.synthetic import make_orders


class Command(ObjectCommand):
    help = "Make N synthetic providers, each with one order awaiting a bank transfer."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--count", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError("Sentetik siparişler yalnızca deneme kipinde (DEBUG açıkken) üretilir.")
        account = shown_bank_accounts().first()
        if account is None:
            raise CommandError("Önce bir banka hesabı ekleyiniz.")
        orders = make_orders(count=options["count"], seed=options["seed"], now=timezone.now())
        rows = [
            {
                "code": order.code_display,
                "amount": str(order.gross),
                "provider": order.provider.title,
                "tax_number": order.provider.tin,
                "iban": account.iban,
            }
            for order in orders
        ]
        self.answer({"orders": rows}, as_json=options["json"])
