"""What `consents.imports.mending` puts right in a row, put right in many at once where it is what people mostly write.

Spaces, telephones as they are dialled, capitals in addresses, dates as Turks or programs write them; words are few and
mended by `mended` itself. Only workers import this module (see consents/imports/frames.py).
"""

import polars as pl

from consents.enums import Channel
from consents.imports.columns import FIELDS
from consents.imports.mending import ISO_DAY, TURKISH_DAY, Mend, mended
from iys_portal.shared.sheets.text import clean
from iys_portal.shared.telephone import BETWEEN, MOBILE

WORDS = ("type", "source", "status", "recipientType")

_MOST_WORDS = 500
# Printable ASCII without the marks by which spreadsheets keep a text a text: of such cells only spaces are stripped.
_SIMPLE = "^[ !#-&(-~]*$"
_SPACED = ("recipient", "consentDate", "retailerCode")


def _recipient(text: pl.Expr, is_mail: pl.Expr) -> pl.Expr:
    """Return addresses without capitals and spaces around @, Turkish mobile numbers as stored, else what is written."""
    address = text.str.replace_all(" *@ *", "@").str.to_lowercase()
    number = text.str.replace_all(BETWEEN.pattern, "").str.replace("^00", "+").str.extract(f"^{MOBILE.pattern}$")
    phone = pl.coalesce(pl.lit("+90") + number, text)
    return pl.when(~is_mail).then(phone).when(text.str.contains("@", literal=True)).then(address).otherwise(text)


def _written(groups: pl.Expr, day: tuple[int, int, int]) -> pl.Expr:
    """Return a date as the register writes it, null where nothing was found."""
    year, month, day_of_month = (groups.struct.field(str(number)) for number in day)
    clock = [groups.struct.field(str(number)).fill_null("00").str.zfill(2) for number in (4, 5, 6)]
    return pl.concat_str(
        year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day_of_month.str.zfill(2), pl.lit(" "),
        clock[0], pl.lit(":"), clock[1], pl.lit(":"), clock[2],
    )  # fmt: skip


# Expressions are made once: making them for every portion takes longer than its few odd rows do.
_RECIPIENT, _DATE, _WRITTEN = pl.col("recipient"), pl.col("consentDate"), pl.col("written")
_HAS_AT = _RECIPIENT.str.contains("@", literal=True)
_IS_SIMPLE = pl.all_horizontal(pl.col(name).str.contains(_SIMPLE) for name in _SPACED)
_STRIPPED = [pl.struct(_SPACED).alias("written"), *(pl.col(name).str.strip_chars(" ") for name in _SPACED)]
_IS_TRIMMED = pl.any_horizontal(pl.col(name) != _WRITTEN.struct.field(name) for name in _SPACED)
_FOUND = [
    pl.col(Mend.TRIMMED.name) | _IS_TRIMMED,
    _recipient(_RECIPIENT, pl.col("mended_type") == Channel.EPOSTA.name).alias("better"),
    _DATE.str.extract_groups(f"^{TURKISH_DAY.pattern}$").alias("turkish"),
    _DATE.str.extract_groups(f"^{ISO_DAY.pattern}$").alias("iso"),
]
_DAY = pl.coalesce(_written(pl.col("turkish"), (3, 2, 1)), _written(pl.col("iso"), (1, 2, 3)), _DATE).alias("day")
_BETTER = {"recipient": "better", "consentDate": "day"}
_MENDED = [
    "line",
    *(pl.col(f"mended_{name}" if name in WORDS else _BETTER.get(name, name)).alias(name) for name in FIELDS),
    Mend.TRIMMED.name,
    Mend.WORD.name,
    ((pl.col("better") != _RECIPIENT) & ~_HAS_AT).alias(Mend.PHONE.name),
    ((pl.col("better") != _RECIPIENT) & _HAS_AT).alias(Mend.MAIL.name),
    (pl.col("day") != _DATE).alias(Mend.DATE.name),
]


def mended_frame(cells: pl.DataFrame, *, raw: bool) -> pl.DataFrame:
    """Return those rows of cells that can be mended at once, mended, with a column for each mend that says whether.

    `raw`: the words are as they stand in the file. Rows that are not returned are for `mended`, one by one.
    """
    simple = cells.filter(_IS_SIMPLE).join(_mended_words(cells, raw=raw), on=WORDS, how="inner")
    return simple.with_columns(_STRIPPED).with_columns(_FOUND).with_columns(_DAY).select(_MENDED)


def _mended_words(cells: pl.DataFrame, *, raw: bool) -> pl.DataFrame:
    """Return the words of rows beside what they are mended to; those of the rows beyond some hundred are left out."""
    found = []
    for words in cells.select(WORDS).drop_nulls().unique().head(_MOST_WORDS).iter_rows():
        kind, source, status, recipient_type = map(clean, words) if raw else words
        better, mends = mended((kind, source, "", status, "", recipient_type, ""))
        found.append((*words, better[0], better[1], better[3], better[5], Mend.TRIMMED in mends, Mend.WORD in mends))
    columns = [*WORDS, *(f"mended_{name}" for name in WORDS)]
    schema = {**dict.fromkeys(columns, pl.String), Mend.TRIMMED.name: pl.Boolean, Mend.WORD.name: pl.Boolean}
    return pl.DataFrame(found, schema, orient="row")
