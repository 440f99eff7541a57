"""A result as a table for people."""

from iys_portal.bench.base import Figure, Result

_HEAD = ("goal", "figure", "ours", "beside", "", "ratio or value", "spread", "target", "")


def table(result: Result) -> str:
    """Return the figures as aligned columns, and below them what was wrong."""
    rows = [_HEAD, *(_cells(figure) for figure in result.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join([*lines, *(f"WRONG: {sentence}" for sentence in result.wrong)])


def _cells(figure: Figure) -> tuple[str, ...]:
    shown = figure.value if figure.ratio is None else figure.ratio
    spread = f"{_number(figure.spread[0])} … {_number(figure.spread[1])}" if figure.spread else ""
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    seconds = (_seconds(figure.subject_s), _seconds(figure.baseline_s))
    return (
        figure.goal,
        figure.name,
        seconds[0],
        seconds[1],
        figure.baseline or "",
        _number(shown),
        spread,
        figure.target or "",
        verdict,
    )


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.3g}"
