"""From a template and its values to the subject, the text and the HTML of an e-mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from iys_portal.mail import style
from iys_portal.mail.enums import MailKind
from iys_portal.mail.markup import UNKNOWN, Letter, as_text, parse, protect

Value = str | bool | Sequence[Mapping[str, str]]
"""What a template is filled with: texts, switches, and rows of texts."""


@dataclass(frozen=True)
class Rendered:
    """An e-mail as it was written."""

    subject: str
    text: str
    html: str


def render(kind: MailKind, values: Mapping[str, Value]) -> Rendered:
    """Return the e-mail of a kind; raises ValueError when its template names a value that is missing."""
    letter, foot = _letter(kind.value, values), _letter("foot", {})
    return Rendered(letter.subject, _text(letter, foot), _html(letter, foot))


def _html(letter: Letter, foot: Letter) -> str:
    context = {
        "letter": letter,
        "foot": foot,
        "demo": settings.DEMO_MODE,
        "look": style.inline(),
        "dark_sheet": mark_safe(style.dark_sheet()),  # noqa: S308  (our own colours, nobody's words)
    }
    html = render_to_string("email/layout.html", context)
    return "\n".join(line for line in html.splitlines() if line.strip()) + "\n"


def _text(letter: Letter, foot: Letter) -> str:
    demo = "[Deneme ortamı]\n\n" if settings.DEMO_MODE else ""
    # "-- " and a line end begin the signature: mail programs fold it away and leave it out of answers.
    return f"{demo}{as_text(letter)}\n\n-- \n{foot.subject}\n{as_text(foot)}\n"


def _letter(template: str, values: Mapping[str, Value]) -> Letter:
    context = Context({name: _protected(value) for name, value in values.items()}, autoescape=False)
    return parse(_engine().get_template(f"{template}.txt").render(context))


def _protected(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return protect(value)
    return [{name: protect(text) for name, text in row.items()} for row in value]


@cache
def _engine() -> Engine:
    """Return an engine that escapes nothing: the markup is no HTML, and layout.html escapes what it is given."""
    return Engine(
        dirs=[str(settings.BASE_DIR / "templates" / "email")],
        autoescape=False,
        string_if_invalid=UNKNOWN,
    )
