"""An order's way: one click one order, the contract as it was read, free and paid packages, giving up, expiry."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Person, Provider
from contracts.enums import DocumentState, TextKind
from contracts.models import Approval, ContractText, SignedDocument
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.shared import codes
from packages.models import Package, Subscription, Tariff
from payments.contract_terms import contract_for
from payments.enums import OrderState
from payments.models import Order
from payments.rules import OrderRefused
from payments.services import orders
from tests import factories
from tests.payments.conftest import VISITOR

Make = Callable[..., Order]


def test_the_draft_carries_the_tariffs_price(draft: Make) -> None:
    order = draft("ileti-150")
    assert order.state == OrderState.DRAFT
    assert (order.net, order.kdv, order.gross) == (Decimal("4320.00"), Decimal("777.60"), Decimal("5097.60"))
    assert order.product_label == "İLETİ-150 (Seviye 1)"
    assert codes.is_valid(order.code)


def test_a_campaign_makes_a_package_free(draft: Make) -> None:
    order = draft("ileti-75")
    assert order.gross == Decimal("0.00")
    assert order.is_free


def test_the_same_nonce_gives_the_same_order(
    provider: Provider, alice: Person, package: Package, now: datetime
) -> None:
    nonce = orders.form_nonce(provider=provider, package=package)
    choose = {
        "provider": provider,
        "person": alice,
        "package": package,
        "nonce": nonce,
        "addresses": 0,
        "now": now,
    }
    first = orders.choose_package(**choose)
    assert orders.choose_package(**choose) == first
    assert list(Order.objects.all()) == [first]


def test_a_nonce_of_nowhere_is_refused(provider: Provider, alice: Person, package: Package, now: datetime) -> None:
    with pytest.raises(OrderRefused, match="yeniden seçiniz"):
        orders.choose_package(provider=provider, person=alice, package=package, nonce="0" * 64, addresses=0, now=now)
    assert Order.objects.count() == 0


def test_a_package_too_small_is_refused(provider: Provider, alice: Person, now: datetime) -> None:
    package = factories.package("ileti-75")
    nonce = orders.form_nonce(provider=provider, package=package)
    choose = {"provider": provider, "person": alice, "package": package, "nonce": nonce, "now": now}
    with pytest.raises(OrderRefused, match=r"Adres sayınız \(75\.001\) bu paketin sınırını aşıyor\."):
        orders.choose_package(addresses=75_001, **choose)
    assert orders.choose_package(addresses=75_000, **choose).package == package


@pytest.mark.parametrize("slug", ["temel-hizmetler", "ileti-arti"])
def test_what_is_not_sold_here_is_refused(provider: Provider, alice: Person, now: datetime, slug: str) -> None:
    package = factories.package(slug)
    nonce = orders.form_nonce(provider=provider, package=package)
    with pytest.raises(OrderRefused, match="buradan satın alınamaz"):
        orders.choose_package(provider=provider, person=alice, package=package, nonce=nonce, addresses=0, now=now)


def test_a_free_package_is_active_once_its_contract_is_approved(
    accepted: Make, provider: Provider, now: datetime
) -> None:
    order = accepted("ileti-75")
    assert order.state == OrderState.COMPLETED
    subscription = Subscription.objects.get(provider=provider)
    assert order.subscription == subscription
    assert subscription.package.slug == "ileti-75"
    document = SignedDocument.objects.get(approval=order.approval)
    assert document.state == DocumentState.PENDING
    assert (document.term_start, document.term_end) == (date(2026, 11, 23), date(2027, 11, 22))
    assert OutboxMessage.objects.get(topic="contract.issue").payload == {"document_id": document.pk}


def test_a_paid_package_waits_for_its_money(awaiting: Make, provider: Provider, now: datetime) -> None:
    order = awaiting("ileti-150")
    assert order.state == OrderState.TRANSFER_PENDING
    assert order.pay_by == factories.instant("2026-12-07T21:00:00")
    assert Subscription.objects.filter(provider=provider).count() == 0
    assert SignedDocument.objects.count() == 0


def test_the_approval_is_evidence(accepted: Make, alice: Person, now: datetime) -> None:
    order = accepted("ileti-150")
    approval = Approval.objects.get(order_code=order.code)
    text = ContractText.objects.get(kind=TextKind.SERVICES)
    assert approval.person == alice
    assert approval.text_sha256 == text.sha256
    assert approval.checkbox_label == "Yukarıda bulunan sözleşmeyi okudum ve onaylıyorum."
    assert (approval.ip, approval.user_agent) == ("192.0.2.7", "Deneme tarayıcısı")
    assert approval.approved_at == now
    assert approval.terms["gross"] == "5097.60"
    assert approval.terms["order_code"] == order.code_display


def test_no_tckn_in_the_approved_terms(accepted: Make, alice: Person) -> None:
    terms = Approval.objects.get(order_code=accepted("ileti-150").code).terms
    assert terms["authorised_tckn"] == alice.masked_tckn
    assert "******" in terms["authorised_tckn"]


def test_approving_twice_is_approving_once(draft: Make, alice: Person, now: datetime) -> None:
    order = draft("ileti-75")
    shown = contract_for(order, person=alice, now=now).sha256
    approve = {"order": order, "person": alice, "shown_sha256": shown, "visitor": VISITOR, "now": now}
    first = orders.accept_contract(**approve)
    again = orders.accept_contract(**approve)
    assert first == again
    assert (Approval.objects.count(), Subscription.objects.count(), SignedDocument.objects.count()) == (
        1,
        1,
        1,
    )


def _new_tariff(order: Order, *, gross: str, net: str, kdv: str, day: date) -> None:
    Tariff.objects.filter(pk=order.tariff_id).update(valid_to=day - timedelta(days=1))
    Tariff.objects.create(
        package=order.package,
        valid_from=day,
        net=Decimal(net),
        kdv_rate=Decimal(20),
        kdv=Decimal(kdv),
        gross=Decimal(gross),
    )


def test_a_price_that_changed_has_to_be_read_again(draft: Make, alice: Person, now: datetime) -> None:
    order = draft("ileti-150")
    shown = contract_for(order, person=alice, now=now).sha256
    _new_tariff(order, gross="5184.00", net="4320.00", kdv="864.00", day=date(2026, 11, 23))
    with pytest.raises(orders.ContractChanged):
        orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)
    order.refresh_from_db()
    assert (order.state, order.gross) == (OrderState.DRAFT, Decimal("5184.00"))
    assert Approval.objects.count() == 0


def test_a_text_that_changed_has_to_be_read_again(draft: Make, alice: Person, now: datetime) -> None:
    order = draft("ileti-150")
    shown = contract_for(order, person=alice, now=now).sha256
    old = ContractText.objects.get(kind=TextKind.SERVICES)
    ContractText.objects.create(
        kind=TextKind.SERVICES,
        version=2,
        title=old.title,
        source=old.source + "\n\nYeni bir madde.\n",
        sha256="0" * 64,
        effective_from=date(2026, 11, 23),
    )
    with pytest.raises(orders.ContractChanged):
        orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)
    assert Approval.objects.count() == 0


def test_an_accepted_order_keeps_its_price(accepted: Make, alice: Person, now: datetime) -> None:
    order = accepted("ileti-150")
    _new_tariff(order, gross="5184.00", net="4320.00", kdv="864.00", day=date(2026, 11, 24))
    order, repriced = orders.bring_up_to_date(order=order, now=now + timedelta(days=1))
    assert (repriced, order.gross) == (False, Decimal("5097.60"))


def test_a_package_taken_off_sale_cannot_be_approved(draft: Make, alice: Person, now: datetime) -> None:
    order = draft("ileti-150")
    shown = contract_for(order, person=alice, now=now).sha256
    Package.objects.filter(pk=order.package_id).update(on_sale=False)
    with pytest.raises(OrderRefused, match="artık satışta değil"):
        orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)


def test_choosing_transfer_twice_changes_nothing(awaiting: Make, alice: Person, now: datetime) -> None:
    order = awaiting("ileti-150")
    again = orders.choose_transfer(order=order, person=alice, now=now + timedelta(days=3))
    assert again.pay_by == order.pay_by
    assert AuditEvent.objects.filter(action="state:transfer_pending").count() == 1


def test_transfer_needs_an_approved_contract(draft: Make, alice: Person, now: datetime) -> None:
    with pytest.raises(OrderRefused):
        orders.choose_transfer(order=draft("ileti-150"), person=alice, now=now)


def test_choosing_again_ends_with_the_time_to_choose(awaiting: Make, alice: Person, now: datetime) -> None:
    order = awaiting("ileti-150")
    with pytest.raises(OrderRefused, match="7 gün içinde"):
        orders.choose_again(order=order, person=alice, now=now + timedelta(days=7))
    again = orders.choose_again(order=order, person=alice, now=now + timedelta(days=6))
    assert (again.state, orders.expire_due(now=now + timedelta(days=6))) == (OrderState.CONTRACT_ACCEPTED, 0)
    assert AuditEvent.objects.filter(action="state:contract_accepted", actor_name=str(alice)).count() == 2
    assert orders.choose_transfer(order=again, person=alice, now=now + timedelta(days=6)).pay_by > order.pay_by


def test_giving_up(awaiting: Make, alice: Person) -> None:
    order = orders.cancel(order=awaiting("ileti-150"), person=alice)
    assert order.state == OrderState.CANCELLED
    assert orders.cancel(order=order, person=alice).state == OrderState.CANCELLED


def test_a_completed_order_cannot_be_given_up(accepted: Make, alice: Person) -> None:
    with pytest.raises(OrderRefused, match="artık iptal edilemez"):
        orders.cancel(order=accepted("ileti-75"), person=alice)


@pytest.mark.parametrize(
    ("step", "lifetime"),
    [("draft", timedelta(hours=24)), ("accepted", timedelta(days=7)), ("awaiting", timedelta(days=15))],
)
def test_orders_expire(request: pytest.FixtureRequest, step: str, lifetime: timedelta, now: datetime) -> None:
    order = request.getfixturevalue(step)("ileti-150")
    assert orders.expire_due(now=now + lifetime - timedelta(hours=13)) == 0
    assert orders.expire_due(now=now + lifetime) == 1
    order.refresh_from_db()
    assert order.state == OrderState.EXPIRED


def test_an_expired_draft_cannot_be_approved_before_the_sweeper_comes(
    draft: Make, alice: Person, now: datetime
) -> None:
    order = draft("ileti-150")
    later = now + timedelta(hours=25)
    shown = contract_for(order, person=alice, now=later).sha256
    with pytest.raises(OrderRefused, match="süresi doldu"):
        orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=later)


def test_a_new_package_ends_the_running_one(accepted: Make, provider: Provider, now: datetime) -> None:
    accepted("ileti-25")
    accepted("ileti-75", at=now + timedelta(days=30))
    running, ended = Subscription.objects.filter(provider=provider).order_by("-pk")
    assert (running.package.slug, running.state) == ("ileti-75", "active")
    assert (ended.package.slug, ended.state, ended.ended_at) == (
        "ileti-25",
        "closed",
        now + timedelta(days=30),
    )


@pytest.mark.parametrize("hindrance", ["closed", "paused"])
def test_a_free_package_that_cannot_start_is_refused_before_its_approval(
    draft: Make, provider: Provider, alice: Person, now: datetime, hindrance: str
) -> None:
    order = draft("ileti-75")
    if hindrance == "closed":
        Provider.objects.filter(pk=provider.pk).update(state="closed")
    else:
        factories.subscription(provider, "ileti-5", now=now - timedelta(days=1))
        Subscription.objects.update(state="paused", paused_at=now)
    shown = contract_for(order, person=alice, now=now).sha256
    for _ in range(2):
        with pytest.raises(OrderRefused, match=r"bilgi@iys\.org\.tr"):
            orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)
    order.refresh_from_db()
    assert (order.state, Approval.objects.count()) == (OrderState.DRAFT, 0)
