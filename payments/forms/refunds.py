"""Forms of card refunds."""

from typing import Any

from django import forms

from payments.enums import Consequence
from payments.forms.fields import LiraField


class RefundForm(forms.Form):
    """How much of a capture goes back, why, and what becomes of the package. `left` is what the page said is left."""

    amount = LiraField(label="İade tutarı", error_messages={"required": "İade tutarını yazın."})
    reason = forms.CharField(
        label="Gerekçe",
        help_text="Denetimde okunacak; müşteriye gösterilmez.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "İadenin gerekçesini yazın.",
            "max_length": "Gerekçe en çok 500 karakter olabilir.",
        },
    )
    consequence = forms.ChoiceField(
        label="Paket ne olsun?",
        choices=Consequence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Paketin ne olacağını seçin.", "invalid_choice": "Paketin ne olacağını seçin."},
    )
    left = LiraField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, whole_only: bool, has_package: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if whole_only:
            self.fields["amount"].widget.attrs["readonly"] = True
            self.fields["amount"].help_text = "Bu ödeme kuruluşu kısmi iade yapmıyor."
        if not has_package:
            self.fields["consequence"].initial = Consequence.END
            self.fields["consequence"].help_text = "Bu siparişle tanımlanmış bir paket yok."


class RefundDecisionForm(forms.Form):
    """A person's word on a refund: that it goes, does not go, or was paid without the bank's service."""

    decision = forms.ChoiceField(
        choices=[
            ("approve", "Onayla"),
            ("reject", "Vazgeç"),
            ("by_hand", "Elle ödendi"),
            ("confirm_by_hand", "Elle ödendiğini onayla"),
            ("not_by_hand", "Elle ödenmedi"),
        ]
    )
    reason = forms.CharField(
        label="Açıklama",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Gerekçe en çok 500 karakter olabilir."},
    )
