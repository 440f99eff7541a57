"""Forms of İzin Yönetimi: search, filters, one consent."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.datastructures import MultiValueDict

from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.imports.tables import MOST_BYTES
from consents.rules.calendar import earliest_allowed
from consents.rules.faults import RULES, Fault
from consents.rules.fields import Movement, Policy, Raw, read
from consents.rules.recipient import is_mail, tidy
from consents.selectors import Filters
from iys_portal.shared.clock import ISTANBUL
from iys_portal.shared.telephone import is_in_use

MOST_TYPED = 300
_RECIPIENT = "Telefon numarası ya da e-posta adresi"


def _names(choices: Any) -> list[tuple[str, str]]:
    return [(choice.name, choice.label) for choice in choices]


class SearchForm(forms.Form):
    """One recipient, in any way of writing it."""

    alici = forms.CharField(
        label=_RECIPIENT,
        max_length=MOST_TYPED,
        help_text="Örneğin 0532 123 45 67 ya da ad.soyad@ornek.com; nasıl yazdığınız fark etmez.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "email"}),
        error_messages={"required": "Aramak istediğiniz telefon numarasını ya da e-posta adresini yazın."},
    )

    def clean_alici(self) -> str:
        recipient = tidy(self.cleaned_data["alici"])
        if not (is_in_use(recipient) or is_mail(recipient)):
            raise forms.ValidationError(
                "Bu bir telefon numarası ya da e-posta adresi değil. Tamamını yazın, örneğin 0532 123 45 67 ya da"
                " ad.soyad@ornek.com."
            )
        return recipient


class FilterForm(forms.Form):
    """What the list is narrowed to, as it stands in the address; what cannot be read narrows nothing."""

    marka = forms.ChoiceField(label="Marka", required=False)
    kanal = forms.ChoiceField(label="Kanal", required=False, choices=[("", "Tümü"), *_names(Channel)])
    durum = forms.ChoiceField(label="Durum", required=False, choices=[("", "Tümü"), *_names(ConsentStatus)])

    def __init__(self, data: QueryDict, *, brands: Iterable[Brand]) -> None:
        super().__init__(data, auto_id="suz_%s")
        self._brands = {str(brand.code): brand for brand in brands}
        choices = [("", "Tümü"), *((code, brand.name) for code, brand in self._brands.items())]
        self.fields["marka"].choices = choices  # type: ignore[attr-defined]  # its field has them

    @property
    def filters(self) -> Filters:
        """What the address asks for, as far as it can be read."""
        self.is_valid()
        value = self.cleaned_data
        brand = self._brands.get(value.get("marka", ""))
        return Filters(
            brand_id=brand.pk if brand else None,
            channel=Channel[value["kanal"]].value if value.get("kanal") else None,
            status=ConsentStatus[value["durum"]].value if value.get("durum") else None,
        )

    @property
    def address(self) -> str:
        """The filters as a query string; empty when nothing is chosen."""
        wanted = QueryDict(mutable=True)
        for name in self.fields:
            if value := self.data.get(name, ""):
                wanted[name] = value
        return wanted.urlencode()


class ImportForm(forms.Form):
    """A file of consents and the brand for which they were taken."""

    marka = forms.ChoiceField(
        label="Marka", error_messages={"required": "İzinlerin hangi marka için alındığını seçin."}
    )
    dosya = forms.FileField(
        label="İzin dosyası",
        help_text="CSV ya da Excel (.xlsx); ilk satırı sütun başlıkları, en çok 1.000.000 izin.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        error_messages={
            "required": "Bir dosya seçin.",
            "missing": "Bir dosya seçin.",
            "invalid": "Dosya alınamadı. Lütfen yeniden seçin.",
            "empty": "Seçtiğiniz dosya boş. İzinlerin bulunduğu dosyayı seçin.",
        },
    )

    def __init__(
        self,
        data: QueryDict | None,
        files: "MultiValueDict[str, UploadedFile[bytes]] | None",
        *,
        brands: Iterable[Brand],
    ) -> None:
        super().__init__(data, files)
        self._brands = {str(brand.code): brand for brand in brands}
        choices = [(code, f"{brand.name} ({code})") for code, brand in self._brands.items()]
        self.fields["marka"].choices = choices if len(choices) == 1 else [("", "Seçin"), *choices]  # type: ignore[attr-defined]  # its field has them

    @property
    def brand(self) -> Brand:
        """The brand of this valid form."""
        return self._brands[self.cleaned_data["marka"]]

    def clean_dosya(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["dosya"]
        if file.size is None or file.size > MOST_BYTES:
            raise forms.ValidationError(
                f"Dosya çok büyük (en çok {filesizeformat(MOST_BYTES)}). İzinleri birkaç dosyaya bölün."
            )
        return file


def _told(code: str) -> str:
    """Return İYS's sentence, what to do about it, and its code."""
    rule = RULES[code]
    return f"{rule.message.rstrip('.')}. {rule.hint} ({code})"


