"""Fuzz the statement readers: any bytes are read or refused, and what is read is conserved.

Needs atheris, which is not among the portal's dependencies:

    python -m pip install --target var/atheris atheris
    PYTHONPATH=var/atheris:. python tests/fuzz/statements.py camt053 -max_total_time=600 CORPUS

The first argument is the family: mt940, camt053, ziraat, csv, xlsx. Interesting inputs are kept in CORPUS, seeded from
tests/samples/statements.
"""

import contextlib
import io
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["payments.statements"]):
    from payments.statements import BUILT_IN, ReadResult, StatementRefused, detect, preview, read, suggest_profile
    from payments.statements.identity import identities
    from payments.statements.profile import Sign

SAMPLES = Path(__file__).parents[1] / "samples" / "statements"
IBAN = "TR820001000760123456785001"
ENDINGS = {"mt940": "*.sta", "camt053": "camt*.xml", "ziraat": "ziraat*.xml", "csv": "*.csv", "xlsx": "*.xml"}

_CSV = BUILT_IN["csv:ziraat"]
_COLUMNS = replace(_CSV.columns, amount="", debit="Tutar", credit="Bakiye", running_balance="", bank_id="")
CSV_PROFILES = (
    _CSV,
    replace(_CSV, quote="", separator=",", decimal_mark=".", thousands_mark=","),
    replace(_CSV, columns=_COLUMNS, sign=Sign.TWO_COLUMNS, opening="Açılış", account="IBAN", encoding="cp1254"),
    replace(_CSV, encoding="utf-16"),
)
_LINKS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
_BOOK = '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>'
_HEADING = "".join(
    f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in BUILT_IN["xlsx:isbank"].columns.named().values()
)
PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "")


def conserved(result: ReadResult) -> None:
    """Check what must hold for any file: positions are told once each, lines have an identity."""
    positions = [line.position for line in result.lines]
    positions += [problem.position for problem in result.problems if problem.position is not None]
    assert sorted(positions) == list(range(1, len(positions) + 1)), positions
    if any(problem.position is not None and not problem.ignored for problem in result.problems):
        assert result.balance_ok is False
    for statement in result.statements:
        if statement.balance_ok and statement.opening is not None and statement.closing is not None:
            assert statement.opening + sum(line.amount for line in statement.lines) == statement.closing
    assert len(set(identities(IBAN, result.lines))) == len(result.lines)
    repr(result).encode()


def xlsx(data: bytes) -> bytes:
    """Return a workbook one of whose parts is the data: packed bytes alone would hardly ever open."""
    chosen = PARTS[data[0] % len(PARTS)] if data else ""
    if not chosen:
        return data[1:]
    data_row = "<row><c t='s'><v>0</v></c><c s='1'><v>46349</v></c></row>"
    sheet = f"<worksheet><sheetData><row>{_HEADING}</row>{data_row}</sheetData></worksheet>"
    files = {"xl/workbook.xml": _BOOK, "xl/_rels/workbook.xml.rels": _LINKS, PARTS[0]: sheet, chosen: data[1:]}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def once(family: str, data: bytes) -> None:
    """Read one input in the way of its family."""
    if family == "csv":
        profile = CSV_PROFILES[data[0] % len(CSV_PROFILES)] if data else _CSV
        if data[:1] > b"\x7f":
            suggest_profile(data[1:])
            preview(data[1:], profile)
        data = data[1:]
        conserved(read(profile.format, data, profiles={profile.format: profile}))
    elif family == "xlsx":
        if data[:1] > b"\x7f":
            suggest_profile(xlsx(data))
        conserved(read("xlsx:isbank", xlsx(data)))
    else:
        detect(data[:4096], "a.xml")
        conserved(read(family, data))


def main() -> None:
    """Fuzz the family named on the command line; the other arguments are libFuzzer's."""
    family = sys.argv.pop(1)
    corpus = Path(sys.argv[-1])
    corpus.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES.glob(ENDINGS[family]):
        lead = b"\0" if family in {"csv", "xlsx"} else b""
        (corpus / sample.name).write_bytes(lead + sample.read_bytes())

    def one_input(data: bytes) -> None:
        with contextlib.suppress(StatementRefused):
            once(family, data)

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
