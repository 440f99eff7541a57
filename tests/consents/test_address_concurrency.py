"""The count with real transactions side by side."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import DatabaseError, connection, connections, transaction

from accounts.models import Provider
from packages.models import AddressDelta, AddressUsage
from packages.selectors import AddressCounts, address_count, address_usage
from packages.usage import fold_deltas, lock_addresses, recount_addresses
from tests.consents.scene import APPROVED, PHONES, REFUSED, forget_consents, give, kept, recount, run
from tests.partners.test_concurrency import wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20.0
PHONE = PHONES[0]


@pytest.fixture(autouse=True)
def _no_consents_left(transactional_db: None) -> Iterator[None]:
    """The test runner empties the tables of our models; the consents are not one of them."""
    yield
    forget_consents()


def in_thread(pool: ThreadPoolExecutor, work: Callable[[], object]) -> "Future[object]":
    """Run `work` over a connection of its own."""

    def closing() -> object:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(closing)


def test_two_transactions_that_approve_the_same_phone_count_it_once(provider: Provider) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            give(provider.pk, PHONE, brand=1)
            other = in_thread(pool, lambda: give(provider.pk, PHONE, brand=2))
            wait_until_blocked(1)
        other.result(PATIENCE)
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 0)}


def test_the_second_counts_the_phone_when_the_first_gives_up(provider: Provider) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            give(provider.pk, PHONE, brand=1)
            other = in_thread(pool, lambda: give(provider.pk, PHONE, brand=2))
            wait_until_blocked(1)
            transaction.set_rollback(True)
        other.result(PATIENCE)
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(1, 0)}


def test_two_transactions_that_take_away_the_last_two_approvals(provider: Provider) -> None:
    give(provider.pk, PHONE, brand=1)
    give(provider.pk, PHONE, brand=2)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            give(provider.pk, PHONE, brand=1, status=REFUSED)
            other = in_thread(pool, lambda: give(provider.pk, PHONE, brand=2, status=REFUSED))
            wait_until_blocked(1)
        other.result(PATIENCE)
    assert kept(provider.pk) == recount() == {}


def test_different_addresses_are_written_side_by_side(provider: Provider) -> None:
    """Only addresses of the same bucket wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT hashtext(phone) & 63) FROM unnest(%s::text[]) AS phone", [list(PHONES)])
        assert cursor.fetchone()[0] == 2
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        give(provider.pk, PHONES[0])
        in_thread(pool, lambda: give(provider.pk, PHONES[1])).result(PATIENCE)
    assert kept(provider.pk) == recount() == {provider.pk: AddressCounts(2, 0)}


def test_whoever_judges_the_count_holds_it_still(provider: Provider) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_addresses(provider.pk)
            other = in_thread(pool, lambda: give(provider.pk, PHONE))
            wait_until_blocked(1)
            assert address_count(provider.pk) == 0
        other.result(PATIENCE)
    assert address_count(provider.pk) == 1


def test_whoever_judges_the_count_waits_for_writers_on_their_way(provider: Provider) -> None:
    def judge() -> int:
        with transaction.atomic():
            lock_addresses(provider.pk)
            return address_count(provider.pk)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            give(provider.pk, PHONES[1])
            judged = in_thread(pool, judge)
            wait_until_blocked(1)
            give(provider.pk, PHONE)
        assert judged.result(PATIENCE) == 2


def test_an_old_snapshot_may_not_write(provider: Provider) -> None:
    """It cannot see what was committed after it began, so it could not count."""
    with transaction.atomic():
        run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(DatabaseError, match="READ COMMITTED only"), transaction.atomic():
            give(provider.pk, PHONE)


def test_two_foldings_at_once_lose_and_double_nothing(provider: Provider, now: datetime) -> None:
    for phone in PHONES:
        give(provider.pk, phone)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert fold_deltas(now) == 2
        assert in_thread(pool, lambda: fold_deltas(now)).result(PATIENCE) == 0
    assert AddressUsage.objects.values_list("phones", "emails").get(pk=provider.pk) == (2, 0)
    assert AddressDelta.objects.count() == 0
    assert fold_deltas(now) == 0


def test_readers_never_see_half_a_folding(provider: Provider, now: datetime) -> None:
    give(provider.pk, PHONE)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        fold_deltas(now)
        assert in_thread(pool, lambda: address_usage(provider.pk)).result(PATIENCE) == AddressCounts(1, 0)
    assert address_usage(provider.pk) == AddressCounts(1, 0)


def test_many_writers_folders_and_counters_at_once(provider: Provider, now: datetime) -> None:
    """Six writers over six phones and two brands, a folder and a counter; each commit leaves an exact count."""
    done = threading.Event()
    phones = [f"+90599200010{number}" for number in range(6)]

    def write(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(60):
            with transaction.atomic():
                for phone in sorted(dice.sample(phones, dice.randint(1, 3))):
                    brand, status = dice.choice([1, 2]), dice.choice([APPROVED, REFUSED])
                    give(provider.pk, phone, brand=brand, status=status)
                if dice.random() < 0.2:
                    transaction.set_rollback(True)

    def until_done(work: Callable[[], object]) -> None:
        while not done.is_set():
            work()

    def compare() -> None:
        with connection.cursor() as cursor:
            # One statement, one snapshot: any commit in between would show.
            cursor.execute(
                "SELECT (SELECT count(DISTINCT recipient) FROM consent WHERE provider_id = %(p)s AND status = 1),"
                " coalesce((SELECT phones FROM packages_addressusage WHERE provider_id = %(p)s), 0)"
                " + coalesce((SELECT sum(phones) FROM packages_addressdelta WHERE provider_id = %(p)s), 0)",
                {"p": provider.pk},
            )
            counted, held = cursor.fetchone()
        assert counted == held

    with ThreadPoolExecutor(9) as pool:
        others = [
            in_thread(pool, lambda work=work: until_done(work))  # type: ignore[misc]
            for work in (lambda: fold_deltas(now), lambda: recount_addresses(provider.pk, now), compare)
        ]
        writers = [in_thread(pool, lambda seed=seed: write(seed)) for seed in range(6)]  # type: ignore[misc]
        try:
            for writer in writers:
                writer.result(60)
        finally:
            done.set()
        for other in others:
            other.result(PATIENCE)
    assert kept(provider.pk) == recount()
