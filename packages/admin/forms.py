"""What administrators type about prices."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from iys_portal.admin_base import ConstrainedForm
from iys_portal.shared.money import KURUS
from packages.models import Tariff
from packages.pricing import overlaps
from packages.selectors import tariff_of, tariffs_of
from payments.selectors.sales import Sales, is_sold, sales_at

TEXT_WITHOUT_PRICE = "Kampanya günü veya metni yazıldıysa kampanya fiyatını da yazın; ücretsizse 0,00 yazın."
PRICE_WITHOUT_DAY = "Kampanyanın ilk gününü yazın."
CAMPAIGN_TOO_EARLY = "Kampanya, tarifenin ilk gününden önce başlayamaz."
CAMPAIGN_TOO_LATE = "Kampanya, tarifenin son gününden sonra başlayamaz."
CAMPAIGN_BACKWARDS = "Kampanyanın son günü, ilk gününden önce olamaz."
CAMPAIGN_TOO_LONG = "Kampanya, tarifenin son gününden sonra bitemez."


class TariffForm(ConstrainedForm):
    """Net and KDV rate are typed; KDV, rounded half up to the kuruş, and the gross price follow from them."""

    ends_previous = forms.BooleanField(
        label="Önceki tarifeyi bitir",
        required=False,
        help_text="İşaretlerseniz paketin o gün geçerli tarifesi, bu tarifenin ilk gününden bir gün önce biter.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        net, rate = cleaned.get("net"), cleaned.get("kdv_rate")
        if net is not None and rate is not None:
            self.instance.kdv = (net * rate / Decimal(100)).quantize(KURUS, rounding=ROUND_HALF_UP)
            self.instance.gross = net + self.instance.kdv
        self._check_campaign()
        self._check_previous()
        if self.instance.pk is not None and is_sold(self.instance):
            self._check_sold_days(sales_at(self.instance))
        return cleaned

    def _value(self, name: str) -> Any:
        """Return what a column will hold: as typed, or as stored where it is not on the form."""
        return self.cleaned_data.get(name) if name in self.fields else getattr(self.instance, name)

    def _refuse(self, field: str, sentence: str) -> None:
        if field not in self.errors:
            self.add_error(field if field in self.fields else None, sentence)

    def _check_campaign(self) -> None:
        """Say which half of a campaign is missing, and which of its days lies outside the tariff's."""
        first, last, text = (self._value(f"campaign_{name}") for name in ("from", "to", "text"))
        if self._value("campaign_gross") is None:
            if first or last or text:
                self._refuse("campaign_gross", TEXT_WITHOUT_PRICE)
            return
        if first is None:
            self._refuse("campaign_from", PRICE_WITHOUT_DAY)
            return
        start, end = self._value("valid_from"), self._value("valid_to")
        if start is not None and first < start:
            self._refuse("campaign_from", CAMPAIGN_TOO_EARLY)
        elif end is not None and first > end:
            self._refuse("campaign_from", CAMPAIGN_TOO_LATE)
        if last is not None and last < first:
            self._refuse("campaign_to", CAMPAIGN_BACKWARDS)
        elif last is not None and end is not None and last > end:
            self._refuse("campaign_to", CAMPAIGN_TOO_LONG)

    def _check_sold_days(self, sales: Sales) -> None:
        """The price of a day on which the tariff was sold stays what it was."""
        end, campaign_end = self._value("valid_to"), self._value("campaign_to")
        if _ends_before(end, sales.last):
            self._refuse("valid_to", f"{sales.last:%d.%m.%Y} gününde bu tarifeyle satış yapıldı; daha önce bitemez.")
        if self.instance.campaign_from is None:
            return
        if _ends_before(campaign_end, sales.last_in_campaign):
            day = f"{sales.last_in_campaign:%d.%m.%Y}"
            self._refuse("campaign_to", f"{day} gününde kampanya fiyatıyla satış yapıldı; kampanya daha önce bitemez.")
        later = sales.first_after_campaign
        if later is not None and (campaign_end is None or campaign_end >= later):
            sentence = f"{later:%d.%m.%Y} gününde liste fiyatıyla satış yapıldı; kampanya o günden önce bitmelidir."
            self._refuse("campaign_to", sentence)

    def previous(self) -> Tariff | None:
        """Return the tariff that has to end for this new one, where its end was asked for, else None."""
        package, first = self.cleaned_data.get("package"), self.cleaned_data.get("valid_from")
        if self.instance.pk is not None or not self.cleaned_data.get("ends_previous") or not package or not first:
            return None
        running = tariff_of(package, day=first)
        return running if running is not None and running.valid_from < first else None

    def _check_previous(self) -> None:
        """The running tariff can end the day before only where nothing was sold and no campaign begins later."""
        running = self.previous()
        if running is None:
            return
        first, sold = self.cleaned_data["valid_from"], sales_at(running).last
        if sold is not None and sold >= first:
            self._refuse(
                "valid_from", f"Önceki tarifeyle {sold:%d.%m.%Y} gününde satış yapıldı; daha sonraki bir gün yazın."
            )
        elif running.campaign_from is not None and running.campaign_from >= first:
            day = f"{running.campaign_from:%d.%m.%Y}"
            self._refuse(
                "valid_from", f"Önceki tarifenin kampanyası {day} gününde başlıyor; daha sonraki bir gün yazın."
            )

    def _add_broken(self, constraint: str, error: ValidationError) -> None:
        """Judge the overlap as if the previous tariff had ended: it does at the save."""
        if constraint == "tariff_no_overlap" and (running := self.previous()) is not None:
            others = [row for row in tariffs_of(running.package) if row != running]
            if not overlaps(others, self._value("valid_from"), self._value("valid_to")):
                return
        super()._add_broken(constraint, error)


def _ends_before(end: date | None, day: date | None) -> bool:
    return end is not None and day is not None and end < day


class PreviewForm(forms.Form):
    """The day, and the address count, for which the price page is looked at."""

    gun = forms.DateField(
        label="Gün",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Günü 31.12.2026 biçiminde yazın."},
    )
    adres = forms.IntegerField(
        label="Adres sayısı",
        required=False,
        min_value=0,
        max_value=2**31 - 1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": "12", "autocomplete": "off"}),
        error_messages={"invalid": "Adres sayısını rakamla yazın."},
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__({"gun": f"{today:%Y-%m-%d}", "adres": "0", **{k: v for k, v in data.items() if v}})
        self.today = today

    @property
    def day(self) -> date:
        """The day asked for; today where there is none or it cannot be read."""
        return (self.cleaned_data.get("gun") if self.is_valid() else None) or self.today

    @property
    def addresses(self) -> int:
        """The count asked for; none where there is none or it cannot be read."""
        return (self.cleaned_data.get("adres") if self.is_valid() else None) or 0
