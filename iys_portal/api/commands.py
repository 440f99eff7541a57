"""What the two commands share that make accounts of business partners and of AHS."""

from typing import Any, ClassVar

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.services.api_accounts import create_account
from iys_portal.shared.commands import ObjectCommand
from partners.enums import PartyKind
from partners.models import Intermediary, Partner
from partners.selectors.directory import party_with_code
from partners.selectors.standing import WORKS, grants_to
from partners.services.directory import ListedRow, Outcome, import_directory


class PartyAccountCommand(ObjectCommand):
    """Print username and password of a new account of the company with a code, entered where there is none."""

    kind: ClassVar[PartyKind]

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--code", type=int, required=True)
        parser.add_argument("--name", default="", help="the company's title, where none has the code")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        company = party_with_code(self.kind, options["code"]) or self._enter(options["code"], options["name"])
        owner: dict[str, Any] = {self.kind.value: company}
        issued = create_account(name="API hesabı", actor=None, now=now, **owner)
        result = {
            "username": issued.account.username,
            "password": issued.secret,
            "iysCode": company.code,
            "brandCodes": sorted(grant.brand.code for grant in grants_to(company, "", WORKS, now=now)),
        }
        self.answer(result, as_json=options["json"])

    def _enter(self, code: int, title: str) -> Partner | Intermediary:
        model: type[Partner | Intermediary] = Partner if self.kind == PartyKind.PARTNER else Intermediary
        row = ListedRow(1, str(code), title or f"{self.kind.label} {code}")
        (result,) = import_directory(model=model, rows=[row], actor=None)
        company = party_with_code(self.kind, code)
        if result.outcome == Outcome.REFUSED or company is None:
            raise CommandError(result.note)
        return company
