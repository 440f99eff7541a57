"""How often one address may ask: counted in the cache for all processes, and in each process for when it is away."""

import time
from hashlib import sha256
from ipaddress import ip_address, ip_network

import structlog
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest
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


def address_of(request: HttpRequest) -> str:
    """Return the address that asks, of IPv6 its network: one visitor has a whole /64.

    Behind a proxy it is the last entry of X-Forwarded-For, the one that our own proxy wrote.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or address
    try:
        known = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((known, 64), strict=False)) if known.version == 6 else str(known)
