"""A new brand gets a number of the register."""

import secrets

from django.db import connection, transaction

from accounts.models import Provider
from brands.models import Brand
from iys_portal.audit.services import Actor, record

_CODES_LOCK = 0x1A5C0DE
_NUMBERS = range(1_000_000, 10_000_000)


def allot_code(numbers: range = _NUMBERS) -> int:
    """Return one of these numbers that neither a provider nor a brand has, the caller's until its transaction is over.

    One caller at a time: an advisory lock is held until then. The numbers are random, so that nobody reads from one
    how many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CODES_LOCK])
    while True:
        code = secrets.choice(numbers)
        if not (Brand.objects.filter(code=code).exists() or Provider.objects.filter(iys_code=code).exists()):
            return code


@transaction.atomic
def add_brand(*, provider: Provider, name: str, actor: Actor, is_master: bool = False) -> Brand:
    """Add a brand and return it: the master brand has its provider's number, any other one of its own."""
    code = provider.iys_code if is_master else allot_code()
    brand = Brand.objects.create(provider=provider, code=code, name=name, is_master=is_master)
    record(action="brand_added", subject=brand, actor=actor, code=code, name=name)
    return brand
