"""Every template: nothing inline; its icons, files and addresses exist; its POST forms are protected."""

import gzip
import re
from pathlib import Path

import pytest
from bootstrap_wrapper import get_bootstrap_dir
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.urls import get_resolver

from iys_portal import ui

ROOT = settings.BASE_DIR / "templates"
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
# PDF templates are rendered by WeasyPrint, e-mails by mail programs that know inline styles only.
WEB = [name for name in PAGES if not name.startswith(("pdf/", "email/"))]


def source(name: str) -> str:
    """Return a template's text without its comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", text, flags=re.DOTALL)


def test_there_are_templates() -> None:
    assert {"base.html", "entry.html"} <= set(WEB)


@pytest.mark.parametrize("name", WEB)
def test_a_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", WEB)
def test_nothing_is_inline(name: str) -> None:
    text = source(name)
    assert re.findall(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\shx-on", text, flags=re.IGNORECASE) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", text) if " src=" not in tag] == []


@pytest.mark.parametrize("name", WEB)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    loading = re.findall(r"<(?:script|img|iframe|link|source|form)\b[^>]*>", source(name))
    assert [tag for tag in loading if re.search(r"""["'](?:https?:)?//|["']data:""", tag)] == []


@pytest.mark.parametrize("name", WEB)
def test_every_icon_exists(name: str) -> None:
    for icon in re.findall(r'{% icon "([^"]+)"', source(name)):
        ui.icon(icon)


@pytest.mark.parametrize("name", WEB)
def test_every_static_file_exists(name: str) -> None:
    files = re.findall(r"{% static ['\"]([^'\"]+)['\"]", source(name))
    assert [file for file in files if finders.find(file) is None] == []


@pytest.mark.parametrize("name", WEB)
def test_every_address_exists(name: str) -> None:
    known = set(names_of(get_resolver(), ""))
    named = set(re.findall(r"{% url ['\"]([^'\"]+)['\"]", source(name)))
    assert named - known == set()


def names_of(resolver: object, namespace: str) -> list[str]:
    """Return the names of all routes, with their namespaces."""
    names = []
    for pattern in resolver.url_patterns:  # type: ignore[attr-defined]
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            names += names_of(pattern, inner)
        elif pattern.name:
            names.append(f"{namespace}{pattern.name}")
    return names


@pytest.mark.parametrize("name", WEB)
def test_every_post_form_has_its_token_and_no_browser_bubbles(name: str) -> None:
    forms = re.findall(r"<form\b[^>]*>.*?</form>", source(name), flags=re.DOTALL)
    posts = [form for form in forms if 'method="post"' in form.split(">")[0]]
    to_the_bank = [form for form in posts if 'action="{{ action.url }}"' in form]
    assert [form for form in to_the_bank if "{% csrf_token %}" in form] == []  # our token is nobody else's
    assert [form for form in posts if "{% csrf_token %}" not in form] == to_the_bank
    with_fields = [form for form in posts if "field" in form]
    assert [form for form in with_fields if "novalidate" not in form.split(">")[0]] == []


@pytest.mark.parametrize("name", WEB)
def test_ids_are_given_once_in_a_template(name: str) -> None:
    ids = re.findall(r'\sid="([\w-]+)"', source(name))
    assert sorted(ids) == sorted(set(ids))


def test_scripts_and_styles_stay_small() -> None:
    """A first page weighs 60 KiB at most; 4 of them are for its HTML."""
    static: Path = settings.BASE_DIR / "static"
    own = [*static.glob("css/*.css"), *static.glob("js/*.js")]
    own = [path for path in own if path.name not in {"admin.css", "print.css"}]
    linked = [get_bootstrap_dir() / "css" / "bootstrap.min.css", *own]
    assert sum(len(gzip.compress(path.read_bytes())) for path in linked) <= 56 * 1024


@pytest.mark.parametrize("name", [name for name in WEB if re.search(r"\shx-(get|post)=", source(name))])
def test_a_page_that_asks_again_by_itself_loads_what_asks(name: str) -> None:
    pages = [page for page in WEB if page == name or f'include "{name}"' in source(page)]
    extending = [page for page in pages if "{% extends" in source(page)]
    assert extending != []
    assert [page for page in extending if 'include "components/htmx.html"' not in source(page)] == []
