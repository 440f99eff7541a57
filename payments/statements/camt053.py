"""The camt.053 reader (ISO 20022, versions 2 to 8): statements in pieces, batches split, in constant memory.

Every TxDtls of a booked Ntry is a line; a Ntry without details is one. Lines and problems with a position together
count them all: what is not booked yet is listed as ignored.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from iys_portal.shared.sheets.source import MEBIBYTE, Source, opened
from iys_portal.shared.sheets.xmlstream import BrokenXmlError, Plan, Values, walk
from payments.statements.account import compact, iban_of
from payments.statements.base import (
    HOME_CURRENCY,
    BankLine,
    Problem,
    ReadResult,
    Statement,
    StatementRefused,
    require_few,
)
from payments.statements.camt_entries import ENTRY_PATHS, Detail, Entry, lines_of_entry
from payments.statements.sums import difference_of
from payments.statements.values import (
    MAX_RAW,
    MAX_REFERENCE,
    FieldError,
    currency_code,
    day_of_instant,
    iso_day,
    plain_amount,
)

READER = "camt053-1"

MAX_FILE_BYTES = 256 * MEBIBYTE
MAX_TRANSACTIONS = 250_000

_STATEMENT = "Stmt"
_ENTRY = "Stmt/Ntry"
_DETAIL = "Stmt/Ntry/NtryDtls/TxDtls"
_BALANCE = "Stmt/Bal"
_STATEMENT_FIELDS = {
    "Stmt/Id": "id",
    "Stmt/Acct/Id/IBAN": "iban",
    "Stmt/Acct/Id/Othr/Id": "number",
    "Stmt/Acct/Ccy": "currency",
}
_BALANCE_PATHS = frozenset(f"{_BALANCE}/{path}" for path in ("Tp/CdOrPrtry/Cd", "Amt", "CdtDbtInd", "Dt/Dt", "Dt/DtTm"))
_KEEP = frozenset(_STATEMENT_FIELDS) | _BALANCE_PATHS | {f"{_ENTRY}/{path}" for path in ENTRY_PATHS}
_OTHER_ROOTS = {
    b"BkToCstmrAcctRpt": "gün içi hesap raporu (camt.052)",
    b"BkToCstmrDbtCdtNtfctn": "hesap hareketi bildirimi (camt.054)",
}


@dataclass(slots=True)
class _Account:
    """A statement being read."""

    number: int
    fields: dict[str, str] = field(default_factory=dict)
    balances: dict[str, list[Decimal]] = field(default_factory=dict)
    currencies: list[str] = field(default_factory=list)
    last_day: date | None = None
    lines: list[BankLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False

    def report(self, number: int, message: str) -> None:
        """Note something that makes the statement's sums untrustworthy."""
        self.problems.append(Problem(number, message))
        self.broken = True

    @property
    def iban(self) -> str | None:
        return iban_of(compact(self.fields.get("iban", "")))

    @property
    def currency(self) -> str:
        """The account's currency: as the account says it, else as its balances do."""
        named = self.fields.get("currency", "")
        try:
            return currency_code(named)
        except FieldError:
            return self.currencies[0] if self.currencies else ""


def read(source: Source) -> ReadResult:
    """Return the statements of a camt.053 file, given as bytes or as a file that can be rewound.

    Raises StatementRefused for a file that is empty, too large, another document, or has a document type.
    """
    stream = opened(source, limit=MAX_FILE_BYTES)
    reader = _Reader()
    notes: tuple[Problem, ...] = ()
    try:
        for _ in walk(stream, reader.plan(), reader.values):
            pass
    except BrokenXmlError as broken:
        notes = (reader.break_off(broken),)
    if not reader.accounts:
        raise StatementRefused(_why_nothing(stream))
    statements = tuple(map(_statement, reader.accounts))
    if not any(statement.account for statement in statements):
        raise StatementRefused("Dosyada hesap numarası (Acct) yok; hangi hesabın ekstresi olduğu anlaşılamadı.")
    return ReadResult(READER, statements, notes)


