"""Forms of push connections. What an address must be stands in `push.rules`."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from consents.enums import Channel
from iys_portal.shared.clock import ISTANBUL
from push.addresses import MAX_URL
from push.rules import KEPT, Fault, Wanted, examine

_FIELDS = {"url": "adres", "type": "kanal", "username": "kullanici", "password": "parola"}


class _Field(forms.CharField):
    """A text whose emptiness is judged by the rules."""

    def validate(self, value: Any) -> None:
        """Leave it to the form."""


class ConnectionForm(forms.Form):
    """An address to which movements of a channel are sent."""

    adres = _Field(
        label="Adres",
        max_length=MAX_URL,
        help_text="https:// ile başlayan, POST isteklerini Basic kimlik doğrulamasıyla kabul eden adresiniz.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": f"Adres en çok {MAX_URL} karakter olabilir."},
    )
    kanal = forms.ChoiceField(
        label="Kanal",
        choices=[(channel.name, channel.label) for channel in Channel],
        error_messages={"required": "Kanalı seçin.", "invalid_choice": "Kanallardan birini seçin."},
    )
    kullanici = _Field(
        label="Kullanıcı adı",
        help_text="Adresinizin beklediği kullanıcı adı.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    parola = _Field(
        label="Parola",
        strip=False,
        help_text="Şifrelenerek saklanır; bu sitede bir daha gösterilmez.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> None:
        """Let the rules judge what was typed."""
        given = {theirs: self.cleaned_data.get(ours, "") for theirs, ours in _FIELDS.items()}
        self.wanted, faults = examine(given)
        for fault in faults:
            if _FIELDS[fault.field] not in self.errors:
                self.add_fault(fault)

    wanted: Wanted | None = None

    def add_fault(self, fault: Fault) -> None:
        """Show a fault beside its field, one of the address as a whole beside the address."""
        self.add_error(_FIELDS.get(fault.field, "adres"), f"{fault.sentence} ({fault.rule.code})")


class ReplayForm(forms.Form):
    """From which day on movements are sent again."""

    gun = forms.DateField(
        label="Başlangıç günü",
        help_text=f"En çok {KEPT.days} gün geriye gidebilirsiniz.",
        widget=forms.DateInput(attrs={"autocomplete": "off", "placeholder": "GG.AA.YYYY", "size": 12}),
        error_messages={"required": "Günü yazın.", "invalid": "Günü GG.AA.YYYY biçiminde yazın."},
    )

    @property
    def since(self) -> datetime:
        """The first instant of the day."""
        return datetime.combine(self.cleaned_data["gun"], datetime.min.time(), tzinfo=ISTANBUL)

    def clean_gun(self) -> Any:
        """Refuse days of which no movements are sent again."""
        day, today = self.cleaned_data["gun"], timezone.localdate()
        if not today - timedelta(days=KEPT.days) <= day <= today:
            raise forms.ValidationError(f"Son {KEPT.days} günden bir gün yazın.")
        return day
