"""`/api/`: the documentation for people, from the same declarations as the document for programs."""

import json
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import public
from iys_portal.api.codes import RETRYABLE, codes
from iys_portal.api.document import document, in_order, refusals_of
from iys_portal.api.examples import client_example, examples_of
from iys_portal.api.registry import Endpoint, Needs, endpoints
from iys_portal.paging import query_of
from iys_portal.shared.turkish import fold

_CALLERS = {
    Needs.NOTHING: "Herkes",
    Needs.TOKEN: "Jetonu olan herkes",
    Needs.RIGHT: "Hizmet sağlayıcı ve yetkili iş ortakları",
    Needs.SUBSCRIPTION: "Hizmet sağlayıcı ve yetkili iş ortakları; abonelik durmuşken de",
    Needs.AGREEMENT: "Hizmet sağlayıcı ve Mutabakat Yönetimi yetkisi olan iş ortakları",
    Needs.PROVIDER: "Yalnızca hizmet sağlayıcı",
    Needs.INTEGRATOR: "Yalnızca iş ortağının kendisi",
    Needs.INTERMEDIARY: "Aracı hizmet sağlayıcı (HTTP Basic)",
}


@require_safe
@public
def overview(request: HttpRequest) -> HttpResponse:
    """What the API is, how to begin, and all its services."""
    tags = [(tag, list(group)) for tag, group in groupby(in_order(), key=lambda each: each.tag)]
    base = settings.PUBLIC_URL
    context = {"tags": tags, "base": base, "client": client_example(base)}
    return render(request, "api/overview.html", context)


@require_safe
@public
def service(request: HttpRequest, name: str) -> HttpResponse:
    """One service: who may call it, what it takes and answers, how it refuses, how to call it."""
    declared = next((each for each in endpoints() if each.name == name), None)
    if declared is None:
        raise Http404
    operation = document()["paths"][declared.paths[0]][declared.method.lower()]
    context = {
        "service": declared,
        "caller": _CALLERS[declared.needs],
        "operation": operation,
        "body": _pretty(declared.example),
        "answer": _schema(declared, operation),
        "refusals": [codes()[code] for code in refusals_of(declared)],
        "examples": examples_of(declared, base=settings.PUBLIC_URL),
    }
    return render(request, "api/service.html", context)


@require_safe
@public
def code_list(request: HttpRequest) -> HttpResponse:
    """Every code with its sentence (?ara= in either)."""
    query = query_of(request)
    wanted = fold(query)
    rows = [row for row in codes().values() if wanted in fold(f"{row.code} {row.message}")]
    return render(request, "api/codes.html", {"rows": rows, "query": query})


@require_safe
@public
def code(request: HttpRequest, code: str) -> HttpResponse:
    """One code: what it means, why it comes, what to do."""
    row = codes().get(code)
    if row is None:
        raise Http404
    services = [each for each in in_order() if code in refusals_of(each)]
    context = {"row": row, "services": services, "retryable": code in RETRYABLE}
    return render(request, "api/code.html", context)


@require_safe
@public
def openapi(_request: HttpRequest) -> HttpResponse:
    """The document for programs."""
    return HttpResponse(json.dumps(document(), ensure_ascii=False), content_type="application/json")


def _pretty(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def _schema(declared: Endpoint, operation: dict[str, object]) -> str:
    """Return what the answer looks like: a sample of its kind, made from the schema."""
    content = operation["responses"][str(declared.status)].get("content", {})  # type: ignore[index]  # shapes of a JSON schema
    schema = content.get("application/json", {}).get("schema")
    return _pretty(_sample(schema)) if schema else ""


_SAMPLES: dict[str, object] = {"integer": 1, "number": 1, "boolean": True, "string": "metin", "null": None}


def _sample(schema: dict[str, object]) -> object:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _sample(document()["components"]["schemas"][name])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _sample(schema[several][0])  # type: ignore[index]  # shapes of a JSON schema
    if schema.get("type") == "object":
        properties: dict[str, dict[str, object]] = schema.get("properties", {})  # type: ignore[assignment]  # shapes of a JSON schema
        return {name: _sample(each) for name, each in properties.items()}
    if schema.get("type") == "array":
        return [_sample(schema["items"])] if "items" in schema else []  # type: ignore[arg-type]  # shapes of a JSON schema
    if "enum" in schema:
        return schema["enum"][0]  # type: ignore[index]  # shapes of a JSON schema
    return _SAMPLES.get(str(schema.get("type")))
