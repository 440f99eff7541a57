"""The contract text that an installation starts with; further versions are rows of their own."""

import hashlib
from datetime import date

from contracts import markup
from contracts.enums import TextKind
from contracts.models import ContractText

_FIRST_DAY = date(2020, 1, 1)


def install() -> None:
    """Insert version 1 of the contract text where it is missing."""
    source = markup.packaged_source(TextKind.SERVICES, 1)
    ContractText.objects.get_or_create(
        kind=TextKind.SERVICES,
        version=1,
        defaults={
            "title": markup.title(source),
            "source": source,
            "sha256": hashlib.sha256(source.encode()).hexdigest(),
            "effective_from": _FIRST_DAY,
        },
    )
