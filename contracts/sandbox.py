"""Examine a PDF of unknown origin in a process of its own, bounded in processor time, memory and time to wait.

The file goes through a pipe and is kept nowhere. A parser that is led astray takes its own process down, no other.
"""

import base64
import json
import subprocess
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore

from contracts.examination import Anchors, Examination, Finding
from iys_portal.shared import apart

WAIT_SECONDS = 20.0
AT_ONCE = 2
_QUEUE_SECONDS = 5.0
_ROOT = Path(__file__).resolve().parent.parent
_COMMAND = apart.command("contracts.examiner")
_INSTANTS = ("sealed_at", "archived_at", "certificate_ends")
_places = BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """As many files as may be are being examined; nothing was done with this one."""


def examine_apart(pdf: bytes, *, anchors: Anchors, now: datetime) -> Examination:
    """Return `examine(pdf, …)`, or the finding UNBOUNDED when the file asks for too much; raise BusyError."""
    if not _places.acquire(timeout=_QUEUE_SECONDS):
        raise BusyError
    try:
        return _read(_run(pdf, anchors, now))
    finally:
        _places.release()


def _run(pdf: bytes, anchors: Anchors, now: datetime) -> bytes:
    order = {
        "roots": [base64.b64encode(one.dump()).decode() for one in anchors.roots],
        "others": [base64.b64encode(one.dump()).decode() for one in anchors.others],
        "lists": [base64.b64encode(one.dump()).decode() for one in anchors.lists],
        "now": now.isoformat(),
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by its fixed name
            _COMMAND,
            input=json.dumps(order).encode() + b"\n" + pdf,
            capture_output=True,
            timeout=WAIT_SECONDS,
            check=False,
            cwd=_ROOT,
            env=apart.ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""


def _read(answer: bytes) -> Examination:
    if not answer:
        return Examination(finding=Finding.UNBOUNDED)
    fields = json.loads(answer)
    instants = {name: datetime.fromisoformat(fields[name]) for name in _INSTANTS if fields[name]}
    return Examination(**{**fields, "finding": Finding(fields["finding"]), **instants})
