"""The large camt.053 files of the benches are true, and reading one takes memory for its lines only."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from iys_portal.bench.camt import make_camt
from payments.statements import read
from payments.statements.account import require_account

ROOT = Path(__file__).parents[2]
IBAN = "TR820001000760123456785001"
# Bytes of memory that a line of a file may take, its share of everything else included.
MOST_PER_LINE = 2_000
CHILD = """
import resource, sys
from payments.statements import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    lines = read("camt053", file).lines
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 // len(lines))
"""


def test_a_large_file_is_true(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    count = make_camt(path, 2, iban=IBAN)
    assert path.stat().st_size >= 2 * 1024 * 1024
    with path.open("rb") as file:
        result = read("camt053", file)
    require_account(result, own_iban=IBAN)
    assert (len(result.lines), result.problems, result.balance_ok) == (count, [], True)
    assert {line.amount for line in result.lines} == {Decimal("5097.60"), Decimal("5805.60"), Decimal("-12.50")}


def test_memory_grows_by_the_lines_and_not_by_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    make_camt(path, 5)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert int(done.stdout) < MOST_PER_LINE
