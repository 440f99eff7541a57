"""Fields that accountants fill in: amounts as Turkish readers write them, order codes, IBANs."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from iys_portal.shared import codes
from iys_portal.shared.money import format_lira
from payments.rules import IBAN_FORM, turkish_iban

_TURKISH = re.compile(r"-?\d{1,3}(\.\d{3})*(,\d{1,2})?|-?\d+(,\d{1,2})?")
_PLAIN = re.compile(r"-?\d+\.\d{1,2}")
_MOST = Decimal(10) ** 12


def parse_lira(text: str) -> Decimal | None:
    """Return an amount written as ``5.097,60``, ``5097,6`` or ``5097.60`` (TRY), or None when it is none of these."""
    text = text.replace("₺", "").replace("TL", "").strip().replace(" ", "")
    try:
        if _PLAIN.fullmatch(text):
            value = Decimal(text)
        elif _TURKISH.fullmatch(text):
            value = Decimal(text.replace(".", "").replace(",", "."))
        else:
            return None
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.01")) if abs(value) < _MOST else None


def written(amount: Decimal) -> str:
    """Return an amount as it stands in a field: ``5.097,60``."""
    return format_lira(amount).removesuffix(" ₺")


class LiraField(forms.CharField):
    """An amount in lira; an empty one is None."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "data-suffix": "₺", "size": 14})
        super().__init__(**{"widget": widget, "max_length": 24, **options})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        amount = parse_lira(text)
        if amount is None:
            raise forms.ValidationError(f"“{text}” bir tutar değil; 5.097,60 gibi yazın.")
        return amount


class CodeField(forms.CharField):
    """An order code in any spelling; an empty one is an empty text."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code", "size": 14})
        super().__init__(**{"widget": widget, "max_length": 20, **options})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return ""
        code = codes.parse(text)
        if code is None:
            raise forms.ValidationError(f"“{text}” bir sipariş kodu değil; KM7-T3R-AWC gibi yazın.")
        return code


class IbanField(forms.CharField):
    """A Turkish IBAN, spaces allowed; kept without them."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code", "size": 34})
        super().__init__(**{"widget": widget, "label": "Alıcı IBAN", "max_length": 42, **options})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text and not turkish_iban(text):
            raise forms.ValidationError(f"IBAN geçersiz: {IBAN_FORM}")
        return turkish_iban(text)
