"""How a bank's table is read: everything about money and days is declared, nothing is guessed.

A column is named by its heading (capitals, spaces and Turkish letters do not matter), or by its letter with a hash
before it: ``#C``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from iys_portal.shared.sheets.table import MAX_COLUMNS, column_index

ENCODINGS = ("auto", "utf-8", "cp1254", "iso-8859-9", "utf-16")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LETTER = re.compile(r"#[A-Z]{1,2}")
_CELL = re.compile(r"#[A-Z]{1,2}[1-9][0-9]{0,4}")
_DAY_FORMAT = re.compile(r"(dd|mm|yyyy|yy)([./ -]?)(dd|mm|yyyy|yy)\2(dd|mm|yyyy|yy)")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ORDERS = {("dd", "mm", "y"), ("mm", "dd", "y"), ("y", "mm", "dd")}


class Sign(StrEnum):
    """Where the table says whether money came in or went out."""

    SIGNED = "signed"
    TWO_COLUMNS = "two_columns"
    DIRECTION = "direction"

    @property
    def words(self) -> str:
        """The rule as the person who declares a table reads it."""
        return _SIGN_WORDS[self]


_SIGN_WORDS = {
    Sign.SIGNED: "Tek tutar sütunu, çıkan para eksi",
    Sign.TWO_COLUMNS: "Giren ve çıkan para ayrı sütunlarda",
    Sign.DIRECTION: "Tek tutar sütunu, yönü başka bir sütunda",
}


class ProfileError(ValueError):
    """A profile cannot be used; `key` names the setting, `message` is a Turkish sentence."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"“{key}”: {message}")
        self.key = key
        self.message = message


@dataclass(frozen=True, slots=True)
class Columns:
    """Headings or letters (``#C``) of the columns; empty where the bank has none. Texts are joined in this order."""

    date: str = ""
    value_date: str = ""
    amount: str = ""
    debit: str = ""
    credit: str = ""
    direction: str = ""
    texts: tuple[str, ...] = ()
    payer_name: str = ""
    payer_iban: str = ""
    payer_tax_number: str = ""
    bank_id: str = ""
    running_balance: str = ""
    currency: str = ""

    def named(self) -> dict[str, str]:
        """Return the columns in use by the name of their setting."""
        single = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "texts"}
        return {key: value for key, value in single.items() if value} | {
            f"texts[{index}]": value for index, value in enumerate(self.texts)
        }


@dataclass(frozen=True, slots=True)
class BankProfile:
    """The layout of one bank's table.

    `header_row` counts from 1; without it the header is the first row that holds all `header_words`, or, when there
    are none either, all headings in use. `date_formats` are made of dd, mm, yyyy or yy and one separator; a time
    behind the day is allowed. In a workbook real number and date cells need neither marks nor formats: an empty
    `decimal_mark` or `date_formats` then means that no other cells are taken. `footer_words`: a row without a day
    that begins with one of them is no movement. `opening`, `closing` and `account` are a cell (``#B3``) or the label
    to its left. `bank_id_trusted`: the bank promised that its id never repeats.
    """

    name: str
    kind: str
    columns: Columns
    sign: Sign
    title: str = ""
    sample: bool = False
    encoding: str = "auto"
    separator: str = ";"
    quote: str = '"'
    sheet: str = ""
    header_row: int | None = None
    header_words: tuple[str, ...] = ()
    decimal_mark: str = ""
    thousands_mark: str = ""
    date_formats: tuple[str, ...] = ()
    incoming_words: tuple[str, ...] = ()
    outgoing_words: tuple[str, ...] = ()
    bank_id_trusted: bool = False
    currency: str = "TRY"
    footer_words: tuple[str, ...] = ()
    account: str = ""
    opening: str = ""
    closing: str = ""

    @property
    def format(self) -> str:
        """The name of the statement format: ``csv:ziraat``."""
        return f"{self.kind}:{self.name}"

    def require_complete(self) -> None:
        """Raise ProfileError for the first setting that is wrong or missing."""
        for check in (_check_kind, _check_table, _check_columns, _check_sign, _check_money, _check_days):
            check(self)

    def to_json(self) -> dict[str, Any]:
        """Return the profile as a value for a JSON column; `from_json` gives it back."""
        return json.loads(json.dumps(asdict(self)))  # type: ignore[no-any-return]  # an object stays one

    @classmethod
    def from_json(cls, data: str | Mapping[str, Any]) -> "BankProfile":
        """Return the profile of a JSON object or its text; raise ProfileError naming the setting that is wrong."""
        given = _object(data, "profil")
        columns = _settings(Columns, _object(given.get("columns", {}), "columns"), "columns.")
        settings = _settings(cls, {key: value for key, value in given.items() if key != "columns"}, "")
        for key in ("name", "kind", "sign"):
            if key not in settings:
                raise ProfileError(key, "Bu ayar verilmeli.")
        try:
            settings["sign"] = Sign(settings["sign"])
        except ValueError:
            raise ProfileError("sign", f"Şunlardan biri olmalı: {', '.join(Sign)}.") from None
        profile = cls(columns=Columns(**columns), **settings)
        profile.require_complete()
        return profile