class _Reader:
    """Takes what stands between the marks: a balance, a detail, an entry, a statement."""

    def __init__(self) -> None:
        self.values: Values = []
        self.accounts: list[_Account] = []
        self.open: _Account | None = None
        self.entry: Entry | None = None
        self.detail_number = 0
        self.count = 0

    def plan(self) -> Plan:
        """Return what is read, and who takes it."""
        return Plan(
            anchors={"BkToCstmrStmt": ""},
            keep=_KEEP,
            starts={
                _STATEMENT: self._open_statement,
                _BALANCE: self._set_aside,
                _ENTRY: self._open_entry,
                _DETAIL: self._open_detail,
            },
            ends={
                _STATEMENT: self._close_statement,
                _BALANCE: self._close_balance,
                _ENTRY: self._close_entry,
                _DETAIL: self._close_detail,
            },
            # From version 8 on a party stands one element deeper.
            transparent=frozenset({"Pty"}),
        )

    def _open_statement(self, number: int) -> None:
        self._set_aside(number)
        self.open = _Account(number)
        self.accounts.append(self.open)
        require_few(len(self.accounts))

    def _set_aside(self, _number: int) -> None:
        """Give the values so far to the statement."""
        if self.open is not None:
            for path, text in self.values:
                key = _STATEMENT_FIELDS.get(path)
                if key and text.strip():
                    self.open.fields.setdefault(key, text.strip())
        self.values.clear()

    def _close_statement(self, number: int) -> None:
        self._set_aside(number)
        self.open = None

    def _close_balance(self, number: int) -> None:
        found = {path.removeprefix("Stmt/Bal/"): text.strip() for path, text in self.values}
        self.values.clear()
        if self.open is not None:
            _take_balance(self.open, number, found)

    def _open_entry(self, number: int) -> None:
        self._set_aside(number)
        self.entry = Entry(number)

    def _open_detail(self, number: int) -> None:
        self.detail_number = number
        if self.entry is not None:
            self.entry.take(self.values)
        self.values.clear()

    def _close_detail(self, _number: int) -> None:
        if self.entry is not None:
            self._count(1)
            self.entry.details.append(Detail.of(self.detail_number, self.values))
        self.values.clear()

    def _close_entry(self, _number: int) -> None:
        entry, self.entry = self.entry, None
        if entry is not None and self.open is not None:
            entry.take(self.values)
            if not entry.details:
                self._count(1)
            first = self.count - max(len(entry.details), 1) + 1
            lines, problems = lines_of_entry(entry, first, self.open.currency, self.open.iban)
            self.open.lines += lines
            self.open.problems += problems
            self.open.broken = self.open.broken or any(not problem.ignored for problem in problems)
        self.values.clear()

    def _count(self, more: int) -> None:
        self.count += more
        if self.count > MAX_TRANSACTIONS:
            raise StatementRefused("Dosyada 250.000 hareketten fazlası var; bölerek yükleyin.")

    def break_off(self, broken: BrokenXmlError) -> Problem:
        """End what is open where the XML breaks; return the problem of the file."""
        if self.entry is not None and self.open is not None:
            self._report_open_entry(self.entry, self.open)
        elif self.open is not None:
            self._set_aside(broken.line)
        if self.accounts:
            self.accounts[-1].broken = True
        if broken.cut:
            return Problem(broken.line, "Dosya yarıda kesilmiş; ekstreyi bankadan yeniden indirip yükleyin.")
        return Problem(
            broken.line, f"XML {broken.line}. satırda bozuk; buradan sonrası okunamadı. Dosyayı yeniden indirin."
        )

    def _report_open_entry(self, entry: Entry, account: _Account) -> None:
        """An entry is only true as a whole: none of its details is read when its end is missing."""
        details = [detail.number for detail in entry.details] or [entry.number]
        self.count += not entry.details
        first = self.count - len(details) + 1
        account.problems += [
            Problem(number, "Dosya bu harekette bitiyor; hareket okunmadı.", position)
            for position, number in enumerate(details, start=first)
        ]


