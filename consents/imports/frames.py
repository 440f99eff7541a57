"""Judge the rows of a file many at a time, column by column: what most rows are worth, at a twentieth of the price.

Good rows are known by the same table of rules as `RowJudge.at_a_glance` knows them, written as expressions over
columns; whatever these do not know goes to `RowJudge`, one by one. A test holds both to the same verdicts. Only workers
import this module: polars is large, and its threads do not survive a fork.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import polars as pl

from consents.enums import Channel, RecipientType, Source
from consents.imports.columns import FIELDS, Columns
from consents.imports.frame_mends import WORDS, mended_frame
from consents.imports.judging import CLOCK, RETAILER, RowJudge, Staged
from consents.imports.mending import Mend
from consents.imports.tables import OTHER_BRAND, ROW_BROKEN, Line, Portion, Text
from consents.rules.faults import Fault
from consents.rules.recipient import MAIL, MAIL_LENGTHS
from iys_portal.shared.sheets.text import MAX_LINE_CHARACTERS
from iys_portal.shared.telephone import TURKISH_MOBILE

STAGED = {
    "line": pl.UInt32,
    "recipient": pl.String,
    "channel": pl.Int16,
    "recipient_type": pl.Int16,
    "status": pl.Int16,
    "source": pl.Int16,
    "consent_at": pl.String,
    "retailer_code": pl.Int32,
}
"""The columns of good rows: the number of the line, then those of `Staged`."""

_MOST_CODE = 20
_BETWEEN = "|"  # stands in none of the words
_CELLS = pl.Schema({"line": pl.UInt32, **dict.fromkeys(FIELDS, pl.String)})

# Expressions are made once: making them for every portion takes a good part of the time.
_RECIPIENT, _DATE, _DEALER = pl.col("recipient"), pl.col("consentDate"), pl.col("retailerCode")
_ASKED = [
    *("line", "recipient", "consentDate", "retailerCode"),
    pl.concat_str(WORDS, separator=_BETWEEN).alias("words"),
    _DATE.str.head(10).alias("day"),
]
_HAS_CLOCK = _DATE.str.contains(f"^.{{10}}{CLOCK.pattern}$")
_HAS_DEALER = (_DEALER == "") | _DEALER.str.contains(f"^{RETAILER.pattern}$")
_IS_MAIL = _RECIPIENT.str.len_chars().is_between(MAIL_LENGTHS[0], MAIL_LENGTHS[-1]) & _RECIPIENT.str.contains(
    f"^(?:{MAIL.pattern})$"
)
_IS_MOBILE = _RECIPIENT.str.contains(f"^(?:{TURKISH_MOBILE.pattern})$")
_IS_REACHED = pl.when(pl.col("channel") == Channel.EPOSTA.value).then(_IS_MAIL).otherwise(_IS_MOBILE).alias("reached")
_STAGED = [
    *("line", "recipient", "channel", "recipient_type", "status", "source"),
    (_DATE + pl.col("offset")).alias("consent_at"),
    _DEALER.cast(pl.Int32, strict=False).alias("retailer_code"),
]


class Bad(NamedTuple):
    """A row that is wrong, and why: it is none at all, another brand's, or has faults, which are in İYS's order."""

    line: Line
    faults: list[Fault]

    @property
    def codes(self) -> str:
        """The reasons as they are kept: code:field, with commas between them."""
        if self.line.broken:
            return f"{ROW_BROKEN}:{self.line.broken}"
        if self.line.other_brand:
            return f"{OTHER_BRAND}:{self.line.other_brand[:_MOST_CODE]}"
        return ",".join(f"{fault.code}:{fault.field}" for fault in self.faults)

    @property
    def names(self) -> list[str]:
        """The codes alone, as they are counted."""
        if self.line.is_none:
            return [ROW_BROKEN if self.line.broken else OTHER_BRAND]
        return [fault.code for fault in self.faults]


@dataclass(frozen=True, slots=True)
class Judged:
    """The rows of a portion: good ones as a frame of STAGED, in no order, and bad ones in that of the file."""

    good: pl.DataFrame
    bad: list[Bad]


class FrameJudge:
    """Judges portions of a file at one instant; counts what it mended in good rows, and the codes of bad ones."""

    def __init__(self, rows: RowJudge) -> None:
        self.codes: Counter[str] = Counter()
        self._rows = rows
        self._kinds = _kinds(rows)
        self._days = pl.DataFrame({"day": rows.offsets.keys(), "offset": rows.offsets.values()}, _DAYS)
        is_dated = pl.col("offset").is_not_null() & _HAS_CLOCK & (rows.until >= _DATE)
        may_be_so = is_dated | (pl.col("may_lack_date") & (_DATE == ""))
        self._says_the_rest = (pl.col("channel").is_not_null() & _HAS_DEALER & may_be_so).alias("rest")

    def judge(self, portion: Portion) -> Judged:
        """Judge the rows of a portion. Raises FileRefused where it is no part of a table."""
        if isinstance(portion, Text):
            lines = pl.Series("text", [portion.text.removesuffix("\n")]).str.split("\n").explode()
            cells = _cells_of(lines, portion)
        else:
            cells = _cells_of_rows(portion.rows)
        known, odd = self._known(cells)
        wrong: dict[int, list[Fault]] = {}
        if odd.height:
            better = mended_frame(odd, raw=isinstance(portion, Text))
            also_known, still_odd = self._known(better)
            known = known.vstack(also_known)
            wrong = self._wrong_recipients(still_odd)
            odd = odd.join(also_known, on="line", how="anti", maintain_order="left")
            self._count_mends(better.join(also_known, on="line", how="semi"))
        numbers = odd["line"]
        if isinstance(portion, Text):
            texts = lines.gather(numbers - portion.first).to_list()
            read = map(portion.line, numbers.to_list(), texts)
            rows = [line for line in read if line is not None]
        else:
            left = set(numbers)
            rows = [line for line in portion.rows if line.number in left]
        return self._with_odd(known, rows, wrong)

    def _known(self, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows that are surely good as STAGED, and all others as they are.

        Of those whose recipient alone is not surely good, `only_of` is the channel.
        """
        found = (
            cells.select(_ASKED)
            .join(self._kinds, on="words", how="left", maintain_order="left")
            .join(self._days, on="day", how="left", maintain_order="left")
            .with_columns(_IS_REACHED, self._says_the_rest)
            .select((pl.col("rest") & pl.col("reached")).fill_null(value=False).alias("good"), "rest", *_STAGED)
        )
        good = found["good"]
        odd = cells.with_columns(found.select(pl.when("rest").then("channel").alias("only_of"))).filter(~good)
        return found.filter(good).drop("good", "rest"), odd

    def _wrong_recipients(self, odd: pl.DataFrame) -> dict[int, list[Fault]]:
        """Return what is wrong with rows, by their lines, where that can be nothing but the recipient."""
        rows = odd.filter(pl.col("only_of").is_not_null()).select("line", "recipient", "only_of")
        asked = rows.select("recipient", "only_of").unique()
        codes = [self._rows.recipient_fault(text, Channel(channel)) for text, channel in asked.iter_rows()]
        found = rows.join(asked.with_columns(code=pl.Series(codes, dtype=pl.String)), on=["recipient", "only_of"])
        lines = found.drop_nulls("code").select("line", "code").iter_rows()
        return {line: [Fault(code, "recipient")] for line, code in lines}

    def _count_mends(self, rows: pl.DataFrame) -> None:
        for mend in Mend:
            if mend.name in rows.columns and (count := int(rows[mend.name].sum())):
                self._rows.mends[mend] += count

    def _with_odd(self, known: pl.DataFrame, rows: list[Line], wrong: dict[int, list[Fault]]) -> Judged:
        """Judge rows one by one where it is not known what is wrong, and add the good ones to those that are known."""
        good: list[tuple[int, *Staged]] = []
        bad = []
        for line in rows:
            verdict = [] if line.is_none else wrong.get(line.number) or self._rows.judge(line.cells)
            if isinstance(verdict, tuple):
                good.append((line.number, *verdict))
            else:
                bad.append(Bad(line, verdict))
                self.codes.update(bad[-1].names)
        if good:
            known = pl.concat([known, pl.DataFrame(good, STAGED, orient="row")])
        return Judged(known, bad)


