"""The statement sources of this installation."""

from pathlib import Path

from django.conf import settings

from payments.fetching.base import StatementSource
from payments.fetching.drop import Drop
from payments.fetching.ziraat import Ziraat


def sources() -> list[StatementSource]:
    """Return the sources that are configured."""
    found: list[StatementSource] = []
    if settings.STATEMENT_DROP:
        found.append(Drop(Path(settings.STATEMENT_DROP)))
    if settings.ZIRAAT_USER:
        found.append(Ziraat(settings.ZIRAAT_URL, settings.ZIRAAT_USER, settings.ZIRAAT_PASSWORD))
    return found
