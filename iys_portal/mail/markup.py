"""The markup that e-mails are written in, one source for the text and the HTML.

The first line is the subject. Then, separated by blank lines:

    a paragraph, over as many
    lines as it needs

    - an item of a list

    | label | value

    > label of the button | its address

Structure comes from the template alone: `protect` turns a value into characters that no line can mistake for
markup, however it begins and whatever it holds, and `parse` turns them back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from textwrap import fill

_VALUE = "\ue000"  # stands before each value, so that no value begins a line
_BAR = "\ue001"  # stands for the bar inside a value
UNKNOWN = "\ue002"
"""What the template engine writes for a variable that is not there."""

# Line ends, other control characters, ours, and those that turn the direction of writing: a space.
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ue000-\uf8ff\ufeff]+")

SUBJECT_LENGTH = 200
_WIDTH = 72


@dataclass(frozen=True)
class Block:
    """A part of a letter: `paragraph`, `items`, `rows` (label, value) or `button` (label, address)."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Letter:
    """A letter's subject, on one line, and its parts."""

    subject: str
    blocks: tuple[Block, ...]


def protect(value: str) -> str:
    """Return a value as it may stand in the source: on one line, with nothing that could be markup."""
    plain = _UNFIT.sub(" ", value).strip()
    return _VALUE + plain.replace("|", _BAR) if plain else ""


def _reveal(text: str) -> str:
    return " ".join(text.replace(_VALUE, "").replace(_BAR, "|").split())


def parse(source: str) -> Letter:
    """Return the letter of a filled template; raises ValueError where it has no subject or misses a value."""
    if UNKNOWN in source:
        raise ValueError("the template names a value that was not given")
    subject, _, body = source.strip().partition("\n")
    if not _reveal(subject):
        raise ValueError("the letter has no subject")
    return Letter(_shortened(_reveal(subject)), tuple(_blocks(body)))


def _shortened(subject: str) -> str:
    return subject if len(subject) <= SUBJECT_LENGTH else subject[: SUBJECT_LENGTH - 1].rstrip() + "…"


def _blocks(body: str) -> Iterator[Block]:
    for kind, group in groupby((line.strip() for line in body.split("\n")), key=_kind):
        lines = list(group)
        if kind == "paragraph":
            yield Block("paragraph", text=_reveal(" ".join(lines)))
        elif kind == "items":
            yield Block("items", items=tuple(_reveal(line[1:]) for line in lines))
        elif kind == "rows":
            yield Block("rows", rows=tuple(_pair(line) for line in lines))
        elif kind == "button":
            yield from (Block("button", rows=(_pair(line),)) for line in lines)


def _kind(line: str) -> str:
    if not line:
        return "blank"
    return {"-": "items", "|": "rows", ">": "button"}.get(line[0], "paragraph")


def _pair(line: str) -> tuple[str, str]:
    label, bar, value = line[1:].partition("|")
    if not bar:
        raise ValueError(f"no bar in {line!r}")
    return _reveal(label), _reveal(value)


def as_text(letter: Letter) -> str:
    """Return the parts of a letter as plain text of at most 72 columns; addresses and values stay whole."""
    return "\n\n".join(_text_of(block) for block in letter.blocks)


def _text_of(block: Block) -> str:
    if block.kind == "paragraph":
        return _filled(block.text)
    if block.kind == "items":
        return "\n".join(_filled(item, initial_indent="- ", subsequent_indent="  ") for item in block.items)
    if block.kind == "rows":
        return "\n".join(f"{label}: {value}" for label, value in block.rows)
    ((label, address),) = block.rows
    return f"{label}:\n{address}"


def _filled(text: str, initial_indent: str = "", subsequent_indent: str = "") -> str:
    return fill(
        text,
        width=_WIDTH,
        initial_indent=initial_indent,
        subsequent_indent=subsequent_indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
