"""The MT940 reader: one pass over the lines of a file, several statements in it, nothing dropped.

Lines and problems together count the :61: fields. What a statement claims is checked: opening + transactions
= closing, pages follow one another, no statement is there twice. A statement that cannot be shown to add up
is still read, with `balance_ok` False.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from iys_portal.shared.money import ZERO, format_lira
from iys_portal.shared.sheets.source import Source
from iys_portal.shared.sheets.text import lines_of
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
from payments.statements.mt940_fields import (
    Balance,
    parse_balance,
    parse_entry,
    parse_information,
)
from payments.statements.notes import encoding_notes
from payments.statements.values import FieldError, words_of

READER = "mt940-2"

MAX_TRANSACTIONS = 250_000
MAX_FIELD_CHARACTERS = 4_000
_RAW_CHARACTERS = 500

# Only real field tags: a description may well hold ":10:15" at the start of a line.
_TAG = re.compile(r":(13D?|20|21|25P?|28C?|34F|60[FM]|61|62[FM]|64|65|86|90[CD]|NS):(.*)")
_HEADER = re.compile(r"^\{1:.*?(?:\{4:|$)")
_TRAILERS = ("-}", "-XXX")
_DESCRIPTIONS = ("86", "NS")


@dataclass(slots=True)
class _Field:
    """A tag and its lines, the first one included.

    `overflow`: there is more of it than any bank writes. `cut`: the file ends here, before the next tag.
    """

    tag: str
    number: int
    lines: list[str] = field(default_factory=list)
    size: int = 0
    cut: bool = False

    @property
    def overflow(self) -> bool:
        return self.size > MAX_FIELD_CHARACTERS

    def add(self, line: str) -> None:
        room = MAX_FIELD_CHARACTERS - self.size
        self.size += len(line)
        if room > 0:
            self.lines.append(line[:room])


@dataclass(slots=True)
class _Message:
    """A statement being read."""

    number: int
    reference: str = ""
    account: str = ""
    iban: str | None = None
    page: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    opening_tag: str = ""
    closing_tag: str = ""
    currency: str = ""
    lines: list[BankLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: bool = False

    def report(self, number: int, message: str) -> None:
        """Note something that makes the statement's sums untrustworthy."""
        self.problems.append(Problem(number, message))
        self.broken = True

    def take_currency(self, number: int, currency: str) -> None:
        """Keep the currency of the first balance; an account has only one."""
        self.currency = self.currency or currency
        if currency != self.currency:
            self.report(number, f"Ekstrede iki para birimi var: {self.currency} ve {currency}.")


def read(source: Source) -> ReadResult:
    """Return the statements of an MT940 file, given as bytes or as a file that can be rewound.

    Raises StatementRefused for a file that is empty, too large, not MT940 at all, or names no account.
    """
    reader = _Reader()
    for number, line in enumerate(lines_of(source), start=1):
        reader.feed(number, line)
    messages = reader.finish()
    if not messages:
        raise StatementRefused("Dosya MT940 biçiminde değil: :20:, :25:, :61: gibi alanlar bulunamadı.")
    if not any(message.account for message in messages):
        raise StatementRefused("Dosyada hesap numarası (:25:) yok; hangi hesabın ekstresi olduğu anlaşılamadı.")
    _check_pages(messages)
    _check_copies(messages)
    return ReadResult(READER, tuple(map(_statement, messages)), encoding_notes(source))


class _Reader:
    """Cuts lines into fields, fields into statements. A field ends where the next tag begins."""

    def __init__(self) -> None:
        self.messages: list[_Message] = []
        self.transactions = 0
        self.number = 0
        self.field: _Field | None = None
        self.entry: _Field | None = None
        self.description: _Field | None = None

    def feed(self, number: int, line: str) -> None:
        """Take the next line of the file."""
        self.number = number
        bare = line.lstrip()
        if bare.startswith("{"):
            bare = _HEADER.sub("", bare, count=1)
        match = _TAG.fullmatch(bare) if bare.startswith(":") else None
        if match:
            self._close_field()
            self.field = _Field(match[1], number)
            self.field.add(match[2])
        elif self.field is not None and bare.strip() not in {"", "-"} and not bare.startswith(_TRAILERS):
            self.field.add(line)

    def finish(self) -> list[_Message]:
        """Return all statements once the file has ended."""
        self._close_field()
        if self.entry is not None:
            # Half a description would give the payment another identity than the whole file gives it later.
            self.entry.cut = True
        self._close_entry()
        if self.messages and self.messages[-1].closing_tag != "62F":
            self.messages[-1].report(self.number, "Kapanış bakiyesi (:62F:) yok; dosya yarıda kesilmiş olabilir.")
        return self.messages

    def _close_field(self) -> None:
        done, self.field = self.field, None
        if done is None:
            return
        if done.tag in _DESCRIPTIONS:
            # A description after the closing balance is about the statement, not about its last transaction.
            if self.entry is not None:
                self.description = _merged(self.description, done)
            return
        self._close_entry()
        message = self._message_for(done)
        match done.tag:
            case "61":
                self.entry = done
            case "20":
                message.reference = done.lines[0].strip()
            case "25" | "25P":
                message.account = compact(done.lines[0])
                message.iban = iban_of(message.account)
            case "28" | "28C":
                message.page = done.lines[0].strip()
            case "60F" | "60M" | "62F" | "62M":
                _take_balance(message, done)

    def _message_for(self, done: _Field) -> _Message:
        """A statement begins with :20:; some banks leave it out, and then it begins with the next :25:."""
        current = self.messages[-1] if self.messages else None
        second_account = done.tag in {"25", "25P"} and current is not None and current.account != ""
        if current is not None and done.tag != "20" and not second_account:
            return current
        if current is not None and not current.closing_tag:
            current.report(done.number - 1, "Kapanış bakiyesi (:62F:) yok; ekstrenin sonu eksik olabilir.")
        self.messages.append(_Message(done.number))
        require_few(len(self.messages))
        return self.messages[-1]

    def _close_entry(self) -> None:
        """Turn the open :61: and its descriptions into a line, or into a problem that shows what was read."""
        entry, self.entry = self.entry, None
        description, self.description = self.description, None
        if entry is None:
            return
        self.transactions += 1
        if self.transactions > MAX_TRANSACTIONS:
            raise StatementRefused("Dosyada 250.000 hareketten fazlası var; bölerek yükleyin.")
        message = self.messages[-1]
        try:
            message.lines.append(_bank_line(message, self.transactions, entry, description))
        except Exception as error:  # noqa: BLE001  (words_of: one transaction, not the file)
            raw = "\n".join([*entry.lines, *(description.lines if description else [])])
            raw = raw[:_RAW_CHARACTERS]
            message.problems.append(Problem(entry.number, words_of(error), self.transactions, raw))
            message.broken = True


