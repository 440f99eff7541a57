"""Forms of the pages of refunds by transfer and of orders under review."""

from typing import Any

from django import forms

from payments.forms.decisions import warn_of_other_payee
from payments.forms.fields import IbanField
from payments.models import BankRefund
from payments.selectors.bank_refunds import debits_for
from payments.services.reviews import Outcome

_REASON = "Kararın gerekçesini yazın (en az 3 karakter)."


class RefundPageForm(forms.Form):
    """What a person does to one refund; `name` is the word of the button that sends it."""

    name = ""

    def __init__(self, refund: BankRefund, *args: Any, **options: Any) -> None:
        self.refund = refund
        options["auto_id"] = f"{self.name}_%s"
        super().__init__(*args, **options)


class PayeeForm(RefundPageForm):
    """To whom a refund goes; another account than the sender's has to be meant."""

    name = "alici"
    iban = IbanField(error_messages={"required": "Alıcının IBAN'ını yazın."})
    ad = forms.CharField(
        label="Alıcının adı ya da unvanı", max_length=140, error_messages={"required": "Alıcının adını yazın."}
    )
    baskasi = forms.BooleanField(
        required=False, label="Bu IBAN gönderenin değil; alıcının doğru kişi olduğunu denetledim."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        warn_of_other_payee(self, cleaned, self.refund.line)
        return cleaned


class ApproveForm(RefundPageForm):
    """The second person agrees."""

    name = "onay"


class DebitForm(RefundPageForm):
    """The movement by which the refund left our account."""

    name = "cikis"
    hareket: Any = forms.ModelChoiceField(
        label="Çıkış hareketi",
        queryset=None,
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Paranın çıktığı hareketi seçin.", "invalid_choice": "Bu hareket seçilemez."},
    )

    def __init__(self, refund: BankRefund, *args: Any, **options: Any) -> None:
        super().__init__(refund, *args, **options)
        self.fields["hareket"].queryset = debits_for(refund)  # type: ignore[attr-defined]  # its field has them


class OweAgainForm(RefundPageForm):
    """The bank did not pay, or the transfer came back."""

    name = "yeniden"
    gerekce = forms.CharField(
        label="Gerekçe",
        min_length=3,
        max_length=500,
        error_messages={"required": _REASON, "min_length": _REASON},
        widget=forms.TextInput,
    )


class ReviewForm(forms.Form):
    """How the review of one order ends."""

    siparis = forms.CharField(widget=forms.HiddenInput)
    karar = forms.ChoiceField(choices=[(value, value) for value in (*Outcome, "keep")])
    gerekce = forms.CharField(
        label="Gerekçe",
        min_length=3,
        max_length=500,
        error_messages={"required": _REASON, "min_length": _REASON},
        widget=forms.TextInput,
    )
