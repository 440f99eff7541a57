"""Every state machine over all pairs of states: the table's edges pass the one door, all others are refused."""

from itertools import product

import pytest

from accounts.enums import (
    API_ACCOUNT_TRANSITIONS,
    CHANGE_TRANSITIONS,
    INVITATION_TRANSITIONS,
    PROVIDER_TRANSITIONS,
    ApiAccountState,
    ChangeState,
    InvitationState,
    ProviderState,
)
from applications.enums import APPLICATION_TRANSITIONS, CHECK_TRANSITIONS, ApplicationState, CheckState
from brands.enums import (
    BRAND_TRANSITIONS,
    RETAILER_TRANSITIONS,
    UPLOAD_TRANSITIONS,
    BrandState,
    RetailerState,
    UploadState,
)
from consents.enums import IMPORT_TRANSITIONS, ImportState
from contracts.enums import DOCUMENT_TRANSITIONS, DocumentState
from iys_portal.mail.enums import MAIL_TRANSITIONS, MailState
from iys_portal.shared.states import ForbiddenTransition, Transitions, check
from packages.enums import SUBSCRIPTION_TRANSITIONS, SubscriptionState
from partners.enums import PARTY_TRANSITIONS, PartyState
from payments.enums import (
    BANK_REFUND_TRANSITIONS,
    DECISION_TRANSITIONS,
    LINE_TRANSITIONS,
    ORDER_TRANSITIONS,
    STATEMENT_TRANSITIONS,
    BankRefundState,
    DecisionState,
    LineState,
    OrderState,
    StatementState,
)
from push.enums import CONNECTION_TRANSITIONS, ConnectionState
from reports.enums import (
    COMPARISON_TRANSITIONS,
    FILE_TRANSITIONS,
    ComparisonState,
    FileState,
)
from reports.enums import (
    DOCUMENT_TRANSITIONS as REPORT_TRANSITIONS,
)
from reports.enums import (
    DocumentState as ReportState,
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
    (O.CARD_UNKNOWN, O.CARD_PENDING),
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
    (O.REFUNDED, O.REFUND_DUE),
}

S = SubscriptionState

SUBSCRIPTION_EDGES = {
    (S.ACTIVE, S.PAUSED),
    (S.ACTIVE, S.EXPIRED),
    (S.ACTIVE, S.CLOSED),
    (S.PAUSED, S.ACTIVE),
    (S.PAUSED, S.EXPIRED),
    (S.PAUSED, S.CLOSED),
}

D = DocumentState

# A document is never unsealed again, and what is time-stamped stays so; its archive changes no state.
DOCUMENT_EDGES = {
    (D.PENDING, D.SEALED),
    (D.PENDING, D.TIMESTAMPED),
    (D.PENDING, D.FAILED),
    (D.FAILED, D.SEALED),
    (D.FAILED, D.TIMESTAMPED),
    (D.FAILED, D.FAILED),
    (D.SEALED, D.TIMESTAMPED),
}

MACHINES: dict[str, tuple[type, Transitions]] = {
    "order": (OrderState, ORDER_TRANSITIONS),
    "statement": (StatementState, STATEMENT_TRANSITIONS),
    "line": (LineState, LINE_TRANSITIONS),
    "decision": (DecisionState, DECISION_TRANSITIONS),
    "bank_refund": (BankRefundState, BANK_REFUND_TRANSITIONS),
    "brand": (BrandState, BRAND_TRANSITIONS),
    "retailer": (RetailerState, RETAILER_TRANSITIONS),
    "retailerupload": (UploadState, UPLOAD_TRANSITIONS),
    "provider": (ProviderState, PROVIDER_TRANSITIONS),
    "invitation": (InvitationState, INVITATION_TRANSITIONS),
    "api_account": (ApiAccountState, API_ACCOUNT_TRANSITIONS),
    "company_change": (ChangeState, CHANGE_TRANSITIONS),
    "subscription": (SubscriptionState, SUBSCRIPTION_TRANSITIONS),
    "document": (DocumentState, DOCUMENT_TRANSITIONS),
    "mail": (MailState, MAIL_TRANSITIONS),
    "party": (PartyState, PARTY_TRANSITIONS),
    "push_connection": (ConnectionState, CONNECTION_TRANSITIONS),
    "application": (ApplicationState, APPLICATION_TRANSITIONS),
    "check": (CheckState, CHECK_TRANSITIONS),
    "consent_import": (ImportState, IMPORT_TRANSITIONS),
    "daily_file": (FileState, FILE_TRANSITIONS),
    "report_document": (ReportState, REPORT_TRANSITIONS),
    "comparison": (ComparisonState, COMPARISON_TRANSITIONS),
}


@pytest.mark.parametrize(("source", "target"), list(product(OrderState, OrderState)))
def test_orders_move_only_along_the_specified_edges(source: OrderState, target: OrderState) -> None:
    if (source, target) in ORDER_EDGES:
        check("order", ORDER_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("order", ORDER_TRANSITIONS, source, target)


@pytest.mark.parametrize(("source", "target"), list(product(S, S)))
def test_subscriptions_move_only_along_the_specified_edges(source: S, target: S) -> None:
    """What is over stays over, and only what is paused is resumed."""
    if (source, target) in SUBSCRIPTION_EDGES:
        check("subscription", SUBSCRIPTION_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("subscription", SUBSCRIPTION_TRANSITIONS, source, target)


@pytest.mark.parametrize(("source", "target"), list(product(DocumentState, DocumentState)))
def test_documents_move_only_along_the_specified_edges(source: DocumentState, target: DocumentState) -> None:
    if (source, target) in DOCUMENT_EDGES:
        check("document", DOCUMENT_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("document", DOCUMENT_TRANSITIONS, source, target)


A = ApplicationState

# Domain 4.1, and the draft before it. What is decided stays decided.
APPLICATION_EDGES = {
    (A.DRAFT, A.NEW),
    (A.NEW, A.IN_CHECK),
    (A.IN_CHECK, A.MISSING),
    (A.IN_CHECK, A.APPROVED),
    (A.IN_CHECK, A.REJECTED),
    (A.MISSING, A.IN_CHECK),
    (A.MISSING, A.REJECTED),
}


@pytest.mark.parametrize(("source", "target"), list(product(A, A)))
def test_applications_move_only_along_the_specified_edges(source: A, target: A) -> None:
    if (source, target) in APPLICATION_EDGES:
        check("application", APPLICATION_TRANSITIONS, source, target)
    else:
        with pytest.raises(ForbiddenTransition):
            check("application", APPLICATION_TRANSITIONS, source, target)


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
