"""Make an API account of a business partner."""

from iys_portal.api.commands import PartyAccountCommand
from partners.enums import PartyKind


class Command(PartyAccountCommand):
    help = "Make an API account of a business partner (İş Ortağı), which is entered where none has the code."
    kind = PartyKind.PARTNER
