"""Live answers judged by İYS's own document, where the copy of it is at hand.

The document contradicts itself here and there: of some answers its own examples do not keep to its schema. What its
examples keep to, ours must; where they do not, ours has the examples' keys.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.http import HttpResponse

from brands.models import Brand
from consents.enums import Source
from consents.services import record_citizens_movement
from tests import factories
from tests.consents.api.conftest import Consents, Make, consent
from tests.consents.api.test_adding import every_call
from tests.consents.api.test_asking import citizens
from tests.consents.scene import MAILS, PHONES

pytestmark = pytest.mark.django_db

FILE = Path(__file__).parents[3].parent / "shared" / "reference" / "iys-api-openapi-3.2.0.json"
BASE = "/sps/{iysCode}/brands/{brandCode}/consents"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    if not FILE.is_file():
        pytest.skip(f"İYS's document is not there: {FILE.name} under ../shared/reference/")
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def judge(document: dict[str, Any], path: str, method: str, answer: HttpResponse) -> None:
    """Assert that the document has this status, and that the body is what it or its examples say."""
    responses = document["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, answer.content
    if answer.status_code == 204:
        assert answer.content == b""
        return
    assert answer.headers["Content-Type"] == "application/json"
    (media,) = responses[str(answer.status_code)]["content"].values()
    examples = [example["value"] for example in media.get("examples", {}).values()]
    schema = {**media["schema"], "components": document["components"]}
    body = answer.json()
    if all(_is_valid(example, schema) for example in examples):
        jsonschema.validate(_echoes_as_texts(body), schema)
    known = _keys(examples) | {"code", "location", "value", "index"}
    assert _keys([body]) <= known | _declared(media["schema"], document), (path, answer.status_code)


def _echoes_as_texts(body: Any) -> Any:
    """Return a refusal without faulty values that are no texts: they are echoed as they came (ADR 40)."""
    for error in body.get("errors", []) if isinstance(body, dict) else []:
        if not isinstance(error.get("value", ""), str):
            del error["value"]
    return body


def _is_valid(value: Any, schema: dict[str, Any]) -> bool:
    return jsonschema.validators.validator_for(schema)(schema).is_valid(value)


def _keys(values: list[Any]) -> set[str]:
    """Return all keys of these values, at any depth but that of a faulty value."""
    keys: set[str] = set()
    for value in values:
        if isinstance(value, dict):
            keys |= value.keys()
            keys |= _keys([inner for name, inner in value.items() if name != "value"])
        elif isinstance(value, list):
            keys |= _keys(value)
    return keys


def _declared(schema: Any, document: dict[str, Any]) -> set[str]:
    """Return all names of properties that a schema declares, at any depth."""
    if isinstance(schema, list):
        return set().union(*(_declared(each, document) for each in schema))
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        return _declared(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    names = set(schema.get("properties", {}))
    for inner in schema.values():
        names |= _declared(inner, document)
    return names


@pytest.mark.parametrize("version", ["", "/v2"])
def test_adding(program: Consents, brand: Brand, document: dict[str, Any], version: str) -> None:
    dealer = factories.RetailerFactory.create(brand=brand)
    answers = [
        program.add(version=version, retailerCode=dealer.code),
        program.add(version=version, ago=90),
        program.add(version=version, recipient=PHONES[1], status="RET"),
        program.add(version=version, retailerCode=99999999),
        program.add(version=version, retailerAccess=[99999999]),
        program.add(version=version, recipient="x", type="x", other="x"),
        program.add(version=version, retailerAccess=[]),
        program.add(version=version, without=("recipient", "type", "status", "source", "consentDate")),
        program.client.post(program.path("consents", version=version), b"{"),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 400, 403, 403, 422, 422, 422, 400]
    for answer in answers:
        judge(document, f"{version}{BASE}", "post", answer)


@pytest.mark.parametrize("version", ["", "/v2"])
def test_batches(program: Consents, document: dict[str, Any], version: str) -> None:
    bare = consent(recipient=MAILS[1], recipientType="TACIR", without=("source", "consentDate"))
    program.send(consent(recipient=MAILS[0]))
    program.work()
    accepted = program.send(consent(), consent(recipient=MAILS[0]), bare, version=version)
    refused = [
        program.send(consent(), consent(), version=version),
        program.send(consent(recipient=7), version=version),
        program.send(consent(retailerAccess=[99999999]), version=version),
        program.send(version=version),
    ]
    assert [answer.status_code for answer in (accepted, *refused)] == [202, 422, 422, 403, 400]
    for answer in (accepted, *refused):
        judge(document, f"{version}{BASE}/request", "post", answer)
    request_id = accepted.json()["requestId"]
    waiting = program.results(request_id, version=version)
    program.work()
    done = program.results(request_id, version=version)
    others = [
        program.results(text, version=version) for text in ("abc", "123", "x" * 37, "5980a44b06f343c29b1ab61bfceb95fa")
    ]
    assert [answer.status_code for answer in (waiting, done, *others)] == [200, 200, 422, 422, 422, 200]
    assert {item["status"] for item in done.json()} == ({"success"} if version else {"success", "failure"})
    for answer in (waiting, done, *others):
        judge(document, f"{version}{BASE}/request/{{requestId}}", "get", answer)


def test_asking(program: Consents, brand: Brand, document: dict[str, Any], clock: Any) -> None:
    program.add(retailerCode=factories.RetailerFactory.create(brand=brand).code)
    new = citizens(brand, recipient=PHONES[1], source=Source.IYS_WEB_YENI, citizen_name="Ahmet Tuna Yılmaz")
    record_citizens_movement(**new)
    key = {"recipient": PHONES[0], "type": "MESAJ", "recipientType": "BIREYSEL"}
    for rest in ("status", "history"):
        good, bad, torn = program.ask(rest, key), program.ask(rest, {"type": "x"}), program.ask(rest, b"{")
        assert [answer.status_code for answer in (good, bad, torn)] == [200, 422, 400]
        for answer in (good, bad, torn):
            judge(document, f"{BASE}/{rest}", "post", answer)
    many = [
        program.ask("BIREYSEL/status/MESAJ", body)
        for body in ({"recipients": [*PHONES]}, {}, {"recipients": {}}, {"recipients": [MAILS[0]]}, b"{")
    ]
    assert [answer.status_code for answer in many] == [200, 422, 422, 422, 400]
    for answer in many:
        judge(document, f"{BASE}/{{recipientType}}/status/{{type}}", "post", answer)
    clock.shift(3601)
    named = program.changes()
    assert [row["citizenName"] for row in named.json()["list"]] == ["Ahmet Tuna Yılmaz"]
    feed = [program.changes(**each) for each in ({"source": "HS"}, {"after": named.json()["after"]})]
    wrong = [program.changes(source="x"), program.changes(limit=0)]
    assert [answer.status_code for answer in (named, *feed, *wrong)] == [200, 200, 204, 422, 422]
    for answer in (named, *feed, *wrong):
        judge(document, f"{BASE}/changes", "get", answer)


def test_links(program: Consents, document: dict[str, Any]) -> None:
    program.add(recipient=MAILS[0])
    both = [{"recipient": mail, "recipientType": "BIREYSEL"} for mail in MAILS]
    answers = [program.links(body) for body in ({"recipients": both}, [], {"recipients": [{"recipient": "x"}]})]
    assert [answer.status_code for answer in answers] == [200, 400, 422]
    for answer in answers:
        judge(document, "/sps/{iysCode}/brands/{brandCode}/via-hash-links", "post", answer)


def test_closed_doors(api: Make, program: Consents, document: dict[str, Any]) -> None:
    """No token, another provider's brand, no package: every endpoint of consents."""
    rival = factories.BrandFactory.create()
    factories.subscription(rival.provider)
    bare = factories.BrandFactory.create()
    without = Consents(api(bare.provider), bare)
    nobody = Consents(api(rival.provider), program.brand)
    nobody.client.token = "x"
    for status, door in ((403, Consents(api(rival.provider), program.brand)), (403, without), (401, nobody)):
        for (path, method), answer in zip(CALLS, every_call(door), strict=True):
            assert answer.status_code == status
            judge(document, path, method, answer)


CALLS = [
    (BASE, "post"),
    (f"/v2{BASE}", "post"),
    (f"{BASE}/request", "post"),
    (f"/v2{BASE}/request", "post"),
    (f"{BASE}/request/{{requestId}}", "get"),
    (f"/v2{BASE}/request/{{requestId}}", "get"),
    (f"{BASE}/status", "post"),
    (f"{BASE}/{{recipientType}}/status/{{type}}", "post"),
    (f"{BASE}/history", "post"),
    (f"{BASE}/changes", "get"),
]
