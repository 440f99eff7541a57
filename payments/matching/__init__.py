"""From a bank line to an order: find codes, weigh evidence, decide. Pure: no Django, no database.

`candidate_codes` says up front which codes a text may mean, so that the orders of many lines can be fetched
at once; `decide` then gives one line's verdict from the orders it is shown.
"""

from payments.matching.book import OrderBook
from payments.matching.find import CandidateCodes, candidate_codes
from payments.matching.verdict import decide
from payments.matching.views import (
    AWAITING_MONEY,
    Candidate,
    Kind,
    LineView,
    OrderLookup,
    OrderView,
    Proof,
    Rule,
    Verdict,
)

__all__ = [
    "AWAITING_MONEY",
    "Candidate",
    "CandidateCodes",
    "Kind",
    "LineView",
    "OrderBook",
    "OrderLookup",
    "OrderView",
    "Proof",
    "Rule",
    "Verdict",
    "candidate_codes",
    "decide",
]
