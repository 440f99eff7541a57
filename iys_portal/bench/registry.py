"""Which benches there are. Their modules are loaded when they are run: some of them load slowly."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from iys_portal.bench.base import Options, Result


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench: its module has a function ``run(options) -> Result``."""

    module: str
    rows: int
    unit: str
    summary: str

    def run(self, options: Options) -> Result:
        """Run it. Raises BenchError when it cannot be run here."""
        run = cast("Callable[[Options], Result]", import_module(self.module).run)
        return run(options)


BENCHES = {
    "contract": Bench(
        "iys_portal.bench.contract",
        200,
        "documents a timed run",
        "contracts rendered, sealed and time-stamped, beside WeasyPrint's rendering alone",
    ),
    "reconcile": Bench(
        "iys_portal.bench.reconcile.bench",
        100_000,
        "lines",
        "bank movements: the matching judged, statements imported among 40,000 live orders, the accountants' queue",
    ),
    "address-count": Bench(
        "iys_portal.bench.address_count",
        1_000_000,
        "consents",
        "the exact address count: what keeping it costs an import, and reading it beside a primary-key read",
    ),
    "import": Bench(
        "iys_portal.bench.imports",
        1_000_000,
        "rows",
        "a file of consents from its bytes to the register, beside COPY and beside the ways one would try first",
    ),
    "api": Bench(
        "iys_portal.bench.api",
        1_000_000,
        "consents",
        "the API's hot endpoints over HTTP, beside what the database alone needs for the same",
    ),
    "query": Bench(
        "iys_portal.bench.query",
        10_000_000,
        "consents",
        "status of a thousand, a page of the feed, one movement, beside the same bare, at both sizes",
    ),
    "feed": Bench(
        "iys_portal.bench.feed",
        1_000_000,
        "movements",
        "pages of the change feed at any depth beside a bare LIMIT scan, and whether eight writers make it lose any",
    ),
    "reports": Bench(
        "iys_portal.bench.reports",
        1_000_000,
        "movements",
        "the daily roll-up beside a bare count(*), and a report's figures with a history ten times as long",
    ),
}


def listing() -> str:
    """Return the benches, a line each, for people."""
    width = max(map(len, BENCHES))
    lines = [f"  {name:<{width}}  {bench.summary}; {bench.rows:,} {bench.unit}" for name, bench in BENCHES.items()]
    return "\n".join(["Benches:", *lines])
