"""Forms of authorisation: which company, the rights matrix of a partner or an intermediary, and templates of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import Person
from brands.models import Brand
from iys_portal.shared.turkish import search_key
from partners.enums import Channel, PartyKind, Right
from partners.models import Grant, GrantTemplate, Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import ENDS_IN_THE_PAST, NOTHING_TICKED, is_empty, right_held, right_of
from partners.selectors.grants import OtherBrand
from partners.services.grants import Authorised, authorise_intermediary_for, authorise_partner_for

NAME_LENGTH = 60
NAME_KEY_LENGTH = 120


class PartyForm(forms.Form):
    """The company that was chosen from a directory, `?kurulus=<id>`."""

    def __init__(self, data: QueryDict, *, directory: QuerySet[Any], missing: str) -> None:
        super().__init__(data)
        self.fields["kurulus"] = forms.ModelChoiceField(
            directory,
            widget=forms.HiddenInput,
            error_messages={"required": missing, "invalid_choice": missing},
        )


def _box(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def _check_folded(name: str) -> None:
    """Refuse a name that is not stored because single signs of it are folded into whole words."""
    if len(search_key(name)) > NAME_KEY_LENGTH:
        raise forms.ValidationError("Bu addaki bazı işaretler saklanamıyor; adı harf ve rakamlarla yazın.")


def _name(label: str, *, required: bool, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=NAME_LENGTH,
        validators=[_check_folded],
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Şablon için bir ad yazın.", "max_length": f"En çok {NAME_LENGTH} karakter yazın."},
    )


class GrantForm(forms.Form):
    """What the forms of both kinds share: the last day, the other brands, a template, and that something is ticked."""

    ends_on = forms.DateField(
        label="Bitiş tarihi",
        required=False,
        help_text="Yetkinin son günü, örneğin 31.12.2027. Boş bırakırsanız yetki siz kaldırana kadar sürer.",
        input_formats=["%d.%m.%Y", "%Y-%m-%d"],
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"autocomplete": "off", "size": 12}),
        error_messages={"invalid": "Bitiş tarihini gün.ay.yıl olarak yazın, örneğin 31.12.2027."},
    )
    all_brands = _box("Etkin markalarımın tümü")
    brands = forms.MultipleChoiceField(
        label="Diğer markalarım",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Seçtiğiniz markalardan biri artık etkin değil; seçiminizi denetleyin."},
    )
    save_as = _name(
        "Şablon olarak kaydet",
        required=False,
        help_text="Bu yetkilere bir ad verirseniz sonraki yetkilendirmelerde formu bu şablondan doldurabilirsiniz.",
    )

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        today: date,
        others: Sequence[OtherBrand] = (),
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial) if initial else None)
        self.today = today
        self.others = {str(other.brand.code): other for other in others}
        field: Any = self.fields["brands"]
        field.choices = [(code, other.brand.name) for code, other in self.others.items()]

    def clean_ends_on(self) -> date | None:
        ends_on: date | None = self.cleaned_data["ends_on"]
        if ends_on is not None and ends_on < self.today:
            raise forms.ValidationError(ENDS_IN_THE_PAST)
        return ends_on

    def ticked(self, name: str) -> bool:
        """Return whether a right of this name was asked for; False for names that the form does not have."""
        return bool(self.cleaned_data.get(name))

    @property
    def brand_options(self) -> list[tuple[Any, list[str]]]:
        """The checkbox of each other brand, with what the company may do there already."""
        return [(option, self.others[str(option.data["value"])].held) for option in self["brands"]]

    def brands_with(self, brand: Brand) -> list[Brand]:
        """Return the brand, and of the others those that were ticked."""
        chosen = self.others if self.ticked("all_brands") else self.cleaned_data["brands"]
        return [brand, *(self.others[code].brand for code in chosen)]


class PartnerGrantForm(GrantForm):
    """Mutabakat, and Okuma and Yazma on each channel."""

    agreement = _box("Mutabakat Yönetimi")
    mesaj_read = _box("Okuma")
    mesaj_write = _box("Yazma")
    arama_read = _box("Okuma")
    arama_write = _box("Yazma")
    eposta_read = _box("Okuma")
    eposta_write = _box("Yazma")

    def clean(self) -> None:
        if is_empty(self.rights, agreement=self.ticked("agreement")):
            raise forms.ValidationError(NOTHING_TICKED)

    @property
    def rights(self) -> dict[Channel, Right]:
        """The right asked for on each channel."""
        return {
            channel: right_of(read=self.ticked(f"{channel}_read"), write=self.ticked(f"{channel}_write"))
            for channel in Channel
        }

    @property
    def adds_reading(self) -> bool:
        """Yazma was ticked somewhere without Okuma, which it implies."""
        return any(self.ticked(f"{channel}_write") and not self.ticked(f"{channel}_read") for channel in Channel)

    def authorise(
        self, *, brand: Brand, party: Partner, person: Person, now: datetime, changing: Grant | None = None
    ) -> Authorised:
        """Give the rights of this valid form to all its brands, changing a grant; raises GrantRefused."""
        return authorise_partner_for(
            brands=self.brands_with(brand),
            partner=party,
            agreement=self.ticked("agreement"),
            rights=self.rights,
            ends_on=self.cleaned_data["ends_on"],
            person=person,
            now=now,
            template_name=self.cleaned_data["save_as"],
            changing=changing,
            seen=self.cleaned_data["seen"] if "seen" in self.data else None,
        )


class IntermediaryGrantForm(GrantForm):
    """Okuma on each channel; an intermediary has nothing else."""

    adds_reading = False

    mesaj_read = _box("Okuma")
    arama_read = _box("Okuma")
    eposta_read = _box("Okuma")

    def clean(self) -> None:
        if not self.channels:
            raise forms.ValidationError(NOTHING_TICKED)

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels asked for."""
        return frozenset(channel for channel in Channel if self.ticked(f"{channel}_read"))

    def authorise(
        self, *, brand: Brand, party: Intermediary, person: Person, now: datetime, changing: Grant | None = None
    ) -> Authorised:
        """Give the rights of this valid form for all its brands, changing a grant; raises GrantRefused."""
        return authorise_intermediary_for(
            brands=self.brands_with(brand),
            intermediary=party,
            channels=self.channels,
            ends_on=self.cleaned_data["ends_on"],
            person=person,
            now=now,
            template_name=self.cleaned_data["save_as"],
            changing=changing,
            seen=self.cleaned_data["seen"] if "seen" in self.data else None,
        )


class TemplateForm(forms.Form):
    """The name of a template."""

    name = _name("Şablonun adı", required=True)


def initial_of(grant: PartnerGrant | IntermediaryGrant) -> dict[str, object]:
    """Return the form values that show an existing grant."""
    rights = {channel: right_held(grant, channel) for channel in Channel}
    agreement = isinstance(grant, PartnerGrant) and grant.agreement
    return {"ends_on": grant.ends_on, **_ticks(rights, agreement=agreement, writes=isinstance(grant, PartnerGrant))}


def initial_of_template(template: GrantTemplate) -> dict[str, object]:
    """Return the form values that a template stands for."""
    rights = {channel: Right(getattr(template, channel)) for channel in Channel}
    return _ticks(rights, agreement=template.agreement, writes=template.kind == PartyKind.PARTNER)


def _ticks(rights: Mapping[Channel, Right], *, agreement: bool, writes: bool) -> dict[str, object]:
    values: dict[str, object] = {f"{channel}_read": right != Right.NONE for channel, right in rights.items()}
    if writes:
        values |= {"agreement": agreement, **{f"{c}_write": right == Right.WRITE for c, right in rights.items()}}
    return values
