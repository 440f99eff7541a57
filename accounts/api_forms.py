"""What people type about API accounts."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.rules import MOST_NETWORKS, network_of
from brands.enums import BrandState
from brands.models import Brand

_NAME_LENGTH = 60


class NetworksForm(forms.Form):
    """From where an account may call: an address or a CIDR block a line."""

    networks = forms.CharField(
        label="İzin verilen IP adresleri",
        required=False,
        help_text="Her satıra bir IP adresi ya da CIDR bloğu yazın, örneğin 192.0.2.10 ya da 192.0.2.0/24."
        " Boş bırakırsanız her adresten istek gönderilebilir.",
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_networks(self) -> list[str]:
        found: list[str] = []
        wrong: list[str] = []
        for line in self.cleaned_data["networks"].replace(",", "\n").split("\n"):
            if not (written := line.strip()):
                continue
            try:
                found.append(network_of(written))
            except ValueError:
                wrong.append(written[:60])
        if wrong:
            raise ValidationError([f"“{written}” bir IP adresi ya da CIDR bloğu değil." for written in wrong[:5]])
        if len(found) > MOST_NETWORKS:
            raise ValidationError(f"En çok {MOST_NETWORKS} adres yazabilirsiniz.")
        return list(dict.fromkeys(found))

    @classmethod
    def of(cls, networks: list[str]) -> "NetworksForm":
        """Return the form with these; a single address is shown without the length of its block."""
        lines = [network.removesuffix("/128" if ":" in network else "/32") for network in networks]
        return cls(initial={"networks": "\n".join(lines)})


class NewAccountForm(NetworksForm):
    """A new account: what it is for, and from where it calls."""

    name = forms.CharField(
        label="Hesap adı",
        max_length=_NAME_LENGTH,
        help_text="Hesabı hangi yazılımın kullanacağını yazın, örneğin “Mağaza yazılımı”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Hesaba bir ad verin.", "max_length": f"En çok {_NAME_LENGTH} karakter yazın."},
    )
    field_order: tuple[str, ...] = ("name", "networks")

    def clean_name(self) -> Any:
        return " ".join(self.cleaned_data["name"].split())


class BrandsForm(forms.Form):
    """For which of its provider's brands an account may act. Passive brands stand there, too: they may come back."""

    brands = forms.TypedMultipleChoiceField(
        label="Markalar",
        required=False,
        coerce=int,
        help_text="Hesap yalnızca seçtiğiniz markalar için çalışır. Hiçbirini seçmezseniz sonradan ekledikleriniz de"
        " içinde olmak üzere bütün markalarınız için çalışır.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Seçtiğiniz markalardan biri bulunamadı; seçiminizi denetleyin."},
    )

    def __init__(self, *values: Any, own: Iterable[Brand], **options: Any) -> None:
        super().__init__(*values, **options)
        field: Any = self.fields["brands"]
        field.choices = [
            (brand.code, f"{brand.code} {brand.name}{'' if brand.state == BrandState.ACTIVE else ' (pasif)'}")
            for brand in own
        ]


class NewProviderAccountForm(BrandsForm, NewAccountForm):
    """A provider's new account may be for some of its brands only, and one for trying out."""

    is_sandbox = forms.BooleanField(
        label="Deneme hesabı",
        required=False,
        help_text="İstekleri yalnızca kendi deneme verisine gider; gerçek izinlerinize, adres sayınıza ve paketinize"
        " dokunmaz. Paketiniz olmasa da çalışır. Sonradan gerçek hesaba çevrilemez.",
    )
    field_order = ("name", "is_sandbox", "brands", "networks")
