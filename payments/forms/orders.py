"""Forms of the purchase: choosing, approving, and the way of paying."""

from typing import Any

from django import forms

from payments.gateways.registry import cards_are_open
from payments.services.cards import CLOSED
from payments.services.orders import CHECKBOX_LABEL

CARD = "kart"
TRANSFER = "havale"


class ChooseForm(forms.Form):
    """The package page: only the nonce that makes a repeated submission find its order again."""

    nonce = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


class ApprovalForm(forms.Form):
    """The approval of a contract; `shown` is the hash of the text that the person had before them."""

    shown = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    approve = forms.BooleanField(
        label=CHECKBOX_LABEL,
        error_messages={"required": "Devam etmek için sözleşmeyi onaylayın."},
        required=True,
    )


class MethodChoices(forms.RadioSelect):
    """Choice cards; an installation without a card gateway shows the card payment, which cannot be chosen."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value == CARD and not cards_are_open():
            option["attrs"] |= {"disabled": True, "data-hint": CLOSED}
        return option


class MethodForm(forms.Form):
    """Kredi Kartı or Banka Transferi (Havale/EFT)."""

    method = forms.ChoiceField(
        label="Ödeme yöntemi",
        choices=[(CARD, "Kredi Kartı"), (TRANSFER, "Banka Transferi (Havale/EFT)")],
        widget=MethodChoices,
        error_messages={
            "required": "Bir ödeme yöntemi seçin.",
            "invalid_choice": "Bir ödeme yöntemi seçin.",
        },
    )

    def clean_method(self) -> str:
        method: str = self.cleaned_data["method"]
        if method == CARD and not cards_are_open():
            raise forms.ValidationError(f"{CLOSED} Lütfen Banka Transferi (Havale/EFT) seçin.")
        return method