class ConsentForm(forms.Form):
    """One movement of one consent; the rules of the register judge it (consents/rules)."""

    alici = forms.CharField(
        label=_RECIPIENT,
        max_length=MOST_TYPED,
        help_text="Örneğin 0532 123 45 67 ya da ad.soyad@ornek.com.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _told("H114")},
    )
    marka = forms.ChoiceField(label="Marka", error_messages={"required": "İznin hangi marka için alındığını seçin."})
    kanal = forms.ChoiceField(
        label="Kanal", choices=[("", "Seçin"), *_names(Channel)], error_messages={"required": _told("H111")}
    )
    durum = forms.ChoiceField(
        label="Durum",
        choices=[("ONAY", "Onay"), ("RET", "Ret")],
        widget=forms.RadioSelect,
        help_text="Onay: alıcı ileti almayı kabul etti. Ret: artık ileti almak istemiyor.",
        error_messages={"required": _told("H110")},
    )
    alici_tipi = forms.ChoiceField(
        label="Alıcı tipi",
        choices=_names(RecipientType),
        initial=RecipientType.BIREYSEL.name,
        widget=forms.RadioSelect,
        help_text="Tacir ve esnafın ilk kaydında kaynak ve tarih yazılmayabilir.",
        error_messages={"required": "Alıcının bireysel mi tacir mi olduğunu seçin."},
    )
    kaynak = forms.ChoiceField(
        label="Kaynak",
        choices=[("", "Seçin"), *_names(source for source in Source if not source.is_citizens)],
        help_text="İznin nerede alındığı ya da geri alındığı.",
        error_messages={"required": _told("H113")},
    )
    tarih = forms.DateField(
        label="İzin tarihi",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages={
            "required": _told("H112"),
            "invalid": "Tarihi gün.ay.yıl olarak yazın, örneğin 23.11.2026.",
        },
    )
    saat = forms.TimeField(
        label="İzin saati",
        widget=forms.TimeInput(attrs={"type": "time", "step": "1"}, format="%H:%M:%S"),
        help_text="Türkiye saati.",
        error_messages={
            "required": "İznin alındığı saati yazın, örneğin 14:05.",
            "invalid": "Saati saat:dakika olarak yazın, örneğin 14:05.",
        },
    )
    bayi = forms.IntegerField(
        label="Bayi kodu",
        required=False,
        min_value=0,
        help_text="İzni bir bayiniz aldıysa onun sekiz haneli kodu.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 12, "autocomplete": "off"}),
        error_messages={"invalid": "Bayi kodu sekiz rakamdır."},
    )

    field_of = {
        "recipient": "alici",
        "type": "kanal",
        "status": "durum",
        "source": "kaynak",
        "consentDate": "tarih",
        "recipientType": "alici_tipi",
        "retailerCode": "bayi",
    }

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        brands: Iterable[Brand],
        policy: Policy,
        now: datetime,
        initial: dict[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self._brands = {str(brand.code): brand for brand in brands}
        self._policy, self._now = policy, now
        self.movement: Movement | None = None
        earliest = earliest_allowed(now, policy.calendar)
        self.fields[
            "tarih"
        ].help_text = f"İzinler alındıktan sonra üç iş günü içinde kaydedilir: bugün en eski {earliest:%d.%m.%Y}."
        # The first record of a merchant may lack them; whether it is the first, its state will say.
        for name in ("kaynak", "tarih", "saat"):
            self.fields[name].required = self.data.get("alici_tipi") != RecipientType.TACIR.name
        choices = [(code, f"{brand.name} ({code})") for code, brand in self._brands.items()]
        # With one brand there is nothing to choose.
        self.fields["marka"].choices = choices if len(choices) == 1 else [("", "Seçin"), *choices]  # type: ignore[attr-defined]  # its field has them

    @property
    def brand(self) -> Brand:
        """The brand of this valid form."""
        return self._brands[self.cleaned_data["marka"]]

    def clean(self) -> None:
        value = self.cleaned_data
        if (value.get("tarih") is None) != (value.get("saat") is None) and not {"tarih", "saat"} & self.errors.keys():
            self.add_error("saat", "İznin alındığı günü ve saati birlikte yazın.")
        raw = Raw(
            recipient=tidy(value.get("alici", "")),
            type=value.get("kanal", ""),
            status=value.get("durum", ""),
            source=value.get("kaynak", ""),
            consent_date=_written(value.get("tarih"), value.get("saat")),
            recipient_type=value.get("alici_tipi", ""),
        )
        reading = read(raw, policy=self._policy, now=self._now)
        told = self.errors.keys()
        clock_told = "saat" in told
        # What its field has told already is not told twice.
        self.refuse(
            fault
            for fault in reading.faults
            if self.field_of[fault.field] not in told and not (clock_told and fault.field == "consentDate")
        )
        self.movement = None if self.errors else reading.movement

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Tell the faults beside their fields, İYS's sentence first."""
        for fault in list(faults):
            self.add_error(self.field_of[fault.field], _told(fault.code))


def _written(day: date | None, clock: time | None) -> str:
    return "" if day is None or clock is None else f"{datetime.combine(day, clock, tzinfo=ISTANBUL):%Y-%m-%d %H:%M:%S}"
