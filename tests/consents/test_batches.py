"""Batches of programs become consents: the same as one by one, in the order in which they came, each once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import OperationalError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Provider
from accounts.services.api_accounts import create_account
from brands.enums import RetailerState
from brands.models import Brand, Retailer
from consents.batch_selectors import BatchResults, ItemResult, results_of
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.models import Consent, ConsentBatch, ConsentBatchItem, ConsentEvent, RetailerAccess
from consents.rules.calendar import Calendar
from consents.rules.fields import Movement
from consents.rules.requests import sub_request_ids
from consents.rules.transaction import written
from consents.selectors import id_of
from consents.services import ConsentRefused, Origin, batches, record_consent
from consents.services.batches import Item
from consents.timeline import entries_of
from iys_portal.audit import outbox
from iys_portal.audit.models import AuditEvent, OutboxMessage
from packages.models import Package
from packages.selectors import address_count, address_usage, counted_and_kept
from tests import factories
from tests.consents.conftest import POLICY, Recording
from tests.consents.scene import MAILS, PHONES

pytestmark = pytest.mark.django_db

ONAY, RET = ConsentStatus.ONAY, ConsentStatus.RET
Sending = Callable[..., ConsentBatch]


def item(recipient: str = PHONES[0], status: ConsentStatus = ONAY, *, ago: int | None = 60, **more: object) -> Item:
    """An approval by message, `ago` minutes before noon, unless said."""
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    values = {
        "channel": Channel.EPOSTA if "@" in recipient else Channel.MESAJ,
        "recipient_type": RecipientType.BIREYSEL,
        "source": Source.HS_WEB,
        "consent_at": None if ago is None else str(at - timedelta(minutes=ago)),
    }
    values = {name: getattr(value, "value", value) for name, value in {**values, **more}.items()}
    return Item(recipient=recipient, status=status.value, **values)  # type: ignore[arg-type]


@pytest.fixture
def sending(brand: Brand, now: datetime) -> Sending:
    """Accept a batch of these consents."""

    def send(*items: Item, repeats: bool = False, to: Brand = brand, at: datetime = now) -> ConsentBatch:
        return batches.accept(brand=to, items=items, repeats=repeats, account_id=None, now=at)

    return send


@pytest.fixture
def asked(brand: Brand, now: datetime) -> Callable[[ConsentBatch], list[ItemResult]]:
    """Have all waiting batches recorded, and return what came of one."""

    def ask(batch: ConsentBatch) -> list[ItemResult]:
        batches.work(provider_id=brand.provider_id, clock=lambda: now)
        return found(brand, batch, now).items

    return ask


def found(brand: Brand, batch: ConsentBatch, now: datetime) -> BatchResults:
    results = results_of(brand.provider, brand, batch.request_id, now=now)
    assert results is not None
    return results


def codes(results: list[ItemResult]) -> list[str]:
    return [result.code for result in results]


def is_right(provider_id: int) -> bool:
    counted, kept = counted_and_kept(provider_id)
    return counted == kept


# --- From the request to its results ----------------------------------------------------------------------------------
def test_a_batch_waits_then_says_what_came_of_each_consent(
    brand: Brand, recording: Recording, sending: Sending, now: datetime
) -> None:
    recording(ago=30)
    batch = sending(item(PHONES[0]), item(PHONES[1]), item(MAILS[0], RET), item(MAILS[1]))
    assert found(brand, batch, now).items == [ItemResult(position) for position in range(4)]
    (message,) = OutboxMessage.objects.filter(topic="consents.batch")
    assert outbox.run(message.pk) is True
    results = found(brand, batch, now).items
    assert codes(results) == ["H178", "", "H175", ""]
    events = ConsentEvent.objects.filter(provider_id=brand.provider_id, way=Way.API).order_by("seq")
    assert [event.recipient for event in events] == [PHONES[1], MAILS[1]]
    assert [event.person_id for event in events] == [None, None]
    recorded = [result for result in results if not result.code]
    assert [(r.transaction_id, r.created_at) for r in recorded] == [
        (id_of(event, brand.provider, brand.code), written(event.created_at)) for event in events
    ]
    assert is_right(brand.provider_id)


def test_nobody_else_reads_the_results(brand: Brand, sending: Sending, now: datetime) -> None:
    batch = sending(item())
    sister = factories.BrandFactory.create(provider=brand.provider)
    rival = factories.BrandFactory.create()
    assert results_of(brand.provider, sister, batch.request_id, now=now) is None
    assert results_of(rival.provider, rival, batch.request_id, now=now) is None
    assert results_of(rival.provider, brand, batch.request_id, now=now) is None


def test_parts_have_names_of_their_own(sending: Sending) -> None:
    batch = sending(item())
    names = sub_request_ids(batch.request_id, range(1000))
    assert len({*names, str(batch.request_id)}) == 1001
    assert {len(name) for name in names} == {36}


def test_results_are_kept_sixty_days(brand: Brand, sending: Sending, now: datetime) -> None:
    old, waiting, young = (
        sending(item(who), at=now - timedelta(days=days))
        for who, days in ((PHONES[0], 61), (PHONES[1], 61), (MAILS[0], 59))
    )
    for recorded in (old, young):
        batches.apply(provider_id=brand.provider_id, number=recorded.number, now=now)
    assert results_of(brand.provider, brand, old.request_id, now=now) is None
    assert results_of(brand.provider, brand, young.request_id, now=now) is not None
    assert batches.forget(now=now) == 1
    left = ConsentBatch.objects.order_by("number").values_list("number", flat=True)
    assert list(left) == [waiting.number, young.number]
    assert ConsentBatchItem.objects.values_list("number", flat=True).get() == young.number
    assert Consent.objects.filter(provider_id=brand.provider_id).count() == 2


# --- Sent again -------------------------------------------------------------------------------------------------------
def test_v1_refuses_what_is_recorded_and_v2_names_what_recorded_it(
    brand: Brand,
    recording: Recording,
    sending: Sending,
    asked: Callable[[ConsentBatch], list[ItemResult]],
    now: datetime,
) -> None:
    alone = recording(recipient=MAILS[1], channel=Channel.EPOSTA)
    first = sending(item(PHONES[0]), item(MAILS[0]))
    second = sending(item(MAILS[0]), item(PHONES[0]), item(MAILS[1]), repeats=True)
    third = sending(item(PHONES[0]))
    fourth = sending(item(PHONES[0]), repeats=True)
    asked(first)
    one, two = found(brand, first, now), found(brand, second, now)
    assert [result.transaction_id for result in two.items] == [
        *(one.items[1].transaction_id, one.items[0].transaction_id, alone.transaction_id),
    ]
    originals = [(first.request_id, part) for part in sub_request_ids(first.request_id, (1, 0))]
    assert [result.original for result in two.items] == [*originals, None]
    assert [result.original for result in one.items] == [None, None]
    assert codes(found(brand, third, now).items) == ["H178"]
    assert [result.original for result in found(brand, fourth, now).items] == [originals[1]]
    assert ConsentEvent.objects.filter(provider_id=brand.provider_id).count() == 3


def test_batches_are_recorded_in_the_order_in_which_they_came(
    brand: Brand, sending: Sending, asked: Callable[[ConsentBatch], list[ItemResult]], now: datetime
) -> None:
    first, second = sending(item(ago=60)), sending(item(status=RET, ago=30))
    assert codes(asked(second)) == [""]
    assert codes(found(brand, first, now).items) == [""]
    assert Consent.objects.get(provider_id=brand.provider_id).status == RET


def test_a_batch_is_recorded_once(brand: Brand, sending: Sending, now: datetime) -> None:
    batch = sending(item())
    done = [batches.apply(provider_id=brand.provider_id, number=batch.number, now=now) for _ in range(2)]
    assert done == [True, False]
    assert ConsentEvent.objects.filter(provider_id=brand.provider_id).count() == 1


def test_a_provider_with_many_batches_lets_others_work(brand: Brand, sending: Sending, now: datetime) -> None:
    for phone in PHONES:
        sending(item(phone))
    OutboxMessage.objects.all().delete()
    ticks = count()
    batches.work(provider_id=brand.provider_id, clock=lambda: now + timedelta(seconds=4 * next(ticks)))
    assert ConsentBatch.objects.filter(finished_at=None).count() == 1
    assert [message.payload for message in OutboxMessage.objects.all()] == [{"provider_id": brand.provider_id}]
    batches.work(provider_id=brand.provider_id, clock=lambda: now)
    assert not ConsentBatch.objects.filter(finished_at=None).exists()


def test_what_was_young_enough_when_it_came_is_recorded_after_midnight(
    brand: Brand, sending: Sending, now: datetime
) -> None:
    """The worker takes it up days later: its age was judged when the batch came."""
    batch = sending(item())
    batches.work(provider_id=brand.provider_id, clock=lambda: now + timedelta(days=9))
    assert codes(found(brand, batch, now).items) == [""]
    assert ConsentEvent.objects.get(provider_id=brand.provider_id).created_at == now + timedelta(days=9)


def test_what_is_sent_again_with_another_list_is_opened_to_who_is_new_in_it(
    brand: Brand, sending: Sending, asked: Callable[[ConsentBatch], list[ItemResult]]
) -> None:
    here, new, gone = (factories.RetailerFactory.create(brand=brand).code for _ in range(3))
    asked(sending(item(retailer_access=[here]), item(PHONES[1], retailer_access=[gone])))
    Retailer.objects.filter(code=gone).update(state=RetailerState.PASSIVE)
    again = (item(retailer_access=[new, here]), item(PHONES[1], retailer_access=[gone]))
    batch = sending(*again, repeats=True)
    results = asked(batch)
    assert [(result.code, result.original is not None) for result in results] == [("", True), ("", True)]
    seen = RetailerAccess.objects.order_by("recipient", "retailer_code").values_list("recipient", "retailer_code")
    assert set(seen) == {(PHONES[0], here), (PHONES[0], new), (PHONES[1], gone)}
    event = AuditEvent.objects.get(action="access_opened")
    (first, _) = ConsentEvent.objects.order_by("seq").values_list("seq", flat=True)
    assert (event.detail["consents"], event.detail["dealers"], event.detail["opened"]) == ([first], [new], 1)
    assert event.detail["reference"] == str(batch.request_id)
    refused = asked(sending(item(retailer_access=[gone]), repeats=True))
    assert [result.code for result in refused] == ["H180"]
    assert AuditEvent.objects.filter(action="access_opened").count() == 1


# --- The same as one by one -------------------------------------------------------------------------------------------
MOVES = st.tuples(
    st.sampled_from([*PHONES, *MAILS]),
    st.sampled_from([ONAY, RET]),
    st.sampled_from([30, 60, 90, None]),
    st.sampled_from(RecipientType),
    st.sampled_from([Source.HS_WEB, Source.HS_MOBIL]),
    st.sampled_from(["", "ours", "nobody's"]),
)
Move = tuple[str, ConsentStatus, int | None, RecipientType, Source, str]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    before=st.lists(MOVES, max_size=6),
    moves=st.lists(MOVES, min_size=1, max_size=8, unique_by=lambda move: (move[0], move[3])),
    repeats=st.booleans(),
)
def test_a_batch_is_recorded_as_its_consents_would_be_one_by_one(
    before: list[Move], moves: list[Move], repeats: bool
) -> None:
    """Two providers with the same past: one gets the batch, the other each consent by the single service."""
    with transaction.atomic():
        _compare(before, moves, repeats=repeats)
        transaction.set_rollback(True)


def _compare(before: list[Move], moves: list[Move], *, repeats: bool) -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    pair = [factories.BrandFactory.create() for _ in range(2)]
    Package.objects.filter(slug="temel-hizmetler").update(max_addresses=1)
    for brand in pair:
        factories.RetailerFactory.create(brand=brand)
    for move in before:
        for brand in pair:
            _single(brand, move, now, repeats=False)
    bulk, single = pair
    items = [
        item(who, status, ago=_ago(move), recipient_type=kind, source=_source(move), retailer_code=_dealer(bulk, move))
        for move in moves
        for who, status, _, kind, _, _ in [move]
    ]
    batch = batches.accept(brand=bulk, items=items, repeats=repeats, account_id=None, now=now)
    batches.work(provider_id=bulk.provider_id, clock=lambda: now)
    verdicts = [_single(single, move, now, repeats=repeats) for move in moves]
    results = found(bulk, batch, now).items
    # One that is refused anyway is told why, not that the package is full: it would take no room.
    others = [
        (result.code, expected)
        for result, expected in zip(results, verdicts, strict=True)
        if result.code not in (expected or [""]) and "H525" not in expected
    ]
    assert others == []
    assert [not result.code for result in results] == [not expected for expected in verdicts]
    assert _standing(bulk) == _standing(single)
    assert address_usage(bulk.provider_id) == address_usage(single.provider_id)
    assert is_right(bulk.provider_id)


def _ago(move: Move) -> int | None:
    return move[2] if move[2] is not None or move[3] == RecipientType.TACIR else 45


def _source(move: Move) -> Source | None:
    return None if move[2] is None and move[3] == RecipientType.TACIR else move[4]


def _dealer(brand: Brand, move: Move) -> int | None:
    return {"": None, "ours": Retailer.objects.get(brand=brand).code, "nobody's": 99999999}[move[5]]


def _single(brand: Brand, move: Move, now: datetime, *, repeats: bool) -> list[str]:
    who, status, _, kind, _, _ = move
    ago = _ago(move)
    movement = Movement(
        who,
        Channel.EPOSTA if "@" in who else Channel.MESAJ,
        kind,
        status,
        _source(move),
        None if ago is None else now - timedelta(minutes=ago),
    )
    try:
        record_consent(
            provider=brand.provider,
            brand=brand,
            movement=movement,
            origin=Origin(Way.API),
            policy=POLICY,
            now=now,
            retailer_code=_dealer(brand, move),
            repeats=repeats,
        )
    except ConsentRefused as refusal:
        return [fault.code for fault in refusal.faults]
    return []


def _standing(brand: Brand) -> list[tuple[object, ...]]:
    rows = Consent.objects.filter(provider_id=brand.provider_id).order_by("pk")
    return list(rows.values_list("recipient", "channel", "recipient_type", "status", "source", "consent_at"))


# --- The gate ---------------------------------------------------------------------------------------------------------
def test_the_package_is_filled_in_the_order_of_the_batch(
    provider: Provider, sending: Sending, asked: Callable[[ConsentBatch], list[ItemResult]]
) -> None:
    Package.objects.filter(slug="temel-hizmetler").update(max_addresses=2)
    numbers = [f"+90599200{number:04d}" for number in (7, 3, 5, 1)]
    batch = sending(*(item(number) for number in numbers), item(MAILS[0]))
    assert codes(asked(batch)) == ["", "", "H525", "H525", ""]
    again = sending(item(numbers[0], RET, ago=5), item(numbers[2], ago=5), item(numbers[1], ago=5))
    assert codes(asked(again)) == ["", "", ""]
    assert (address_count(provider.pk), is_right(provider.pk)) == (2, True)


def test_a_dealer_that_is_gone_when_it_is_recorded_is_said(
    brand: Brand, sending: Sending, asked: Callable[[ConsentBatch], list[ItemResult]]
) -> None:
    ours = factories.RetailerFactory.create(brand=brand).code
    batch = sending(
        item(PHONES[0], retailer_code=ours),
        item(PHONES[1], retailer_code=99999999),
        item(MAILS[0], retailer_access=[ours]),
        item(MAILS[1], retailer_access=[ours, 99999999]),
    )
    assert codes(asked(batch)) == ["", "H180", "", "H180"]
    assert ConsentEvent.objects.get(recipient=PHONES[0]).retailer_code == ours


# --- Faults of ours ---------------------------------------------------------------------------------------------------
def test_a_batch_that_fails_again_and_again_is_given_up_and_holds_up_no_others(
    brand: Brand, sending: Sending, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = sending(item()), sending(item(PHONES[1]))
    monkeypatch.setattr(batches, "_ACCESS", "SELECT 1/(%(number)s - " + f"{bad.number})")
    for _ in range(batches.MOST_FAILURES - 1):
        with pytest.raises(Exception, match="division by zero"):
            batches.work(provider_id=brand.provider_id, clock=lambda: now)
    batches.work(provider_id=brand.provider_id, clock=lambda: now)
    assert (codes(found(brand, bad, now).items), codes(found(brand, good, now).items)) == (["H470"], [""])
    assert [event.recipient for event in ConsentEvent.objects.all()] == [PHONES[1]]


def test_a_wait_that_took_too_long_is_no_failure_of_the_batch(
    brand: Brand, sending: Sending, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = sending(item())
    too_long = "SELECT set_config('statement_timeout', '200', true), %(number)s; SELECT pg_sleep(10)"
    with monkeypatch.context() as patched:
        patched.setattr(batches, "_ACCESS", too_long)
        for _ in range(batches.MOST_FAILURES):
            with pytest.raises(OperationalError, match="statement timeout"):
                batches.work(provider_id=brand.provider_id, clock=lambda: now)
    batches.work(provider_id=brand.provider_id, clock=lambda: now)
    assert codes(found(brand, batch, now).items) == [""]


def test_the_history_of_a_recipient_names_the_account(brand: Brand, now: datetime) -> None:
    issued = create_account(name="Kasa", now=now, actor=None, provider=brand.provider)
    batches.accept(brand=brand, items=[item()], repeats=False, account_id=issued.account.pk, now=now)
    batches.work(provider_id=brand.provider_id, clock=lambda: now)
    events = ConsentEvent.objects.filter(provider_id=brand.provider_id)
    (entry,) = entries_of(events, {brand.pk: brand}, calendar=Calendar())
    assert (entry.actor, entry.url) == ("Kasa, Entegrasyon (API)", "")
