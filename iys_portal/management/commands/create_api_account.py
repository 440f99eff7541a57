"""Make an API account of a service provider."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.selectors import provider_with_code
from accounts.services.api_accounts import create_account
from brands.enums import BrandState
from brands.selectors import brands_of
from iys_portal.shared.commands import ObjectCommand


class Command(ObjectCommand):
    help = "Make an API account of a service provider and print its username and password, which is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--iys-code", type=int, required=True)
        parser.add_argument("--name", default="API hesabı")

    def handle(self, *_args: Any, **options: Any) -> None:
        provider = provider_with_code(options["iys_code"]).first()
        if provider is None:
            raise CommandError(f"İYS No {options['iys_code']} olan bir hizmet sağlayıcı yok.")
        issued = create_account(provider=provider, name=options["name"][:60], actor=None, now=timezone.now())
        brands = brands_of(provider.pk).filter(state=BrandState.ACTIVE)
        result = {
            "username": issued.account.username,
            "password": issued.secret,
            "iysCode": provider.iys_code,
            "brandCodes": sorted(brand.code for brand in brands),
        }
        self.answer(result, as_json=options["json"])
