"""Recompute every invariant from the rows alone."""

import sys
from typing import Any

from iys_portal import ledger
from iys_portal.shared.commands import ObjectCommand


class Command(ObjectCommand):
    help = "Check the invariants of money, subscriptions, contracts, consents and audit; exit 1 when one is broken."

    def handle(self, *_args: Any, **options: Any) -> None:
        checks = ledger.verify()
        if options["json"]:
            self.answer({"checks": checks}, as_json=True)
        else:
            rows = [{"check": name, **result} for name, result in checks.items()]
            self.answer({"checks": rows}, as_json=False)
        if not all(result["ok"] for result in checks.values()):
            sys.exit(1)
