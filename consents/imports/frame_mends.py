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


def mended_frame(cells: pl.DataFrame, *, raw: bool) -> pl.DataFrame:
    """Return those rows of cells that can be mended at once, mended, with a column for each mend that says whether.

    `raw`: the words are as they stand in the file. Rows that are not returned are for `mended`, one by one.
    """
    written, recipient, date = pl.col("written"), pl.col("recipient"), pl.col("consentDate")
    is_simple = pl.all_horizontal(pl.col(name).str.contains(_SIMPLE) for name in _SPACED)
    return (
        cells.lazy()
        .filter(is_simple)
        .join(_mended_words(cells, raw=raw).lazy(), on=WORDS, how="inner")
        .with_columns(pl.struct(_SPACED).alias("written"), *(pl.col(name).str.strip_chars(" ") for name in _SPACED))
        .with_columns(
            pl.col(Mend.TRIMMED.name)
            | pl.any_horizontal(pl.col(name) != written.struct.field(name) for name in _SPACED)
        )
        .with_columns(better=_recipient(recipient, pl.col("mended_type") == Channel.EPOSTA.name), day=_date(date))
        .select(
            "line",
            *(pl.col(f"mended_{name}" if name in WORDS else _BETTER.get(name, name)).alias(name) for name in FIELDS),
            Mend.TRIMMED.name,
            Mend.WORD.name,
            ((pl.col("better") != recipient) & ~recipient.str.contains("@", literal=True)).alias(Mend.PHONE.name),
            ((pl.col("better") != recipient) & recipient.str.contains("@", literal=True)).alias(Mend.MAIL.name),
            (pl.col("day") != date).alias(Mend.DATE.name),
        )
        .collect()
    )


_BETTER = {"recipient": "better", "consentDate": "day"}


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


def _recipient(text: pl.Expr, is_mail: pl.Expr) -> pl.Expr:
    """Return addresses without capitals and spaces around @, Turkish mobile numbers as stored, else what is written."""
    address = text.str.replace_all(" *@ *", "@").str.to_lowercase()
    number = text.str.replace_all(BETWEEN.pattern, "").str.replace("^00", "+").str.extract(f"^{MOBILE.pattern}$")
    phone = pl.coalesce(pl.lit("+90") + number, text)
    return pl.when(~is_mail).then(phone).when(text.str.contains("@", literal=True)).then(address).otherwise(text)


def _date(text: pl.Expr) -> pl.Expr:
    turkish, iso = text.str.extract_groups(f"^{TURKISH_DAY.pattern}$"), text.str.extract_groups(f"^{ISO_DAY.pattern}$")
    return pl.coalesce(_written(turkish, (3, 2, 1)), _written(iso, (1, 2, 3)), text)


def _written(groups: pl.Expr, day: tuple[int, int, int]) -> pl.Expr:
    """Return a date as the register writes it, null where nothing was found."""
    year, month, day_of_month = (groups.struct.field(str(number)) for number in day)
    clock = [groups.struct.field(str(number)).fill_null("00").str.zfill(2) for number in (4, 5, 6)]
    return pl.concat_str(
        year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day_of_month.str.zfill(2), pl.lit(" "),
        clock[0], pl.lit(":"), clock[1], pl.lit(":"), clock[2],
    )  # fmt: skip
