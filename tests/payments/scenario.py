"""One statement with everything that can befall money, and what became of it in a form that two runs can share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Person, Provider
from contracts.models import SignedDocument
from iys_portal.audit.models import AuditEvent
from iys_portal.mail.models import Mail
from packages.models import Subscription
from payments.contract_terms import contract_for
from payments.models import Allocation, BankAccount, Order, Statement, StatementLine
from payments.services import orders, statements
from payments.services.orders import Visitor
from tests import factories
from tests.payments.mt940 import Transfer, mt940

FULL = Decimal("5097.60")


@dataclass(frozen=True)
class Scene:
    """A statement that was received, and the orders that it is about."""

    statement: Statement
    orders: Sequence[Order]


def order_of(provider: Provider, person: Person, now: datetime) -> Order:
    """Return an order of a provider for which a transfer is awaited."""
    package = factories.package("ileti-150")
    nonce = orders.form_nonce(provider=provider, package=package)
    order = orders.choose_package(provider=provider, person=person, package=package, nonce=nonce, addresses=0, now=now)
    shown = contract_for(order, person=person, now=now)
    visitor = Visitor(ip="192.0.2.7", user_agent="Deneme tarayıcısı")
    order = orders.accept_contract(order=order, person=person, shown_sha256=shown.sha256, visitor=visitor, now=now)
    return orders.choose_transfer(order=order, person=person, now=now)


def new_scene(account: BankAccount, now: datetime) -> "Scene":
    """Receive the statement about three orders of a new provider, for an account of its own."""
    member = factories.MembershipFactory.create()
    own = [order_of(member.provider, member.person, now) for _ in range(3)]
    own.sort(key=lambda order: order.code)  # reasons name orders in that order
    return receive(account, own, now)


def receive(account: BankAccount, own: Sequence[Order], now: datetime, *, reference: str = "EKSTRE1") -> Scene:
    """Receive a statement about three orders that await 5.097,60 each."""
    first, second, third = (order.code_display for order in own)
    content = mt940(
        account.iban,
        Transfer("KIRA", Decimal("30.00")),
        Transfer(f"{first} FIRMA"),
        Transfer(f"{first} FIRMA"),
        Transfer(f"{second} {third}", 2 * FULL),
        Transfer(third),
        Transfer(second, Decimal("10.00"), day=date(2026, 11, 24)),
        Transfer("MASRAF", Decimal("-4.20"), day=date(2026, 11, 24)),
        Transfer("AIDAT", Decimal("10.00"), day=date(2026, 11, 24)),
        reference=reference,
    )
    statement, _ = statements.receive(
        account=account, format="mt940", filename="e.sta", content=content, person=None, now=now
    )
    return Scene(statement, own)


def canon(scene: Scene) -> dict[str, Any]:
    """Return everything that came of the scene, without the numbers and codes in which two runs differ."""
    names = {order.code: f"#{place}" for place, order in enumerate(scene.orders)}
    known = {order.pk: names[order.code] for order in scene.orders}
    provider = scene.orders[0].provider_id
    lines = StatementLine.objects.filter(statement=scene.statement).order_by("position")
    places = {line.pk: line.position for line in lines}
    rename = _renaming(scene.orders, names)
    scene.statement.refresh_from_db()
    events = AuditEvent.objects.filter(provider_id=provider, object_type="payments.order").order_by("pk")
    return {
        "statement": (scene.statement.state, scene.statement.line_count, scene.statement.duplicate_count),
        "lines": [
            (line.position, line.state, line.rule, rename(line.verdict), [rename(c["code"]) for c in line.candidates])
            for line in lines
        ],
        "line_events": [
            sorted(
                AuditEvent.objects.filter(object_type="payments.statementline", object_id=str(number)).values_list(
                    "action", flat=True
                )
            )
            for number in places
        ],
        "allocations": sorted(
            (places[row.line_id or 0], known[row.order_id], row.amount, row.rule, rename(row.reason))
            for row in Allocation.objects.filter(line__in=places)
        ),
        "orders": sorted(
            (known[order.pk], order.state, order.subscription_id is not None)
            for order in Order.objects.filter(pk__in=known)
        ),
        "order_events": sorted(
            (known[int(event.object_id)], event.action, rename(event.reason))
            for event in events
            if int(event.object_id) in known and not event.action.startswith("activation")
        ),
        "subscriptions": sorted(Subscription.objects.filter(provider=provider).values_list("package__slug", "state")),
        "documents": SignedDocument.objects.filter(approval__provider=provider).count(),
        "mails": sorted(Mail.objects.filter(provider_id=provider).values_list("kind", flat=True)),
    }


def _renaming(own: Sequence[Order], names: dict[str, str]) -> Callable[[str], str]:
    def rename(text: str) -> str:
        for order in own:
            text = text.replace(order.code_display, names[order.code]).replace(order.code, names[order.code])
            text = text.replace(order.provider.title, "FIRMA")
        return text

    return rename
