"""The API's own document, OpenAPI 3.1: made from the declarations, so that it cannot say anything else."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec
from django.conf import settings

from iys_portal.api.codes import codes
from iys_portal.api.errors import Errors
from iys_portal.api.identity import TokenError
from iys_portal.api.registry import Endpoint, Needs, endpoints
from iys_portal.api.rooms import ROOMS

_REF = "#/components/schemas/{name}"
_GATES = ("H520", "H521", "H524", "H586")
_PLACES = {
    "iysCode": "Hizmet sağlayıcının İYS No'su.",
    "brandCode": "Markanın kodu.",
    "integratorCode": "İş ortağının kodu.",
    "retailerCode": "Bayinin 8 haneli kodu.",
    "code": "İl ya da ilçe kodu.",
    "requestId": "Toplu isteğin yanıtındaki istek no; tireli ya da tiresiz.",
    "recipientType": "BIREYSEL ya da TACIR.",
    "type": "ARAMA, MESAJ ya da EPOSTA.",
    "reportDate": "Gün, yyyy-aa-gg.",
    "tin": "Vergi ya da T.C. kimlik no.",
}
_TEXTS = frozenset({"requestId", "recipientType", "type", "reportDate", "tin"})


def in_order() -> list[Endpoint]:
    """Return every endpoint in the order of the rooms, those of one subject together."""
    names = [room.__name__ for room in ROOMS]

    def place(each: Endpoint) -> int:
        return next((at for at, name in enumerate(names) if each.view.__module__.startswith(name)), len(names))

    declared = sorted(endpoints(), key=place)
    tags = list(dict.fromkeys(each.tag for each in declared))
    return sorted(declared, key=lambda each: tags.index(each.tag))


def places_of(path: str) -> list[str]:
    """Return the names that stand in a path's braces."""
    return re.findall(r"\{(\w+)\}", path)


def refusals_of(declared: Endpoint) -> list[str]:
    """Return every code that the endpoint may answer: its own, and those of its kind."""
    found = list(declared.codes)
    if declared.needs != Needs.NOTHING:
        found += ["H251" if declared.needs == Needs.INTERMEDIARY else "H351", "P007", "H124"]
    if declared.of_provider and declared.needs != Needs.INTEGRATOR:
        found += ["H190", "H353", *_GATES]
    if declared.of_brand and declared.needs != Needs.INTERMEDIARY:
        found.append("H191")
    if declared.needs == Needs.AGREEMENT:
        found.append("P008")
    if declared.needs == Needs.PROVIDER:
        found.append("H363")
    if declared.needs == Needs.INTEGRATOR:
        found += ["H190", "H353", "H363"]
    if declared.hourly is not None:
        found.append(declared.hourly.value)
    if declared.body is not None:
        found += ["H014", "P006"]
    return sorted({*found, "H015", "H192"})


@cache
def document() -> dict[str, Any]:
    """Return the whole document."""
    declared = in_order()
    kinds = [kind for each in declared for kind in (each.body, each.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components([*kinds, Errors, TokenError], ref_template=_REF)
    for component in components.values():
        component.pop("description", None)  # what a program's writers read, not its callers
    described = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for each in declared:
        body = next(described) if each.body is not None else None
        answer = next(described) if each.answer is not None else None
        paths.setdefault(each.paths[0], {})[each.method.lower()] = _operation(each, body, answer)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "İleti Yönetim Sistemi API",
            "version": "3.2.0",
            "description": "İYS API ile uyumludur: aynı adresler, aynı gövdeler, aynı hata kodları.",
        },
        "servers": [{"url": settings.PUBLIC_URL}],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in declared)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "ahs": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(declared: Endpoint, body: Any, answer: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": declared.name,
        "tags": [declared.tag],
        "summary": declared.summary,
        "description": declared.description,
        "parameters": _parameters(declared),
        "responses": _responses(declared, answer),
    }
    if declared.needs != Needs.NOTHING:
        operation["security"] = [{"ahs" if declared.needs == Needs.INTERMEDIARY else "token": []}]
    if body is not None:
        content: dict[str, Any] = {"schema": body}
        if declared.example is not None:
            content["example"] = declared.example
        kinds = ["application/json", _FORM] if declared.name == "create_token" else ["application/json"]
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(kinds, content)}
    return operation


def _parameters(declared: Endpoint) -> list[dict[str, Any]]:
    places = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PLACES.get(name, name),
            "schema": {"type": "string" if name in _TEXTS else "integer"},
        }
        for name in places_of(declared.paths[0])
    ]
    query = [
        {"name": each.name, "in": "query", "description": each.description, "schema": {"type": each.type}}
        for each in declared.query
    ]
    return [*places, *query]


def _responses(declared: Endpoint, answer: Any) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "İşlem başarılı.", "headers": _NUMBERED}
    if answer is not None:
        success["content"] = {declared.answer_type: {"schema": answer}}
    found = {str(declared.status): success}
    found |= {str(status): {"description": "Yanıtın gövdesi yok."} for status in declared.also}
    statuses = sorted({codes()[code].status for code in refusals_of(declared)})
    for status in statuses:
        those = [code for code in refusals_of(declared) if codes()[code].status == status]
        found[str(status)] = _refusal(those)
    if declared.name == "create_token":
        found["400"] = _token_refusal(found["400"])
    return found


def _refusal(those: Iterable[str]) -> dict[str, Any]:
    rows = [codes()[code] for code in those]
    examples = {row.code: {"value": {"errors": [{"code": row.code, "message": row.message}]}} for row in rows}
    content = {"schema": {"$ref": _REF.format(name="Errors")}, "examples": examples}
    again = {row.status for row in rows} & {429, 503}
    return {
        "description": " ".join(f"{row.code}: {row.message}" for row in rows),
        "headers": _NUMBERED | _AGAIN if again else _NUMBERED,
        "content": {"application/json": content},
    }


_FORM = "application/x-www-form-urlencoded"
_NUMBERED = {
    "X-Request-Id": {
        "description": "İsteğin numarası; İstek günlüğünde bununla aranır.",
        "schema": {"type": "string", "format": "uuid"},
    }
}
_AGAIN = {
    "Retry-After": {"description": "Bu kadar saniye sonra yeniden deneyin.", "schema": {"type": "integer"}},
}


def _token_refusal(refusal: dict[str, Any]) -> dict[str, Any]:
    either = [{"$ref": _REF.format(name=name)} for name in ("TokenError", "Errors")]
    content = {"schema": {"anyOf": either}}
    return {**refusal, "content": {"application/json": content}}
