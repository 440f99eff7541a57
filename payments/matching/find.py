"""Find order codes in what people type: sliding windows of nine over the squeezed text.

Squeezing undoes spaces, dashes, line breaks and glued words. One random window in 529 passes the check sums,
so a finding means something only together with an order that has that code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from iys_portal.shared import codes
from payments.matching.normalise import Normalised, normalise

_RUN = re.compile(f"[{codes.ALPHABET}]{{{codes.LENGTH},}}")


class Window(NamedTuple):
    """Nine squeezed characters from `start` on, read as `code` under an assumed fault."""

    start: int
    written: str
    code: str
    fault: codes.Fault | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A code that a text may mean.

    `written` are the nine characters that stand there; `fault` is None if they are the code itself. `alone`:
    no letter or digit touches them. `embedded`: they are part of a longer number or word, as a code typed on
    purpose hardly is, so that the amount and a proof must speak for it.
    """

    code: str
    written: str
    fault: codes.Fault | None
    alone: bool
    embedded: bool


@dataclass(frozen=True, slots=True)
class CandidateCodes:
    """The codes a text may mean: `exact` ones that stand in it, `near` ones that lie one fault away."""

    exact: frozenset[str]
    near: frozenset[str]


def candidate_codes(text: str) -> CandidateCodes:
    """Return every code that `decide` may look up for this text, so that many can be prefetched at once."""
    normalised = normalise(text)
    return CandidateCodes(
        exact=frozenset(window.code for window in _exact_windows(normalised)),
        near=frozenset(window.code for window in near_windows(normalised)),
    )


def exact_findings(normalised: Normalised) -> list[Finding]:
    """Return the valid codes that stand in the text, in order."""
    return [finding_at(normalised, window) for window in _exact_windows(normalised)]


def _exact_windows(normalised: Normalised) -> Iterator[Window]:
    for run in _RUN.finditer(normalised.squeezed):
        for start in range(run.start(), run.end() - codes.LENGTH + 1):
            written = normalised.squeezed[start : start + codes.LENGTH]
            if codes.is_valid(written):
                yield Window(start, written, written, None)


def near_windows(normalised: Normalised) -> Iterator[Window]:
    """Yield every way to read nine characters of the text as a code with one fault.

    Most of them are chance: look their codes up before asking `finding_at` where they stand.
    """
    squeezed = normalised.squeezed
    for start in range(len(squeezed) - codes.LENGTH + 1):
        written = squeezed[start : start + codes.LENGTH]
        for correction in codes.corrections(written):
            yield Window(start, written, correction.code, correction.fault)


def finding_at(normalised: Normalised, window: Window) -> Finding:
    """Return the window as a finding, with what touches it in the text."""
    before, after = normalised.surroundings(window.start, window.start + codes.LENGTH)
    return Finding(
        code=window.code,
        written=window.written,
        fault=window.fault,
        alone=not before and not after,
        embedded=_is_embedded(window.written, before, after),
    )


def _is_embedded(written: str, before: str, after: str) -> bool:
    """Glued words are everyday; a number or a word that goes on means that this is something else."""
    if before.isdigit() or after.isdigit():
        return True
    return (written.isalpha() or written.isdigit()) and bool(before or after)
