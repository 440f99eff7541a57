"""Forms of the card path. A card number never comes here: only its first digits, to ask for instalments."""

import re
from typing import Any

from django import forms

from iys_portal.shared.money import format_lira
from payments.forms.fields import LiraField
from payments.gateways.base import Instalment

MAX_INSTALMENTS = 12
_MOST_DIGITS = 8
_DIGITS = re.compile(r"[0-9]{6,8}")


class FirstDigits(forms.TextInput):
    """Shows again what was typed, but never more of a card than may be asked for: a number in full is cut off."""

    def format_value(self, value: Any) -> str | None:
        digits = re.sub(r"\D", "", str(value or ""))
        return digits[:_MOST_DIGITS] if len(digits) > _MOST_DIGITS else super().format_value(value)


class BinField(forms.CharField):
    """The first six to eight digits of a card; spaces and dashes do not matter, more digits are refused."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"inputmode": "numeric", "autocomplete": "off", "maxlength": "10", "class": "bin-input"}
        super().__init__(
            label="Kartınızın ilk 6–8 hanesi",
            help_text="Kartınıza özel taksitler için. Kart numarasının tamamı yalnızca bankanın sayfasında sorulur.",
            widget=FirstDigits(attrs=attributes),
            required=False,
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        digits = re.sub(r"[\s-]", "", str(value or ""))
        if digits and not _DIGITS.fullmatch(digits):
            raise forms.ValidationError("Kartınızın yalnızca ilk 6, 7 ya da 8 rakamını yazın.")
        return digits


class CardForm(forms.Form):
    """How to pay: `bin_number` asks for the card's own instalments, `instalments` is one of what was quoted.

    Where the gateway has none (`has_instalments` is false), nobody is asked for their card's digits.
    """

    bin_number = BinField()
    instalments = forms.TypedChoiceField(
        label="Taksit Seçenekleri",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Bir taksit seçeneği seçin.", "invalid_choice": "Bir taksit seçeneği seçin."},
    )

    def __init__(self, *args: Any, rows: tuple[Instalment, ...], has_instalments: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["instalments"]
        if not has_instalments:
            field.label = "Ödeme şekli"
            del self.fields["bin_number"]
        field.choices = [(row.count, label_of(row)) for row in rows]
        field.initial = 1


def label_of(row: Instalment) -> str:
    """Return one way of paying in words: ``Peşin – 5.097,60 ₺``, ``3 taksit – ayda 1.743,38 ₺, toplam 5.230,14 ₺``."""
    if row.count == 1:
        return f"Peşin – {format_lira(row.total)}"
    return f"{row.count} taksit – ayda {format_lira(row.monthly)}, toplam {format_lira(row.total)}"


class ChosenForm(forms.Form):
    """What the check page was opened with, and sends back.

    `toplam` is the total that the page showed: the amount is looked up again, never taken from here, and where the two
    differ the payer is asked again.
    """

    taksit = forms.IntegerField(min_value=1, max_value=MAX_INSTALMENTS, widget=forms.HiddenInput)
    kart = forms.RegexField(r"^[0-9]{6,8}$", required=False, widget=forms.HiddenInput)
    nonce = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    toplam = LiraField(widget=forms.HiddenInput)
