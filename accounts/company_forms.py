"""What people type on the pages of İşyerim."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from stdnum.tr import tckimlik

from accounts.enums import CompanyField, Role, Topic
from accounts.models import Membership, Provider, validate_kep
from accounts.rules import ROLE_HINTS, TOPIC_OF
from accounts.services.people import Invited
from iys_portal.shared import telephone
from iys_portal.shared.email_addresses import EmailField
from iys_portal.shared.mersis import mersis_fault

REASON_LENGTH = 500
# A Turkish number has ten digits; others are written with their country.
_PHONE = re.compile(r"\+(?:90[1-9][0-9]{9}|(?!90)[1-9][0-9]{9,14})")


class RoleRadio(forms.RadioSelect):
    """One choice for each role, with what it may do."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-hint"] = ROLE_HINTS[Role(value)]
        return option


def role_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Görev",
        widget=RoleRadio,
        error_messages={"required": "Bir görev seçin.", "invalid_choice": "Bu görevi veremezsiniz."},
    )


class RoleForm(forms.Form):
    """Another role for somebody."""

    role = role_field()

    def __init__(self, *args: Any, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]  # a choice field has them


class InvitationForm(RoleForm):
    """Whom to invite, as what."""

    tckn = forms.CharField(
        label="T.C. Kimlik No",
        help_text="Daveti yalnızca bu kişi, kendi e-Devlet girişiyle kabul edebilir.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 20}),
        error_messages={"required": "T.C. Kimlik No yazın."},
    )
    given_name = forms.CharField(
        label="Ad",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Adını yazın."},
    )
    family_name = forms.CharField(
        label="Soyad",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Soyadını yazın."},
    )
    email = EmailField(
        label="E-posta",
        help_text="Davet bu adrese gönderilir; bildirimleri de bu adrese gelir.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "E-posta adresini yazın."},
    )
    field_order = ("tckn", "given_name", "family_name", "email", "role")

    def clean_tckn(self) -> str:
        tckn = re.sub(r"\s", "", self.cleaned_data["tckn"])
        if not re.fullmatch(r"[0-9]{11}", tckn):
            raise ValidationError("T.C. Kimlik No 11 rakamdan oluşur.")
        if not tckimlik.is_valid(tckn):
            raise ValidationError("T.C. Kimlik No geçersiz; yazımını denetleyin.")
        return tckn

    def invited(self) -> Invited:
        """Return whom the valid form names."""
        values = self.cleaned_data
        return Invited(
            tckn=values["tckn"],
            given_name=values["given_name"],
            family_name=values["family_name"],
            email=values["email"],
            role=Role(values["role"]),
        )


class ChangeForm(forms.Form):
    """Which of the company's data shall change, to what, and why."""

    field = forms.ChoiceField(
        label="Değişecek bilgi",
        choices=[("", "Seçin"), *CompanyField.choices],
        error_messages={"required": "Değişecek bilgiyi seçin."},
    )
    new_value = forms.CharField(
        label="Yeni değer",
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Yeni değeri yazın.", "max_length": "En çok 500 karakter yazın."},
    )
    reason = forms.CharField(
        label="Gerekçe",
        max_length=REASON_LENGTH,
        help_text="Örneğin ticaret sicili tescil tarihi ve gazete sayısı.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Gerekçe yazın.", "max_length": f"En çok {REASON_LENGTH} karakter yazın."},
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "field" in values and "new_value" in values:
            try:
                values["new_value"] = _CLEANERS[CompanyField(values["field"])](values["new_value"])
            except ValidationError as error:
                self.add_error("new_value", error)
        return values


def _title(value: str) -> str:
    limit = Provider._meta.get_field("title").max_length
    if limit is not None and len(value) > limit:
        raise ValidationError(f"Unvan en çok {limit} karakter olabilir.")
    return " ".join(value.split())


def _mersis(value: str) -> str:
    digits = re.sub(r"[\s.-]", "", value)
    if fault := mersis_fault(digits, ""):
        raise ValidationError(fault)
    return digits


def _phone(value: str) -> str:
    number = telephone.read(value)
    if not _PHONE.fullmatch(number):
        raise ValidationError("Telefonu alan koduyla yazın, örneğin 0312 000 00 00.")
    return number


def _kep(value: str) -> str:
    address: str = EmailField(error_messages={"invalid": validate_kep.message}).clean(value)
    validate_kep(address.lower())
    return address.lower()


_CLEANERS = {
    CompanyField.TITLE: _title,
    CompanyField.MERSIS: _mersis,
    CompanyField.ADDRESS: lambda value: " ".join(value.split()),
    CompanyField.PHONE: _phone,
    CompanyField.EMAIL: EmailField().clean,
    CompanyField.KEP: _kep,
}


def offered_topics() -> list[tuple[str, str]]:
    """Return the topics about which the portal writes."""
    written = set(TOPIC_OF.values())
    return [(topic.value, topic.label) for topic in Topic if topic in written]


class NotificationForm(forms.Form):
    """Where a person wants to be written, and about what."""

    email = EmailField(
        label="Bildirim e-postanız",
        required=False,
        help_text="Boş bırakırsanız şirketin kayıtlı adresine yazılır.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    topics = forms.MultipleChoiceField(
        label="Almak istediğiniz bildirimler",
        required=False,
        choices=offered_topics,
        widget=forms.CheckboxSelectMultiple,
    )

    @classmethod
    def of(cls, membership: Membership) -> "NotificationForm":
        """Return the form as the person has filled it so far."""
        wanted = [topic for topic, _ in offered_topics() if topic not in membership.muted]
        return cls(initial={"email": membership.email, "topics": wanted})

    def muted(self) -> list[Topic]:
        """Return the offered topics that were not ticked in the valid form."""
        return [Topic(topic) for topic, _ in offered_topics() if topic not in self.cleaned_data["topics"]]
