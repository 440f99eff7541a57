"""The stylesheets: colours only in the tokens, readable in light and dark, no picture the policy refuses."""

import re
from pathlib import Path

import pytest
from bootstrap_wrapper import get_bootstrap_dir
from django.conf import settings

CSS: Path = settings.BASE_DIR / "static" / "css"
IMG: Path = settings.BASE_DIR / "static" / "img"
OWN = sorted(CSS.glob("*.css"))
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", re.IGNORECASE)

# Ink on ground, and the least contrast WCAG 2.2 AA asks for: text 4.5, borders of controls 3.
PAIRS = [
    ("ink", "canvas", 4.5),
    ("ink", "surface", 4.5),
    ("ink", "sunken", 4.5),
    ("muted", "canvas", 4.5),
    ("muted", "surface", 4.5),
    ("muted", "sunken", 4.5),
    ("primary", "canvas", 4.5),
    ("primary", "surface", 4.5),
    ("primary", "sunken", 4.5),
    ("primary-hover", "surface", 4.5),
    ("on-primary", "primary", 4.5),
    ("on-primary", "primary-hover", 4.5),
    ("on-primary", "bad", 4.5),
    ("ok", "ok-ground", 4.5),
    ("warn", "warn-ground", 4.5),
    ("bad", "bad-ground", 4.5),
    ("bad", "surface", 4.5),
    ("info", "info-ground", 4.5),
    ("accent", "surface", 4.5),
    ("accent", "info-ground", 4.5),
    ("muted", "info-ground", 4.5),
    ("ink", "info-ground", 4.5),
    ("ink", "warn-ground", 4.5),
    ("control", "surface", 3),
]


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours of the light and of the dark scheme by name."""
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    light, dark = text.split("@media", maxsplit=1)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in (light, dark)]
    return found[0], found[1]


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("path", [path for path in OWN if path.name != "tokens.css"], ids=lambda path: path.name)
def test_only_the_tokens_name_colours(path: Path) -> None:
    assert COLOUR.findall(path.read_text(encoding="utf-8")) == []


def test_light_and_dark_define_the_same_colours() -> None:
    light, dark = tokens()
    assert light.keys() == dark.keys()


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_contrast(scheme: int, ink: str, ground: str, least: float) -> None:
    colours = tokens()[scheme]
    assert contrast(colours[ink], colours[ground]) >= least


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_every_variable_is_a_token(path: Path) -> None:
    sheets = [sheet.read_text(encoding="utf-8") for sheet in OWN]
    defined = {name for sheet in sheets for name in re.findall(r"(--[\w-]+)\s*:", sheet)}
    used = set(re.findall(r"var\((--[\w-]+)", path.read_text(encoding="utf-8")))
    assert used - defined == set()


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_pictures_are_files_of_our_own(path: Path) -> None:
    for target in re.findall(r"url\(\"?([^\")]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).resolve().is_relative_to(IMG)
        assert (path.parent / target).is_file()


def test_no_embedded_picture_of_bootstrap_is_left() -> None:
    """Each element that Bootstrap gives a data: picture has its background overridden in forms.css."""
    bootstrap = (get_bootstrap_dir() / "css" / "bootstrap.min.css").read_text(encoding="utf-8")
    rules = re.findall(r"([^{}]+)\{([^{}]*data:image[^{}]*)\}", bootstrap)
    # A picture kept in a custom property is drawn by the element whose own background reads it.
    drawn_by = {
        ".navbar": ".navbar-toggler-icon",
        ".navbar-dark": ".navbar-toggler-icon",
        ".accordion": ".accordion-button",
    }
    subjects = {last_class(selector) for group, _ in rules for selector in group.split(",")}
    subjects = {drawn_by.get(subject, subject) for subject in subjects}
    overriding = (CSS / "forms.css").read_text(encoding="utf-8").split("Bootstrap's embedded pictures")[1]
    overridden = {last_class(line.rstrip(", {")) for line in overriding.splitlines() if line.startswith(".")}
    assert subjects - overridden == set()


def last_class(selector: str) -> str:
    """Return the class of the element a selector draws, ``.form-select`` of ``.a .form-select.is-valid``."""
    subject = selector.strip().split(" ")[-1]
    found = re.match(r"\.[\w-]+", subject)
    return found.group() if found else subject