_DAYS = pl.Schema({"day": pl.String, "offset": pl.String})


def _kinds(rows: RowJudge) -> pl.DataFrame:
    """Return the words that go together, in İYS's spelling; what is dated 2015 is rare and has a rule of its own."""
    sources = ["", *(source.name for source in Source if not source.is_citizens and source != Source.HS_2015)]
    types, kinds = [channel.name for channel in Channel], ["", *(kind.name for kind in RecipientType)]
    found = [
        (_BETWEEN.join(words), *kind)
        for words in product(types, sources, ("ONAY", "RET"), kinds)
        if (kind := rows.kind_of(words)) is not None
    ]
    schema = {"words": pl.String, **{name: STAGED[name] for name in list(STAGED)[2:6]}, "may_lack_date": pl.Boolean}
    return pl.DataFrame(found, schema, orient="row")


def _cells_of(lines: pl.Series, portion: Text) -> pl.DataFrame:
    """Return the fields of lines whose separators say where they are; those of all others are null.

    Quotes, too few or too many columns, overlong lines and other brands' codes are not for a glance.
    """
    columns = portion.columns
    is_ours = pl.lit(value=True)
    if columns.brand_place >= 0 and columns.brand_code:
        is_ours = pl.col(f"field_{columns.brand_place}").is_in(["", columns.brand_code])
    plain = (
        ~pl.col("text").str.contains('"', literal=True)
        & (pl.col("text").str.len_bytes() <= MAX_LINE_CHARACTERS)
        & pl.col(f"field_{columns.width - 1}").is_not_null()
        & pl.col(f"field_{columns.width}").is_null()
        & is_ours
    )
    found = (
        lines.to_frame()
        .with_row_index("line", portion.first)
        .with_columns(pl.col("text").str.split_exact(portion.separator, columns.width).alias("cells"))
        .unnest("cells")
        .with_columns(plain.alias("plain"))
    )
    cells = [_cell(columns, place).alias(name) for name, place in zip(FIELDS, columns.places, strict=True)]
    if not found["plain"].all():
        cells = [pl.when("plain").then(cell) for cell in cells]
    return found.select("line", *cells)


def _cell(columns: Columns, place: int) -> pl.Expr:
    if place < 0:
        return pl.lit("")
    return pl.col(f"field_{place}") if place < columns.width else pl.lit(columns.constants[place - columns.width])


def _cells_of_rows(rows: list[Line]) -> pl.DataFrame:
    """Return the cells of rows; a row that is none has no type, which is no glance's."""
    cells = [("", *line.cells[1:]) if line.is_none else line.cells for line in rows]
    columns = dict(zip(FIELDS, zip(*cells, strict=True), strict=True))
    return pl.DataFrame({"line": [line.number for line in rows], **columns}, _CELLS)
