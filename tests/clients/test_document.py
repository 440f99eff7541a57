"""The client and the API's document say the same: every call of the client is an operation of the document."""

import inspect
import json
import re
from datetime import date
from email.message import Message
from typing import Any

from iys_client import Client
from iys_client.client import Brand
from iys_client.messages import Consent
from iys_client.transport import Answer, Session
from jsonschema import Draft202012Validator

from iys_portal.api.document import document

PAGE = {"list": [], "pagination": {"totalCount": 0}, "after": "1_a", "changeStats": []}
ANSWER = {**PAGE, "transactionId": "a", "requestId": "b", "retailerCode": 1}
PHONE = "+905992000001"
VALUES: dict[str, Any] = {
    "consent": Consent(PHONE, "MESAJ", "ONAY", "HS_WEB", "2026-11-23 14:05:00"),
    "recipient": PHONE,
    "recipients": [PHONE],
    "channel": "MESAJ",
    "batch": "0d1b4cd0-6e2f-4c62-8f3a-5d3c8d1a9b10",
    "day": date(2026, 11, 22),
    "code": 10000001,
    "retailers": [10000001],
    "url": "https://ornek.com.tr/push",
    "username": "u",
    "password": "p",
    "fields": {"title": "XYZ Ticaret"},
}


class Heard(Session):
    """Notes what is asked, and answers everything with the same."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []

    def call(self, method: str, path: str, body: Any = None, **_how: Any) -> Answer:
        self.calls.append((method.lower(), path, body))
        return Answer(200, json.dumps(ANSWER).encode(), Message())


def test_every_call_of_the_client_is_in_the_document() -> None:
    session, client = Heard(), Client.__new__(Client)
    client.session = session
    client.brands(675400)
    client.subscription(675400)
    brand = Brand(session, 675400, 675403)
    for name, method in inspect.getmembers(brand, inspect.ismethod):
        if name.startswith("_") or name in {"wait", "add_many", "all_changes", "add_retailer", "retailers"}:
            continue
        wanted = inspect.signature(method).parameters
        method(**{each: VALUES[each] for each, spec in wanted.items() if spec.default is spec.empty})
    brand.add_many([VALUES["consent"]])
    list(brand.all_changes())
    list(brand.retailers())
    brand.add_retailer(title="XYZ Ticaret")
    assert len(session.calls) > 20
    for verb, path, body in session.calls:
        operation = _operation(verb, path)
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        assert (schema is None) == (body is None), (verb, path)
        if schema is not None and "retailers" not in path:
            Draft202012Validator({**schema, "components": document()["components"]}).validate(body)


def _operation(verb: str, path: str) -> dict[str, Any]:
    found = [
        operations[verb]
        for template, operations in document()["paths"].items()
        if verb in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    assert len(found) == 1, (verb, path)
    operation: dict[str, Any] = found[0]
    return operation
