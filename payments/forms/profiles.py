"""The form by which a bank's table is declared. What is wrong with it is told beside the setting it is about."""

from collections.abc import Sequence
from typing import Any

from django import forms

from payments.models import StatementProfile
from payments.statements import BankProfile, ProfileError
from payments.statements.guesses import FORMATS
from payments.statements.profile import Sign
from payments.statements.suggestion import NO_AMOUNT, NONE_NEGATIVE, Preview

_SEPARATORS = [(";", "Noktalı virgül ( ; )"), (",", "Virgül ( , )"), ("sekme", "Sekme"), ("|", "Dik çizgi ( | )")]
_ENCODINGS = [
    ("auto", "Dosyadan anlaşılsın"),
    ("utf-8", "UTF-8"),
    ("cp1254", "Windows-1254 (Türkçe)"),
    ("iso-8859-9", "ISO-8859-9 (Türkçe)"),
    ("utf-16", "UTF-16"),
]
_DECIMALS = [("", "Seçin"), (",", "Virgül: 5097,60"), (".", "Nokta: 5097.60")]
_THOUSANDS = [
    ("", "Yok"),
    (".", "Nokta: 5.097"),
    (",", "Virgül: 5,097"),
    ("bosluk", "Boşluk: 5 097"),
    ("'", "Kesme işareti: 5'097"),
]
_WORDS = {"sekme": "\t", "bosluk": " "}
_KEYS = {value: key for key, value in _WORDS.items()}
_SINGLE = {
    "ayirici": "separator",
    "kodlama": "encoding",
    "sayfa": "sheet",
    "ondalik": "decimal_mark",
    "binlik": "thousands_mark",
    "para_birimi": "currency",
    "hesap_yeri": "account",
    "acilis_yeri": "opening",
    "kapanis_yeri": "closing",
}
_LISTS = {
    "baslik_sozcukleri": "header_words",
    "gelen_sozcukleri": "incoming_words",
    "giden_sozcukleri": "outgoing_words",
    "dip_sozcukleri": "footer_words",
}
_COLUMNS = {
    "tarih": "date",
    "valor": "value_date",
    "tutar": "amount",
    "cikan": "debit",
    "giren": "credit",
    "yon": "direction",
    "gonderen": "payer_name",
    "gonderen_iban": "payer_iban",
    "gonderen_vkn": "payer_tax_number",
    "banka_no": "bank_id",
    "bakiye": "running_balance",
    "doviz": "currency",
}
_TEXTS = ("aciklama1", "aciklama2", "aciklama3")
_DAYS = ("gun_bicimi1", "gun_bicimi2")
_FIELD_OF = {
    "name": "kisa_ad",
    "header_row": "baslik_satiri",
    "sign": "isaret",
    "date_formats": "gun_bicimi1",
    "bank_id_trusted": "banka_no_benzersiz",
    "columns.texts": "aciklama1",
    **{f"columns.texts[{number}]": name for number, name in enumerate(_TEXTS)},
    **{key: name for name, key in (_SINGLE | _LISTS).items()},
    **{f"columns.{key}": name for name, key in _COLUMNS.items()},
}


class SampleForm(forms.Form):
    """The file that a bank's table is declared by."""

    ornek = forms.FileField(
        label="Örnek ekstre",
        help_text="Bankanın CSV ya da Excel (.xlsx) dosyası, en çok 4 MB. Kaydedince, en geç bir saatte silinir.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        error_messages={"required": "Bir örnek dosya seçin.", "empty": "Seçtiğiniz dosya boş."},
    )


def _optional(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=200, **options)


def _column(label: str, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"list": "basliklar", "autocomplete": "off", "spellcheck": "false"})
    return _optional(label, widget=widget, **options)


