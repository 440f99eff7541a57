"""What every bench takes and gives back."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self


class BenchError(Exception):
    """The bench cannot be run here, or not to its end; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a bench is run: its size, how often each side is timed, and where its progress is told."""

    rows: int
    runs: int
    seed: int
    quick: bool
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Limit:
    """The bound that a figure is held to: at least or at most `bound`."""

    sign: str
    bound: float

    def met(self, value: float) -> bool:
        """Whether `value` keeps within the bound."""
        return value >= self.bound if self.sign == "≥" else value <= self.bound

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the result: a ratio of two times, or a value that is compared with nothing.

    `ratio` is what `target` is about where there are two times, else `value` is; without a target `met` is None.
    `spread` holds the lowest and the highest of the runs.
    """

    goal: str
    name: str
    subject_s: float | None = None
    baseline: str | None = None
    baseline_s: float | None = None
    ratio: float | None = None
    value: float | None = None
    spread: tuple[float, float] | None = None
    target: str | None = None
    met: bool | None = None

    @classmethod
    def of_value(
        cls,
        name: str,
        value: float,
        *,
        goal: str = "",
        limit: Limit | None = None,
        spread: tuple[float, float] | None = None,
    ) -> Self:
        """Return the figure of something that is counted or weighed."""
        target, met = (str(limit), limit.met(value)) if limit else (None, None)
        return cls(goal=goal, name=name, value=value, spread=spread, target=target, met=met)

    @classmethod
    def of_times(
        cls,
        name: str,
        subject: Sequence[float],
        baseline: Sequence[float],
        *,
        beside: str,
        goal: str = "",
        limit: Limit | None = None,
        of_rates: bool = False,
    ) -> Self:
        """Return the figure of two series of seconds, timed in turns: that of the turn with the median ratio.

        The ratio is subject time ÷ baseline time or, `of_rates`, subject rate ÷ baseline rate. Two sides of one turn
        have met the same machine, so turns are compared, not medians of each side. An even number of turns gives
        the higher of the two in the middle.
        """
        turns = sorted(
            ((other / own if of_rates else own / other), own, other)
            for own, other in zip(subject, baseline, strict=True)
        )
        ratio, own, other = turns[len(turns) // 2]
        return cls(
            goal=goal,
            name=name,
            subject_s=own,
            baseline=beside,
            baseline_s=other,
            ratio=ratio,
            spread=(turns[0][0], turns[-1][0]),
            target=str(limit) if limit else None,
            met=limit.met(ratio) if limit else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a bench found. `keys` are the figures that others read, `wrong` says in words what was not right.

    A result that is wrong is no result: its times count for nothing.
    """

    keys: dict[str, float]
    figures: list[Figure]
    wrong: list[str] = field(default_factory=list)

    def as_json(self, *, bench: str, options: Options) -> dict[str, Any]:
        """Return the object that `--json` writes."""
        return {
            "bench": bench,
            "rows": options.rows,
            "runs": options.runs,
            "seed": options.seed,
            **self.keys,
            "wrong": self.wrong,
            "figures": [asdict(figure) for figure in self.figures],
        }
