"""Turkish hyphenation for print: the syllable rule of the spelling guide (TDK), which needs no dictionary.

A syllable begins at the one consonant before a vowel (``söz-leş-me``), or at a vowel that follows a vowel
(``sa-at``). Pyphen, which hyphenates for the PDF engine, has no patterns for Turkish, and could not use them:
it lower-cases a word first, and ``İ`` then becomes two characters.
"""

import re
from pathlib import Path

import pyphen

_VOWELS = "aeıioöuüâîûAEIİOÖUÜÂÎÛ"
_LETTER = r"[^\W\d_]"
_SYLLABLE = re.compile(rf"(?<={_LETTER})(?:(?=(?![{_VOWELS}]){_LETTER}[{_VOWELS}])|(?<=[{_VOWELS}])(?=[{_VOWELS}]))")
_KEY = Path("turkish-syllables")


def syllables(word: str) -> list[int]:
    """Return the places in `word` where a syllable begins, the first one left out."""
    return [match.start() for match in _SYLLABLE.finditer(word)]


class _TurkishSyllables(pyphen.HyphDict):
    """Answers Pyphen's question for a word by rule instead of by a file of patterns."""

    def __init__(self) -> None:
        """Take no file."""

    def positions(self, word: str) -> list[pyphen.DataInt]:
        return [pyphen.DataInt(place) for place in syllables(word)]


def register() -> None:
    """Make Pyphen, and with it the PDF engine, hyphenate Turkish; calling it again changes nothing."""
    pyphen.hdcache.setdefault(_KEY, _TurkishSyllables())
    pyphen.LANGUAGES["tr"] = _KEY
    pyphen.LANGUAGES_LOWERCASE["tr"] = "tr"
