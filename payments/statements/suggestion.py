"""A new bank's table: what its first rows look like by a profile, and a first draft of that profile.

The draft names columns by the words of their headings. What money and days mean is only proposed where the file
leaves one way to read them; everything else stays empty and is listed for the person to declare.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice

from iys_portal.shared.sheets.source import Source, opened
from iys_portal.shared.sheets.table import Cell, Row, heading, shown
from iys_portal.shared.sheets.text import MAX_FILE_BYTES
from payments.statements.base import BankLine, Problem, StatementRefused
from payments.statements.guesses import day_formats, decimal_marks, directions
from payments.statements.heading import find_heading
from payments.statements.profile import BankProfile, Columns, ProfileError, Sign
from payments.statements.tabular import Table, rows_of

SEPARATORS = (";", "\t", ",", "|")
NONE_NEGATIVE = "Tutarların hiçbiri eksi değil; çıkan paranın nasıl gösterildiğini doğrulayın."
NO_AMOUNT = "Tutar sütununu ya da borç ve alacak sütunlarını seçin."
_ROWS_LOOKED_AT = 500
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "date": ("Tarih", "İşlem Tarihi", "Tarih/Saat", "İşlem Tarih/Saat", "Hareket Tarihi", "Date"),
    "value_date": ("Valör", "Valör Tarihi", "Value Date"),
    "debit": ("Borç", "Borç Tutarı", "Çıkan", "Çıkan Tutar", "Giden", "Debit"),
    "credit": ("Alacak", "Alacak Tutarı", "Giren", "Giren Tutar", "Gelen", "Credit"),
    "direction": ("B/A", "A/B", "Borç/Alacak", "Alacak/Borç", "Yön", "Borç Alacak"),
    "amount": ("Tutar", "İşlem Tutarı", "Tutar (TL)", "Tutar TL", "İşlem Tutarı (TL)", "Amount"),
    "payer_name": ("Gönderen", "Gönderen Adı", "Gönderen Unvanı", "Karşı Hesap Adı", "Karşı Taraf", "Ad Soyad/Unvan"),
    "payer_iban": ("Gönderen IBAN", "Karşı IBAN", "Karşı Hesap IBAN", "Karşı Hesap"),
    "payer_tax_number": ("VKN", "TCKN", "VKN/TCKN", "TCKN/VKN", "Vergi No", "Karşı VKN/TCKN", "Vergi Kimlik No"),
    "bank_id": ("Dekont No", "Fiş No", "İşlem No", "Referans", "Referans No", "Sıra No"),
    "running_balance": ("Bakiye", "Bakiye (TL)", "Kalan Bakiye", "Hesap Bakiyesi", "Balance"),
    "currency": ("Para Birimi", "Döviz", "Döviz Cinsi", "Currency"),
}
_TEXTS = (
    "Açıklama",
    "İşlem Açıklaması",
    "Açıklamalar",
    "İşlem Tipi",
    "İşlem",
    "İşlem Türü",
    "Kanal/Şube",
    "Description",
)
_BY_HEADING = {heading(word): key for key, words in _SYNONYMS.items() for word in words}
_TEXT_HEADINGS = {heading(word) for word in _TEXTS}
_FEWEST_HEADINGS = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a table as text, and what a profile makes of them.

    `header_row` counts from 1. `unsure` lists in Turkish what the person has to declare; `refusal` is why the table
    cannot be read by the profile at all.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    header_row: int | None = None
    lines: tuple[BankLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    unsure: tuple[str, ...] = ()
    refusal: str = ""


def preview(content: Source, profile: BankProfile, rows: int = 20) -> Preview:
    """Return the first `rows` rows of a table, and the movements among those that follow the heading; never raises."""
    try:
        raw = tuple(_as_text(row) for row in islice(rows_of(content, profile), rows))
    except StatementRefused as refusal:
        return Preview(refusal=refusal.message)
    try:
        profile.require_complete()
    except ProfileError as error:
        return Preview(raw, refusal=str(error))
    try:
        following = rows_of(content, profile)
        found, _ = find_heading(following, profile)
        table = Table(profile, found, None)
        for row in islice(following, rows):
            table.take(row)
    except StatementRefused as refusal:
        return Preview(raw, refusal=refusal.message)
    return Preview(raw, found.row.number, tuple(table.lines), tuple(table.problems))


def suggest_profile(content: Source, *, name: str = "yeni-banka") -> tuple[BankProfile | None, Preview]:
    """Return a draft for a new bank's table and its preview; no draft where no heading was recognised.

    The draft may be incomplete: `unsure` of the preview lists what is left to declare. Never raises.
    """
    draft, rows, refusal = _best_layout(content, name)
    if draft is None:
        return None, Preview(tuple(map(_as_text, rows[:20])), refusal=refusal or "Sütun başlıkları tanınmadı.")
    draft, unsure = _with_values(draft, rows)
    return draft, replace(preview(content, draft), header_row=_heading_number(draft, rows), unsure=tuple(unsure))


def _heading_number(draft: BankProfile, rows: Sequence[Row]) -> int | None:
    try:
        return find_heading(iter(rows), draft)[0].row.number
    except StatementRefused:
        return None


def _best_layout(content: Source, name: str) -> tuple[BankProfile | None, list[Row], str]:
    """Try each way of cutting the file into columns; the one in which most headings are known is taken."""
    best: tuple[int, BankProfile | None, list[Row]] = (0, None, [])
    refusal = ""
    for layout in _layouts(content, name):
        try:
            rows = list(islice(rows_of(content, layout), _ROWS_LOOKED_AT))
        except StatementRefused as refused:
            refusal = refused.message
            continue
        known, row = max(((_known(row), row) for row in rows[:200]), key=lambda pair: pair[0], default=(0, None))
        if known > best[0] and row is not None:
            best = (known, replace(layout, columns=_columns(row)), rows)
        elif not best[2]:
            best = (best[0], best[1], rows)
    known, draft, rows = best
    return (draft if known >= _FEWEST_HEADINGS else None), rows, refusal


def _layouts(content: Source, name: str) -> Iterator[BankProfile]:
    try:
        head = opened(content, limit=MAX_FILE_BYTES).read(4)
    except StatementRefused:
        head = b""
    empty = BankProfile(name=name, kind="csv", columns=Columns(), sign=Sign.SIGNED)
    if head == b"PK\x03\x04":
        yield replace(empty, kind="xlsx")
    else:
        yield from (replace(empty, separator=separator) for separator in SEPARATORS)


def _known(row: Row) -> int:
    words = {heading(shown(cell)) for cell in row.cells.values()}
    return len(words & (_BY_HEADING.keys() | _TEXT_HEADINGS))


def _columns(row: Row) -> Columns:
    """Name the columns by their headings; of two for the same thing the first is taken."""
    found: dict[str, str] = {}
    texts = []
    for _, cell in sorted(row.cells.items()):
        written = shown(cell).strip()
        key = _BY_HEADING.get(heading(written))
        if key is not None:
            found.setdefault(key, written)
        elif heading(written) in _TEXT_HEADINGS:
            texts.append(written)
    if "amount" in found:
        found.pop("debit", None)
        found.pop("credit", None)
    else:
        found.pop("direction", None)
    return Columns(**found, texts=tuple(texts))


def _with_values(draft: BankProfile, rows: Sequence[Row]) -> tuple[BankProfile, list[str]]:
    """Propose what the values themselves settle; return the draft and what they leave open."""
    try:
        found, _ = find_heading(iter(rows), draft)
    except StatementRefused as refusal:
        return draft, [refusal.message]
    data = [row for row in rows if row.number > found.row.number]

    def column(*keys: str) -> list[Cell]:
        places = [found.columns[key] for key in keys if key in found.columns]
        return [row.cells[place] for row in data for place in places if place in row.cells]

    unsure: list[str] = []
    for settle in (_settle_days, _settle_money, _settle_sign):
        draft = settle(draft, column, unsure)
    if not draft.columns.texts:
        unsure.append("Açıklama sütununu seçin.")
    if not draft.columns.date:
        unsure.append("Tarih sütununu seçin.")
    return draft, unsure


Column = Callable[..., list[Cell]]


def _settle_days(draft: BankProfile, column: Column, unsure: list[str]) -> BankProfile:
    cells = column("date", "value_date")
    written = [cell for cell in cells if isinstance(cell, str)]
    if draft.kind == "xlsx" and not written and any(isinstance(cell, date) for cell in cells):
        return draft
    formats = day_formats(written)
    if len(formats) == 1:
        return replace(draft, date_formats=(formats[0],))
    choice = f" Dosya {' ya da '.join(formats)} olarak okunabilir." if formats else ""
    unsure.append(f"Tarih biçimini seçin.{choice}")
    return draft


def _settle_money(draft: BankProfile, column: Column, unsure: list[str]) -> BankProfile:
    cells = column("amount", "debit", "credit", "running_balance")
    written = [cell for cell in cells if isinstance(cell, str)]
    if draft.kind == "xlsx" and not written and any(isinstance(cell, Decimal) for cell in cells):
        return draft
    marks = decimal_marks(written)
    if len(marks) == 1:
        decimal, thousands = marks[0]
        return replace(draft, decimal_mark=decimal, thousands_mark=thousands)
    unsure.append("Ondalık ve binlik ayırıcıyı seçin; dosyadaki tutarlardan anlaşılmıyor.")
    return draft


def _settle_sign(draft: BankProfile, column: Column, unsure: list[str]) -> BankProfile:
    columns = draft.columns
    if columns.debit and columns.credit:
        return replace(draft, sign=Sign.TWO_COLUMNS)
    if columns.direction:
        words = Counter(shown(cell).strip() for cell in column("direction"))
        incoming, outgoing = directions(words)
        if not incoming or not outgoing:
            unsure.append("Yön sütununda hangi sözcüğün giriş, hangisinin çıkış olduğunu yazın.")
        return replace(draft, sign=Sign.DIRECTION, incoming_words=incoming, outgoing_words=outgoing)
    if columns.amount:
        cells = column("amount")
        if not any("-" in shown(cell) or "−" in shown(cell) for cell in cells):
            unsure.append(NONE_NEGATIVE)
        return draft
    unsure.append(NO_AMOUNT)
    return draft


def _as_text(row: Row) -> tuple[str, ...]:
    last = max(row.cells, default=-1)
    return tuple(shown(row.cells.get(index))[:200] for index in range(last + 1))
