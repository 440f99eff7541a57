"""CSV to rows. A quote that is never closed swallows nothing: its row is a problem, the rows after it are read."""

from collections.abc import Generator, Iterator

from iys_portal.shared.sheets.refusal import FileRefused
from iys_portal.shared.sheets.source import Source
from iys_portal.shared.sheets.table import MAX_COLUMNS, Row
from iys_portal.shared.sheets.text import clean, raw_lines

MAX_ROWS = 300_000
_MOST_LINES_OF_A_ROW = 20
_MOST_CHARACTERS_OF_A_ROW = 20_000


def rows_of(source: Source, *, separator: str, quote: str, encoding: str | None = None) -> Generator[Row, None, None]:
    """Yield the rows of a CSV file; `encoding` None reads it as the file shows.

    Raises FileRefused for an empty or too large file, and for more rows or columns than any bank writes.
    """
    lines = _numbered(raw_lines(source, encoding))
    waiting: list[tuple[int, str]] = []
    while True:
        number, line = waiting.pop(0) if waiting else next(lines, (0, ""))
        if not number:
            return
        parts = [line]
        fields, is_open = split(_bare(line), separator, quote)
        while is_open and len(parts) < _MOST_LINES_OF_A_ROW:
            following = waiting.pop(0) if waiting else next(lines, None)
            if following is None:
                break
            if following[1].count(separator) >= max(line.count(separator), 1):
                # A whole row of its own: the quote before it was a mere letter, and never meant to swallow it.
                waiting.insert(0, following)
                break
            parts.append(following[1])
            if sum(map(len, parts)) > _MOST_CHARACTERS_OF_A_ROW:
                break
            fields, is_open = split(_bare("".join(parts)), separator, quote)
        whole = parts[-1].endswith("\n") or (quote != "" and parts[-1].endswith(quote) and not is_open)
        yield _row(number, fields, is_open=is_open, open_end=not whole)


def _numbered(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if number > MAX_ROWS:
            raise FileRefused(f"Dosyada {MAX_ROWS:,} satırdan fazlası var; bölerek yükleyin.".replace(",", "."))
        yield number, line


def _bare(line: str) -> str:
    return line.removesuffix("\n")


def _row(number: int, fields: list[str], *, is_open: bool, open_end: bool) -> Row:
    if len(fields) > MAX_COLUMNS:
        raise FileRefused("Dosyada 256'dan çok sütun var; okunmadı.")
    cells = {index: cell for index, cell in enumerate(map(_cell, fields)) if cell}
    return Row(
        number=number,
        cells=cells,
        width=len(fields),
        broken="Satırda kapanmayan bir tırnak işareti var; hangi sütunun nerede bittiği bilinemedi." if is_open else "",
        open_end=open_end,
    )


def _cell(written: str) -> str:
    """Return a field without what spreadsheets put around numbers to keep them text (``="0012"``)."""
    bare = "\n".join(clean(part).strip() for part in written.split("\n")).strip()
    return bare[2:-1] if len(bare) > 2 and bare.startswith('="') and bare.endswith('"') else bare


def split(line: str, separator: str, quote: str) -> tuple[list[str], bool]:
    """Return the fields of a line, and whether a quote in it is still open. A doubled quote is one."""
    if not quote or quote not in line:
        return line.split(separator), False
    fields: list[str] = []
    place = 0
    while True:
        if not line.startswith(quote, place):
            end = line.find(separator, place)
            fields.append(line[place:] if end < 0 else line[place:end])
        else:
            text, end, is_open = _quoted(line, place + 1, separator, quote)
            fields.append(text)
            if is_open:
                return fields, True
        if end < 0:
            return fields, False
        place = end + 1


def _quoted(line: str, place: int, separator: str, quote: str) -> tuple[str, int, bool]:
    """Return (text of a quoted field, place of the separator after it or -1, whether it is still open)."""
    pieces: list[str] = []
    while True:
        end = line.find(quote, place)
        if end < 0:
            return "".join([*pieces, line[place:]]), -1, True
        pieces.append(line[place:end])
        if not line.startswith(quote, end + 1):
            after = line.find(separator, end + 1)
            pieces.append(line[end + 1 :] if after < 0 else line[end + 1 : after])
            return "".join(pieces), after, False
        pieces.append(quote)
        place = end + 2
