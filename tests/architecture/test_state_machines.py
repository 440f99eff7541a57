"""Every state machine over all pairs of states: the table's edges pass the one door, all others are refused."""

from itertools import product

import pytest

from contracts.enums import DOCUMENT_TRANSITIONS, DocumentState
from iys_portal.shared.states import ForbiddenTransition, Transitions, check
from packages.enums import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from payments.enums import (
    LINE_TRANSITIONS,
    ORDER_TRANSITIONS,
    STATEMENT_TRANSITIONS,
    LineState,
    OrderState,
    StatementState,
)

O = OrderState  # noqa: E741

# The order table of the specification, written a second time so that a slip in the code is seen.
ORDER_EDGES = {
    (O.DRAFT, O.CONTRACT_ACCEPTED),
    (O.DRAFT, O.COMPLETED),
    (O.DRAFT, O.EXPIRED),
    (O.DRAFT, O.CANCELLED),
    (O.DRAFT, O.IN_REVIEW),
    (O.CONTRACT_ACCEPTED, O.CARD_PENDING),
    (O.CONTRACT_ACCEPTED, O.TRANSFER_PENDING),
    (O.CONTRACT_ACCEPTED, O.EXPIRED),
    (O.CONTRACT_ACCEPTED, O.CANCELLED),
    (O.CONTRACT_ACCEPTED, O.PAID),
    (O.CONTRACT_ACCEPTED, O.PARTIALLY_PAID),
    (O.CONTRACT_ACCEPTED, O.IN_REVIEW),
    (O.CARD_PENDING, O.PAID),
    (O.CARD_PENDING, O.CONTRACT_ACCEPTED),
    (O.CARD_PENDING, O.CARD_UNKNOWN),
    (O.CARD_PENDING, O.IN_REVIEW),
    (O.CARD_UNKNOWN, O.PAID),
    (O.CARD_UNKNOWN, O.CONTRACT_ACCEPTED),
    (O.CARD_UNKNOWN, O.IN_REVIEW),
    (O.TRANSFER_PENDING, O.CONTRACT_ACCEPTED),
    (O.TRANSFER_PENDING, O.PAID),
    (O.TRANSFER_PENDING, O.PARTIALLY_PAID),
    (O.TRANSFER_PENDING, O.EXPIRED),
    (O.TRANSFER_PENDING, O.CANCELLED),
    (O.TRANSFER_PENDING, O.IN_REVIEW),
    (O.PARTIALLY_PAID, O.PAID),
    (O.PARTIALLY_PAID, O.IN_REVIEW),
    (O.PARTIALLY_PAID, O.REFUND_DUE),
    (O.IN_REVIEW, O.PAID),
    (O.IN_REVIEW, O.REFUND_DUE),
    (O.IN_REVIEW, O.TRANSFER_PENDING),
    (O.IN_REVIEW, O.CANCELLED),
    (O.PAID, O.COMPLETED),
    (O.PAID, O.REFUND_DUE),
    (O.PAID, O.IN_REVIEW),
    (O.COMPLETED, O.REFUND_DUE),
    (O.EXPIRED, O.PAID),
    (O.EXPIRED, O.IN_REVIEW),
    (O.CANCELLED, O.IN_REVIEW),
    (O.REFUND_DUE, O.REFUNDED),
    (O.REFUND_DUE, O.IN_REVIEW),
    (O.REFUNDED, O.IN_REVIEW),
}

MACHINES: dict[str, tuple[type, Transitions]] = {
    "order": (OrderState, ORDER_TRANSITIONS),
    "statement": (StatementState, STATEMENT_TRANSITIONS),
    "line": (LineState, LINE_TRANSITIONS),
    "subscription": (SubscriptionState, SUBSCRIPTION_TRANSITIONS),
    "document": (DocumentState, DOCUMENT_TRANSITIONS),
}


@pytest.mark.parametrize(("source", "target"), list(product(OrderState, OrderState)))
def test_orders_move_only_along_the_specified_edges(source: OrderState, target: OrderState) -> None:
    if (source, target) in ORDER_EDGES:
        check("order", ORDER_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("order", ORDER_TRANSITIONS, source, target)


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_has_a_row_and_edges_lead_to_known_states(name: str) -> None:
    states, table = MACHINES[name]
    assert set(table) == set(states)
    assert {target for targets in table.values() for target in targets} <= set(states)


@pytest.mark.parametrize("name", MACHINES)
def test_every_pair_is_either_an_edge_or_refused(name: str) -> None:
    states, table = MACHINES[name]
    for source, target in product(states, states):
        if target in table[source]:
            check(name, table, source, target)
        else:
            with pytest.raises(ForbiddenTransition, match=name):
                check(name, table, source, target)


def test_money_never_leads_back_to_an_unpaid_order() -> None:
    for source in (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUND_DUE, OrderState.REFUNDED):
        assert not ORDER_TRANSITIONS[source] & {
            OrderState.DRAFT,
            OrderState.TRANSFER_PENDING,
            OrderState.CANCELLED,
        }
