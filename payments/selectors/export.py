"""The rows of an exported list of movements."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from iys_portal.shared import codes
from iys_portal.shared.tables import Cell
from payments.words import RULE_WORDS

MOST_ROWS = 100_000
"""Longer lists are cut, and say so in their last row."""

HEAD: Sequence[Cell] = (
    "Hareket No",
    "İşlem Tarihi",
    "Valör",
    "Hesap",
    "Tutar",
    "Para Birimi",
    "Gönderen",
    "Gönderen IBAN",
    "Gönderen VKN/TCKN",
    "Açıklama",
    "Durum",
    "Neden",
    "Gerekçe",
    "Adaylar",
)


def rows_of(found: QuerySet[Any]) -> Iterator[Sequence[Cell]]:
    """Yield the head and a row for each movement, in the list's order, read in portions."""
    yield HEAD
    for number, line in enumerate(found.iterator(chunk_size=2000)):
        if number == MOST_ROWS:
            yield (f"Liste {MOST_ROWS} satırda kesildi; süzgeci daraltın.", *[None] * (len(HEAD) - 1))
            return
        yield (
            line.pk,
            line.booked_on,
            line.value_on,
            line.account.iban,
            line.amount,
            line.currency,
            line.payer_name,
            line.payer_iban,
            line.payer_tax_number,
            " ".join(line.text.split()),
            line.get_state_display(),
            RULE_WORDS.get(line.rule, line.rule),
            line.verdict,
            ", ".join(codes.display(candidate["code"]) for candidate in line.candidates),
        )
