"""Bring in the demo data."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from iys_portal import demo


class Command(BaseCommand):
    help = "Bring in the demo companies, people, brands, directory and bank accounts; safe to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO_MODE:
            raise CommandError("Deneme verileri yalnızca deneme kipinde (DEBUG açıkken) yüklenir.")
        demo.install(now=timezone.now())