class ProfileForm(forms.Form):
    """A bank's table as a person declares it; `layout` is what it says once it is valid."""

    ad = forms.CharField(
        label="Ad",
        max_length=80,
        help_text="Ekstre yüklerken görünecek ad; örnek: Akbank internet şubesi.",
        error_messages={"required": "Tanıma bir ad verin."},
    )
    kisa_ad = forms.CharField(
        label="Kısa ad",
        max_length=30,
        help_text="Küçük harf, rakam ve tire; sonradan değişmez. Örnek: akbank.",
        error_messages={"required": "Kısa bir ad yazın."},
    )
    ayirici = forms.ChoiceField(label="Sütun ayırıcı", choices=_SEPARATORS, required=False)
    kodlama = forms.ChoiceField(label="Harf kodlaması", choices=_ENCODINGS, required=False)
    sayfa = _optional("Sayfa adı", help_text="Boşsa ilk sayfa okunur.")
    baslik_satiri = forms.IntegerField(
        label="Başlık satırı",
        required=False,
        help_text="Boşsa sütun adlarının bulunduğu ilk satır.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 6}),
        error_messages={"invalid": "Satır numarasını rakamla yazın."},
    )
    baslik_sozcukleri = _optional("Başlıkta geçen sözcükler", help_text="Virgülle ayırın.")
    dip_sozcukleri = _optional(
        "Hareket olmayan satırlar", help_text="Bu sözcüklerle başlar; virgülle ayırın: Toplam, Genel Toplam."
    )
    tarih = _column("İşlem tarihi", help_text="Sütunun başlığı, ya da #C gibi harfi.")
    valor = _column("Valör")
    gun_bicimi1 = forms.ChoiceField(label="Tarih biçimi", required=False)
    gun_bicimi2 = forms.ChoiceField(label="İkinci tarih biçimi", required=False)
    isaret = forms.ChoiceField(
        label="Giren ve çıkan para",
        choices=[(sign.value, sign.words) for sign in Sign],
        widget=forms.RadioSelect,
        error_messages={"required": "Giren ve çıkan paranın nasıl ayrıldığını seçin."},
    )
    tutar = _column("Tutar")
    yon = _column("Yön (borç/alacak)")
    gelen_sozcukleri = _optional("Yön: giren para", help_text="Virgülle ayırın; örnek: A, Alacak.")
    giden_sozcukleri = _optional("Yön: çıkan para", help_text="Virgülle ayırın; örnek: B, Borç.")
    giren = _column("Giren para (alacak)")
    cikan = _column("Çıkan para (borç)")
    ondalik = forms.ChoiceField(label="Ondalık ayırıcı", choices=_DECIMALS, required=False)
    binlik = forms.ChoiceField(label="Binlik ayırıcı", choices=_THOUSANDS, required=False)
    doviz = _column("Para birimi sütunu")
    para_birimi = forms.CharField(label="Sütun yoksa para birimi", max_length=3, initial="TRY")
    aciklama1 = _column("Açıklama")
    aciklama2 = _column("Açıklama (2. sütun)")
    aciklama3 = _column("Açıklama (3. sütun)")
    gonderen = _column("Gönderen adı")
    gonderen_iban = _column("Gönderen IBAN")
    gonderen_vkn = _column("Gönderen VKN/TCKN")
    banka_no = _column("Bankanın işlem numarası")
    banka_no_benzersiz = forms.BooleanField(label="Banka bu numaranın hiç yinelenmediğini bildirdi", required=False)
    bakiye = _column("Hareketten sonraki bakiye")
    hesap_yeri = _optional("Hesap numarasının yeri", help_text="Hücre (#B3) ya da solundaki yazı.")
    acilis_yeri = _optional("Açılış bakiyesinin yeri", help_text="Hücre (#B4) ya da solundaki yazı.")
    kapanis_yeri = _optional("Kapanış bakiyesinin yeri", help_text="Hücre (#B5) ya da solundaki yazı.")
    gorulen = forms.CharField(required=False, widget=forms.HiddenInput)

    GROUPS: Sequence[tuple[str, Sequence[str]]] = (
        ("Tanım", ("ad", "kisa_ad")),
        ("Tarih", ("tarih", "valor", *_DAYS)),
        ("Para", ("isaret", "tutar", "yon", "gelen_sozcukleri", "giden_sozcukleri", "giren", "cikan")),
        ("Tutarların yazılışı", ("ondalik", "binlik", "doviz", "para_birimi", "bakiye")),
        (
            "Açıklama ve gönderen",
            (*_TEXTS, "gonderen", "gonderen_iban", "gonderen_vkn", "banka_no", "banka_no_benzersiz"),
        ),
        (
            "Dosyanın düzeni",
            (
                *("ayirici", "kodlama", "sayfa", "baslik_satiri", "baslik_sozcukleri", "dip_sozcukleri"),
                *("hesap_yeri", "acilis_yeri", "kapanis_yeri"),
            ),
        ),
    )

    def __init__(self, *args: Any, kind: str, stored: StatementProfile | None = None, **options: Any) -> None:
        self.kind, self.stored = kind, stored
        self.layout: BankProfile | None = None
        super().__init__(*args, **options)
        formats = [*FORMATS, "yyyymmdd", "ddmmyyyy"]
        known = stored.definition.get("date_formats", []) if stored else []
        choices = [(name, name.replace("dd", "gg").replace("mm", "aa")) for name in formats]
        choices += [(name, name) for name in known if name not in formats]
        first, second = (self.fields[name] for name in _DAYS)
        first.choices = [("", "Seçin"), *choices]  # type: ignore[attr-defined]  # its field has them
        second.choices = [("", "Yok"), *choices]  # type: ignore[attr-defined]  # its field has them
        for name in ("ayirici", "kodlama") if kind == "xlsx" else ("sayfa",):
            del self.fields[name]
        if stored is not None:
            self.fields["kisa_ad"].disabled = True
            self.initial["kisa_ad"] = stored.slug

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as they stand on the page."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            self.layout = BankProfile.from_json(self._definition(values))
        except ProfileError as error:
            field = _FIELD_OF.get(error.key)
            self.add_error(field if field in self.fields else None, error.message)
        return values

    def _definition(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the layout as JSON: what the form asks for over what it does not know of."""
        stored: dict[str, Any] = dict(self.stored.definition) if self.stored else {}
        single = {key: _word(values[name]) for name, key in _SINGLE.items() if name in self.fields}
        columns = {key: values[name] for name, key in _COLUMNS.items()}
        return {
            **stored,
            **{key: value for key, value in single.items() if value or key not in {"separator", "encoding"}},
            **{key: _listed(values[name]) for name, key in _LISTS.items()},
            "name": values["kisa_ad"],
            "title": values["ad"],
            "kind": self.kind,
            "sign": values["isaret"],
            "currency": values["para_birimi"].upper(),
            "header_row": values["baslik_satiri"],
            "date_formats": [values[name] for name in _DAYS if values[name]],
            "bank_id_trusted": values["banka_no_benzersiz"],
            "columns": {**columns, "texts": [values[name] for name in _TEXTS if values[name]]},
        }


def _word(value: str) -> str:
    return _WORDS.get(value, value)


def _listed(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def values_of(layout: BankProfile) -> dict[str, Any]:
    """Return a layout as the values of the form's fields."""
    days, texts = layout.date_formats, layout.columns.texts
    return {
        "isaret": layout.sign.value,
        "baslik_satiri": layout.header_row,
        "banka_no_benzersiz": layout.bank_id_trusted,
        **{name: _KEYS.get(getattr(layout, key), getattr(layout, key)) for name, key in _SINGLE.items()},
        **{name: ", ".join(getattr(layout, key)) for name, key in _LISTS.items()},
        **{name: getattr(layout.columns, key) for name, key in _COLUMNS.items()},
        **dict(zip(_DAYS, days, strict=False)),
        **dict(zip(_TEXTS, texts, strict=False)),
    }


def suggested_values(layout: BankProfile | None, found: Preview) -> dict[str, Any]:
    """Return the values of a draft; how money came and went is left open where the draft is not sure of it."""
    if layout is None:
        return {}
    values = values_of(layout)
    is_open = not {NONE_NEGATIVE, NO_AMOUNT}.isdisjoint(found.unsure)
    return {**values, "isaret": ""} if is_open else values
