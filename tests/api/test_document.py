"""Live answers judged by İYS's own document, where it lies beside the repository."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from accounts.models import Person, Provider
from iys_portal.api.document import document as own_document
from partners.enums import Right
from tests import factories
from tests.api.conftest import Api
from tests.partners.scene import authorise

Make = Callable[..., Api]

DOCUMENT = Path(__file__).parents[3] / "shared" / "reference" / "iys-api-openapi-3.2.0.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    if not DOCUMENT.exists():
        pytest.skip(f"İYS's document is not at {DOCUMENT}")
    return json.loads(DOCUMENT.read_text("utf-8"))


def judge(document: dict[str, Any], path: str, method: str, status: int, body: Any) -> None:
    """Raise unless the body is what the document says of this answer."""
    answers = document["paths"][path][method]["responses"]
    schema = answers[str(status)]["content"]["application/json"]["schema"]
    jsonschema.Draft4Validator({**schema, "components": document["components"]}).validate(body)


def test_success(api: Make, document: dict[str, Any], provider: Provider, alice: Person) -> None:
    client = api(provider)
    factories.subscription(provider, now=client.account.created_at)
    brand = factories.BrandFactory.create(provider=provider)
    fields = {"username": client.account.username, "password": client.issued.secret, "grant_type": "password"}
    judge(document, "/oauth2/token", "post", 200, client.ask_token(**fields).json())
    # The document describes one brand; its example, and every client, has a list of them.
    brands = client.get(f"/sps/{provider.iys_code}/brands").json()
    for row in brands:
        assert set(row.pop("stats")) == {"consents", "retailers"}  # described as a list, shown as an object
        judge(document, "/sps/{iysCode}/brands", "get", 200, row)
    assert len(brands) == 1
    judge(
        document, "/sps/{iysCode}/subscription", "get", 200, client.get(f"/sps/{provider.iys_code}/subscription").json()
    )
    for path in ("/info/city", "/info/town"):
        judge(document, path, "get", 200, client.get(path).json())
        judge(document, path + "/{code}", "get", 200, client.get(path + "/6").json())
    partner = factories.PartnerFactory.create()
    authorise(brand, partner, person=alice, now=client.account.created_at, mesaj=Right.WRITE)
    theirs = api(partner)
    path = f"/integrator/{partner.code}"
    listed = theirs.get(f"{path}/sps").json()
    for row in listed["list"]:  # numbers in the description, texts in its example: we follow the example
        row.update(brandCode=int(row["brandCode"]), iysCode=int(row["iysCode"]))
    judge(document, "/integrator/{integratorCode}/sps", "get", 200, listed)
    one = theirs.get(f"{path}/sps/{provider.iys_code}").json()
    judge(document, "/integrator/{integratorCode}/sps/{iysCode}", "get", 200, one)
    assert len(one["list"]) == 1
    judge(document, "/integrator/{integratorCode}/subscription", "get", 200, theirs.get(f"{path}/subscription").json())


def test_refusals(api: Make, document: dict[str, Any], provider: Provider) -> None:
    client, theirs = api(provider), api(factories.PartnerFactory.create())
    path = theirs.account.partner.code
    judge(document, "/oauth2/token", "post", 400, client.ask_token().json())
    for iys_code, status in ((provider.iys_code, 403), (1, 403)):
        answer = client.get(f"/sps/{iys_code}/brands")
        assert answer.status_code == status
        judge(document, "/sps/{iysCode}/brands", "get", status, answer.json())
        judge(document, "/sps/{iysCode}/subscription", "get", status, answer.json())
    wrong_page = theirs.get(f"/integrator/{path}/sps?limit=-1&offset=-1")
    judge(document, "/integrator/{integratorCode}/sps", "get", 422, wrong_page.json())
    judge(document, "/integrator/{integratorCode}/sps", "get", 400, client.get(f"/integrator/{path}/sps").json())
    other = client.get(f"/integrator/{path}/subscription")
    judge(document, "/integrator/{integratorCode}/subscription", "get", 400, other.json())
    judge(document, "/info/city/{code}", "get", 400, client.get("/info/city/x").json())
    client.token = "x"
    judge(document, "/info/city", "get", 401, client.get("/info/city").json())


def test_our_own_document_says_what_is_answered(api: Make, provider: Provider, alice: Person) -> None:
    """Whatever lies beside the repository: live answers are what `/api/openapi.json` describes."""
    ours = own_document()
    client, partner = api(provider), factories.PartnerFactory.create()
    factories.subscription(provider, now=client.account.created_at)
    brand = factories.BrandFactory.create(provider=provider)
    authorise(brand, partner, person=alice, now=client.account.created_at, mesaj=Right.WRITE)
    theirs = api(partner)
    sps, integrator = f"/sps/{provider.iys_code}", f"/integrator/{partner.code}"
    calls = [
        (client, "/sps/{iysCode}/brands", f"{sps}/brands"),
        (client, "/sps/{iysCode}/subscription", f"{sps}/subscription"),
        (theirs, "/sps/{iysCode}/subscription", f"{sps}/subscription"),
        (theirs, "/integrator/{integratorCode}/sps", f"{integrator}/sps"),
        (theirs, "/integrator/{integratorCode}/sps/{iysCode}", f"{integrator}{sps}"),
        (theirs, "/integrator/{integratorCode}/subscription", f"{integrator}/subscription"),
        (client, "/integrator/{integratorCode}/subscription", f"{integrator}/subscription"),
        (client, "/info/city/{code}", "/info/city/x"),
        (client, "/info/town", "/info/town"),
        (client, "/version", "/version"),
    ]
    for caller, path, url in calls:
        answer = caller.get(url)
        described = ours["paths"][path]["get"]["responses"][str(answer.status_code)]["content"]["application/json"]
        whole = {**described["schema"], "components": ours["components"]}
        jsonschema.Draft202012Validator(whole).validate(answer.json())


LEFT_OUT = ("/via/", "/otp-management/", "/widget/")
OURS_ALONE = {
    *{("get", "/version"), ("post", "/oauth/token"), ("post", "/oauth/refresh"), ("get", "/brands/{tin}")},
    ("post", "/brands/{brandCode}/consents/{recipientType}/rejected/{type}"),
}
WORDS = {
    *("additionalProperties", "anyOf", "contentEncoding", "default", "example", "format", "headers", "required"),
    *("title", "X-Request-Id"),
}
"""Of descriptions themselves: no names of fields."""
BRAND = "/sps/{iysCode}/brands/{brandCode}"
MORE: dict[tuple[str, str], set[str]] = {
    # The number stands under all three spellings (docs/adr/0039-api-endpoints.md).
    ("get", "/sps/{iysCode}/subscription"): {"subscripitionId"},
    ("get", "/integrator/{integratorCode}/subscription"): {"subscripitionId"},
    # A dealer is the same object everywhere.
    ("post", f"{BRAND}/consent/retailers/access/list"): {"tin", "status", "retailerAccessCount"},
    ("get", "/integrator/{integratorCode}/sps/{iysCode}"): {"limit"},
    ("get", f"{BRAND}/agreements/{{reportDate}}/timestamp"): {"204"},
}
"""What we say beyond İYS's document, on purpose."""


def operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return method and path of everything that a document describes, but ViA, ViA PASS and the widgets."""
    paths = {path: methods for path, methods in document["paths"].items() if not path.startswith(LEFT_OUT)}
    return {(method, path) for path, methods in paths.items() for method in methods}


def names(value: Any, document: dict[str, Any]) -> set[str]:
    """Return every name in a description, its schema's fields and those of its examples among them."""
    if isinstance(value, list):
        return set().union(*(names(each, document) for each in value))
    if not isinstance(value, dict):
        return set()
    if "$ref" in value:
        return names(document["components"]["schemas"][value["$ref"].rpartition("/")[2]], document)
    return set(value) | set().union(*(names(each, document) for each in value.values()))


def said(operation: dict[str, Any], document: dict[str, Any], *, answers: str) -> set[str]:
    """Return parameters, statuses of success and names of fields of a service; `answers`: of statuses below it."""
    found = {code: answer for code, answer in operation["responses"].items() if code < answers}
    parameters = {each["name"] for each in operation.get("parameters", [])}
    good = {code for code in found if code < "300"}
    return parameters | good | names([*found.values(), operation.get("requestBody", {})], document)


def test_we_say_no_more_than_iyss_document(document: dict[str, Any]) -> None:
    """Every service is there, and none has a parameter, a status of success or a field that İYS does not name."""
    ours = own_document()
    assert operations(document) - operations(ours) == set()
    assert operations(ours) - operations(document) == OURS_ALONE
    more = {}
    for method, path in operations(document):
        own = said(ours["paths"][path][method], ours, answers="300")
        iyss = said(document["paths"][path][method], document, answers="600")
        more[method, path] = own - iyss - WORDS
    assert {key: found for key, found in more.items() if found} == MORE
