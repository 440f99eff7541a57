"""Where in the text a code stands: alone, glued to words, or as a part of something longer."""

from typing import NamedTuple

from iys_portal.shared import codes
from payments.matching.normalise import Normalised
from payments.matching.scan import Window


class Finding(NamedTuple):
    """A code that a text may mean.

    `written` are the characters that stand there; `fault` is None if they are the code itself. `alone`: no letter
    or digit touches them. `embedded`: they are part of a longer number or word, as a code typed on purpose hardly
    is, so that the amount and a proof must speak for it.
    """

    code: str
    written: str
    fault: codes.Fault | None
    alone: bool
    embedded: bool

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Smaller is surer: whole, typed on purpose, standing alone."""
        return self.fault is not None, self.embedded, not self.alone


def finding_at(text: Normalised, window: Window) -> Finding:
    """Return the window as a finding, with what touches it in the text."""
    before, after = text.surroundings(window.start, window.end)
    written = text.squeezed[window.start : window.end]
    return Finding(
        code=window.code,
        written=written,
        fault=window.fault,
        alone=not before and not after,
        embedded=_is_embedded(written, before, after),
    )


def _is_embedded(written: str, before: str, after: str) -> bool:
    """Glued words are everyday; a number or a word that goes on means that this is something else."""
    touching = before + after
    if any(glyph.isdigit() for glyph in touching):
        return True
    return (written.isalpha() or written.isdigit()) and bool(touching)