def _merged(first: _Field | None, second: _Field) -> _Field:
    if first is None:
        return second
    for line in second.lines:
        first.add(line)
    first.size = max(first.size, second.size)
    return first


def _take_balance(message: _Message, done: _Field) -> None:
    """Take an opening or closing balance; a second one, or one in another currency, is reported and left."""
    try:
        balance = parse_balance(done.lines[0].strip())
    except FieldError as error:
        message.report(done.number, str(error))
        balance = None
    opening = done.tag.startswith("60")
    if opening and not message.opening_tag:
        message.opening, message.opening_tag = balance, done.tag
    elif not opening and not message.closing_tag:
        message.closing, message.closing_tag = balance, done.tag
    else:
        message.report(done.number, f"Ekstrede ikinci bir :{done.tag}: bakiyesi var.")
    if balance is not None:
        message.take_currency(done.number, balance.currency)


def _bank_line(message: _Message, position: int, entry: _Field, description: _Field | None) -> BankLine:
    if entry.cut:
        raise FieldError("Dosya bu harekette kesilmiş; ekstreyi bankadan yeniden indirip yükleyin.")
    if entry.overflow or (description is not None and description.overflow):
        raise FieldError("Hareketin açıklaması 4.000 karakterden uzun.")
    booking = parse_entry(entry.lines[0])
    information = parse_information(description.lines if description else [], own_iban=message.iban)
    return BankLine(
        position=position,
        source_line=entry.number,
        booked_on=booking.booked_on,
        value_on=booking.value_on,
        amount=booking.amount,
        currency=message.currency or HOME_CURRENCY,
        text="\n".join(filter(None, [*entry.lines[1:], information.text])),
        reversal=booking.reversal,
        reference=booking.reference,
        payer_name=information.payer_name,
        payer_iban=information.payer_iban or find_iban(booking.reference, message.iban),
    )


def _check_pages(messages: list[_Message]) -> None:
    """A statement may come in pages: what one page carries over (:62M:) the next must take up (:60M:)."""
    carried: _Message | None = None
    for message in messages:
        continues = message.opening_tag == "60M"
        if continues and (carried is None or not _takes_up(message, carried)):
            message.report(message.number, "Sayfa öncekinin devamı değil; arada sayfa eksik olabilir.")
        if carried is not None and not continues:
            carried.report(carried.number, "Ekstrenin devam sayfası dosyada yok.")
        carried = message if message.closing_tag == "62M" else None


def _takes_up(message: _Message, carried: _Message) -> bool:
    return (
        message.opening is not None
        and carried.closing is not None
        and message.opening.amount == carried.closing.amount
        and message.account == carried.account
    )


def _check_copies(messages: list[_Message]) -> None:
    """The same statement twice in one file would count its money twice."""
    if len(messages) == 1:
        return
    seen: dict[tuple[object, ...], _Message] = {}
    for message in messages:
        if not message.lines:
            continue
        money = tuple((line.value_on, line.amount, line.text) for line in message.lines)
        content = (message.account, message.page, message.opening, message.closing, money)
        first = seen.setdefault(content, message)
        if first is not message:
            message.report(message.number, f"Aynı ekstre dosyada iki kez var; ilki {first.number}. satırda.")
            first.broken = True


def _statement(message: _Message) -> Statement:
    adds_up = _adds_up(message)
    days = [line.booked_on for line in message.lines]
    if message.closing is not None:
        days.append(message.closing.day)
    return Statement(
        reference=message.reference,
        account=message.account,
        iban=message.iban,
        currency=message.currency or HOME_CURRENCY,
        opening=message.opening.amount if message.opening else None,
        closing=message.closing.amount if message.closing else None,
        balance_ok=adds_up and not message.broken,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        lines=tuple(message.lines),
        problems=tuple(message.problems),
    )


def _adds_up(message: _Message) -> bool:
    """Check opening + transactions = closing; a difference is reported unless its reason has been already."""
    if message.opening_tag == "":
        message.report(message.number, "Ekstrenin açılış bakiyesi (:60F:) yok; toplamı denetlenemedi.")
    if message.opening is None or message.closing is None:
        return False
    moved = sum((line.amount for line in message.lines), start=ZERO)
    difference = message.closing.amount - message.opening.amount - moved
    if difference and not message.broken:
        message.report(
            message.number,
            f"Bakiye tutmuyor: açılış {_money(message.opening.amount)}, hareketler toplamı {_money(moved)}, "
            f"kapanış {_money(message.closing.amount)}; fark {_money(difference)} {message.currency}.",
        )
    return not difference


def _money(amount: Decimal) -> str:
    return format_lira(amount).removesuffix(" ₺")
