"""Batches with real transactions: workers that are killed, two at once, the same list sent twice in one moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import transaction

from accounts.models import Provider
from brands.models import Brand
from consents.enums import ConsentStatus
from consents.models import Consent, ConsentBatch, ConsentBatchItem, ConsentEvent
from consents.services import batches
from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from packages.usage import lock_addresses
from tests.child import run_in_a_worker_that_dies
from tests.consents.scene import MAILS, PHONES, forget_consents
from tests.consents.test_batches import found, item
from tests.consents.test_feed import PATIENCE, in_thread
from tests.partners.test_concurrency import wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_consents_left(transactional_db: None) -> Iterator[None]:
    yield
    names = (
        *("consents_are_their_last_event", "consent_events_follow_each_other", "address_counts_agree"),
        "batches_say_what_came_of_them",
    )
    judged = ledger.verify()
    forget_consents()
    assert [name for name in names if not judged[name]["ok"]] == []


def send(brand: Brand, now: datetime, *, repeats: bool = False) -> ConsentBatch:
    items = [item(PHONES[0]), item(PHONES[1]), item(MAILS[0], ConsentStatus.RET), item(MAILS[1])]
    return batches.accept(brand=brand, items=items, repeats=repeats, account_id=None, now=now)


def message() -> OutboxMessage:
    return OutboxMessage.objects.get(topic="consents.batch", done_at=None)


def test_killed_anywhere_a_batch_is_recorded_once(brand: Brand, provider: Provider, now: datetime) -> None:
    """One batch, one worker killed at every statement in turn, each starting where the last one fell."""
    batch = send(brand, now)
    waiting = message()
    kills = 0
    while run_in_a_worker_that_dies(waiting.pk, at_statement=kills + 1):
        kills += 1
        written = ConsentEvent.objects.filter(provider_id=provider.pk).count()
        finished = ConsentBatch.objects.exclude(finished_at=None).count()
        results = ConsentBatchItem.objects.exclude(seq=None, codes="").count()
        assert (written, finished, results) in {(0, 0, 0), (3, 1, 4)}
    assert kills >= 20
    waiting.refresh_from_db()
    assert waiting.done_at is not None
    assert [result.code for result in found(brand, batch, now).items] == ["", "", "H175", ""]
    assert Consent.objects.filter(provider_id=provider.pk).count() == 3


def test_the_same_batch_twice_at_once_is_recorded_once(brand: Brand, provider: Provider, now: datetime) -> None:
    """Two requests, two workers, both stopped before the register until all are there."""
    with ThreadPoolExecutor(2) as pool:
        sent = [in_thread(pool, lambda: send(brand, now, repeats=True)) for _ in range(2)]
        pair = [future.result(PATIENCE) for future in sent]
        numbers = list(OutboxMessage.objects.filter(topic="consents.batch").values_list("pk", flat=True))
        with transaction.atomic():
            lock_addresses(provider.pk)
            runs = [in_thread(pool, lambda number=number: outbox.run(number)) for number in numbers]
            wait_until_blocked(1)
        assert [run.result(PATIENCE) for run in runs] == [True, True]
    first, second = sorted(pair, key=lambda batch: batch.number)  # type: ignore[attr-defined]
    one, two = found(brand, first, now).items, found(brand, second, now).items
    assert [result.code for result in one] == [result.code for result in two] == ["", "", "H175", ""]
    assert [result.transaction_id for result in one] == [result.transaction_id for result in two]
    assert [result.original and result.original[0] for result in two] == [
        *(first.request_id, first.request_id, None, first.request_id)  # type: ignore[attr-defined]
    ]
    assert ConsentEvent.objects.filter(provider_id=provider.pk).count() == 3
    assert not ConsentBatch.objects.filter(finished_at=None).exists()


def test_a_worker_that_finds_another_at_it_leaves_the_rest_to_it(brand: Brand, now: datetime) -> None:
    """The batch that comes while a worker is at it is recorded by that worker, though its own bell found it busy."""
    first = send(brand, now)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock_addresses(brand.provider_id)
        work = in_thread(pool, lambda: batches.work(provider_id=brand.provider_id, clock=lambda: now))
        wait_until_blocked(1)
        with ThreadPoolExecutor(1) as other:
            second = in_thread(other, lambda: send(brand, now)).result(PATIENCE)
            in_thread(other, lambda: batches.work(provider_id=brand.provider_id, clock=lambda: now)).result(PATIENCE)
            assert ConsentBatch.objects.filter(finished_at=None).count() == 2
        transaction.set_rollback(True)
    work.result(PATIENCE)
    assert [result.code for result in found(brand, first, now).items] == ["", "", "H175", ""]
    assert {result.code for result in found(brand, second, now).items} == {"H178", "H175"}  # type: ignore[arg-type]
