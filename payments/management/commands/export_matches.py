"""Say for each line of a statement which order it settled."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from iys_portal.shared.commands import ObjectCommand
from payments.models import Statement
from payments.selectors.statements import matches_of


class Command(ObjectCommand):
    help = "Print the verdict on every line of a statement."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--statement", type=int, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        statement = Statement.objects.filter(pk=options["statement"]).first()
        if statement is None:
            raise CommandError(f"{options['statement']} numaralı ekstre yok.")
        self.answer({"matches": matches_of(statement)}, as_json=options["json"])
