"""Which column of a foreign file is which: one choice for each field, a column or one value for every row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from consents.enums import Channel, RecipientType, Source
from consents.imports.columns import FIELDS, LABELS, REQUIRED, Chosen
from consents.imports.guessing import wrong_with
from consents.imports.judging import RowJudge
from consents.imports.tables import Head
from consents.rules.faults import RULES
from consents.rules.fields import Policy

_COLUMN, _CONSTANT = "s", "="
_EXAMPLE_LENGTH = 40
_HINTS = {
    "type": "Kanalı gösteren bir sütun yoksa bütün satırların kanalını seçin.",
    "source": "İznin alındığı kaynak. Dosyada yazmıyorsa bütün satırların kaynağını seçin.",
    "recipient": "Telefon numaralarının ya da e-posta adreslerinin sütunu.",
    "status": "ONAY ya da RET yazan sütun; bütün satırlar aynıysa onu seçin.",
    "consentDate": "İznin alındığı gün ve saat (Türkiye saati).",
    "recipientType": "Boş bırakırsanız bütün alıcılar bireysel sayılır.",
    "retailerCode": "İzinleri bayileriniz aldıysa kodlarının sütunu.",
}
_CONSTANTS: dict[str, list[tuple[str, str]]] = {
    "type": [(channel.name, channel.label) for channel in Channel],
    "source": [(source.name, source.label) for source in Source if not source.is_citizens],
    "status": [("ONAY", "Onay"), ("RET", "Ret")],
    "recipientType": [(kind.name, kind.label) for kind in RecipientType],
}


class ColumnsForm(forms.Form):
    """A field for each of FIELDS, under its own name."""

    def __init__(
        self, data: QueryDict | None, *, head: Head, policy: Policy, now: datetime, chosen: Chosen | None = None
    ) -> None:
        super().__init__(data, initial=_initial(chosen) if chosen else None)
        self._head, self._policy, self._now = head, policy, now
        columns = list(_columns(head))
        for name in FIELDS:
            choices: list[Any] = [("", "Seçin" if name in REQUIRED else "Yok"), ("Dosyanın sütunları", columns)]
            if name in _CONSTANTS:
                constants = [(f"{_CONSTANT}{value}", f"Hepsi: {label}") for value, label in _CONSTANTS[name]]
                choices.append(("Bütün satırlar için aynı", constants))
            self.fields[name] = forms.ChoiceField(
                label=f"{LABELS[name]} ({name})",
                required=name in REQUIRED,
                choices=choices,
                help_text=_HINTS[name],
                error_messages={
                    "required": f"{LABELS[name]} için bir sütun seçin.",
                    "invalid_choice": "Dosyada böyle bir sütun yok; yeniden seçin.",
                },
            )

    @property
    def chosen(self) -> Chosen:
        """What was chosen in the fields that are right."""
        picked = {name: value for name in FIELDS if (value := self.cleaned_data.get(name))}
        places = {name: int(value[1:]) for name, value in picked.items() if value.startswith(_COLUMN)}
        return Chosen(places, {n: v[1:] for n, v in picked.items() if v.startswith(_CONSTANT)})

    def clean(self) -> None:
        first_of: dict[int, str] = {}
        for name, place in self.chosen.places.items():
            if place in first_of:
                self.add_error(
                    name, f"Bu sütunu “{LABELS[first_of[place]]}” için de seçtiniz; her bilginin sütunu ayrı olur."
                )
            elif (why := self._why_not(name, place)) is not None:
                self.add_error(name, why)
            first_of.setdefault(place, name)

    def _why_not(self, name: str, place: int) -> str | None:
        """Return why no row that is shown has this field in this column, or None."""
        values = [value for row in self._head.rows if (value := row[place].strip())]
        if not values:
            return "Bu sütunun ilk satırları boş; doluysa başka bir sütun seçin." if name in REQUIRED else None
        wrong = [wrong_with(name, value, policy=self._policy, now=self._now) for value in values]
        if not wrong or None in wrong or wrong[0] is None:
            return None
        example, hint = values[0][:_EXAMPLE_LENGTH], RULES[wrong[0].code].hint
        return f"Bu sütunda “{LABELS[name]}” bulunamadı; ilk satırda “{example}” yazıyor. {hint}"

    def preview(self) -> list[tuple[list[tuple[str, str]], str]]:
        """Return the rows that are shown as they would be read, cells by the names of their fields, and the faults."""
        columns, judge = self.chosen.columns_of(self._head.cells), RowJudge(policy=self._policy, now=self._now)
        rows = []
        for row in self._head.rows:
            cells = columns.pick(list(row))
            verdict = judge.judge(cells)
            faults = " ".join(RULES[each.code].message for each in verdict) if isinstance(verdict, list) else ""
            rows.append(([(LABELS[name], cell) for name, cell in zip(FIELDS, cells, strict=True)], faults))
        return rows


def _columns(head: Head) -> Iterator[tuple[str, str]]:
    for place, cell in enumerate(head.cells):
        name = cell.strip() or "başlıksız"
        example = next((row[place].strip() for row in head.rows if row[place].strip()), "")
        label = f"{place + 1}. {name[:_EXAMPLE_LENGTH]}"
        yield f"{_COLUMN}{place}", f"{label} – örneğin {example[:_EXAMPLE_LENGTH]}" if example else f"{label} (boş)"


def _initial(chosen: Chosen) -> dict[str, str]:
    places = {name: f"{_COLUMN}{place}" for name, place in chosen.places.items()}
    return {**places, **{name: f"{_CONSTANT}{value}" for name, value in chosen.constants.items()}}
