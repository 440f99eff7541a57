"""How often one address may ask: counted in the cache for all processes, and in each process for when it is away."""

import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest
from redis import ConnectionPool
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


def is_too_often(request: HttpRequest, *, what: str, times: int, seconds: int) -> bool:
    """Count one more request for `what`; return whether its address now has more than `times` in `seconds`.

    The cache holds a hash of the address, for as long as the window.
    """
    window = int(time.time()) // seconds
    key = f"throttle:{what}:{window}:{sha256(address_of(request).encode()).hexdigest()[:32]}"
    here = _count(caches["process"], key, seconds)
    try:
        return max(here, _count(caches["default"], key, seconds)) > times
    except (RedisError, OSError) as error:
        logger.warning("throttle_without_cache", error=type(error).__name__)
        return here > times


def _count(cache: BaseCache, key: str, seconds: int) -> int:
    if cache.add(key, 1, timeout=seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        return 1


class Counter(NamedTuple):
    """A counter that is forgotten `seconds` after it was last moved; a step of 0 asks without counting."""

    key: str
    seconds: int
    step: int = 1


def counts_of(counters: Sequence[Counter]) -> list[int]:
    """Count under each key and return the counts, this one included.

    One round trip. While the cache is away each process counts alone, and asks again after some seconds only; what
    is only asked is 0 then.
    """
    here = [_count(caches["process"], key, seconds) if step else 0 for key, seconds, step in counters]
    if time.monotonic() < _away["until"]:
        return here
    try:
        return [max(pair) for pair in zip(here, _counts_in_cache(counters), strict=True)]
    except (RedisError, OSError) as error:
        _note_away(error)
        return here


def raise_count(counter: Counter) -> None:
    """Raise a counter of which it does no harm to be raised twice; while the cache is away it stays as it is."""
    if time.monotonic() < _away["until"]:
        return
    try:
        with suppress(RedisError, OSError):  # a connection that was kept open may have died in silence
            _counts_in_cache([counter])
            return
        _counts_in_cache([counter])
    except (RedisError, OSError) as error:
        _note_away(error)


def _note_away(error: Exception) -> None:
    _away["until"] = time.monotonic() + _AWAY_SECONDS
    logger.warning("throttle_without_cache", error=type(error).__name__)


_AWAY_SECONDS = 5
_away = {"until": 0.0}


def _counts_in_cache(counters: Sequence[Counter]) -> list[int]:
    cache: Any = caches["default"]
    client = _clients.get(cache)
    if client is None:  # making one takes longer than asking it
        client = _clients[cache] = cache._cache.get_client(None, write=True)
    names = [cache.make_key(counter.key) for counter in counters]
    asked = [
        ("INCRBY", name, counter.step) if counter.step else ("GET", name)
        for name, counter in zip(names, counters, strict=True)
    ]
    kept = [("EXPIRE", name, counter.seconds) for name, counter in zip(names, counters, strict=True) if counter.step]
    return [int(answer or 0) for answer in _answers(client.connection_pool, [*asked, *kept])[: len(counters)]]


def _answers(pool: ConnectionPool, commands: Sequence[tuple[str | int, ...]]) -> list[Any]:
    """Return what the cache answers to commands that travel together; a pipeline object takes half as long again."""
    wire: Any = pool.get_connection()  # its methods have no types
    try:
        wire.send_packed_command(wire.pack_commands(commands))
        return [wire.read_response() for _ in commands]
    except BaseException:
        wire.disconnect()  # with all that it would still answer
        raise
    finally:
        pool.release(wire)


_clients: WeakKeyDictionary[BaseCache, Any] = WeakKeyDictionary()


def address_of(request: HttpRequest) -> str:
    """Return the address that asks, of IPv6 its network: one visitor has a whole /64."""
    try:
        known = ip_address(exact_address_of(request))
    except ValueError:
        return "unknown"
    return str(ip_network((known, 64), strict=False)) if known.version == 6 else str(known)


def exact_address_of(request: HttpRequest) -> str:
    """Return the address that asks as it is written, or an empty text.

    Behind a proxy it is the last entry of X-Forwarded-For, the one that our own proxy wrote.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    return address
