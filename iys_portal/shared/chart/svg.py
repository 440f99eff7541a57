"""SVG as text: escaped, without any style of its own, so that a strict content security policy lets it pass.

Colours and faces come from classes (static/css/chart.css); for a PDF, which applies no page's sheet to a picture, the
rules are put into the picture itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from math import ceil

GLYPH, CAPITAL = 7.2, 8.6
"""How wide a letter and a capital of the charts' 12 px face are taken to be; real ones are narrower, but for few."""
WIDE, NARROW = 760, 300
_NARROW_BELOW = 480


class Svg(str):
    """Markup that template engines need not escape."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the text as it is."""
        return self


def tag(name: str, *children: str, text: str = "", **attributes: float | str) -> Svg:
    """Return an element with escaped attributes; ``class_`` and ``text_anchor`` become class and text-anchor."""
    named = "".join(f' {key.strip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    inner = escape(text, quote=False) + "".join(children)
    return Svg(f"<{name}{named}>{inner}</{name}>" if inner else f"<{name}{named}/>")


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return escape(value)
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def clipped(text: str, room: float) -> str:
    """Return as much of a text as fits into so many units, with an ellipsis where something is missing."""
    if text_width(text) <= room:
        return text
    ends = list(accumulate(map(_width, text)))
    most = sum(end <= room - GLYPH for end in ends)
    return f"{text[:most].rstrip()}…"


def text_width(text: str) -> int:
    """Return how many units a text takes, rather too many than too few."""
    return ceil(sum(map(_width, text)))


def _width(glyph: str) -> float:
    return CAPITAL if glyph.isupper() else GLYPH


@dataclass(frozen=True)
class Drawing:
    """What was drawn for a width: how high it became, and its elements from back to front."""

    height: int
    marks: Sequence[str]


Draw = Callable[[int], Drawing]


@dataclass(frozen=True)
class Picture:
    """A drawing for wide and for narrow screens, with what it says in words.

    `key` is its part of the page's ids; `title` names it, `desc` says what a person would read from it. `wide` is how
    many units the wide form has: about as many as it will have pixels.
    """

    key: str
    title: str
    desc: str
    draw: Draw
    wide: int = WIDE

    @property
    def svg(self) -> Svg:
        """Both forms; the sheet shows the one that fits."""
        return Svg(self._form("wide", self.wide) + self._form("narrow", NARROW))

    def printed(self, rules: str) -> Svg:
        """Return the wide form with style rules of its own, for a PDF."""
        return self._form("wide", self.wide, tag("style", text=rules))

    def _form(self, name: str, width: int, *before: str) -> Svg:
        drawing = self.draw(width)
        title, desc = f"{self.key}-{name}", f"{self.key}-{name}-aciklama"
        return tag(
            "svg",
            *before,
            tag("title", text=self.title, id=title),
            tag("desc", text=self.desc, id=desc),
            *drawing.marks,
            class_=f"chart chart-{name}",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width} {drawing.height}",
            role="img",
            aria_labelledby=f"{title} {desc}",
        )


def is_narrow(width: int) -> bool:
    """Return whether a drawing of this width is for a telephone."""
    return width < _NARROW_BELOW
