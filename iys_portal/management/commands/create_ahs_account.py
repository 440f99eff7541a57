"""Make an API account of an AHS."""

from iys_portal.api.commands import PartyAccountCommand
from partners.enums import PartyKind


class Command(PartyAccountCommand):
    help = "Make an API account (HTTP Basic) of an AHS, which is entered where none has the code."
    kind = PartyKind.INTERMEDIARY
