"""What applicants type, cleaned: numbers with their check digits, telephones as they are dialled, documents opened."""

import re
from datetime import date
from typing import Any

from django import forms
from stdnum.tr import tckimlik

from accounts.models import Provider, validate_kep
from accounts.selectors import open_provider
from applications.enums import CheckReason, CheckState
from applications.files import EMPTY, NOTHING, FileRefused, ReceivedFile, receive
from iys_portal.shared import telephone
from iys_portal.shared.email_addresses import EmailField
from iys_portal.shared.mersis import mersis_fault
from iys_portal.shared.tin import is_tin

_ADULT = 18
_FREE_MAIL = {
    "gmail.com", "googlemail.com", "hotmail.com", "hotmail.com.tr", "outlook.com", "outlook.com.tr", "live.com",
    "msn.com", "yahoo.com", "yahoo.com.tr", "icloud.com", "yandex.com", "yandex.com.tr", "mynet.com", "windowslive.com",
}  # fmt: skip
_PHONE = "Telefonu alan koduyla, 10 rakam yazın. Örnek: 0312 218 30 00"
_MOBILE = "Cep telefonunu 5 ile başlayan 10 rakam olarak yazın. Örnek: 0532 000 00 00"
_TCKN = "T.C. Kimlik Numarası geçersiz. 11 rakamı nüfus cüzdanınızdaki gibi yazın."
_TIN_HELP = (
    "Şirketlerde 10 rakamlı VKN, şahıs işletmelerinde sahibinin 11 rakamlı T.C. kimlik numarası. MERSİS numaranız"
    " varsa boş kalabilir."
)
_EMAIL = "E-posta adresini ad@sirket.com.tr biçiminde yazın."


def _digits(text: str) -> str:
    return re.sub(r"[\s.\-/()]+", "", text)


class _NumberField(forms.CharField):
    """Digits, however they are grouped."""

    def __init__(self, **options: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false", **options.pop("attrs", {})}
        super().__init__(**{"max_length": 40, "widget": forms.TextInput(attrs=attrs), **options})

    def to_python(self, value: Any) -> str:
        return _digits(super().to_python(value) or "")


class DocumentField(forms.FileField):
    """A document, opened apart; its cleaned value is a ReceivedFile."""

    def __init__(self, **options: Any) -> None:
        widget = forms.FileInput(attrs={"accept": "application/pdf,image/png,image/jpeg,.pdf,.png,.jpg,.jpeg"})
        errors = {"required": NOTHING, "missing": NOTHING, "empty": EMPTY, "invalid": "Dosya alınamadı. Yeniden seçin."}
        hint = "PDF, PNG ya da JPEG; en çok 10 MB. Parolasız olmalı."
        super().__init__(**{"widget": widget, "error_messages": errors, "help_text": hint, **options})

    def clean(self, data: Any, initial: Any = None) -> ReceivedFile | None:
        file = super().clean(data, initial)
        if not file:  # nor is it required
            return None
        try:
            return receive(file.name, file.read())
        except FileRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class CompanyForm(forms.Form):
    """The company, step 1."""

    unvan = forms.CharField(
        label="Ticaret unvanı",
        max_length=255,
        help_text="Ticaret sicilinde yazdığı gibi.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": "Ticaret unvanını yazın."},
    )
    mersis = _NumberField(
        label="MERSİS numarası", required=False, help_text="16 rakam. Yoksa boş bırakıp vergi kimlik numarasını yazın."
    )
    vkn = _NumberField(
        label="Vergi kimlik numarası (VKN) ya da T.C. kimlik numarası",
        required=False,
        help_text=_TIN_HELP,
    )
    adres = forms.CharField(
        label="Adres",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        error_messages={"required": "Adresi yazın."},
    )
    kep = EmailField(
        label="KEP adresi",
        help_text="Kayıtlı elektronik posta; .kep.tr ile biter.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "KEP adresini yazın.",
            "invalid": "KEP adresini sirket@hs01.kep.tr biçiminde yazın.",
        },
    )
    telefon = forms.CharField(
        label="Telefon",
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
        error_messages={"required": "Telefonu yazın."},
    )
    eposta = EmailField(
        label="Şirketin e-posta adresi",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": "Şirketin e-posta adresini yazın.", "invalid": _EMAIL},
    )

    def __init__(self, *args: Any, known_tckn: str = "", **kwargs: Any) -> None:
        """`known_tckn` is a sole trader's number that was typed before, masked: it is shown so, and kept."""
        super().__init__(*args, **kwargs)
        self.known_tckn = known_tckn
        if known_tckn:
            self.fields["vkn"].help_text = f"Yazdığınız numara: {known_tckn}. Değiştirmeyecekseniz boş bırakın."

    def clean_unvan(self) -> str:
        return " ".join(self.cleaned_data["unvan"].split())

    def clean_vkn(self) -> str:
        number: str = self.cleaned_data["vkn"]
        if not number or is_tin(number):
            return number
        if len(number) == 11:
            raise forms.ValidationError(_TCKN)
        raise forms.ValidationError("Vergi Kimlik Numarası geçersiz. 10 rakamı vergi levhasındaki gibi yazın.")

    def clean_kep(self) -> str:
        address: str = self.cleaned_data["kep"].lower()
        validate_kep(address)
        return address

    def clean_telefon(self) -> str:
        number = telephone.read(self.cleaned_data["telefon"])
        if not telephone.is_turkish(number):
            raise forms.ValidationError(_PHONE)
        return number

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "vkn" in self.errors or "mersis" in self.errors:
            return cleaned
        mersis, number = cleaned.get("mersis", ""), cleaned.get("vkn", "")
        if not (mersis or number or self.known_tckn):
            self.add_error("mersis", "MERSİS numarasını ya da vergi kimlik numarasını yazın.")
        elif mersis and (fault := mersis_fault(mersis, number)):
            self.add_error("mersis", fault)
        elif mersis and not number:
            cleaned["vkn"] = mersis[1:11] if mersis.startswith("0") else mersis[:11]
        return cleaned

    def values(self) -> dict[str, str | date]:
        """Return the cleaned values by the names of the model's fields; the tax number stands apart (`tin`)."""
        return {name: self.cleaned_data[field] for field, name in COMPANY_FIELDS.items()}

    @property
    def tin(self) -> str:
        """The tax number; empty where the TCKN that was typed before stays."""
        return str(self.cleaned_data["vkn"])


