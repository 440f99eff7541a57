"""What is typed of a brand: in an application, as a further brand, and as another name for one."""

from typing import Any

from django import forms

from applications.forms import DocumentField
from brands.models import Brand
from brands.rules import NAME_UNPROVEN, needs_certificate
from iys_portal.shared.turkish import search_key

_NAME_LENGTH = 255


class BrandForm(forms.Form):
    """A brand and its registration certificate."""

    marka = forms.CharField(
        label="Marka adı",
        max_length=_NAME_LENGTH,
        help_text="Tescil belgesinde yazdığı gibi.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Marka adını yazın."},
    )
    belge = DocumentField(label="Marka tescil belgesi")

    def clean_marka(self) -> str:
        name = " ".join(self.cleaned_data["marka"].split())
        if len(search_key(name)) > _NAME_LENGTH:  # one letter may fold to several
            raise forms.ValidationError(f"Marka adı çok uzun: en çok {_NAME_LENGTH} harf olabilir.")
        return name


class NewBrandForm(BrandForm):
    """The same from a provider's own page; the nonce makes a form that is sent twice one request."""

    nonce = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)


class RenameForm(NewBrandForm):
    """Another name for a brand; without a certificate only what needs none."""

    belge = DocumentField(
        label="Marka tescil belgesi",
        required=False,
        help_text="Yalnızca büyük küçük harfi ya da yazımı düzeltiyorsanız gerekmez."
        " PDF, PNG ya da JPEG; en çok 10 MB.",
    )

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._brand = brand
        self.fields["marka"].label = "Yeni marka adı"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "marka" in cleaned and "belge" in cleaned and self.is_reviewed and not cleaned["belge"]:
            self.add_error("belge", NAME_UNPROVEN)
        return cleaned

    @property
    def is_reviewed(self) -> bool:
        """Whether the typed name must be reviewed first."""
        return needs_certificate(self._brand, self.cleaned_data["marka"])