def _object(data: Any, key: str) -> Mapping[str, Any]:
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            raise ProfileError(key, "JSON biçiminde değil.") from None
    if not isinstance(data, Mapping):
        raise ProfileError(key, "Ayarlar bir nesne (anahtar ve değerleri) olmalı.")
    return data


def _settings(cls: type, given: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return what is given as the arguments of a dataclass, checked for names and types."""
    known = {f.name: f for f in fields(cls)}
    taken: dict[str, Any] = {}
    for key, value in given.items():
        name = f"{prefix}{key}"
        if key not in known:
            raise ProfileError(name[:60], "Böyle bir ayar yok.")
        taken[key] = _typed(name, known[key].type, value)
    return taken


def _typed(name: str, wanted: object, value: Any) -> Any:
    if wanted == tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise ProfileError(name, "Metinlerden oluşan bir liste olmalı.")
        return tuple(value)
    if wanted is bool:
        if not isinstance(value, bool):
            raise ProfileError(name, "true ya da false olmalı.")
        return value
    if wanted == int | None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise ProfileError(name, "Bir sayı olmalı ya da boş bırakılmalı.")
        return value
    if not isinstance(value, str) or len(value) > 200:
        raise ProfileError(name, "En çok 200 karakterlik bir metin olmalı.")
    return value


def _check_kind(profile: BankProfile) -> None:
    if not _NAME.fullmatch(profile.name):
        raise ProfileError("name", "Küçük harf, rakam ve tireden oluşmalı; örnek: ziraat.")
    if profile.kind not in {"csv", "xlsx"}:
        raise ProfileError("kind", "csv ya da xlsx olmalı.")
    if not _CURRENCY.fullmatch(profile.currency):
        raise ProfileError("currency", "Üç harfli para birimi kodu olmalı; örnek: TRY.")


def _check_table(profile: BankProfile) -> None:
    if profile.encoding not in ENCODINGS:
        raise ProfileError("encoding", f"Şunlardan biri olmalı: {', '.join(ENCODINGS)}.")
    if profile.kind == "csv" and (len(profile.separator) != 1 or profile.separator in '\r\n"'):
        raise ProfileError("separator", "Tek bir karakter olmalı; örnek: “;”.")
    if len(profile.quote) > 1 or profile.quote == profile.separator:
        raise ProfileError("quote", "Tek bir karakter olmalı ya da boş bırakılmalı.")
    if profile.header_row is not None and not 1 <= profile.header_row <= 1000:
        raise ProfileError("header_row", "1 ile 1000 arasında olmalı.")
    for key in ("header_words", "footer_words"):
        if any(not word.strip() for word in getattr(profile, key)):
            raise ProfileError(key, "Boş bir sözcük içeremez.")
    for key in ("account", "opening", "closing"):
        place = getattr(profile, key)
        if place.startswith("#") and not _CELL.fullmatch(place):
            raise ProfileError(key, "Bir hücre (#B3) ya da solundaki yazı olmalı.")


def _check_columns(profile: BankProfile) -> None:
    if not profile.columns.date:
        raise ProfileError("columns.date", "Tarih sütunu seçilmeli.")
    if not profile.columns.texts:
        raise ProfileError("columns.texts", "En az bir açıklama sütunu seçilmeli.")
    for key, column in profile.columns.named().items():
        if not column.strip():
            raise ProfileError(f"columns.{key}", "Sütun adı boş olamaz.")
        if column.startswith("#") and (not _LETTER.fullmatch(column) or column_index(column) >= MAX_COLUMNS):
            raise ProfileError(f"columns.{key}", "Sütun harfi #A ile #IV arasında olmalı.")
    by_heading = any(not column.startswith("#") for column in profile.columns.named().values())
    if not by_heading and profile.header_row is None and not profile.header_words:
        raise ProfileError("header_row", "Sütunlar harfle seçildiğinde başlık satırı ya da sözcükleri verilmeli.")


def _check_sign(profile: BankProfile) -> None:
    columns = profile.columns
    needed = {
        Sign.SIGNED: ("amount",),
        Sign.TWO_COLUMNS: ("debit", "credit"),
        Sign.DIRECTION: ("amount", "direction"),
    }[profile.sign]
    for key in needed:
        if not getattr(columns, key):
            raise ProfileError(f"columns.{key}", f"“{profile.sign.words}” seçildiğinde bu sütun gerekir.")
    for key in {"amount", "debit", "credit", "direction"}.difference(needed):
        if getattr(columns, key):
            raise ProfileError(f"columns.{key}", f"“{profile.sign.words}” seçildiğinde bu sütun boş bırakılmalı.")
    if profile.sign is Sign.DIRECTION:
        for key in ("incoming_words", "outgoing_words"):
            if not getattr(profile, key):
                raise ProfileError(key, "Yön sütununda geçen sözcükler verilmeli; örnek: A ve B.")
        if set(profile.incoming_words) & set(profile.outgoing_words):
            raise ProfileError("outgoing_words", "Aynı sözcük hem giriş hem çıkış olamaz.")


def _check_money(profile: BankProfile) -> None:
    marks = ("", ".", ",") if profile.kind == "xlsx" else (".", ",")
    if profile.decimal_mark not in marks:
        raise ProfileError("decimal_mark", "Ondalık ayırıcı “,” ya da “.” olarak seçilmeli.")
    if profile.thousands_mark not in {"", ".", ",", " ", "'"}:
        raise ProfileError("thousands_mark", "Binlik ayırıcı “.”, “,”, boşluk, “'” ya da hiçbiri olmalı.")
    if profile.thousands_mark and profile.thousands_mark == profile.decimal_mark:
        raise ProfileError("thousands_mark", "Binlik ayırıcı ondalık ayırıcıyla aynı olamaz.")


def _check_days(profile: BankProfile) -> None:
    if not profile.date_formats and profile.kind == "csv":
        raise ProfileError("date_formats", "Tarih biçimi seçilmeli; örnek: dd.mm.yyyy.")
    seen: dict[tuple[str, bool], tuple[str, ...]] = {}
    for written in profile.date_formats:
        order, separator, long = day_format(written)
        if seen.setdefault((separator, long), order) != order:
            raise ProfileError("date_formats", "Aynı tarih iki biçimde farklı okunabilir; yalnızca birini seçin.")


def day_format(written: str) -> tuple[tuple[str, ...], str, bool]:
    """Return (order of day, month and y; separator; whether the year has four digits); raise ProfileError."""
    match = _DAY_FORMAT.fullmatch(written)
    parts = (match[1], match[3], match[4]) if match else ()
    order = tuple(part.replace("yyyy", "y").replace("yy", "y") for part in parts)
    if match is None or order not in _ORDERS or (not match[2] and "yyyy" not in parts):
        raise ProfileError("date_formats", f"“{written[:20]}” bir tarih biçimi değil; örnek: dd.mm.yyyy.")
    return order, match[2], "yyyy" in parts