def _take_balance(account: _Account, number: int, found: dict[str, str]) -> None:
    """Keep an opening or closing balance; other kinds (available, expected) say nothing about the bookings."""
    kind = found.get("Tp/CdOrPrtry/Cd", "")
    if kind not in {"OPBD", "PRCD", "CLBD", "ITBD"}:
        return
    try:
        amount = plain_amount(found.get("Amt", ""))
        currency = currency_code(found.get("Amt@Ccy", ""))
    except FieldError as error:
        account.report(number, f"Bakiye ({kind}) okunamadı. {error}")
        return
    direction = found.get("CdtDbtInd")
    if direction not in {"CRDT", "DBIT"}:
        account.report(number, f"Bakiyenin ({kind}) yönü (CdtDbtInd) okunamadı.")
        return
    account.currencies.append(currency)
    if kind == "CLBD":
        account.last_day = _balance_day(found)
    known = account.balances.setdefault(kind, [])
    signed = -amount if direction == "DBIT" else amount
    if kind != "ITBD" and known and known[0] != signed:
        account.report(number, f"Ekstrede birbirinden farklı iki {kind} bakiyesi var.")
    known.append(signed)


def _balance_day(found: dict[str, str]) -> date | None:
    try:
        return iso_day(found["Dt/Dt"]) if "Dt/Dt" in found else day_of_instant(found.get("Dt/DtTm", ""))
    except FieldError:
        return None


def _balances(account: _Account) -> tuple[Decimal | None, Decimal | None]:
    """Return (opening, closing); pages of a long statement carry over by interim balances (ITBD)."""
    interim = account.balances.get("ITBD", [])
    openings = [*account.balances.get("OPBD", []), *account.balances.get("PRCD", [])]
    closings = account.balances.get("CLBD", [])
    opening = next(iter(openings or interim), None)
    if closings:
        return opening, closings[0]
    carried = interim if openings else interim[1:]
    return opening, carried[-1] if carried else None


def _why_nothing(stream: BinaryIO) -> str:
    stream.seek(0)
    head = stream.read(MEBIBYTE)
    for root, what in _OTHER_ROOTS.items():
        if root in head:
            return f"Dosya bir {what}; kesinleşmiş hesap ekstresi (camt.053) yükleyin."
    return "Dosya camt.053 biçiminde değil: hesap ekstresi (BkToCstmrStmt) bulunamadı."


def _statement(account: _Account) -> Statement:
    opening, closing = _balances(account)
    currency = account.currency or next((line.currency for line in account.lines), HOME_CURRENCY)
    for other in dict.fromkeys([*account.currencies, *(line.currency for line in account.lines)]):
        if other != currency:
            account.report(account.number, f"Ekstrede iki para birimi var: {currency} ve {other}.")
    adds_up = opening is not None and closing is not None
    if opening is None:
        account.report(account.number, "Açılış bakiyesi (OPBD) yok; ekstrenin toplamı denetlenemedi.")
    if closing is None:
        account.report(account.number, "Kapanış bakiyesi (CLBD) yok; ekstrenin sonu eksik olabilir.")
    if opening is not None and closing is not None and not account.broken:
        wrong = difference_of(opening, closing, account.lines, currency)
        if wrong is not None:
            account.report(account.number, wrong)
    days = [line.booked_on for line in account.lines]
    days += [account.last_day] if account.last_day else []
    fields = account.fields
    return Statement(
        reference=fields.get("id", "")[:MAX_REFERENCE],
        account=compact(fields.get("iban", "") or fields.get("number", ""))[:MAX_RAW],
        iban=account.iban,
        currency=currency,
        opening=opening,
        closing=closing,
        balance_ok=adds_up and not account.broken,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=tuple(account.lines),
        problems=tuple(account.problems),
    )
