"""A contract's data, as the services would gather it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from contracts import markup
from contracts.data import ContractData, Evidence, Party, TextVersion

TEXT = TextVersion(kind="services", version=1, source=markup.packaged_source("services", 1))
FORM = TextVersion(kind="information", version=1, source=markup.packaged_source("information", 1))
BRIEF = {
    "services": """\
# İLETİ Hizmetleri Satış Sözleşmesi

## 1. Konu

1.1. {provider.title}, {product} hizmetini {price.gross} karşılığında alır.
""",
    "information": """\
# Ön Bilgilendirme Formu

## 1. Bedel

1.1. Hizmetin toplam bedeli {price.gross} tutarındadır.
""",
}
"""Sources of a few lines, for tests in which it does not matter what stands in a text: the whole one takes a second."""
BRIEF_TEXT = TextVersion(kind="services", version=2, source=BRIEF["services"])
APPROVED_AT = datetime(2026, 11, 23, 11, 5, 9, tzinfo=UTC)
CREATED_AT = datetime(2026, 11, 23, 21, 30, 0, tzinfo=UTC)  # already the 24th in Istanbul
NUMBER = "SZL-2026-KM7T3RAWC"
SCRIPT = "<script>alert('1')</script> & \"Ortakları\""
MARKUP = "# Başlık\n\n## 99. Madde\n\nTerim :: {price.gross} {yok}"


def contract(*, title: str = "Hizmet Sağlayıcı A.Ş.", **changes: Any) -> ContractData:
    """Return an unapproved contract as it was before there was a form; `changes` replace its fields."""
    fields: dict[str, Any] = {
        "provider": Party(
            title=title,
            tax_number="1234567890",
            address="Atatürk Mah. Çiğdem Sok. No: 12/4 Çankaya, Ankara",
            phone="0312 000 00 00",
            email="bilgi@hizmetsaglayici.example",
            mersis="0123456789000015",
        ),
        "iys_no": 12345678,
        "authorised_person": "Şükrü Işıkgören",
        "authorised_tckn": "100******46",
        "product": "İLETİ-150 (Seviye 1)",
        "net": Decimal("4320.00"),
        "kdv_rate": Decimal("18.00"),
        "kdv": Decimal("777.60"),
        "gross": Decimal("5097.60"),
        "order_code": "KM7-T3R-AWC",
        "text": TEXT,
        "demo": True,
    }
    return ContractData(**{**fields, **changes})


def annexed(**changes: Any) -> ContractData:
    """Return an unapproved contract with its pre-information form; `changes` as those of `contract`."""
    return contract(**{"information": FORM, "address_limit": "En çok 150.000 adres", **changes})


def approved(data: ContractData) -> ContractData:
    """Return the contract with the evidence of its approval and its term."""
    evidence = Evidence(
        approved_at=APPROVED_AT,
        ip="192.0.2.15",
        user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0",
        checkbox_label="Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum.",
        text_sha256=data.text.sha256,
        information_sha256=data.information.sha256 if data.information else "",
        shown_sha256=markup.shown_sha256(data),
    )
    return replace(data, evidence=evidence, term_start=date(2026, 11, 23), term_end=date(2027, 11, 22))


def through_json(value: Any) -> Any:
    """Return what a JSON column gives back."""
    return json.loads(json.dumps(value))
