"""Fetch the revocation lists of the seal's and the time stamps' issuers, and keep the newest of each."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import structlog
from cryptography import x509

logger = structlog.get_logger(__name__)

_FRESH = timedelta(hours=1)
_DEADLINE_SECONDS = 5.0
_PAUSE_SECONDS = 60.0
_MAX_BYTES = 8 * 1024 * 1024
_not_before: dict[str, float] = {}


def refresh_lists(addresses: Iterable[str], *, folder: Path, now: datetime) -> None:
    """Fetch each list that is older than an hour into `folder`; what cannot be fetched stays as it was.

    A list is evidence only by its issuer's signature, which is checked where it is used. An address that failed is
    left alone for a minute, so that a dead server does not slow every document down.
    """
    for address in addresses:
        path = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.crl"
        if _fresh(path, now) or time.monotonic() < _not_before.get(address, 0.0):
            continue
        try:
            _store(path, _fetch(address))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            _not_before[address] = time.monotonic() + _PAUSE_SECONDS
            logger.warning("revocation_list_not_fetched", list=path.name, error=type(error).__name__)


def _fresh(path: Path, now: datetime) -> bool:
    return path.exists() and now.timestamp() - path.stat().st_mtime < _FRESH.total_seconds()


def _fetch(address: str) -> bytes:
    body, deadline = bytearray(), time.monotonic() + _DEADLINE_SECONDS
    mounts = {"all://127.0.0.1": None, "all://localhost": None}
    with (
        httpx.Client(timeout=_DEADLINE_SECONDS, mounts=mounts) as client,
        client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        answer.raise_for_status()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > _MAX_BYTES or time.monotonic() > deadline:
                raise ValueError("the list is too long or too slow")
    content = bytes(body)
    if content.lstrip().startswith(b"-----BEGIN"):
        x509.load_pem_x509_crl(content)
    else:
        x509.load_der_x509_crl(content)
    return content


def _store(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".crl-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
