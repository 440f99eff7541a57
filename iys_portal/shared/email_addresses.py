"""E-mail addresses as people type them: one form field for every page that asks for one."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

MOST_CHARACTERS = 254
"""The longest address that can be written to (RFC 5321)."""


def letter_fault(address: str) -> str:
    """Return the sentence about the first letter that no address has, or an empty text.

    A Turkish keyboard in capitals writes İ where i is meant; what comes of lowering it reaches nobody.
    """
    written = unicodedata.normalize("NFC", address)
    for place, letter in enumerate(written):
        if not letter.isascii():
            shown = written[max(place - 1, 0) : place + 1] if unicodedata.combining(letter) else letter
            return f"E-posta adresinde “{shown}” olamaz; adresi Türkçe harf kullanmadan yazın."
    return ""


class EmailField(forms.EmailField):
    """An address in plain letters that is short enough to be kept."""

    def __init__(self, **options: Any) -> None:
        errors = {
            "invalid": "Geçerli bir e-posta adresi yazın.",
            "max_length": f"E-posta adresi en çok {MOST_CHARACTERS} karakter olabilir.",
            **options.pop("error_messages", {}),
        }
        super().__init__(**{"max_length": MOST_CHARACTERS, **options, "error_messages": errors})

    def to_python(self, value: Any) -> str:
        address = super().to_python(value) or ""
        if fault := letter_fault(address):
            raise ValidationError(fault)
        return address
