"""An order at each step of the purchase, made by the services that customers use."""

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import Person, Provider
from packages.models import Package
from payments.contract_terms import contract_for
from payments.models import BankAccount, Order, Statement
from payments.services import orders, statements
from payments.services.orders import Visitor
from tests import factories
from tests.payments.mt940 import Transfer, mt940

VISITOR = Visitor(ip="192.0.2.7", user_agent="Deneme tarayıcısı")


@pytest.fixture
def package(db: None) -> Package:
    return factories.package("ileti-150")


@pytest.fixture
def account(db: None) -> BankAccount:
    return factories.BankAccountFactory.create(iban="TR820001000760123456785001")


@pytest.fixture
def draft(provider: Provider, alice: Person, now: datetime) -> Callable[..., Order]:
    """Return a draft order of Alice's for a package."""

    def make(slug: str = "ileti-150", *, at: datetime = now) -> Order:
        package = factories.package(slug)
        nonce = orders.form_nonce(provider=provider, package=package)
        return orders.choose_package(provider=provider, person=alice, package=package, nonce=nonce, addresses=0, now=at)

    return make


@pytest.fixture
def accepted(draft: Callable[..., Order], alice: Person, now: datetime) -> Callable[..., Order]:
    """Return an order of Alice's whose contract she approved (a free one is complete by that)."""

    def make(slug: str = "ileti-150", *, at: datetime = now) -> Order:
        order = draft(slug, at=at)
        shown = contract_for(order, person=alice, now=at)
        return orders.accept_contract(order=order, person=alice, shown_sha256=shown.sha256, visitor=VISITOR, now=at)

    return make


@pytest.fixture
def awaiting(accepted: Callable[..., Order], alice: Person, now: datetime) -> Callable[..., Order]:
    """Return an order of Alice's for which a transfer is awaited."""

    def make(slug: str = "ileti-150", *, at: datetime = now) -> Order:
        return orders.choose_transfer(order=accepted(slug, at=at), person=alice, now=at)

    return make


@pytest.fixture
def imported(account: BankAccount, now: datetime) -> Callable[..., Statement]:
    """Return a statement of these transfers after it was read and matched; keywords go to the MT940 writer."""

    def make(*transfers: Transfer, content: bytes | None = None, **options: object) -> Statement:
        data = content if content is not None else mt940(account.iban, *transfers, **options)  # type: ignore[arg-type]
        statement, _ = statements.receive(
            account=account, format="mt940", filename="ekstre.sta", content=data, person=None, now=now
        )
        statements.process(statement_id=statement.pk, now=now)
        statement.refresh_from_db()
        return statement

    return make
