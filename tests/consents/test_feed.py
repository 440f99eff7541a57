"""The change feed and the address limit with real transactions side by side."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connections, transaction

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from brands.rules import STILL_LINKED, BrandRefused
from brands.services.retailers import remove
from consents.enums import ConsentStatus, Source
from consents.feed_selectors import FeedEvent, movements_after
from consents.models import ConsentEvent
from consents.selectors import has_consents
from consents.services import ConsentRefused
from iys_portal import ledger
from packages.models import Package
from packages.selectors import address_count
from tests import factories
from tests.consents.conftest import Recording
from tests.consents.scene import MAILS, PHONES, forget_consents
from tests.consents.test_recording import citizen
from tests.partners.test_concurrency import wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30.0


@pytest.fixture(autouse=True)
def _no_consents_left(transactional_db: None) -> Iterator[None]:
    yield
    names = ("consents_are_their_last_event", "consent_events_follow_each_other", "address_counts_agree")
    found = ledger.verify()
    forget_consents()
    assert [name for name in names if not found[name]["ok"]] == []


def in_thread(pool: ThreadPoolExecutor, work: Callable[[], object]) -> "Future[object]":
    def closing() -> object:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(closing)


def test_a_smaller_number_is_never_committed_later(provider: Provider, recording: Recording) -> None:
    """The second writer draws its number when the first has committed, whatever they write."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = recording()
            other = in_thread(pool, lambda: recording(recipient=PHONES[1]))
            wait_until_blocked(1)
        second = other.result(PATIENCE)
    assert [event.seq for event in movements_after(provider.pk, 0, limit=10)] == [first.seq, second.seq]  # type: ignore[attr-defined]


def test_another_provider_is_not_waited_for(provider: Provider, recording: Recording) -> None:
    rival = factories.BrandFactory.create()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        recording()
        work = in_thread(pool, lambda: recording(provider=rival.provider, brand=rival).seq)
        assert [event.seq for event in _feed(pool, rival.provider_id)] == [work.result(PATIENCE)]


def _feed(pool: ThreadPoolExecutor, provider_id: int) -> list[FeedEvent]:
    found = in_thread(pool, lambda: movements_after(provider_id, 0, limit=10)).result(PATIENCE)
    assert isinstance(found, list)
    return found


def test_eight_writers_lose_nothing(provider: Provider, brand: Brand, recording: Recording, now: datetime) -> None:
    """A reader that follows the feed sees every committed movement once, in order, while eight others write."""
    done = threading.Event()
    seen: list[int] = []

    def write(seed: int) -> int:
        dice, written = random.Random(seed), 0
        for step in range(12):
            with transaction.atomic():
                recipient = f"+9059920002{dice.randrange(20):02d}"
                try:
                    status = dice.choice(list(ConsentStatus)[:2])
                    recording(status, recipient=recipient, ago=500 - step * 8 - seed)
                    written += 1
                except ConsentRefused:
                    continue
                if dice.random() < 0.15:
                    transaction.set_rollback(True)
                    written -= 1
        return written

    def follow() -> None:
        while not done.is_set():
            seen.extend(event.seq for event in movements_after(provider.pk, seen[-1] if seen else 0, limit=7))

    with ThreadPoolExecutor(9) as pool:
        reader = in_thread(pool, follow)
        writers = [in_thread(pool, lambda seed=seed: write(seed)) for seed in range(8)]  # type: ignore[misc]
        try:
            written = sum(int(str(writer.result(PATIENCE))) for writer in writers)
        finally:
            done.set()
        reader.result(PATIENCE)
    seen.extend(event.seq for event in movements_after(provider.pk, seen[-1] if seen else 0, limit=1000))
    committed = list(ConsentEvent.objects.filter(provider_id=provider.pk).order_by("seq").values_list("seq", flat=True))
    assert seen == committed
    assert len(committed) == written


def test_the_feed_is_narrowed(provider: Provider, brand: Brand, recording: Recording, now: datetime) -> None:
    own = recording().seq
    citizens = citizen(provider, brand, ConsentStatus.RET, now, now, Source.IYS_MOBIL)
    late = recording(recipient=PHONES[1], now=now + timedelta(hours=2)).seq

    def numbers(**options: object) -> list[int]:
        return [event.seq for event in movements_after(provider.pk, 0, limit=10, **options)]  # type: ignore[arg-type]

    assert numbers() == [own, citizens, late]
    assert numbers(citizens=True) == [citizens]
    assert numbers(citizens=False) == [own, late]
    assert numbers(until=now + timedelta(hours=1)) == [own, citizens]
    assert numbers(since=now + timedelta(hours=1)) == [late]
    assert numbers(brand_id=brand.pk + 1) == []
    assert [event.seq for event in movements_after(provider.pk, own, limit=1)] == [citizens]


def test_two_writers_cannot_both_take_the_last_place(provider: Provider, recording: Recording, now: datetime) -> None:
    Package.objects.filter(slug="ileti-5").update(max_addresses=2)
    factories.subscription(provider, "ileti-5", now=now)
    recording(recipient="+905992000003")

    def attempt(phone: str) -> str:
        try:
            recording(recipient=phone)
        except ConsentRefused as refused:
            return str(refused)
        return "recorded"

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            recording(recipient="+905992000003", ago=30)  # holds the address count as it is
            both = [in_thread(pool, lambda phone=phone: attempt(phone)) for phone in PHONES]  # type: ignore[misc]
            wait_until_blocked(2)
        assert sorted(str(each.result(PATIENCE)) for each in both) == ["H525", "recorded"]
    assert address_count(provider.pk) == 2


def test_a_retailer_is_not_deleted_while_a_consent_names_it(brand: Brand, alice: Person, recording: Recording) -> None:
    named, gone = (factories.RetailerFactory.create(brand=brand) for _ in range(2))

    def deleted_or_not(retailer: Retailer) -> str:
        try:
            remove(retailer=retailer, person=alice, linked=lambda one: has_consents(one.provider_id, one.code))
        except BrandRefused as refused:
            return str(refused)
        return "deleted"

    def refused_or_not() -> str:
        try:
            recording(recipient=PHONES[1], retailer_code=gone.code)
        except ConsentRefused as refused:
            return str(refused)
        return "recorded"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            recording(retailer_code=named.code)
            deleting = in_thread(pool, lambda: deleted_or_not(named))
            wait_until_blocked(1)
        assert deleting.result(PATIENCE) == STILL_LINKED
        with transaction.atomic():
            assert deleted_or_not(gone) == "deleted"
            writing = in_thread(pool, refused_or_not)
            wait_until_blocked(1)
        assert writing.result(PATIENCE) == "H180"


def test_two_first_records_of_one_consent_follow_each_other(provider: Provider, recording: Recording) -> None:
    def refused_or_not() -> str:
        try:
            recording(recipient=MAILS[0], ago=60)
        except ConsentRefused as refused:
            return str(refused)
        return "recorded"

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            recording(recipient=MAILS[0], ago=60)
            other = in_thread(pool, refused_or_not)
            wait_until_blocked(1)
        assert other.result(PATIENCE) == "H178"
