"""Live answers held against İYS's own OpenAPI document, where it lies beside the repository."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone
from jsonschema import Draft4Validator

from accounts.models import Provider
from brands.models import Brand
from push.services import connections as push
from tests import factories
from tests.api.conftest import Api
from tests.api.given import OTHER, PHONE, record

DOCUMENT = Path(__file__).parents[3] / "shared" / "reference" / "iys-api-openapi-3.2.0.json"
pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="İYS's document is not beside the repository")
Make = Callable[..., Api]
BRAND = "/sps/{iysCode}/brands/{brandCode}"

# Where the document's schema contradicts its own sample, the sample is what programs get.
_CONTRADICTIONS = {
    ("GET", f"{BRAND}/retailers", "200"): "the schema calls the list an object",
    ("PUT", f"{BRAND}/agreements/{{reportDate}}", "200"): "the schema writes aggrementCaptured",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
    return found


@pytest.fixture
def brand(provider: Provider) -> Brand:
    factories.subscription(provider)
    return factories.BrandFactory.create(provider=provider)


@pytest.fixture
def judge(document: dict[str, Any]) -> Callable[[str, str, HttpResponse], None]:
    """Assert that an answer's status is one of the document's for the path, and its body is of the schema."""

    def named(schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema that a reference names."""
        if "$ref" not in schema:
            return schema
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return named(found)

    def check(method: str, path: str, answer: HttpResponse) -> None:
        responses = document["paths"][path][method.lower()]["responses"]
        status = str(answer.status_code)
        assert status in responses, (method, path, status, answer.content)
        content = responses[status].get("content", {}).get("application/json", {})
        schema = content.get("schema")
        if not schema or not answer.content or "json" not in answer.headers["Content-Type"]:
            return
        body = answer.json()
        if answer.status_code >= 400:
            assert all(set(error) >= {"code", "message"} for error in body["errors"])
            if named(named(schema)["properties"]["errors"]).get("type") == "object":
                return  # some schemas call the list an object; all of the samples are lists
        if (method, path, status) in _CONTRADICTIONS:
            schema = json.loads(json.dumps(named(schema)))
            fields = schema["properties"]
            if "list" in fields:
                fields["list"] = {"type": "array", "items": fields["list"]}
            else:
                fields["agreementCaptured"] = fields.pop("aggrementCaptured")
        schema = {**_plain(schema), "components": document["components"]}
        errors = [f"{list(error.path)}: {error.message}" for error in Draft4Validator(schema).iter_errors(body)]
        assert errors == [], (method, path)

    return check


def _plain(schema: Any) -> Any:
    """Return a schema without its examples, which are not all of the form they should have."""
    if isinstance(schema, dict):
        return {
            name: _plain(value)
            for name, value in schema.items()
            if name not in {"example", "x-examples", "examples", "format"}
        }
    return [_plain(value) for value in schema] if isinstance(schema, list) else schema


def test_what_we_answer_is_what_the_document_says(
    api: Make, brand: Brand, judge: Callable[[str, str, HttpResponse], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api(brand.provider)
    home = BRAND.format(iysCode=brand.provider.iys_code, brandCode=brand.code)

    def call(method: str, rest: str, body: Any = None, *, path: str | None = None) -> HttpResponse:
        answer = (
            client.send(method, f"{home}{rest}", body)
            if body is not None
            else client.send(method, f"{home}{rest}", b"")
        )
        judge(method, path or f"{BRAND}{rest.partition('?')[0]}", answer)
        return answer

    dealer = {
        "title": "XYZ Ticaret",
        "name": "Gökçe Ağaoğlu",
        "tckn": factories.make_tckn(1),
        "tin": factories.make_vkn(1),
        "city": {"code": "34", "name": "İstanbul"},
        "town": {"code": "438", "name": "Kadıköy"},
        "mobile": "+905992000000",
        "alias": "Şube",
    }
    code = call("POST", "/retailers", dealer).json()["retailerCode"]
    call("POST", "/retailers", dealer)
    call("POST", "/retailers", [])
    one = f"{BRAND}/retailers/{{retailerCode}}"
    call("GET", "/retailers")
    call("GET", "/retailers?short=true")
    call("GET", f"/retailers/{code}", path=one)
    record(brand, PHONE)
    record(brand, OTHER)
    kind = {"type": "MESAJ", "recipientType": "BIREYSEL"}
    single, many = {**kind, "recipient": PHONE}, {**kind, "recipients": [PHONE, OTHER]}
    access = "/consents/retailers/access"
    assert call("POST", access, {**single, "retailerAccess": [code]}).status_code == 200
    assert call("PUT", access, {**many, "retailerAccess": [code]}).status_code == 202
    assert call("POST", "/consent/retailers/access/list", single).json()["pagination"]["totalCount"] == 1
    call("DELETE", f"/retailers/{code}", path=one)
    assert call("POST", f"{access}/remove", {**many, "retailerAccess": [code]}).status_code == 202
    assert call("POST", f"{access}/remove/all", many).status_code == 202
    assert call("DELETE", f"/retailers/{code}", path=one).status_code == 200
    for method, rest in (
        ("POST", access),
        ("PUT", access),
        ("POST", f"{access}/remove"),
        ("POST", f"{access}/remove/all"),
    ):
        assert call(method, rest, {}).status_code == 422
    assert call("POST", "/consent/retailers/access/list", {}).status_code == 422
    today = timezone.localdate()
    summary = f"{BRAND}/changes/{{reportDate}}/recipients/{{recipientType}}"
    assert call("GET", f"/changes/{today}/recipients/BIREYSEL", path=summary).status_code == 200
    assert call("GET", f"/changes/{today - timedelta(days=8)}/recipients/TACIR", path=summary).status_code == 422
    monkeypatch.setattr(push, "_tried", lambda *_values: None)  # what an address answers is not the document's
    address = {"url": "https://ornek.com.tr/push", "type": "MESAJ", "username": "u", "password": "p"}
    assert call("POST", "/push/registration", {"connection": [address]}).status_code == 200
    assert call("POST", "/push/registration", {"connection": [{}]}).status_code == 422
    assert len(call("GET", "/push/registration").json()) == 1
    assert call("POST", "/push/unregistration", {**address, "password": "x"}).status_code == 422
    assert call("POST", "/push/unregistration", address).status_code == 200
