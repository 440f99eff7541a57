"""Leave word in the cache of how the seal's key is. Only workers import this: it loads pyHanko and opens the key."""

from django.core.cache import cache

from contracts.keys import SealUnavailableError
from contracts.notices import CONDITION_KEY
from contracts.problems import SEAL_NOTICES
from contracts.sources import current_seal

_KEPT_SECONDS = 3600


def report() -> None:
    """Write until when the certificate is valid, or why there is nothing to seal with; public facts only."""
    try:
        condition = {"valid_until": current_seal().certificate.not_valid_after.isoformat()}
    except SealUnavailableError as error:
        condition = {"problem": SEAL_NOTICES[error.trouble]}
    cache.set(CONDITION_KEY, condition, timeout=_KEPT_SECONDS)
