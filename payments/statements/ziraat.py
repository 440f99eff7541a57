"""The reader of Ziraat Bankası's web service (``HesapEkstre``): its answer as a file, inside of SOAP or bare.

Each movement carries the balance after it, so that every line is checked. `CariBakiye` is the balance of the moment
of the query, not of the period's end, and therefore checks nothing.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from iys_portal.shared.sheets.source import MEBIBYTE, Source, opened
from iys_portal.shared.sheets.text import clean
from iys_portal.shared.sheets.xmlstream import BrokenXmlError, Plan, Values, walk
from payments.statements.account import compact, find_iban, iban_of
from payments.statements.base import (
    HOME_CURRENCY,
    BankLine,
    Problem,
    ReadResult,
    Statement,
    StatementRefused,
    require_few,
)
from payments.statements.sums import running_sums
from payments.statements.values import (
    MAX_RAW,
    MAX_TEXT,
    FieldError,
    currency_code,
    given,
    plain_amount,
    short_day,
    signed_amount,
    tax_number,
    unique_id,
    words_of,
)

READER = "ziraat-1"

MAX_FILE_BYTES = 64 * MEBIBYTE
MAX_TRANSACTIONS = 250_000

_ACCOUNT = "Bakiye"
_MOVEMENT = "Bakiye/Detay/HareketlerDetay"
_ACCOUNT_FIELDS = ("subeKodu", "HesapNo", "IBAN", "DovizTipi", "AcilisBakiye")
_MOVEMENT_FIELDS = (
    *("IslemTarihi", "Valor", "Referans", "Aciklama", "Tutar", "BorcAlacak", "IslemTipi", "TimeStamp"),
    *("musteriVergiNumarasi", "Bakiye"),
)
_ANSWER_FIELDS = ("hataKodu", "hataAciklamasi")
_KEEP = frozenset(
    [
        *_ANSWER_FIELDS,
        *(f"{_ACCOUNT}/{name}" for name in _ACCOUNT_FIELDS),
        *(f"{_MOVEMENT}/{name}" for name in _MOVEMENT_FIELDS),
    ]
)
_NO_ERROR = re.compile(r"0*")
_DAY = re.compile(r"[0-9]{6}")

Fields = dict[str, str]


@dataclass(slots=True)
class _Account:
    """An account of the answer while it is read."""

    number: int
    fields: Fields = field(default_factory=dict)
    lines: list[BankLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False


def read(source: Source) -> ReadResult:
    """Return the accounts of an answer, given as bytes or as a file that can be rewound.

    Raises StatementRefused for what is no such answer, for an answer that is an error of the bank (in the bank's
    words), and for XML with a document type.
    """
    stream = opened(source, limit=MAX_FILE_BYTES)
    reader = _Reader()
    notes: tuple[Problem, ...] = ()
    try:
        for _ in walk(stream, reader.plan(), reader.values):
            pass
    except BrokenXmlError as broken:
        notes = (reader.break_off(broken),)
    reader.require_answer()
    return ReadResult(READER, tuple(map(_statement, reader.accounts)), notes)


class _Reader:
    """Takes what stands between the marks: an account's fields, a movement, the answer's own fields."""

    def __init__(self) -> None:
        self.values: Values = []
        self.answer: Fields = {}
        self.accounts: list[_Account] = []
        self.open = False
        self.movement: int | None = None
        self.count = 0

    def plan(self) -> Plan:
        """Return what is read, and who takes it."""
        return Plan(
            anchors={name: name for name in (_ACCOUNT, *_ANSWER_FIELDS)},
            keep=_KEEP,
            starts={_ACCOUNT: self._open_account, _MOVEMENT: self._open_movement},
            ends={_ACCOUNT: self._close_account, _MOVEMENT: self._close_movement},
        )

    def _set_aside(self) -> None:
        for path, text in self.values:
            fields = self.accounts[-1].fields if self.open and "/" in path else self.answer
            fields.setdefault(path.rpartition("/")[2], text.strip())
        self.values.clear()

    def _open_account(self, number: int) -> None:
        self._set_aside()
        self.open = True
        self.accounts.append(_Account(number))
        require_few(len(self.accounts))

    def _close_account(self, _number: int) -> None:
        self._set_aside()
        self.open = False

    def _open_movement(self, number: int) -> None:
        self._set_aside()
        self.movement = number

    def _close_movement(self, _number: int) -> None:
        number, self.movement = self.movement, None
        self.count += 1
        if self.count > MAX_TRANSACTIONS:
            raise StatementRefused("Dosyada 250.000 hareketten fazlası var; bölerek yükleyin.")
        found: Fields = {}
        for path, text in self.values:
            found.setdefault(path.rpartition("/")[2], text)
        self.values.clear()
        account = self.accounts[-1]
        try:
            account.lines.append(_line(account, found, self.count, number or 0))
        except Exception as error:  # noqa: BLE001  (words_of: one transaction, not the file)
            raw = clean(" · ".join(value.strip() for value in found.values())[:MAX_RAW])
            account.problems.append(Problem(number or 0, words_of(error), self.count, raw))
            account.broken = True

    def break_off(self, broken: BrokenXmlError) -> Problem:
        """End what is open where the XML breaks; return the problem of the file."""
        if self.movement is not None:
            self.count += 1
            message = "Dosya bu harekette bitiyor; hareket okunmadı."
            self.accounts[-1].problems.append(Problem(self.movement, message, self.count))
        else:
            self._set_aside()
        if self.accounts:
            self.accounts[-1].broken = True
        if broken.cut:
            return Problem(broken.line, "Dosya yarıda kesilmiş; ekstreyi bankadan yeniden alın.")
        return Problem(broken.line, f"XML {broken.line}. satırda bozuk; buradan sonrası okunamadı.")

    def require_answer(self) -> None:
        """Raise StatementRefused unless the bank answered, and with an account."""
        self._set_aside()
        code = self.answer.get("hataKodu")
        if code is not None and not _NO_ERROR.fullmatch(code):
            words = clean(self.answer.get("hataAciklamasi", ""))[:200] or "açıklama verilmedi"
            raise StatementRefused(f"Banka ekstre yerine hata bildirdi ({clean(code)[:20]}): {words}.")
        if not self.accounts:
            raise StatementRefused("Dosya Ziraat Bankası hesap ekstresi (HesapEkstre) değil: Bakiye alanı bulunamadı.")
        if not any(_written_account(account.fields) for account in self.accounts):
            raise StatementRefused("Dosyada hesap numarası (HesapNo) yok; hangi hesabın ekstresi olduğu anlaşılamadı.")


def _line(account: _Account, found: Fields, position: int, number: int) -> BankLine:
    amount = plain_amount(found.get("Tutar", "").strip())
    side = found.get("BorcAlacak", "").strip().upper()
    if side not in {"A", "B"}:
        raise FieldError(f"Hareketin yönü (BorcAlacak) okunamadı: “{side[:20]}”.")
    text = "\n".join(filter(None, (clean(row).strip() for row in found.get("Aciklama", "").splitlines())))
    if len(text) > MAX_TEXT:
        raise FieldError("Hareketin açıklaması 4.000 karakterden uzun.")
    booked_on = _day(found.get("IslemTarihi", ""))
    value = found.get("Valor", "").strip()
    balance = found.get("Bakiye", "").strip()
    own = iban_of(compact(account.fields.get("IBAN", "")))
    return BankLine(
        position=position,
        source_line=number,
        booked_on=booked_on,
        value_on=_day(value) if value.strip("0") else booked_on,
        amount=-amount if side == "B" else amount,
        currency=_currency(account.fields),
        text=text,
        reference=clean(given(found.get("Referans", "")) or given(found.get("TimeStamp", ""))),
        payer_iban=find_iban(text, own),
        payer_tax_number=tax_number(found.get("musteriVergiNumarasi", "")),
        bank_id=unique_id(found.get("TimeStamp", "")),
        running_balance=signed_amount(balance) if balance else None,
    )


def _day(written: str) -> date:
    bare = written.strip()
    if not _DAY.fullmatch(bare):
        raise FieldError(f"Tarih okunamadı: “{bare[:40]}”. Beklenen biçim: yyaagg.")
    return short_day(bare)


def _currency(fields: Fields) -> str:
    written = fields.get("DovizTipi", "")
    return currency_code(written) if written else HOME_CURRENCY


def _written_account(fields: Fields) -> str:
    number = fields.get("IBAN") or fields.get("HesapNo", "")
    branch = "" if fields.get("IBAN") or not number else fields.get("subeKodu", "")
    return compact(f"{branch}/{number}" if branch else number)[:MAX_RAW]


def _statement(account: _Account) -> Statement:
    problems = list(account.problems)
    opening = None
    try:
        written = account.fields.get("AcilisBakiye", "")
        opening = signed_amount(written) if written else None
        currency = _currency(account.fields)
    except FieldError as error:
        problems.append(Problem(account.number, str(error)))
        account.broken = True
        currency = HOME_CURRENCY
    # An account without movements has moved by nothing: where it began is where it ends.
    closing = None if account.lines else opening
    sums = running_sums(account.lines, opening=opening, closing=closing, currency=currency)
    if not account.broken:
        problems += sums.problems
    days = [line.booked_on for line in account.lines]
    return Statement(
        reference="",
        account=_written_account(account.fields),
        iban=iban_of(compact(account.fields.get("IBAN", ""))),
        currency=currency,
        opening=sums.opening,
        closing=sums.closing,
        balance_ok=False if account.broken else sums.adds_up,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=tuple(account.lines),
        problems=tuple(problems),
    )
