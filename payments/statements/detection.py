"""Which formats a file may have, by its beginning and its name: a choice for the upload form, never a decision."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from iys_portal.shared.sheets.table import heading
from iys_portal.shared.sheets.text import encoding_of
from payments.statements.profile import BankProfile
from payments.statements.profiles import BUILT_IN

# Blanks only: a run of line ends would be walked through from each of them.
_TAGS = re.compile(r"^[ \t]*(?:\{1:.*)?:(?:20|25P?|28C?|60[FM]|61):", re.MULTILINE)
_ELEMENTS = {"camt053": ("BkToCstmrStmt", "camt.053"), "ziraat": ("HareketlerDetay", "HesapEkstre", "AcilisBakiye")}
_NAMES = {".sta": "mt940", ".mt940": "mt940", ".940": "mt940"}
_ZIP = b"PK\x03\x04"
HEAD = 64 * 1024
"""Bytes of a file's beginning that are enough to tell."""


def detect(source_head: bytes, filename: str, *, profiles: Mapping[str, BankProfile] = BUILT_IN) -> list[str]:
    """Return the formats that a file beginning with `source_head` (some kilobytes) may have, the likeliest first."""
    ending = PurePath(filename).suffix.lower()
    if source_head.startswith(_ZIP):
        return [name for name, profile in profiles.items() if profile.kind == "xlsx"]
    text = source_head.decode(encoding_of(source_head), errors="replace")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return [name for name, words in _ELEMENTS.items() if any(word in text for word in words)]
    found = ["mt940"] if _TAGS.search(text) else []
    tables = {name: profile for name, profile in profiles.items() if profile.kind == "csv"}
    squeezed = heading(text)
    found += [name for name, profile in tables.items() if _has_headings(squeezed, profile)]
    if not found and ending in _NAMES:
        return [_NAMES[ending]]
    return found or (list(tables) if ending in {".csv", ".txt"} else [])


def _has_headings(squeezed: str, profile: BankProfile) -> bool:
    words = [name for name in profile.columns.named().values() if not name.startswith("#")] or profile.header_words
    return bool(words) and all(heading(word) in squeezed for word in words)
