"""The queue's filters, as they stand in the address."""

from typing import Any

from django import forms
from django.http import QueryDict

from payments.enums import LineState
from payments.forms.accounting import AccountField
from payments.forms.fields import LiraField
from payments.selectors.accounting import bank_accounts
from payments.selectors.lines import DEFAULT_SORT, SORTS, Filters
from payments.words import RULE_WORDS

SORT_WORDS = {
    "eski": "Önce gelen üstte",
    "yeni": "Yeni gelen üstte",
    "tarih": "İşlem tarihine göre",
    "tutar": "Küçük tutar üstte",
    "buyuk": "Büyük tutar üstte",
}
ALL = "hepsi"


class QueueForm(forms.Form):
    """Filters by GET: what cannot be read is told, and the rest still narrows the list."""

    ara = forms.CharField(label="Ara", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"}))
    durum = forms.ChoiceField(label="Durum", required=False)
    kural = forms.ChoiceField(label="Neden", required=False)
    en_az = LiraField(label="En az tutar", required=False)
    en_cok = LiraField(label="En çok tutar", required=False)
    ilk = forms.DateField(
        label="İlk gün", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    son = forms.DateField(
        label="Son gün", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hesap = AccountField(label="Hesap", queryset=bank_accounts(), required=False, empty_label="Tümü")
    ikinci = forms.BooleanField(label="İkinci onay bekleyenler", required=False)
    benim = forms.BooleanField(label="Benim işlediklerim", required=False)
    sira = forms.ChoiceField(label="Sıra", required=False, choices=list(SORT_WORDS.items()))

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="suz_%s")
        states = [(state.value, state.label) for state in LineState if state != LineState.NEW]
        self.fields["durum"].choices = [("", "İşlem bekleyen"), (ALL, "Tümü"), *states]  # type: ignore[attr-defined]  # its field has them
        self.fields["kural"].choices = [("", "Tümü"), *RULE_WORDS.items()]  # type: ignore[attr-defined]  # its field has them

    @property
    def filters(self) -> Filters:
        """What the address asks for, as far as it can be read."""
        self.is_valid()
        value: dict[str, Any] = self.cleaned_data
        account = value.get("hesap")
        sort = value.get("sira") or DEFAULT_SORT
        return Filters(
            state=value.get("durum", ""),
            rule=value.get("kural", ""),
            least=value.get("en_az"),
            most=value.get("en_cok"),
            first=value.get("ilk"),
            last=value.get("son"),
            account=account.pk if account else None,
            second=bool(value.get("ikinci")),
            mine=bool(value.get("benim")),
            query=value.get("ara", ""),
            sort=sort if sort in SORTS else DEFAULT_SORT,
        )

    @property
    def address(self) -> str:
        """The filters as a query string, for links that come back here; empty when nothing is chosen."""
        wanted = QueryDict(mutable=True)
        for name in self.fields:
            if value := self.data.get(name, ""):
                wanted[name] = value
        return wanted.urlencode()
