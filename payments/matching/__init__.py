"""From a bank line to an order: find codes, weigh evidence, decide. Pure: no Django, no database.

`read_line` does the text work once and says which codes the line may mean, so that the orders of many lines can
be fetched at once; `decide` then gives the verdict from the orders it is shown, as often as it is asked.
"""

from payments.matching.book import OrderBook
from payments.matching.reading import Ours, Reading, read_line
from payments.matching.verdict import decide
from payments.matching.views import (
    AWAITING_MONEY,
    MATCHING_VERSION,
    Candidate,
    Kind,
    LineView,
    OrderLookup,
    OrderView,
    Proof,
    Rule,
    Share,
    Verdict,
)

__all__ = [
    "AWAITING_MONEY",
    "MATCHING_VERSION",
    "Candidate",
    "Kind",
    "LineView",
    "OrderBook",
    "OrderLookup",
    "OrderView",
    "Ours",
    "Proof",
    "Reading",
    "Rule",
    "Share",
    "Verdict",
    "decide",
    "read_line",
]
