"""Import a bank statement and wait until its lines have been matched."""

import sys
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import CommandParser
from django.utils import timezone

from iys_portal.shared.commands import ObjectCommand
from payments.enums import StatementState
from payments.models import BankAccount
from payments.selectors.statements import empty_summary, summary_of
from payments.services import statements


class Command(ObjectCommand):
    help = "Read a bank statement, match its lines with orders, and say what became of them."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", required=True, help="the IBAN of our account")
        parser.add_argument("--format", default="mt940")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        iban = options["account"].replace(" ", "").upper()
        account = BankAccount.objects.filter(iban=iban).first()
        if account is None:
            self._refuse(f"{iban} bizim hesaplarımızdan biri değil.", as_json=options["json"])
        now = timezone.now()
        try:
            with path.open("rb") as file:
                statement, _ = statements.receive(
                    account=account,
                    format=options["format"],
                    filename=path.name,
                    content=file,
                    person=None,
                    now=now,
                )
        except OSError as error:
            self._refuse(f"{path.name} okunamadı: {error.strerror}.", as_json=options["json"])
        statements.process(statement_id=statement.pk, now=now)
        statement.refresh_from_db()
        self.answer(summary_of(statement), as_json=options["json"])
        if statement.state == StatementState.REFUSED:
            sys.exit(2)

    def _refuse(self, message: str, *, as_json: bool) -> NoReturn:
        """Answer as for a file that was read and refused, though there is no statement yet."""
        self.answer(empty_summary(message), as_json=as_json)
        sys.exit(2)
