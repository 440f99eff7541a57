"""How e-mails look. Their styles must stand on the elements themselves: many mail programs read nothing else.

Colours are the portal's own: read from static/css/tokens.css, the one file that names any. The light ones stand
on the elements; programs that know dark mode read the dark ones from a <style> that overrides them.
"""

import re
from functools import cache

from django.conf import settings

_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif"
_RULE = "border-bottom-width:1px;border-bottom-style:solid;vertical-align:top"

# element: (what does not change with the scheme, the colours by their token)
_LOOK: dict[str, tuple[str, dict[str, str]]] = {
    "page": (
        f"margin:0;padding:16px 8px 32px;font-family:{_FONT};font-size:16px;line-height:1.5",
        {"background-color": "canvas", "color": "ink"},
    ),
    "sheet": (
        "max-width:600px;margin:0 auto;border-width:1px;border-style:solid;border-radius:6px",
        {"background-color": "surface", "border-color": "hairline"},
    ),
    "head": (
        "margin:0;padding:16px 24px;border-bottom-width:1px;border-bottom-style:solid;font-weight:600",
        {"border-bottom-color": "hairline", "color": "primary"},
    ),
    "demo": ("display:inline-block;font-weight:400;font-size:14px;white-space:nowrap", {"color": "accent"}),
    "body": ("padding:24px 24px 8px", {}),
    "title": ("margin:0 0 16px;font-size:22px;line-height:1.3;overflow-wrap:anywhere", {"color": "ink"}),
    "paragraph": ("margin:0 0 16px;overflow-wrap:anywhere", {"color": "ink"}),
    "items": ("margin:0 0 16px;padding:0 0 0 20px", {"color": "ink"}),
    "item": ("margin:0 0 4px;overflow-wrap:anywhere", {}),
    "rows": ("width:100%;margin:0 0 16px;border-collapse:collapse", {}),
    "label": (
        f"width:38%;padding:8px 12px 8px 0;{_RULE};text-align:left;font-weight:400;font-size:14px;line-height:1.7",
        {"border-bottom-color": "hairline", "color": "muted"},
    ),
    "value": (
        f"padding:8px 0;{_RULE};font-weight:600;overflow-wrap:anywhere;word-break:break-word",
        {"border-bottom-color": "hairline", "color": "ink"},
    ),
    "action": ("margin:24px 0", {}),
    "button": (
        "display:inline-block;padding:10px 20px;border-radius:6px;font-weight:600;text-decoration:none",
        {"background-color": "primary", "color": "on-primary"},
    ),
    "foot": ("max-width:600px;margin:0 auto;padding:16px 24px 0;font-size:14px", {"color": "muted"}),
    "note": ("margin:0 0 4px;overflow-wrap:anywhere", {"color": "muted"}),
}


@cache
def inline() -> dict[str, str]:
    """Return the style of each element, with the light colours."""
    light, _ = _colours()
    return {name: ";".join([fixed, *_declared(colours, light)]) for name, (fixed, colours) in _LOOK.items()}


@cache
def dark_sheet() -> str:
    """Return the rules that put the dark colours in the place of the light ones."""
    _, dark = _colours()
    rules = [
        f".m-{name}{{{'!important;'.join(_declared(colours, dark))}!important}}"
        for name, (_, colours) in _LOOK.items()
        if colours
    ]
    return "\n".join(["@media (prefers-color-scheme:dark){", *rules, "}"])


def _declared(colours: dict[str, str], scheme: dict[str, str]) -> list[str]:
    return [f"{prop}:{scheme[token]}" for prop, token in colours.items()]


def _colours() -> tuple[dict[str, str], dict[str, str]]:
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    light, dark = text.split("@media", maxsplit=1)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return found[0], found[1]
