"""Forms of Raporlar: what the list shows, somebody's own hash and file, the reports that somebody wants by e-mail."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.http import QueryDict

from brands.models import Brand
from reports.enums import FileState, Rhythm

_DAY = {"type": "date"}


class FilterForm(forms.Form):
    """What the list is narrowed to, as it stands in the address; what cannot be read narrows nothing."""

    marka = forms.ChoiceField(label="Marka", required=False)
    durum = forms.ChoiceField(label="Durum", required=False, choices=[("", "Tümü"), *FileState.choices])
    ilk = forms.DateField(label="İlk gün", required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    son = forms.DateField(label="Son gün", required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict, *, brands: Iterable[Brand]) -> None:
        super().__init__(data, auto_id="suz_%s")
        self._brands = {str(brand.code): brand for brand in brands}
        choices = [("", "Tümü"), *((code, brand.name) for code, brand in self._brands.items())]
        self.fields["marka"].choices = choices  # type: ignore[attr-defined]  # its field has them
        self.is_valid()

    @property
    def brand(self) -> Brand | None:
        """The brand that the address names, or None."""
        return self._brands.get(self.cleaned_data.get("marka", ""))

    @property
    def state(self) -> str:
        """The state that the address names, or an empty text."""
        return str(self.cleaned_data.get("durum", ""))

    @property
    def first(self) -> date | None:
        """The first day that is shown."""
        return self.cleaned_data.get("ilk")

    @property
    def last(self) -> date | None:
        """The last day that is shown."""
        return self.cleaned_data.get("son")

    @property
    def is_narrow(self) -> bool:
        """Whether the address narrows anything."""
        return any((self.brand, self.state, self.first, self.last))


class GoToForm(forms.Form):
    """A brand and a day whose file is to be seen."""

    marka = forms.ChoiceField(label="Marka", error_messages={"required": "Bir marka seçin."})
    gun = forms.DateField(
        label="Gün",
        widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"),
        error_messages={"required": "Bir gün seçin.", "invalid": "Geçerli bir gün yazın, örneğin 23.11.2026."},
    )

    def __init__(self, data: QueryDict | None, *, brands: Iterable[Brand], latest: date) -> None:
        super().__init__(data, auto_id="git_%s", initial={"gun": latest})
        self._latest = latest
        self.fields["marka"].choices = [(str(brand.code), brand.name) for brand in brands]  # type: ignore[attr-defined]  # a choice field has them

    def clean_gun(self) -> date:
        day: date = self.cleaned_data["gun"]
        if day > self._latest:
            raise forms.ValidationError(f"En geç {self._latest:%d.%m.%Y} günü seçilebilir.")
        return day


class HashForm(forms.Form):
    """The SHA-384 of the file that somebody has."""

    ozet = forms.RegexField(
        r"^\s*[0-9a-fA-F]{96}\s*$",
        label="Sizdeki dosyanın SHA-384 özeti",
        help_text="96 haneli onaltılık özet.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Sizdeki dosyanın özetini yazın.",
            "invalid": "SHA-384 özeti 96 haneden oluşur; yalnızca 0–9 ve a–f kullanılır.",
        },
    )


class FileForm(forms.Form):
    """The file that somebody has."""

    dosya = forms.FileField(
        label="Sizdeki dosya",
        help_text="İYS'nin sütunlarıyla bir CSV dosyası, en çok 500 MB.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
        error_messages={
            "required": "Bir dosya seçin.",
            "missing": "Bir dosya seçin.",
            "invalid": "Dosya alınamadı. Lütfen yeniden seçin.",
            "empty": "Seçtiğiniz dosya boş. Karşılaştırılacak dosyayı seçin.",
        },
    )


class SubscriptionForm(forms.Form):
    """Which reports a person wants by e-mail."""

    raporlar = forms.MultipleChoiceField(
        label="Almak istediğiniz raporlar",
        required=False,
        choices=[
            (Rhythm.WEEKLY.value, "Haftalık rapor (her pazartesi)"),
            (Rhythm.MONTHLY.value, "Aylık rapor (her ayın ilk günü)"),
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Listedeki raporlardan seçin."},
    )
