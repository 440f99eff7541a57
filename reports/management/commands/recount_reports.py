"""Count a day of a provider's movements anew."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from accounts.models import Provider
from iys_portal.shared.commands import ObjectCommand
from reports.services.roll_up import recount_day


class Command(ObjectCommand):
    help = "Count the daily roll-up of a provider's day anew from the events; says whether its figures changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--iys-code", type=int, required=True)
        parser.add_argument("--day", type=date.fromisoformat, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        provider = Provider.objects.filter(iys_code=options["iys_code"]).first()
        if provider is None:
            raise CommandError(f"No provider has the İYS number {options['iys_code']}.")
        changed = recount_day(provider_id=provider.pk, day=options["day"], now=timezone.now())
        self.answer({"changed": changed}, as_json=options["json"])
