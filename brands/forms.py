"""Forms of brands and dealers. What a dealer must be stands in `brands.rules`; here texts become its shape."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat

from brands.enums import RetailerState
from brands.models import Retailer
from brands.places import City, cities, city_with, town_with, towns_of
from brands.rules import LABELS, Details, Fault, examine
from iys_portal.shared import telephone


def _text(field: str, help_text: str = "", *, required: bool = True, **attributes: Any) -> forms.CharField:
    # Whether something is missing is for the rules to say; `required` only tells the page what is optional.
    widget = forms.TextInput(attrs={"autocomplete": "off", **attributes})
    return _Field(label=LABELS[field], required=required, help_text=help_text, widget=widget)


class _Field(forms.CharField):
    """A text whose emptiness is judged by the rules."""

    def validate(self, value: Any) -> None:
        """Leave it to the form."""


class _Choice(forms.ChoiceField):
    """A choice that is judged by the rules."""

    def validate(self, value: Any) -> None:
        """Leave it to the form."""


class RetailerForm(forms.Form):
    """A dealer. İlçe offers the towns of the city that is chosen.

    For a dealer that is there, an empty TCKN (and a sole trader's tax number) keeps the stored one, which pages never
    show in full; its state is changed elsewhere.
    """

    title = _text("title", "Ticaret unvanı; yalnızca harf, rakam ve boşluk. “Ltd. Şti.” yerine “Limited Şirketi”.")
    alias = _text("alias", "Bayiyi listede ayırt ettiren ad, örneğin Şişli Mağazası.", required=False)
    name = _text("name", "Bayi adına yetkili kişinin adı ve soyadı.")
    tckn = _text("tckn", "Yetkili kişinin 11 haneli kimlik numarası.", inputmode="numeric", size=14)
    tin = _text("tin", "Şirketlerde 10 haneli VKN, şahıs işletmelerinde 11 haneli TCKN.", inputmode="numeric", size=14)
    mersis = _text("mersis", "16 haneli numara.", required=False, inputmode="numeric", size=20)
    city = _Choice(label=LABELS["city"])
    town = _Choice(label=LABELS["town"])
    mobile = _text("mobile", "Örneğin +90 532 500 11 11.", required=False, inputmode="tel", size=20, autocomplete="off")
    status = _Choice(label=LABELS["status"], choices=RetailerState.choices, initial=RetailerState.ACTIVE)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        retailer: Retailer | None = None,
        initial: dict[str, Any] | None = None,
        address: str = "",
    ) -> None:
        super().__init__(data, initial=(_stored(retailer) if retailer else {}) | (initial or {}))
        self.retailer = retailer
        self._details: Details | None = None
        if retailer is not None:
            del self.fields["status"]
            self._let_keep(retailer)
        fields: dict[str, Any] = self.fields
        fields["city"].choices = [("", "İl seçin"), *((str(city.code), city.name) for city in cities())]
        fields["city"].widget.attrs |= {
            "hx-get": address,
            "hx-trigger": "change",
            "hx-target": "#ilce-alani",
            "hx-swap": "innerHTML",
            "hx-sync": "this:queue last",
        }
        city = self.chosen_city
        chosen = [(str(town.code), town.short) for town in towns_of(city)] if city else []
        fields["town"].choices = [("", "İlçe seçin" if city else "Önce il seçin"), *chosen]

    @property
    def chosen_city(self) -> City | None:
        """The city whose towns are offered."""
        written = str(self["city"].value() or "")
        return city_with(int(written)) if written.isdecimal() and len(written) < 4 else None

    def clean(self) -> None:
        """Judge the dealer by the rules; each fault stands at its field."""
        self._details, faults = examine(self._given())
        for fault in faults:
            self.add_fault(fault)

    @property
    def details(self) -> Details:
        """The dealer of a valid form."""
        if self._details is None:
            raise ValueError("the form is not valid")
        return self._details

    def add_fault(self, fault: Fault) -> None:
        """Say what is wrong, with the register's code for whoever asks for help."""
        self.add_error(fault.field or None, f"{fault.sentence} ({fault.code})")

    def _given(self) -> dict[str, Any]:
        """Return the shape of the API's object."""
        given: dict[str, Any] = {name: self.cleaned_data.get(name, "") for name in LABELS}
        if self.retailer is not None:
            given["tckn"] = given["tckn"] or self.retailer.tckn
            given["tin"] = given["tin"] or (self.retailer.tin if self.retailer.tax_tckn_encrypted else "")
            given["status"] = None
        city, town = self.chosen_city, _town_code(given["town"])
        in_city = town_with(town)
        given["mobile"] = telephone.read(given["mobile"]) if given["mobile"] else ""
        given["city"] = {"code": city.code, "name": city.name} if city else None
        # A town of the city that was chosen before is no town of this one.
        given["town"] = {"code": town, "name": in_city.name} if in_city and in_city.city == city else None
        return given

    def _let_keep(self, retailer: Retailer) -> None:
        for name, masked in [("tckn", retailer.masked_tckn), ("tin", retailer.shown_tin)]:
            if masked and (name == "tckn" or retailer.tax_tckn_encrypted):
                self.fields[name].required = False
                self.fields[name].help_text = f"Kayıtlı: {masked}. Değiştirmeyecekseniz boş bırakın."


def _stored(retailer: Retailer) -> dict[str, Any]:
    town = retailer.town
    return {
        **{name: getattr(retailer, name) for name in ("title", "alias", "name", "mersis", "mobile")},
        "tin": retailer.tax_number,
        "city": str(town.city.code) if town else "",
        "town": str(town.code) if town else "",
    }


def _town_code(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 4 else 0


class UploadForm(forms.Form):
    """A file of dealers."""

    file = forms.FileField(
        label="Bayi dosyası",
        help_text="Excel (.xlsx) ya da CSV; ilk satırı sütun başlıkları, en çok 10.000 bayi.",
        error_messages={
            "required": "Bir dosya seçin.",
            "missing": "Bir dosya seçin.",
            "invalid": "Dosya alınamadı. Lütfen yeniden seçin.",
            "empty": "Seçtiğiniz dosya boş. Bayilerin bulunduğu dosyayı seçin.",
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is None or file.size > settings.RETAILER_FILE_MAX_BYTES:
            limit = filesizeformat(settings.RETAILER_FILE_MAX_BYTES)
            raise forms.ValidationError(f"Dosya çok büyük (en çok {limit}). Bayileri birkaç dosyaya bölün.")
        return file
