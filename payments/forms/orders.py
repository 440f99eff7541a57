"""Forms of the purchase: choosing, approving, and the way of paying."""

from django import forms

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


class MethodForm(forms.Form):
    """Kredi Kartı or Banka Transferi. The card is shown and not yet to be chosen."""

    method = forms.ChoiceField(
        label="Ödeme yöntemi",
        choices=[(CARD, "Kredi Kartı"), (TRANSFER, "Banka Transferi (Havale/EFT)")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Bir ödeme yöntemi seçin.",
            "invalid_choice": "Bir ödeme yöntemi seçin.",
        },
    )

    def clean_method(self) -> str:
        method: str = self.cleaned_data["method"]
        if method == CARD:
            raise forms.ValidationError(
                "Kredi kartı ile ödeme henüz açık değil. Lütfen Banka Transferi (Havale/EFT) seçin."
            )
        return method
