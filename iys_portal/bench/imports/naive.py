"""The ways in which a file is imported without thought: row by row, by bulk_create, with libraries for every row."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # it has no types
import phonenumbers
import xlsxwriter  # type: ignore[import-untyped]  # it has no types, either
from django.db import connection, transaction

from consents.imports.columns import FIELDS
from consents.models import Consent, ConsentEvent
from consents.rules.recipient import is_mail
from iys_portal.bench.imports.corpus import Row
from iys_portal.shared.clock import ISTANBUL

_KEY = ("recipient", "brand_id", "channel", "recipient_type")
_NUMBERS = "SELECT nextval('consent_event_seq_seq') FROM generate_series(1, %s)"


def by_bulk_create(rows: list[Row], provider: int, brand: int, now: datetime) -> None:
    """Upsert all rows by `bulk_create`, with an event each, in one transaction; the counting is switched off."""
    with transaction.atomic():
        _without_counting()
        with connection.cursor() as cursor:
            cursor.execute(_NUMBERS, [len(rows)])
            numbers = [number for (number,) in cursor.fetchall()]
        Consent.objects.bulk_create(
            [Consent(**_values(row, provider, brand), last_seq=n) for row, n in zip(rows, numbers, strict=True)],
            update_conflicts=True,
            unique_fields=["provider_id", *_KEY],
            update_fields=["status", "source", "consent_at", "last_seq"],
            batch_size=5_000,
        )
        ConsentEvent.objects.bulk_create(
            [
                ConsentEvent(**_values(row, provider, brand), seq=n, way=2, created_at=now)
                for row, n in zip(rows, numbers, strict=True)
            ],
            batch_size=5_000,
        )


def row_by_row(rows: list[Row], provider: int, brand: int, now: datetime) -> None:
    """Upsert each row in a transaction of its own, with its event; the counting is switched off."""
    for row in rows:
        with transaction.atomic():
            _without_counting()
            values = _values(row, provider, brand)
            with connection.cursor() as cursor:
                cursor.execute(_NUMBERS, [1])
                (number,) = cursor.fetchone()
            key = {"provider_id": provider} | {name: values[name] for name in _KEY}
            rest = {name: values[name] for name in ("status", "source", "consent_at")}
            Consent.objects.update_or_create(**key, defaults={**rest, "last_seq": number})
            ConsentEvent.objects.create(**values, seq=number, way=2, created_at=now)


def _values(row: Row, provider: int, brand: int) -> dict[str, Any]:
    recipient, channel, kind, status, source, at = row
    return {
        "provider_id": provider,
        "brand_id": brand,
        "recipient": recipient,
        "channel": channel,
        "recipient_type": kind,
        "status": status,
        "source": source,
        "consent_at": at,
    }


def _without_counting() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.bulk', 'on', true)")


def judged_by_libraries(content: bytes) -> int:
    """Read and judge a file with `csv`, `phonenumbers` and `strptime`; return how many rows are good."""
    good = 0
    for row in csv.DictReader(io.StringIO(content.decode())):
        good += _is_good(row)
    return good


def _is_good(row: dict[str, str]) -> bool:
    recipient = row["recipient"].strip()
    if row["type"] == "EPOSTA":
        if not is_mail(recipient.lower()):
            return False
    else:
        try:
            number = phonenumbers.parse(recipient, "TR")
        except phonenumbers.NumberParseException:
            return False
        if not phonenumbers.is_valid_number(number):
            return False
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    written = row["consentDate"]
    form = "%Y-%m-%d %H:%M:%S" if written[4] == "-" else "%d.%m.%Y %H:%M:%S"
    datetime.strptime(written, form).replace(tzinfo=ISTANBUL)
    return True


def read_by_openpyxl(content: bytes) -> list[tuple[str, ...]]:
    """Return the rows of a workbook as openpyxl's read-only mode gives them."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    sheet = book.worksheets[0]
    rows = [tuple(str(cell or "") for cell in row) for row in sheet.iter_rows(min_row=2, values_only=True)]
    book.close()
    return [(*row, *[""] * (len(FIELDS) - len(row))) for row in rows]


def written_by_xlsxwriter(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook of one sheet, as Excel writes it: cells name their texts by numbers."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("İzinler")
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            sheet.write_string(number, column, text)
    book.close()
    return file.getvalue()


def written_by_openpyxl(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook of one sheet, as openpyxl writes it: texts stand in their cells."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("İzinler")
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
