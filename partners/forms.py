"""Forms of authorisation: which company, and the rights matrix of a partner or an intermediary."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import Person
from brands.models import Brand
from partners.enums import Channel, Right
from partners.models import Intermediary, IntermediaryGrant, Partner, PartnerGrant
from partners.rules import ENDS_IN_THE_PAST, NOTHING_TICKED, is_empty, right_of
from partners.services import authorise_intermediary, authorise_partner


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


class GrantForm(forms.Form):
    """What the forms of both kinds share: the last day, and that something must be ticked."""

    ends_on = forms.DateField(
        label="Bitiş tarihi",
        required=False,
        help_text="Yetkinin son günü, örneğin 31.12.2027. Boş bırakırsanız yetki siz kaldırana kadar sürer.",
        input_formats=["%d.%m.%Y", "%Y-%m-%d"],
        widget=forms.DateInput(format="%d.%m.%Y", attrs={"autocomplete": "off", "size": 12}),
        error_messages={"invalid": "Bitiş tarihini gün.ay.yıl olarak yazın, örneğin 31.12.2027."},
    )

    def __init__(self, data: QueryDict | None = None, *, today: date, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.today = today

    def clean_ends_on(self) -> date | None:
        ends_on: date | None = self.cleaned_data["ends_on"]
        if ends_on is not None and ends_on < self.today:
            raise forms.ValidationError(ENDS_IN_THE_PAST)
        return ends_on

    def ticked(self, name: str) -> bool:
        """Return whether a right of this name was asked for; False for names that the form does not have."""
        return bool(self.cleaned_data.get(name))


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

    def authorise(self, *, brand: Brand, party: Partner, person: Person, now: datetime) -> PartnerGrant:
        """Give the rights of this valid form; raises GrantRefused."""
        return authorise_partner(
            brand=brand,
            partner=party,
            agreement=self.ticked("agreement"),
            rights=self.rights,
            ends_on=self.cleaned_data["ends_on"],
            person=person,
            now=now,
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

    def authorise(self, *, brand: Brand, party: Intermediary, person: Person, now: datetime) -> IntermediaryGrant:
        """Give the rights of this valid form; raises GrantRefused."""
        return authorise_intermediary(
            brand=brand,
            intermediary=party,
            channels=self.channels,
            ends_on=self.cleaned_data["ends_on"],
            person=person,
            now=now,
        )


def initial_of(grant: PartnerGrant | IntermediaryGrant) -> dict[str, object]:
    """Return the form values that show an existing grant."""
    if isinstance(grant, IntermediaryGrant):
        return {name: getattr(grant, name) for name in ("mesaj_read", "arama_read", "eposta_read", "ends_on")}
    values: dict[str, object] = {"agreement": grant.agreement, "ends_on": grant.ends_on}
    for channel in Channel:
        right = getattr(grant, channel)
        values |= {f"{channel}_read": right != Right.NONE, f"{channel}_write": right == Right.WRITE}
    return values
