"""The forms: what is typed is checked here, and a card's code goes no further."""

import re
import time
from decimal import Decimal
from typing import Any

from django import forms

from simulators.bank import cards
from simulators.bank.words import months

_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])\s*[/.\- ]?\s*(20\d\d|\d\d)")


class CardForm(forms.Form):
    """Holder, number, expiry, security code, and the instalments where the merchant leaves a choice."""

    template_name_label = ""
    holder = forms.CharField(
        label="Kart sahibinin adı",
        help_text="Lütfen ad ve soyadı kartın üzerinde yazıldığı şekilde giriniz.",
        max_length=60,
        error_messages={
            "required": "Kart sahibinin adını ve soyadını yazınız.",
            "max_length": "Ad ve soyad en çok 60 karakter olabilir.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "cc-name", "autocapitalize": "characters"}),
    )
    number = forms.CharField(
        label="Kart numarası",
        help_text="Lütfen kartın üzerinde yazıldığı şekilde giriniz.",
        max_length=40,
        error_messages={
            "required": "Kart numarasını yazınız.",
            "max_length": "Kart numarası 13 ile 19 hane arasında olmalıdır.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "cc-number", "inputmode": "numeric"}),
    )
    expiry = forms.CharField(
        label="Son kullanma tarihi",
        help_text="Ay ve yıl: AA/YY",
        max_length=12,
        error_messages={
            "required": "Son kullanma tarihini yazınız.",
            "max_length": "Son kullanma tarihini AA/YY biçiminde yazınız.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "cc-exp", "inputmode": "numeric", "placeholder": "AA/YY"}),
    )
    code = forms.CharField(
        label="Güvenlik kodu",
        help_text="3 hane (American Express: 4 hane)",
        max_length=8,
        error_messages={
            "required": "Güvenlik kodunu yazınız.",
            "max_length": "Güvenlik kodu 3 ya da 4 rakamdan oluşur.",
        },
        # Never written into a page again, not even after an error.
        widget=forms.PasswordInput(attrs={"autocomplete": "cc-csc", "inputmode": "numeric"}),
    )
    installment = forms.TypedChoiceField(
        label="Taksit Seçenekleri",
        coerce=int,
        error_messages={"required": "Taksit seçeneğini işaretleyiniz.", "invalid_choice": "Bu seçenek sunulmuyor."},
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, counts: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["installment"]
        field.choices = [(count, months(count)) for count in counts]
        if len(counts) == 1:
            # Nothing to choose: the merchant has asked already.
            field.required, field.empty_value = False, counts[0]
        for name in self.fields:
            attrs = self.fields[name].widget.attrs
            if name in self.errors:
                attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}-hata {name}-ipucu"}
            elif name != "installment":
                attrs |= {"aria-describedby": f"{name}-ipucu"}

    def clean_holder(self) -> str:
        """Refuse a name without letters."""
        name: str = self.cleaned_data["holder"]
        if not any(letter.isalpha() for letter in name):
            raise forms.ValidationError("Kart sahibinin adını ve soyadını yazınız.")
        return name

    def clean_number(self) -> str:
        """Return the digits; spaces and dashes between them are as on the card."""
        digits = re.sub(r"[\s-]", "", self.cleaned_data["number"])
        if not (digits.isascii() and digits.isdigit()):
            raise forms.ValidationError("Kart numarasında yalnızca rakam, boşluk ve tire olabilir.")
        if not 13 <= len(digits) <= 19:
            raise forms.ValidationError("Kart numarası 13 ile 19 hane arasında olmalıdır.")
        if not cards.luhn(digits):
            raise forms.ValidationError("Kart numarası hatalı. Lütfen kartınızdaki numarayla karşılaştırınız.")
        return digits

    def clean_expiry(self) -> tuple[int, int]:
        """Return year and month; the card is good until the month's end."""
        found = _EXPIRY.fullmatch(self.cleaned_data["expiry"].strip())
        if not found or not found[2].isascii():
            raise forms.ValidationError("Son kullanma tarihini AA/YY biçiminde yazınız.")
        year, month = int(found[2]) % 100 + 2000, int(found[1])
        now = time.localtime()
        if (year, month) < (now.tm_year, now.tm_mon):
            raise forms.ValidationError("Kartın son kullanma tarihi geçmiş. Başka bir kart kullanınız.")
        if year > now.tm_year + 20:
            raise forms.ValidationError("Son kullanma tarihini AA/YY biçiminde yazınız.")
        return year, month

    def clean_code(self) -> str:
        """Check the length, and keep nothing of it."""
        code: str = self.cleaned_data["code"]
        if not (code.isascii() and code.isdigit() and len(code) in {3, 4}):
            raise forms.ValidationError("Güvenlik kodu 3 ya da 4 rakamdan oluşur.")
        return ""


class CodeForm(forms.Form):
    """The one-time code of the 3-D Secure page."""

    code = forms.CharField(
        label="Doğrulama kodu",
        max_length=20,
        error_messages={"required": "Doğrulama kodunu yazınız.", "max_length": "Doğrulama kodu 6 rakamdan oluşur."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        """Return the digits without spaces."""
        return "".join(self.cleaned_data["code"].split())


class TransferForm(forms.Form):
    """A transfer as a customer types it at his own bank."""

    iban = forms.CharField(
        label="Alıcı IBAN",
        max_length=40,
        error_messages={"required": "Alıcının IBAN'ını yazınız.", "max_length": "IBAN 26 karakterdir."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    amount = forms.CharField(
        label="Tutar (₺)",
        help_text="Örneğin 5.097,60",
        max_length=20,
        error_messages={"required": "Tutarı yazınız.", "max_length": "Tutar çok büyük."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )
    text = forms.CharField(
        label="Açıklama",
        help_text="Sipariş kodu ve firma unvanı",
        max_length=140,
        required=False,
        error_messages={"max_length": "Açıklama en çok 140 karakter olabilir."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    sender = forms.CharField(
        label="Gönderen",
        max_length=100,
        error_messages={
            "required": "Gönderenin unvanını yazınız.",
            "max_length": "Unvan en çok 100 karakter olabilir.",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    tax_number = forms.CharField(
        label="Gönderenin VKN'si",
        help_text="İsteğe bağlı",
        max_length=11,
        required=False,
        error_messages={"max_length": "VKN 10, TCKN 11 hanelidir."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            notes = [f"{name}-hata"] * (name in self.errors) + [f"{name}-ipucu"] * bool(field.help_text)
            if notes:
                field.widget.attrs["aria-describedby"] = " ".join(notes)
            if name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean_iban(self) -> str:
        """Return the IBAN without spaces; its check digits must be right."""
        iban = re.sub(r"\s", "", self.cleaned_data["iban"]).upper()
        if not re.fullmatch(r"TR[0-9]{24}", iban) or int(f"{iban[4:]}2927{iban[2:4]}") % 97 != 1:
            raise forms.ValidationError("IBAN geçersiz: TR ile başlayan 26 karakter olmalıdır.")
        return iban

    def clean_amount(self) -> Decimal:
        """Return lira; ``5.097,60`` and ``5097.60`` are both understood."""
        written = re.sub(r"[\s₺]|TL", "", self.cleaned_data["amount"])
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})*(,[0-9]{1,2})?|[0-9]+([.,][0-9]{1,2})?", written):
            raise forms.ValidationError("Tutarı 5.097,60 gibi yazınız.")
        if "," in written or re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+", written):
            written = written.replace(".", "").replace(",", ".")
        amount = Decimal(written).quantize(Decimal("0.01"))
        if not 0 < amount < 10**9:
            raise forms.ValidationError("Tutar sıfırdan büyük olmalıdır.")
        return amount

    def clean_tax_number(self) -> str:
        """Return the digits, or nothing."""
        number: str = self.cleaned_data["tax_number"].strip()
        if number and not re.fullmatch(r"[0-9]{10,11}", number):
            raise forms.ValidationError("VKN 10, TCKN 11 hanelidir.")
        return number
