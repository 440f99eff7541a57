"""How often an account may call from one address: İYS's limits, counted for all processes together."""

import time
from hashlib import sha256

from accounts.models import ApiAccount
from iys_portal.api.errors import refused
from iys_portal.api.registry import Hourly
from iys_portal.changes import COUNT
from iys_portal.throttling import Counter, counts_of

_HOUR = 3600
TOKENS_PER_HOUR = 100
"""For an address whose account is not known."""


def count_call(account: ApiAccount, *, address: str, hourly: Hourly | None) -> int:
    """Count one more call; return how often anything changed. Raises Refused (429 with Retry-After) at a limit."""
    caller = f"{account.pk}:{_hashed(address)}"
    clock = time.time()
    limits = [("H124", "second", 1, account.per_second)]
    if hourly is not None and (most := _hourly_limit(account, hourly)) is not None:
        limits.append((hourly.value, hourly.name.lower(), _HOUR, most))
    # The counter of a second is kept a little longer: clocks of two processes differ.
    keys = [Counter(f"api:{name}:{int(clock // seconds)}:{caller}", seconds + 1) for _, name, seconds, _ in limits]
    *counts, changes = counts_of([*keys, COUNT])
    for (code, _, seconds, most), count in zip(limits, counts, strict=True):
        if count > most:
            raise refused(code, headers=_later(clock, seconds))
    return changes


def count_token(account: ApiAccount | None, *, address: str) -> None:
    """Count one more question for a token from an address, before its secret is looked at. Raises Refused."""
    clock = time.time()
    (count,) = counts_of([Counter(f"api:token:{int(clock // _HOUR)}:{_hashed(address)}", _HOUR + 1)])
    most = account.tokens_per_hour if account else TOKENS_PER_HOUR
    if most is not None and count > most:
        raise refused("H084", headers=_later(clock, _HOUR))


def _hourly_limit(account: ApiAccount, hourly: Hourly) -> int | None:
    return account.status_per_hour if hourly == Hourly.STATUS else account.history_per_hour


def _later(clock: float, seconds: int) -> dict[str, str]:
    return {"Retry-After": str(max(1, seconds - int(clock % seconds)))}


def _hashed(address: str) -> str:
    return sha256(address.encode()).hexdigest()[:32]
