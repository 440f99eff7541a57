"""Pictures as SVG, drawn on the server: line, columns, bars, matrix. Pure: values in, markup out (docs/adr/0045)."""

from iys_portal.shared.chart.bars import Bar, bars
from iys_portal.shared.chart.columns import Mark, Series, columns
from iys_portal.shared.chart.line import Limit, draws_limit, line
from iys_portal.shared.chart.matrix import Cell, MatrixRow, level_of, matrix
from iys_portal.shared.chart.svg import WIDE, Draw, Picture, Svg

__all__ = [
    "WIDE",
    "Bar",
    "Cell",
    "Draw",
    "Limit",
    "Mark",
    "MatrixRow",
    "Picture",
    "Series",
    "Svg",
    "bars",
    "columns",
    "draws_limit",
    "level_of",
    "line",
    "matrix",
]
