"""`/api/`: every service and every code has its page; the document is one of OpenAPI 3.1 and says what is so."""

import re
from html import unescape
from itertools import groupby
from typing import Any

import pytest
from django.test import Client

from iys_portal.api.codes import codes
from iys_portal.api.document import document, in_order, places_of, refusals_of
from iys_portal.api.examples import examples_of
from iys_portal.api.registry import endpoints

pytestmark = pytest.mark.django_db


def test_the_first_page_names_every_service() -> None:
    html = Client().get("/api/").content.decode()
    for each in endpoints():
        assert f'href="/api/servis/{each.name}/"' in html, each.name
        assert each.paths[0] in html


def test_tokens_come_first_and_subjects_stand_together() -> None:
    tags = [each.tag for each in in_order()]
    assert tags[0] == "KİMLİK YÖNETİMİ"
    assert [tag for tag, _ in groupby(tags)] == list(dict.fromkeys(tags))
    assert {each.name for each in in_order()} == {each.name for each in endpoints()}


def test_every_service_has_its_page_with_four_examples() -> None:
    for each in endpoints():
        answer = Client().get(f"/api/servis/{each.name}/")
        html = answer.content.decode()
        assert (each.name, answer.status_code) == (each.name, 200)
        for language in ("curl", "Python", "PHP", "JavaScript"):
            assert f"<summary>{language}</summary>" in html
        for code in refusals_of(each):
            assert f"/api/hatalar/{code}/" in html, (each.name, code)


def test_examples_leave_no_place_open_and_python_compiles() -> None:
    for each in endpoints():
        for example in examples_of(each, base="https://iys.example"):
            assert not any(f"{{{place}}}" in example.text for place in places_of(each.paths[0])), example
            if example.language == "Python":
                compile(example.text, each.name, "exec")


def test_every_code_has_its_page() -> None:
    client = Client()
    for row in codes().values():
        html = client.get(f"/api/hatalar/{row.code}/").content.decode()
        assert row.cause in unescape(html), row.code
    assert client.get("/api/hatalar/H000/").status_code == 404
    assert client.get("/api/servis/nothing/").status_code == 404


def test_codes_are_searched() -> None:
    html = Client().get("/api/hatalar/?ara=h353").content.decode()
    assert re.findall(r'href="/api/hatalar/(\w+)/"', html) == ["H353"]
    assert "/api/hatalar/H111/" in Client().get("/api/hatalar/?ara=IZIN+tipi").content.decode()
    assert "Eşleşen kod yok" in Client().get("/api/hatalar/?ara=xyz").content.decode()


def test_the_document() -> None:
    found: dict[str, Any] = Client().get("/api/openapi.json").json()
    assert found["openapi"] == "3.1.0"
    declared = {(each.paths[0], each.method.lower()) for each in endpoints()}
    assert {(path, method) for path, methods in found["paths"].items() for method in methods} == declared
    names = set(found["components"]["schemas"])
    refs = set(re.findall(r'"#/components/schemas/(\w+)"', str(found).replace("'", '"')))
    assert refs <= names
    for path, methods in found["paths"].items():
        for operation in methods.values():
            named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert named == places_of(path)
    assert document() is document()
