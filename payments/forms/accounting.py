"""Forms of the accountants' screens."""

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from iys_portal.ui import iban as grouped
from payments.models import BankAccount
from payments.selectors.accounting import bank_accounts

_CHOOSE_ACCOUNT = "Ekstrenin hesabını seçin."


def _only_account() -> BankAccount | None:
    """Where there is one account, it needs no choosing."""
    accounts = list(bank_accounts()[:2])
    return accounts[0] if len(accounts) == 1 else None


if TYPE_CHECKING:
    AccountChoice = forms.ModelChoiceField[BankAccount]
else:
    AccountChoice = forms.ModelChoiceField


class AccountField(AccountChoice):
    """Our accounts, each with its IBAN as it is printed."""

    def label_from_instance(self, obj: BankAccount) -> str:
        return f"{obj.bank_name} · {grouped(obj.iban)}"


class StatementUploadForm(forms.Form):
    """An account of ours and the statement file that the bank gave for it."""

    account = AccountField(
        label="Hesap",
        queryset=bank_accounts(),
        initial=_only_account,
        empty_label="Hesap seçin",
        error_messages={"required": _CHOOSE_ACCOUNT, "invalid_choice": _CHOOSE_ACCOUNT},
    )
    file = forms.FileField(
        label="Ekstre dosyası",
        help_text="Bankanızdan indirdiğiniz MT940 dosyası (.sta, .mt940, .txt).",
        error_messages={
            "required": "Bir ekstre dosyası seçin.",
            "missing": "Bir ekstre dosyası seçin.",
            "invalid": "Dosya alınamadı. Lütfen yeniden seçin.",
            "empty": "Seçtiğiniz dosya boş. Ekstreyi bankadan yeniden indirin.",
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is None or file.size > settings.STATEMENT_MAX_BYTES:
            limit = filesizeformat(settings.STATEMENT_MAX_BYTES)
            raise forms.ValidationError(f"Dosya çok büyük (en çok {limit}). Daha kısa bir dönem seçin.")
        return file
