"""Forms of the accountants' screens."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from iys_portal.ui import iban as grouped
from payments.models import BankAccount
from payments.selectors.accounting import bank_accounts
from payments.selectors.statements import profiles
from payments.statements import HEAD, detect

FORMATS = [("mt940", "MT940"), ("camt053", "camt.053 (XML)"), ("ziraat", "Ziraat (XML)")]
_SEVERAL_FORMATS = "Dosya birden çok biçime uyuyor. Listeden bankanızınkini seçip yeniden yükleyin."
_NO_FORMAT = "Dosyanın biçimi anlaşılamadı. Listeden seçip yeniden yükleyin."
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
    bicim = forms.ChoiceField(label="Biçim", required=False)
    file = forms.FileField(
        label="Ekstre dosyası",
        help_text="Bankanızdan indirdiğiniz dosya: MT940, camt.053, Ziraat XML, CSV ya da Excel.",
        error_messages={
            "required": "Bir ekstre dosyası seçin.",
            "missing": "Bir ekstre dosyası seçin.",
            "invalid": "Dosya alınamadı. Lütfen yeniden seçin.",
            "empty": "Seçtiğiniz dosya boş. Ekstreyi bankadan yeniden indirin.",
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.profiles = profiles()
        tables = [(name, profile.title or name) for name, profile in self.profiles.items()]
        self.fields["bicim"].choices = [("", "Dosyadan anlaşılsın"), *FORMATS, *tables]  # type: ignore[attr-defined]  # its field has them

    def clean(self) -> dict[str, Any]:
        """Take the format from the file's beginning unless one was chosen; what two could read is for the person."""
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if file is not None and "bicim" in cleaned and not cleaned["bicim"]:
            found = detect(file.read(HEAD), file.name, profiles=self.profiles)
            file.seek(0)
            if len(found) == 1:
                cleaned["bicim"] = found[0]
            elif found:
                self.add_error("bicim", _SEVERAL_FORMATS)
            else:
                self.add_error("bicim", _NO_FORMAT)
        return cleaned

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is None or file.size > settings.STATEMENT_MAX_BYTES:
            limit = filesizeformat(settings.STATEMENT_MAX_BYTES)
            raise forms.ValidationError(f"Dosya çok büyük (en çok {limit}). Daha kısa bir dönem seçin.")
        return file
