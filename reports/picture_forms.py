"""What a picture is narrowed to, as it stands in the address."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from brands.models import Brand
from brands.selectors import brand_with_code, brands_of
from iys_portal.shared.numerals import grouped
from reports.enums import CHOSEN
from reports.pictures.period import MOST_DAYS, Period, last_days
from reports.pictures.scope import Scope

_FIRST_DAY = date(2015, 5, 1)
"""No consent of the register is older (6563 sayılı Kanun)."""
_LISTED = 200
_LARGEST_CODE = 2_147_483_647


def _day(label: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label,
        widget=widget,
        error_messages={
            "required": f"{label} boş bırakılamaz.",
            "invalid": f"{label} okunamadı; gün.ay.yıl olarak yazın.",
        },
    )


class PictureForm(forms.Form):
    """Days and brand by GET; what the address leaves out has its default."""

    ilk = _day("İlk gün")
    son = _day("Son gün")
    marka = forms.CharField(label="Marka", required=False, max_length=12, widget=forms.Select())

    def __init__(self, data: QueryDict, *, provider_id: int | None, today: date, days: int, by_brand: bool) -> None:
        self._provider_id, self._today = provider_id or 0, today
        self.brand: Brand | None = None
        usual = last_days(days or 1, today=today)
        filled = {"ilk": f"{usual.first:%Y-%m-%d}", "son": f"{usual.last:%Y-%m-%d}", **data.dict()}
        super().__init__(filled, auto_id="suz_%s")
        if not days:
            del self.fields["ilk"], self.fields["son"]
        if not by_brand:
            del self.fields["marka"]
        else:
            named = brands_of(self._provider_id).values_list("code", "name")[:_LISTED]
            choices = {str(code): f"{name} ({code})" for code, name in named}
            if (asked := data.get("marka", "")) and asked not in choices:
                choices[asked] = asked
            self.fields["marka"].widget.choices = [("", "Tümü"), *choices.items()]

    def clean_marka(self) -> str:
        """The brand is one of the provider's; another's does not exist."""
        code: str = self.cleaned_data["marka"].strip()
        if not code:
            return ""
        number = int(code) if code.isascii() and code.isdecimal() else 0
        self.brand = brand_with_code(self._provider_id, number).first() if 0 < number <= _LARGEST_CODE else None
        if self.brand is None:
            raise ValidationError("Bu kodla bir markanız yok; listeden seçin.")
        return code

    def clean_ilk(self) -> date:
        """Nothing is older than the register."""
        first: date = self.cleaned_data["ilk"]
        if first < _FIRST_DAY:
            raise ValidationError(f"İlk gün {_FIRST_DAY:%d.%m.%Y} gününden önce olamaz.")
        return first

    def clean_son(self) -> date:
        """Days that have not come yet have no figures."""
        last: date = self.cleaned_data["son"]
        if last > self._today:
            raise ValidationError("Son gün bugünden sonra olamaz.")
        return last

    def clean(self) -> dict[str, Any]:
        """The days stand in order, and are not too many."""
        found = super().clean() or {}
        first, last = found.get("ilk"), found.get("son")
        if first and last and first > last:
            self.add_error("ilk", "İlk gün son günden sonra olamaz.")
        elif first and last and (last - first).days >= MOST_DAYS:
            earliest = last - timedelta(days=MOST_DAYS - 1)
            message = f"En çok üç yıllık ({grouped(MOST_DAYS)} gün) bir aralık seçin; bu son gün için ilk gün en erken"
            self.add_error("ilk", f"{message} {earliest:%d.%m.%Y} olabilir.")
        return found

    @property
    def period(self) -> Period:
        """The days that a valid form asks for."""
        return Period(self.cleaned_data.get("ilk", self._today), self.cleaned_data.get("son", self._today))

    @property
    def scope(self) -> Scope:
        """What a report is about that a valid form asks for."""
        return Scope(CHOSEN, self.period, self.brand)

    @property
    def query(self) -> str:
        """The query that asks for the same, defaults included."""
        brand = {"marka": self.brand.code} if self.brand else {}
        return urlencode({"ilk": self.period.first, "son": self.period.last, **brand})
