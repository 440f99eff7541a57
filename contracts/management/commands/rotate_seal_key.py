"""Put new keys in the place of the development PKI's, keeping what was sealed with the old ones verifiable."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone

from contracts.development_pki import rotate_development_pki
from contracts.trust import pki_folder
from iys_portal.shared.commands import ObjectCommand


class Command(ObjectCommand):
    help = "Make new development keys (root, seal, time stamps); old certificates and revocation lists stay trusted."

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.SEAL_SOURCE != "development":
            raise CommandError("The seal's key is not the portal's to make: see docs/runbook.md, \"A new seal key\".")
        if not pki_folder().exists():
            raise CommandError("There is no development PKI yet; the first worker that needs it makes it.")
        new = rotate_development_pki(pki_folder(), now=timezone.now())
        self.answer({"set": new.name}, as_json=options["json"])
