"""A worker that issues contracts: as contracts.issuing does, without the database."""

import time
from dataclasses import dataclass
from pathlib import Path

from contracts.keys import load_seal
from contracts.rendering import render_contract
from contracts.signing import seal
from contracts.verification import verify
from iys_portal.bench.contract.engine import watched_engine
from iys_portal.bench.contract.samples import CREATED_AT, approved_contract
from iys_portal.bench.machine import resident_mib


@dataclass(slots=True)
class Timed:
    """Seconds that a worker took to issue contracts and to render them, and WeasyPrint's own part of the rendering.

    By the clock, and `cpu` of the processor, which does not grow when somebody else uses the machine.
    """

    issue: float = 0.0
    render: float = 0.0
    engine: float = 0.0
    issue_cpu: float = 0.0
    engine_cpu: float = 0.0
    invalid: int = 0


class Issuer:
    """Holds the seal of the keys in `pki`; contract n of `seed` is the same for every worker."""

    def __init__(self, pki: str, seed: int) -> None:
        self._folder = Path(pki)
        self._seed = seed

    def same_documents(self, number: int) -> bool:
        """Whether both sides make the same document, and a valid one; also loads keys and typefaces."""
        rendered, issued = self._render(number), self._issue(number)
        return issued.startswith(rendered) and self._is_valid(issued)

    def side_by_side(self, first: int, count: int, turn: int) -> "Timed":
        """Issue each contract and render it, who goes first changing with every one; each that was issued is judged."""
        timed = Timed()
        for number in range(first, first + count):
            sides = [self._timed_issue, self._timed_render]
            for side in sides if (number + turn) % 2 == 0 else reversed(sides):
                side(number, timed)
        return timed

    def _timed_issue(self, number: int, timed: "Timed") -> None:
        start, start_processor = time.perf_counter(), time.process_time()
        issued = self._issue(number)
        timed.issue += time.perf_counter() - start
        timed.issue_cpu += time.process_time() - start_processor
        timed.invalid += not self._is_valid(issued)

    def _timed_render(self, number: int, timed: "Timed") -> None:
        start = time.perf_counter()
        with watched_engine() as watch:
            self._render(number)
        timed.render += time.perf_counter() - start
        timed.engine += watch.seconds
        timed.engine_cpu += watch.processor_seconds

    def issue_into(self, folder: str, first: int, count: int) -> tuple[float, float]:
        """Issue contracts into files and return the memory (MiB) held afterwards and held at most."""
        for number in range(first, first + count):
            (Path(folder) / f"{number}.pdf").write_bytes(self._issue(number))
        return resident_mib()

    def _render(self, number: int) -> bytes:
        data, printed = approved_contract(number, seed=self._seed)
        return render_contract(data, number=printed, created_at=CREATED_AT)

    def _issue(self, number: int) -> bytes:
        return seal(self._render(number), seal=load_seal(self._folder))

    def _is_valid(self, pdf: bytes) -> bool:
        return verify(pdf, trust=load_seal(self._folder).roots).valid
