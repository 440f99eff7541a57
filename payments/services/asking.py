"""Ask gateways in rounds: one of a kind at a time, for a while only, and past a gateway that hangs.

Workers are few and are shared with every other task: a bank that lets each question time out must not keep one of them.
What a round leaves out is due in the next one.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zlib import crc32

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from iys_portal.audit.locks import exclusive
from payments.gateways.base import Outcome, Result

logger = structlog.get_logger(__name__)

_LOCK_SPACE = 0xCA2D
_ROUND = 15.0
_HANGING = 2.0
"""Seconds of a round, and of an answer that did not come: from then on its gateway hangs."""


@dataclass(frozen=True)
class Question:
    """What to ask which gateway; `ask` also makes true here what the answer says. `pk` is for the log."""

    gateway: str
    pk: int
    ask: Callable[[], Outcome]


def ask_round(kind: str, due: Callable[[], Iterable[Question]], *, clock: Callable[[], float] = time.monotonic) -> int:
    """Ask what is due; return how many questions were asked: none while another worker is at the same round."""
    with exclusive(_LOCK_SPACE, crc32(kind.encode())) as owned:
        return _ask(kind, due(), clock) if owned else 0


def _ask(kind: str, questions: Iterable[Question], clock: Callable[[], float]) -> int:
    ends, hanging, asked = clock() + _ROUND, set[str](), 0
    for question in questions:
        begun = clock()
        if begun >= ends:
            break
        if question.gateway in hanging:
            continue
        asked += 1
        outcome = _answer(kind, question)
        if outcome is not None and outcome.result == Result.UNKNOWN and clock() - begun >= _HANGING:
            logger.warning("gateway_hangs", gateway=question.gateway, kind=kind)
            hanging.add(question.gateway)
    return asked


def _answer(kind: str, question: Question) -> Outcome | None:
    """Return the answer, or None after a failure of ours: that keeps nothing else from being asked."""
    try:
        return question.ask()
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("sweep_failed", kind=kind, pk=question.pk)
        return None
