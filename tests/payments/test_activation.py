"""What a settled order does with what the provider already has: renew, replace, wait in `paid`, be refused."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Provider
from brands.models import Brand
from consents.enums import Channel, ConsentStatus, RecipientType, Source
from consents.models import Consent
from consents.services import record_citizens_movement, take_over
from contracts.models import Approval, SignedDocument
from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.shared.clock import last_day
from packages import services as subscriptions
from packages.models import Package, Subscription
from payments.contract_terms import contract_for
from payments.enums import OrderState
from payments.models import BankAccount, Order, Receipt, Statement
from payments.rules import OrderRefused
from payments.selectors.accounting import figures, resting_orders
from payments.selectors.orders import reason_of_rest, timeline_of
from payments.services import orders, statements
from payments.services.activation import activate_settled, complete_paid
from payments.services.settlement import settle_lines
from tests import factories
from tests.payments.conftest import VISITOR
from tests.payments.mt940 import Transfer, mt940

Make = Callable[..., Order]
Import = Callable[..., Statement]
DAY = timedelta(days=1)
PAUSED = "Hizmet sağlayıcının aboneliği durdurulmuş."
TOO_MANY = "Adres sayısı İLETİ-150 paketinin sınırını (150.000) aşıyor."


@pytest.fixture(autouse=True)
def ledger_holds(db: None) -> object:
    """Whatever a test did, the books must balance afterwards."""
    yield
    broken = {name: result for name, result in ledger.verify().items() if not result["ok"]}
    assert broken == {}


@pytest.fixture
def staff(db: None) -> Person:
    return factories.administrator()


@pytest.fixture
def pay(imported: Import) -> Callable[[Order], Order]:
    """Return an order after its whole amount arrived by transfer."""

    def do(order: Order) -> Order:
        imported(Transfer(order.code_display, order.gross))
        order.refresh_from_db()
        return order

    return do


@pytest.fixture
def consents(provider: Provider, now: datetime) -> Callable[[int], None]:
    """Give the provider approved addresses."""
    brand = factories.BrandFactory.create(provider=provider)

    def add(count: int) -> None:
        rows = [
            Consent(
                provider_id=provider.pk,
                recipient=f"+90599{number:07d}",
                brand_id=brand.pk,
                channel=Channel.MESAJ,
                recipient_type=RecipientType.BIREYSEL,
                status=ConsentStatus.ONAY,
                source=Source.HS_WEB,
                consent_at=now,
            )
            for number in range(count)
        ]
        take_over(consents=rows, now=now)

    return add


def refusals(order: Order) -> list[str]:
    """Return the reasons that were written down for an order, oldest first."""
    events = AuditEvent.objects.filter(action="activation_refused", object_id=str(order.pk)).order_by("pk")
    return list(events.values_list("reason", flat=True))


def running(provider: Provider) -> list[str]:
    return list(
        Subscription.objects.filter(provider=provider, state__in=["active", "paused"])
        .order_by("starts_at")
        .values_list("package__slug", flat=True)
    )


# --- Renewal --------------------------------------------------------------------------------------------------------


def test_a_renewal_is_paid_like_any_order_and_waits_for_its_turn(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order], now: datetime
) -> None:
    old = factories.subscription(provider, now=now - 350 * DAY)
    order = pay(awaiting("ileti-150"))
    assert order.state == OrderState.COMPLETED
    assert order.subscription is not None
    assert order.subscription.starts_at == old.ends_at
    document = SignedDocument.objects.get(approval=order.approval)
    assert (document.term_start, document.term_end) == (
        last_day(old.ends_at) + DAY,
        last_day(order.subscription.ends_at),
    )
    begins = f"{last_day(old.ends_at) + DAY:%d.%m.%Y}"
    assert timeline_of(order)[-1].text == f"Tamamlandı; yenilenen paket {begins} tarihinde başlar"


def test_money_that_comes_after_the_end_starts_the_renewal_at_once(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order], now: datetime
) -> None:
    old = factories.subscription(provider, now=now - 364 * DAY)
    order = awaiting("ileti-150", at=now - DAY)
    Subscription.objects.filter(pk=old.pk).update(starts_at=old.starts_at - 10 * DAY, ends_at=old.ends_at - 10 * DAY)
    order = pay(order)
    old.refresh_from_db()
    assert order.subscription is not None
    assert (order.subscription.starts_at, old.state) == (now, "expired")
    assert timeline_of(order)[-1].text == "Tamamlandı"


def test_the_same_package_is_refused_until_thirty_days_before_its_end(
    provider: Provider, draft: Make, now: datetime
) -> None:
    factories.subscription(provider, now=now)
    first = date(2027, 10, 23)
    before = datetime(2027, 10, 22, 20, 59, 59, tzinfo=now.tzinfo)  # 23:59:59 in Istanbul
    with pytest.raises(OrderRefused) as refusal:
        draft("ileti-150", at=before)
    assert str(refusal.value) == (
        "İLETİ-150 paketiniz 22.11.2027 tarihine kadar geçerli."
        f" Aynı paketi {first:%d.%m.%Y} tarihinden itibaren yenileyebilirsiniz."
    )
    assert draft("ileti-150", at=before + timedelta(seconds=1)).state == OrderState.DRAFT


def test_only_one_renewal_is_queued(provider: Provider, accepted: Make, draft: Make, now: datetime) -> None:
    factories.subscription(provider, "ileti-75", now=now - 350 * DAY)
    assert accepted("ileti-75").state == OrderState.COMPLETED
    with pytest.raises(OrderRefused, match="paketinizi zaten yenilediniz; yeni süre"):
        draft("ileti-75", at=now + DAY)


def test_a_paid_renewal_is_not_thrown_away_by_another_package(
    provider: Provider, awaiting: Make, draft: Make, pay: Callable[[Order], Order], now: datetime
) -> None:
    factories.subscription(provider, now=now - 350 * DAY)
    pay(awaiting("ileti-150"))
    with pytest.raises(OrderRefused, match=r"muhasebe@iys\.org\.tr"):
        draft("ileti-250", at=now + DAY)
    assert running(provider) == ["ileti-150", "ileti-150"]


def test_a_free_renewal_ends_with_the_package_it_renews(
    provider: Provider, accepted: Make, awaiting: Make, pay: Callable[[Order], Order], now: datetime
) -> None:
    factories.subscription(provider, "ileti-75", now=now - 350 * DAY)
    accepted("ileti-75")
    assert running(provider) == ["ileti-75", "ileti-75"]
    pay(awaiting("ileti-150"))
    assert running(provider) == ["ileti-150"]


def test_a_package_begins_no_earlier_than_its_money_came(awaiting: Make, account: BankAccount, now: datetime) -> None:
    """Two read the same statement: who looked at the clock later settles, who looked earlier activates."""
    order, later = awaiting("ileti-150"), now + timedelta(seconds=1)
    file = mt940(account.iban, Transfer(order.code_display, order.gross))
    statement, _ = statements.receive(
        account=account, format="mt940", filename="ekstre.sta", content=file, person=None, now=now
    )
    statements.read(statement_id=statement.pk)
    settle_lines(statement_id=statement.pk, now=later)
    activate_settled(statement_id=statement.pk, promised={}, now=now)
    order.refresh_from_db()
    assert (order.state, order.completed_at) == (OrderState.COMPLETED, later)
    assert Receipt.objects.get().issued_at == later


def test_two_orders_for_one_package_are_one_package_and_one_that_waits(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order], now: datetime
) -> None:
    first, second = awaiting("ileti-150"), awaiting("ileti-150")
    pay(first)
    assert pay(second).state == OrderState.PAID
    assert refusals(second) == ["İLETİ-150 paketi başka bir siparişle zaten tanımlanmış."]
    assert complete_paid(now=now + 300 * DAY) == 0
    assert len(refusals(second)) == 1
    # In the last 30 days it is what it is: a renewal that was paid for.
    assert complete_paid(now=now + 340 * DAY) == 1
    assert running(provider) == ["ileti-150", "ileti-150"]


def test_a_renewal_waits_while_another_paid_one_is_queued(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order], now: datetime
) -> None:
    factories.subscription(provider, now=now - 350 * DAY)
    other = awaiting("ileti-250")
    pay(awaiting("ileti-150"))
    assert pay(other).state == OrderState.PAID
    assert refusals(other) == ["Ücreti ödenmiş İLETİ-150 yenilemesi sırada bekliyor."]


# --- Downgrade ------------------------------------------------------------------------------------------------------


def limit_150(addresses: int) -> None:
    Package.objects.filter(slug="ileti-150").update(min_addresses=0, max_addresses=addresses)


def test_a_count_that_outgrew_the_package_lets_the_paid_order_wait(
    provider: Provider,
    awaiting: Make,
    pay: Callable[[Order], Order],
    consents: Callable[[int], None],
    now: datetime,
) -> None:
    factories.subscription(provider, "ileti-250", now=now)
    order = awaiting("ileti-150")
    limit_150(2)
    consents(3)
    assert pay(order).state == OrderState.PAID
    reason = "Adres sayısı İLETİ-150 paketinin sınırını (2) aşıyor."
    assert refusals(order) == [reason]
    assert timeline_of(order)[-1].text == f"Paket şu anda tanımlanamıyor: {reason}"
    assert reason_of_rest(order) == reason
    assert running(provider) == ["ileti-250"]
    assert [(row.pk, row.reason) for row in resting_orders()] == [(order.pk, reason)]
    assert figures(now=now).resting_count == 1
    # The sweeper says nothing new until something is new.
    for _ in range(2):
        assert complete_paid(now=now + DAY) == 0
    assert refusals(order) == [reason]
    row = Consent.objects.get(recipient="+905990000002")
    record_citizens_movement(
        provider=provider,
        brand=Brand.objects.get(pk=row.brand_id),
        recipient=row.recipient,
        channel=Channel.MESAJ,
        recipient_type=RecipientType.BIREYSEL,
        status=ConsentStatus.RET,
        source=Source.IYS_WEB,
        consent_at=now + DAY,
        now=now + DAY,
    )
    assert complete_paid(now=now + 2 * DAY) == 1
    order.refresh_from_db()
    assert (order.state, running(provider), reason_of_rest(order)) == (OrderState.COMPLETED, ["ileti-150"], "")
    assert complete_paid(now=now + 2 * DAY) == 0


def test_a_free_downgrade_that_no_longer_fits_is_refused_before_anything_is_written(
    provider: Provider, draft: Make, alice: Person, consents: Callable[[int], None], now: datetime
) -> None:
    order = draft("ileti-75")
    Package.objects.filter(slug="ileti-75").update(min_addresses=0, max_addresses=1)
    consents(2)
    order = Order.objects.get(pk=order.pk)  # the contract names the package's limit
    shown = contract_for(order, person=alice, now=now).sha256
    events = AuditEvent.objects.count()
    with pytest.raises(OrderRefused, match=r"Adres sayısı İLETİ-75 paketinin sınırını \(1\) aşıyor\."):
        orders.accept_contract(order=order, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)
    order.refresh_from_db()
    assert (order.state, Approval.objects.count(), AuditEvent.objects.count()) == (OrderState.DRAFT, 0, events)


# --- Resting in paid ------------------------------------------------------------------------------------------------


def test_a_pause_holds_a_paid_order_until_it_is_lifted(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order], staff: Person, now: datetime
) -> None:
    old = factories.subscription(provider, "ileti-75", now=now - DAY)
    order = awaiting("ileti-150")
    subscriptions.pause(subscription=old, actor=staff, reason="İnceleme", now=now)
    assert pay(order).state == OrderState.PAID
    assert refusals(order) == [PAUSED]
    assert complete_paid(now=now) == 0
    subscriptions.resume(subscription=old, actor=staff, reason="Bitti", now=now)
    message = OutboxMessage.objects.get(topic="order.complete_paid")
    assert outbox.run(message.pk) is True
    order.refresh_from_db()
    assert (order.state, refusals(order)) == (OrderState.COMPLETED, [PAUSED])


def test_each_new_reason_is_written_once(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order], staff: Person, now: datetime
) -> None:
    old = factories.subscription(provider, "ileti-75", now=now - DAY)
    order = awaiting("ileti-150")
    subscriptions.pause(subscription=old, actor=staff, reason="İnceleme", now=now)
    pay(order)
    subscriptions.close_for_provider(provider=provider, actor=staff, reason="Ayrıldı", now=now)
    for _ in range(3):
        complete_paid(now=now)
    assert refusals(order) == [PAUSED, "Hizmet sağlayıcı kapalı."]
    subscriptions.reopen_provider(provider=provider, actor=staff, reason="Döndü")
    assert complete_paid(now=now, provider_id=provider.pk + 1) == 0
    assert complete_paid(now=now, provider_id=provider.pk) == 1
    assert running(provider) == ["ileti-150"]


def test_accountants_and_the_customer_read_why_an_order_rests(
    provider: Provider,
    alice: Person,
    accountant: Person,
    awaiting: Make,
    pay: Callable[[Order], Order],
    client_of: Callable[[Person], Client],
    staff: Person,
    now: datetime,
) -> None:
    """The dashboard lists one order or three with the same number of queries."""
    old = factories.subscription(provider, "ileti-75", now=now - DAY)
    subscriptions.pause(subscription=old, actor=staff, reason="İnceleme", now=now)
    browser = client_of(accountant)
    assert "tanımlanamayan" not in browser.get("/muhasebe/").content.decode()
    order = pay(awaiting("ileti-150"))
    with CaptureQueriesContext(connection) as one:
        page = browser.get("/muhasebe/").content.decode()
    assert (order.code_display in page, PAUSED in page) == (True, True)
    assert PAUSED in client_of(alice).get(f"/siparis/{order.code_display}/").content.decode()
    for _ in range(2):
        pay(awaiting("ileti-150"))
    with CaptureQueriesContext(connection) as three:
        page = browser.get("/muhasebe/").content.decode()
    assert (page.count(PAUSED), len(three)) == (3, len(one))


# --- Two tabs -------------------------------------------------------------------------------------------------------


def test_a_tab_left_open_cannot_buy_what_another_tab_bought(
    provider: Provider, draft: Make, accepted: Make, alice: Person, now: datetime
) -> None:
    """Both tabs hold a draft for the same package; the second approval is refused before it costs anything."""
    left = draft("ileti-75")
    accepted("ileti-75")
    shown = contract_for(left, person=alice, now=now).sha256
    with pytest.raises(OrderRefused, match="tarihine kadar geçerli"):
        orders.accept_contract(order=left, person=alice, shown_sha256=shown, visitor=VISITOR, now=now)
    assert running(provider) == ["ileti-75"]


def test_several_open_orders_each_keep_their_code_and_the_last_paid_package_counts(
    provider: Provider, awaiting: Make, pay: Callable[[Order], Order]
) -> None:
    small, big = awaiting("ileti-150"), awaiting("ileti-250")
    assert small.code != big.code
    pay(small)
    assert running(provider) == ["ileti-150"]
    pay(big)
    assert running(provider) == ["ileti-250"]
    assert Order.objects.filter(state=OrderState.COMPLETED, gross__gt=Decimal(0)).count() == 2
