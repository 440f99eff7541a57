"""Forms of the page of one movement. Each is one decision; `gorulen` is what the page showed when it was sent."""

from decimal import Decimal
from typing import Any

from django import forms

from iys_portal.shared.money import ZERO, format_lira
from payments.forms.fields import CodeField, IbanField, LiraField
from payments.models import StatementLine
from payments.rules import turkish_iban

SHARES = 4
_REASON = "Kararın gerekçesini yazın (en az 3 karakter)."


class DecisionForm(forms.Form):
    """What all decisions carry; `name` is the word of the button that sends it, and the prefix of its ids."""

    name = ""
    gorulen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, line: StatementLine, *args: Any, **options: Any) -> None:
        self.line = line
        options["auto_id"] = f"{self.name}_%s"
        super().__init__(*args, **options)


class ReasonForm(DecisionForm):
    """A decision that needs nothing but a reason."""

    gerekce = forms.CharField(
        label="Gerekçe",
        min_length=3,
        max_length=500,
        error_messages={"required": _REASON, "min_length": _REASON},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MatchForm(DecisionForm):
    """One of the prepared options. Its sentence is the reason unless the person wrote another."""

    name = "esle"
    aday = forms.CharField(error_messages={"required": "Önce bir sipariş seçin."})
    gerekce = forms.CharField(label="Gerekçe", max_length=500, required=False)
    hazir = forms.CharField(required=False)


class SplitForm(ReasonForm):
    """Several orders with an amount each; what is left of the movement goes back."""

    name = "bol"
    iban = IbanField(required=False, label="İade alıcısının IBAN'ı")
    ad = forms.CharField(required=False, label="İade alıcısının adı", max_length=140)

    def __init__(self, line: StatementLine, *args: Any, **options: Any) -> None:
        super().__init__(line, *args, **options)
        for number in range(1, SHARES + 1):
            self.fields[f"kod{number}"] = CodeField(label=f"{number}. sipariş kodu", required=False)
            self.fields[f"tutar{number}"] = LiraField(label=f"{number}. tutar", required=False)
        self.order_fields(
            [f"{word}{number}" for number in range(1, SHARES + 1) for word in ("kod", "tutar")] + ["iban", "ad"]
        )

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The pairs of code and amount, for the template."""
        return [(self[f"kod{number}"], self[f"tutar{number}"]) for number in range(1, SHARES + 1)]

    @property
    def shares(self) -> list[tuple[str, Decimal]]:
        """The cleaned pairs."""
        pairs = ((self.cleaned_data[f"kod{n}"], self.cleaned_data[f"tutar{n}"]) for n in range(1, SHARES + 1))
        return [(code, amount) for code, amount in pairs if code]

    @property
    def rest(self) -> Decimal:
        """What the orders leave of the movement."""
        return self.line.amount - sum((amount for _, amount in self.shares), ZERO)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in range(1, SHARES + 1):
            code, amount = cleaned.get(f"kod{number}"), cleaned.get(f"tutar{number}")
            if f"kod{number}" in self.errors or f"tutar{number}" in self.errors:
                continue
            if code and amount is None:
                self.add_error(f"tutar{number}", "Bu siparişe yazılacak tutarı yazın.")
            if amount is not None and not code:
                self.add_error(f"kod{number}", "Bu tutarın yazılacağı siparişin kodunu yazın.")
        if not self.errors and not self.shares:
            self.add_error("kod1", "En az bir sipariş kodu ve tutar yazın.")
        elif not self.errors and self.rest < 0:
            self.add_error("tutar1", f"Yazılan toplam, gelen {format_lira(self.line.amount)} tutarını aşıyor.")
        return cleaned


class RefundForm(ReasonForm):
    """All of the movement goes back; the sender is the payee unless somebody else is written."""

    name = "iade"
    iban = IbanField(required=False)
    ad = forms.CharField(required=False, label="Alıcının adı", max_length=140)
    baskasi = forms.BooleanField(
        required=False, label="Bu IBAN gönderenin değil; alıcının doğru kişi olduğunu denetledim."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        warn_of_other_payee(self, cleaned, self.line)
        return cleaned


def warn_of_other_payee(form: forms.Form, cleaned: dict[str, Any], line: StatementLine) -> None:
    """Ask to be told that it is meant when money would go to another account than the sender's."""
    sender = turkish_iban(line.payer_iban)
    if cleaned.get("iban") and sender and cleaned["iban"] != sender and not cleaned.get("baskasi"):
        form.add_error("baskasi", "Para gönderenden başka bir hesaba gidecek. Doğruysa bu kutuyu işaretleyin.")


class IgnoreForm(ReasonForm):
    """The movement is no business of orders."""

    name = "yoksay"


class UndoForm(ReasonForm):
    """What was decided is taken back."""

    name = "geri"


class ConfirmForm(DecisionForm):
    """The second person agrees."""

    name = "onay"


class RejectForm(ReasonForm):
    """The second person does not agree, or the first withdraws."""

    name = "ret"


class NoteForm(DecisionForm):
    """A note on the movement."""

    name = "not"
    metin = forms.CharField(
        label="Not",
        max_length=2000,
        error_messages={"required": "Notu yazın."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
