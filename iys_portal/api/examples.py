"""How to call an endpoint, in four languages: shown beside it, made from its declaration."""

import json
from dataclasses import dataclass

from iys_portal.api.registry import Endpoint, Needs

_PLACES = {
    "{iysCode}": "12345678",
    "{brandCode}": "2222232",
    "{integratorCode}": "70001",
    "{retailerCode}": "10000001",
    "{code}": "6",
    "{requestId}": "3f0c9f0e-6a51-4d0c-9a3b-0d0f6d1f2a44",
    "{recipientType}": "BIREYSEL",
    "{type}": "MESAJ",
    "{reportDate}": "2026-11-22",
    "{tin}": "8450525470",
}


@dataclass(frozen=True)
class Example:
    """A piece of a program, and the language it is in."""

    language: str
    text: str


def examples_of(declared: Endpoint, *, base: str) -> list[Example]:
    """Return the call in curl, Python, PHP and JavaScript."""
    path = declared.paths[0]
    for place, value in _PLACES.items():
        path = path.replace(place, value)
    body = None if declared.example is None else json.dumps(declared.example, ensure_ascii=False)
    makers = {"curl": _curl, "Python": _python, "PHP": _php, "JavaScript": _javascript}
    return [Example(name, make(declared, base + path, body)) for name, make in makers.items()]


def _curl(declared: Endpoint, url: str, body: str | None) -> str:
    lines = [f"curl -X {declared.method} '{url}'"]
    if declared.needs == Needs.INTERMEDIARY:
        lines.append('-u "$IYS_KULLANICI:$IYS_SIFRE"')
    elif declared.needs != Needs.NOTHING:
        lines.append('-H "Authorization: Bearer $IYS_JETON"')
    if body is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{body}'"]
    return " \\\n  ".join(lines)


def _python(declared: Endpoint, url: str, _body: str | None) -> str:
    arguments = [f'"{declared.method}"', f'"{url}"']
    if declared.needs == Needs.INTERMEDIARY:
        arguments.append("auth=(kullanici, sifre)")
    elif declared.needs != Needs.NOTHING:
        arguments.append('headers={"Authorization": f"Bearer {jeton}"}')
    if declared.example is not None:
        arguments.append(f"json={declared.example!r}")
    joined = ",\n    ".join(arguments)
    return f"import httpx\n\nyanit = httpx.request(\n    {joined},\n)\nprint(yanit.status_code, yanit.text)"


def _php(declared: Endpoint, url: str, body: str | None) -> str:
    headers = [] if body is None else ["'Content-Type: application/json'"]
    lines = [f"$istek = curl_init('{url}');", "curl_setopt($istek, CURLOPT_RETURNTRANSFER, true);"]
    lines.append(f"curl_setopt($istek, CURLOPT_CUSTOMREQUEST, '{declared.method}');")
    if declared.needs == Needs.INTERMEDIARY:
        lines.append('curl_setopt($istek, CURLOPT_USERPWD, "$kullanici:$sifre");')
    elif declared.needs != Needs.NOTHING:
        headers.append('"Authorization: Bearer $jeton"')
    if headers:
        lines.append(f"curl_setopt($istek, CURLOPT_HTTPHEADER, [{', '.join(headers)}]);")
    if body is not None:
        lines.append(f"curl_setopt($istek, CURLOPT_POSTFIELDS, '{body}');")
    return "\n".join(["<?php", *lines, "echo curl_exec($istek);"])


def _javascript(declared: Endpoint, url: str, body: str | None) -> str:
    headers = [] if body is None else ['"Content-Type": "application/json"']
    if declared.needs == Needs.INTERMEDIARY:
        headers.append("Authorization: `Basic ${btoa(`${kullanici}:${sifre}`)}`")
    elif declared.needs != Needs.NOTHING:
        headers.append("Authorization: `Bearer ${jeton}`")
    options = [f'method: "{declared.method}"']
    if headers:
        options.append(f"headers: {{ {', '.join(headers)} }}")
    if body is not None:
        options.append(f"body: JSON.stringify({body})")
    joined = ",\n  ".join(options)
    return f'const yanit = await fetch("{url}", {{\n  {joined},\n}});\nconsole.log(yanit.status, await yanit.text());'


CLIENT = """from iys_client import ApiError, Client, Consent

client = Client("{base}", username=kullanici, password=sifre)
brand = client.brand(iys_code={iys_code}, brand_code={brand_code})

# Tek izin: aynısı yeniden gönderilirse aynı numara döner.
try:
    print(brand.add(Consent("+905992000001", "MESAJ", "ONAY", "HS_WEB", tarih)))
except ApiError as error:
    print(error.codes)

# Çok izin: binlik gruplar hâlinde gider, sonuçları beklenir.
for batch in brand.add_many([Consent("ornek@ornek.example", "EPOSTA", "ONAY", "HS_WEB", tarih)]):
    for result in brand.wait(batch):
        print(result["index"], result["status"])

# Alıcıların kendi değişiklikleri: `after` değerini saklayın, oradan sürdürün.
for page in brand.all_changes(after=None):
    print(len(page.list), page.after)
"""
"""How to call the API with the Python client of clients/python; a test runs it."""


def client_example(base: str, *, iys_code: int = 12345678, brand_code: int = 2222232) -> str:
    """Return the program, for an address and a brand."""
    return CLIENT.format(base=base, iys_code=iys_code, brand_code=brand_code)
