"""Two accountants, orders of several companies, and a movement that waits for a person."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from accounts.models import Person
from iys_portal.ledger import verify
from payments.contract_terms import contract_for
from payments.enums import DecisionKind
from payments.models import LineDecision, Order, Statement, StatementLine
from payments.selectors.lines import seen_of
from payments.services import decisions, orders
from tests import factories
from tests.payments.conftest import VISITOR
from tests.payments.mt940 import Transfer

IBAN = "TR140006400000142011234567"
OTHER_IBAN = "TR820001000760123456785001"


@pytest.fixture
def second(db: None) -> Person:
    """Another accountant."""
    return factories.accountant("muhasebe2")


@pytest.fixture
def order_of(db: None, now: datetime) -> Callable[..., Order]:
    """Return an order that awaits a transfer, of a company of its own."""

    def make(slug: str = "ileti-150") -> Order:
        membership = factories.MembershipFactory.create()
        provider, person = membership.provider, membership.person
        package = factories.package(slug)
        nonce = orders.form_nonce(provider=provider, package=package)
        order = orders.choose_package(
            provider=provider, person=person, package=package, nonce=nonce, addresses=0, now=now
        )
        shown = contract_for(order, person=person, now=now)
        order = orders.accept_contract(order=order, person=person, shown_sha256=shown.sha256, visitor=VISITOR, now=now)
        return orders.choose_transfer(order=order, person=person, now=now)

    return make


@pytest.fixture
def waiting(imported: Callable[..., Statement]) -> Callable[..., StatementLine]:
    """Return a movement of so much money that no order explains."""
    numbers = iter(range(1, 1000))

    def make(amount: str = "5097.60", text: str = "KIRA") -> StatementLine:
        statement = imported(Transfer(text, Decimal(amount)), reference=f"EK{next(numbers)}")
        line = statement.lines.get()
        line.payer_iban, line.payer_name = IBAN, "GÖNDEREN LTD"
        line.save()
        return line

    return make


@pytest.fixture
def decide(accountant: Person, now: datetime) -> Callable[..., LineDecision]:
    """Decide a movement as the accountant sees it now."""

    def make(line: StatementLine, kind: DecisionKind, **wanted: object) -> LineDecision:
        line.refresh_from_db()
        values = {"reason": "Deneme kararı", "person": accountant, "now": now, "seen": seen_of(line), **wanted}
        return decisions.decide(line_id=line.pk, kind=kind, **values)  # type: ignore[arg-type]

    return make


def ledger_faults() -> list[str]:
    """Return the names of the invariants that do not hold."""
    return [name for name, result in verify().items() if not result["ok"]]
