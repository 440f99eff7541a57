"""The reader of tables by a bank's profile: CSV and workbooks alike.

Every row below the heading that is neither empty nor a footer nor the heading again is a movement: a line, or a
problem that says why it is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from iys_portal.shared.money import ZERO
from iys_portal.shared.sheets import csvrows, xlsxrows
from iys_portal.shared.sheets.source import Source, opened
from iys_portal.shared.sheets.table import Cell, Row, Unreadable, heading, shown
from iys_portal.shared.sheets.text import MAX_FILE_BYTES
from iys_portal.shared.turkish import fold
from payments.statements.account import compact, find_iban, iban_of
from payments.statements.base import BankLine, Problem, ReadResult, Statement, StatementRefused
from payments.statements.cells import Days, Money
from payments.statements.heading import Heading, find_heading
from payments.statements.notes import encoding_notes
from payments.statements.profile import BankProfile, ProfileError, Sign
from payments.statements.sums import running_sums
from payments.statements.titles import Titles
from payments.statements.values import (
    MAX_NAME,
    MAX_RAW,
    MAX_TEXT,
    FieldError,
    currency_code,
    given,
    tax_number,
    words_of,
)

READERS = {"csv": "csv-1", "xlsx": "xlsx-1"}

MAX_TRANSACTIONS = 250_000
_ENCODINGS = {"auto": None, "utf-8": "utf-8-sig", "utf-16": "utf-16"}


def read(source: Source, profile: BankProfile) -> ReadResult:
    """Return the statement of a table, given as bytes or as a file that can be rewound.

    Raises StatementRefused for a profile that is not complete, and for a file that is empty, too large, broken, or
    has no row with the profile's headings.
    """
    require_usable(profile)
    rows = rows_of(source, profile)
    found, before = find_heading(rows, profile)
    account = Titles(before, profile).account()
    table = Table(profile, found, iban_of(account))
    for row in rows:
        table.take(row)
    notes = encoding_notes(source) if profile.kind == "csv" and profile.encoding == "auto" else ()
    statement = _statement(table, account, Titles([*before, *table.footers], profile))
    return ReadResult(f"{READERS[profile.kind]}:{profile.name}", (statement,), notes)


def require_usable(profile: BankProfile) -> None:
    """Raise StatementRefused if something is left to declare in the profile."""
    try:
        profile.require_complete()
    except ProfileError as error:
        raise StatementRefused(f"“{profile.name}” banka profili kullanılamıyor: {error}") from None


def rows_of(source: Source, profile: BankProfile) -> Iterator[Row]:
    """Yield the rows of the source as the profile says they are to be read."""
    if profile.kind == "xlsx":
        return xlsxrows.rows_of(source, sheet=profile.sheet)
    if opened(source, limit=MAX_FILE_BYTES).read(4) == b"PK\x03\x04":
        raise StatementRefused("Dosya bir Excel çalışma kitabı (.xlsx); CSV biçimi seçilmiş.")
    encoding = _ENCODINGS.get(profile.encoding, profile.encoding)
    return csvrows.rows_of(source, separator=profile.separator, quote=profile.quote, encoding=encoding)


@dataclass(slots=True)
class Table:
    """The movements of a table while it is read."""

    profile: BankProfile
    heading: Heading
    own_iban: str | None
    currency: str = ""
    lines: list[BankLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    footers: list[Row] = field(default_factory=list)
    count: int = 0
    money: Money = field(init=False)
    days: Days = field(init=False)
    footer_words: tuple[str, ...] = field(init=False)
    incoming: frozenset[str] = field(init=False)
    outgoing: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        profile = self.profile
        self.money = Money.of(profile)
        self.days = Days.of(profile.date_formats)
        self.footer_words = tuple(heading(word) for word in profile.footer_words)
        self.incoming = frozenset(map(_direction, profile.incoming_words))
        self.outgoing = frozenset(map(_direction, profile.outgoing_words))

    def take(self, row: Row) -> None:
        """Take the next row below the heading."""
        if not row.cells and not row.broken:
            return
        if self.heading.is_repeated_by(row):
            return
        if self._is_footer(row):
            self.footers.append(row)
            return
        self.count += 1
        if self.count > MAX_TRANSACTIONS:
            raise StatementRefused("Dosyada 250.000 hareketten fazlası var; bölerek yükleyin.")
        try:
            self.lines.append(self._line(row))
        except Exception as error:  # noqa: BLE001  (words_of: one transaction, not the file)
            raw = " · ".join(shown(cell) for cell in row.cells.values())[:MAX_RAW]
            self.problems.append(Problem(row.number, words_of(error), self.count, raw))

    def _is_footer(self, row: Row) -> bool:
        """A row without a day that begins with a footer's word; a movement is none, whatever its text."""
        if not self.footer_words or row.broken:
            return False
        first = next((cell for _, cell in sorted(row.cells.items())), "")
        if not heading(shown(first)).startswith(self.footer_words):
            return False
        try:
            self.days.read(row.cells.get(self.heading.columns["date"]))
        except FieldError:
            return True
        return False

    def _line(self, row: Row) -> BankLine:
        self._require_whole(row)
        booked_on = self.days.read(row.cells.get(self.heading.columns["date"]))
        value = self._cell(row, "value_date")
        text = self._text(row)
        bank_id = given(self._shown(row, "bank_id"))
        return BankLine(
            position=self.count,
            source_line=row.number,
            booked_on=booked_on,
            value_on=booked_on if value is None else self.days.read(value),
            amount=self._amount(row),
            currency=self._currency(row),
            text=text,
            reference=bank_id,
            payer_name=self._shown(row, "payer_name")[:MAX_NAME] or None,
            payer_iban=self._payer_iban(row) or find_iban(text, self.own_iban),
            payer_tax_number=self._tax_number(row),
            bank_id=(bank_id or None) if self.profile.bank_id_trusted else None,
            running_balance=self._running_balance(row),
        )

    def _require_whole(self, row: Row) -> None:
        """Raise FieldError for a row whose columns cannot be where the heading says."""
        if row.broken:
            raise FieldError(row.broken)
        width = self.heading.width
        if row.width is not None and width is not None:
            if row.width <= self.heading.last:
                raise FieldError(f"Satırda {row.width} sütun var, başlıkta {width}; satır yarım ya da bozuk.")
            if any(index >= width for index in row.cells):
                raise FieldError(
                    "Satırda başlıktan çok sütun var; açıklamadaki bir ayırıcı sütunları kaydırmış olabilir."
                )
        if row.open_end and not self._ends_with_kurus(row):
            raise FieldError("Dosya bu satırın ortasında kesilmiş olabilir (satır sonu yok); yeniden indirip yükleyin.")

    def _ends_with_kurus(self, row: Row) -> bool:
        """Whether the last field is money with two decimals: nothing can be missing behind it."""
        last = (row.width or 0) - 1
        columns = self.heading.columns
        money = {columns[key] for key in ("amount", "debit", "credit", "running_balance") if key in columns}
        mark = self.profile.decimal_mark
        return last in money and len(shown(row.cells.get(last)).rpartition(mark)[2]) == 2

    def _cell(self, row: Row, key: str) -> Cell | None:
        return row.cells.get(self.heading.columns.get(key, -1))

    def _shown(self, row: Row, key: str) -> str:
        cell = self._cell(row, key)
        if isinstance(cell, Unreadable):
            raise FieldError(cell.message)
        return shown(cell).strip()

    def _text(self, row: Row) -> str:
        cells = [row.cells.get(index) for index in self.heading.texts]
        for cell in cells:
            if isinstance(cell, Unreadable):
                raise FieldError(cell.message)
        text = "\n".join(filter(None, (shown(cell).strip() for cell in cells)))
        if len(text) > MAX_TEXT:
            raise FieldError("Hareketin açıklaması 4.000 karakterden uzun.")
        return text

    def _payer_iban(self, row: Row) -> str | None:
        written = self._shown(row, "payer_iban")
        found = iban_of(compact(written)) if written else None
        return None if found == self.own_iban else found

    def _tax_number(self, row: Row) -> str | None:
        """A number cell has lost the noughts before a VKN."""
        written = self._shown(row, "payer_tax_number")
        is_number = isinstance(self._cell(row, "payer_tax_number"), Decimal)
        return tax_number(written.zfill(10) if is_number else written)

    def _running_balance(self, row: Row) -> Decimal | None:
        cell = self._cell(row, "running_balance")
        return None if cell is None else self.money.read(cell)

    def _currency(self, row: Row) -> str:
        written = self._shown(row, "currency")
        currency = currency_code(written) if written else self.profile.currency
        self.currency = self.currency or currency
        if currency != self.currency:
            raise FieldError(f"Hareketin para birimi {currency}, öncekilerinki {self.currency}.")
        return currency

    def _amount(self, row: Row) -> Decimal:
        match self.profile.sign:
            case Sign.SIGNED:
                return self.money.read(self._cell(row, "amount"))
            case Sign.TWO_COLUMNS:
                return self._of_two_columns(row)
            case Sign.DIRECTION:
                return self._by_direction(row)

    def _of_two_columns(self, row: Row) -> Decimal:
        out, came = (self._cell(row, key) for key in ("debit", "credit"))
        if out is None and came is None:
            raise FieldError("Tutar yok: borç ve alacak sütunlarının ikisi de boş.")
        left = ZERO if out is None else self.money.read(out)
        entered = ZERO if came is None else self.money.read(came)
        if left and entered:
            raise FieldError("Borç ve alacak sütunlarının ikisinde de tutar var.")
        if left < 0 or entered < 0:
            raise FieldError("Borç ya da alacak sütununda eksi tutar var; paranın yönü bilinemedi.")
        return entered - left

    def _by_direction(self, row: Row) -> Decimal:
        amount = self.money.read(self._cell(row, "amount"))
        written = self._shown(row, "direction")
        word = _direction(written)
        if word not in self.incoming and word not in self.outgoing:
            raise FieldError(f"Paranın yönü okunamadı: “{written[:40]}”.")
        outgoing = word in self.outgoing
        if amount < 0 and not outgoing:
            raise FieldError("Tutar eksi, yönü ise giriş; hangisinin doğru olduğu bilinemedi.")
        return -abs(amount) if outgoing else amount


def _direction(written: str) -> str:
    """Return a word of direction as it is compared; signs stay."""
    return fold(written).strip()


def _statement(table: Table, account: str, titles: Titles) -> Statement:
    profile = table.profile
    currency = table.currency or profile.currency
    opening, no_opening = titles.balance(profile.opening, table.money)
    closing, no_closing = titles.balance(profile.closing, table.money)
    sums = running_sums(table.lines, opening=opening, closing=closing, currency=currency)
    whole = not table.problems and not no_opening and not no_closing
    days = [line.booked_on for line in table.lines]
    return Statement(
        reference="",
        account=account,
        iban=iban_of(account),
        currency=currency,
        opening=sums.opening,
        closing=sums.closing,
        balance_ok=sums.adds_up if whole else False,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=tuple(table.lines),
        # Where a row was not read the sums cannot hold, and saying so of each would hide the reason.
        problems=(*table.problems, *no_opening, *no_closing, *(sums.problems if whole else ())),
        names_account=bool(account),
    )