COMPANY_FIELDS = {
    "unvan": "title",
    "mersis": "mersis",
    "adres": "address",
    "kep": "kep",
    "telefon": "phone",
    "eposta": "email",
}
PERSON_FIELDS = {
    "ad": "given_name",
    "soyad": "family_name",
    "dogum_tarihi": "birth_date",
    "cep": "mobile",
    "kurumsal_eposta": "person_email",
}


class PersonForm(forms.Form):
    """The authorised person, step 2. The TCKN is shown masked and typed again only to change it."""

    ad = forms.CharField(
        label="Ad",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": "Adı yazın."},
    )
    soyad = forms.CharField(
        label="Soyad",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": "Soyadı yazın."},
    )
    tckn = _NumberField(label="T.C. kimlik numarası", error_messages={"required": "T.C. kimlik numarasını yazın."})
    dogum_tarihi = forms.DateField(
        label="Doğum tarihi",
        help_text="Örnek: 27.03.1985",
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"autocomplete": "bday", "size": 12}),
        error_messages={"required": "Doğum tarihini yazın.", "invalid": "Tarihi gün.ay.yıl olarak yazın: 27.03.1985"},
    )
    cep = forms.CharField(
        label="Cep telefonu",
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
        error_messages={"required": "Cep telefonunu yazın."},
    )
    kurumsal_eposta = EmailField(
        label="Kurumsal e-posta adresi",
        help_text="Şirketin alan adındaki adresiniz; başvuruyla ilgili bütün yazılar buraya gelir.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": "Kurumsal e-posta adresini yazın.", "invalid": _EMAIL},
    )

    def __init__(self, *args: Any, today: date, known_tckn: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        if known_tckn:
            self.fields["tckn"].required = False
            self.fields["tckn"].help_text = f"Yazdığınız numara: {known_tckn}. Değiştirmeyecekseniz boş bırakın."

    def clean_tckn(self) -> str:
        number: str = self.cleaned_data["tckn"]
        if number and not (number.isascii() and tckimlik.is_valid(number)):
            raise forms.ValidationError(_TCKN)
        return number

    def clean_dogum_tarihi(self) -> date:
        day: date = self.cleaned_data["dogum_tarihi"]
        if day > self._today or day.year < 1900:
            raise forms.ValidationError("Doğum tarihini denetleyin.")
        if (self._today.year - _ADULT, self._today.month, self._today.day) < (day.year, day.month, day.day):
            raise forms.ValidationError("Yetkili kişi 18 yaşını doldurmuş olmalıdır.")
        return day

    def clean_cep(self) -> str:
        number = telephone.read(self.cleaned_data["cep"])
        if not telephone.is_turkish_mobile(number):
            raise forms.ValidationError(_MOBILE)
        return number

    def clean_kurumsal_eposta(self) -> str:
        address: str = self.cleaned_data["kurumsal_eposta"].lower()
        if address.rpartition("@")[2] in _FREE_MAIL:
            raise forms.ValidationError("Kişisel bir e-posta hizmeti yerine şirketin alan adındaki adresi yazın.")
        return address

    def values(self) -> dict[str, str | date]:
        """Return the cleaned values by the names of the model's fields; the TCKN stands apart."""
        return {name: self.cleaned_data[field] for field, name in PERSON_FIELDS.items()}


class AuthorityForm(PersonForm):
    """A further person for a provider that is registered: its two numbers, then the person's data."""

    iys_no = _NumberField(label="İYS No", error_messages={"required": "İYS numarasını yazın."})
    vkn = _NumberField(
        label="Hizmet sağlayıcının vergi kimlik numarası",
        help_text="Şahıs işletmesinde sahibinin T.C. kimlik numarası.",
        error_messages={"required": "Vergi kimlik numarasını yazın."},
    )
    field_order = ("iys_no", "vkn")
    _known: Provider | None = None

    def knows(self, provider: Provider | None) -> None:
        """Take a sole trader's number, which the draft named before, as typed: it is shown masked, and kept."""
        if provider is not None and provider.tax_tckn_hash:
            self._known = provider
            self.fields["vkn"].required = False
            self.fields["vkn"].help_text = f"Yazdığınız numara: {provider.shown_tin}. Değiştirmeyecekseniz boş bırakın."

    def clean_vkn(self) -> str:
        number: str = self.cleaned_data["vkn"]
        return number or (self._known.tin if self._known else "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        number, tax_number = cleaned.get("iys_no", ""), cleaned.get("vkn", "")
        if number and tax_number:
            provider = None
            if re.fullmatch(r"[0-9]{1,9}", number):
                provider = open_provider(int(number), tax_number)
            if provider is None:
                self.add_error(
                    "iys_no", "Bu İYS No ve VKN ile kayıtlı bir hizmet sağlayıcı bulunamadı; ikisini de denetleyin."
                )
            cleaned["provider"] = provider
        return cleaned


class PaperForm(forms.Form):
    """A document that stands for itself."""

    belge = DocumentField(label="Belge")

    def __init__(self, *args: Any, label: str = "Belge", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["belge"].label = label


class StatusForm(forms.Form):
    """Which application, and a proof that it is one's own."""

    basvuru_no = forms.CharField(
        label="Başvuru numarası",
        max_length=40,
        help_text="Onay sayfasında ve e-postada yazar: 12 harf ve rakam. Küçük harf ve çizgi fark etmez.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "size": 20}
        ),
        error_messages={"required": "Başvuru numarasını yazın."},
    )
    kanit = forms.CharField(
        label="T.C. kimlik numarasının son 4 rakamı ya da e-posta adresi",
        max_length=254,
        help_text="Başvuruda bildirdiğiniz yetkili kişinin numarası ya da adresi.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Son 4 rakamı ya da e-posta adresini yazın."},
    )


class NewsForm(forms.Form):
    """One address."""

    eposta = EmailField(
        label="E-posta adresiniz",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={
            "required": "E-posta adresinizi yazın.",
            "invalid": "E-posta adresini ad@ornek.com biçiminde yazın.",
        },
    )


class JudgeForm(forms.Form):
    """A reviewer's word on one part."""

    verdict = forms.ChoiceField(choices=[(s, s.label) for s in (CheckState.CONFIRMED, CheckState.REFUSED)])
    seen = forms.CharField(max_length=60)
    reason = forms.ChoiceField(choices=[("", "Neden seçin"), *CheckReason.choices], required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("verdict") == CheckState.CONFIRMED:
            cleaned["reason"] = cleaned["note"] = ""
        elif not cleaned.get("reason"):
            self.add_error("reason", "Neden kabul edilmediğini seçin.")
        elif cleaned["reason"] == CheckReason.OTHER and not cleaned.get("note"):
            self.add_error("note", "Nedeni başvuru sahibinin anlayacağı biçimde yazın.")
        return cleaned
