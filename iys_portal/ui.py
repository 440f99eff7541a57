"""What every template may use without loading it: icons, Turkish formats, and the components that wrap text.

Registered as a builtin of the template engine (settings.TEMPLATES). Filters answer an empty text for None, so
that a template needs no branch for a value that is not there yet.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django import template
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from accounts.rules import who_may
from iys_portal.shared import codes
from iys_portal.shared.clock import ISTANBUL, istanbul_day
from iys_portal.shared.money import format_lira
from iys_portal.shared.numerals import grouped

register = template.Library()


@lru_cache(maxsize=256)
def _svg(name: str, size: int) -> SafeString:
    attributes = {"class": "icon", "aria-hidden": "true", "focusable": "false"}
    svg: str = lucide(name, size=size, **attributes)
    return mark_safe(svg)  # noqa: S308  (from the package, not from people)


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """Return a Lucide icon as inline SVG of `size` CSS pixels, hidden from readers: words beside it speak.

    Raises lucide.IconDoesNotExist for an unknown name.
    """
    return _svg(str(name), size)


@register.filter
def lira(amount: Decimal | None) -> str:
    """Return an amount in Turkish lira as ``5.097,60 ₺``."""
    return "" if amount is None else format_lira(amount)


@register.filter
def tarih(value: date | datetime | None) -> str:
    """Return a day as ``23.11.2026``; an aware instant is shown as its day in Istanbul."""
    if value is None:
        return ""
    day = istanbul_day(value) if isinstance(value, datetime) else value
    return f"{day:%d.%m.%Y}"


@register.filter
def tarih_saat(instant: datetime | None) -> str:
    """Return an aware instant as Istanbul wall time, ``23.11.2026 14:05``."""
    return "" if instant is None else f"{instant.astimezone(ISTANBUL):%d.%m.%Y %H:%M}"


@register.filter
def son_gun(end: date | datetime | None) -> str:
    """Return the last day of a term as ``23.11.2026``: terms are stored with the first instant after them."""
    return tarih(end - timedelta(microseconds=1) if isinstance(end, datetime) else end)


@register.filter
def sayi(number: int | None) -> str:
    """Return a whole number with Turkish thousands, ``1.234``."""
    return "" if number is None else grouped(number)


@register.filter
def iban(value: str) -> str:
    """Return an IBAN in groups of four, as it is printed; spaces already there do not matter."""
    digits = "".join(str(value).split())
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


@register.filter
def kod(code: str) -> str:
    """Return an order code as a customer types it, ``KM7-T3R-AWC``."""
    return codes.display(code)


@register.filter
def dogrulama_kodu(code: str) -> str:
    """Return a verification code in groups of four, as it is printed."""
    return codes.grouped(code)


@register.filter
def anchor(field: BoundField) -> str:
    """Return the id of the control a message about `field` should lead to: of a group, its first choice."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.filter
def suffix(field: BoundField) -> str:
    """Return the unit shown after a control (the widget's ``data-suffix``), or an empty text."""
    return str(field.field.widget.attrs.get("data-suffix", ""))


@register.filter
def hint(option: BoundWidget) -> str:
    """Return the hint of one radio choice (its ``data-hint``), or an empty text."""
    return str(option.data["attrs"].get("data-hint", ""))


@register.simple_block_tag
def howto(content: str) -> str:
    """Wrap list items in the screen's own “Nasıl yapılır?” disclosure."""
    return render_to_string("components/howto.html", {"content": content})


@register.simple_block_tag
def notice(content: str, tone: str = "info") -> str:
    """Wrap a message in a notice; `tone` is ok, info, warn or bad."""
    return render_to_string("components/notice.html", {"content": content, "tone": tone})


@register.simple_tag
def only_for(capability: str) -> str:
    """Return the sentence that says whose role an act takes, for people who may not do it."""
    return who_may(capability)
