"""One movement at a time: what is written, what is refused, what the feed and the history say."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Person, Provider
from brands.enums import RetailerState
from brands.models import Brand, Retailer
from consents import selectors
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.models import Consent, ConsentEvent, HolidayChange
from consents.rules.fields import Movement
from consents.rules.transaction import transaction_id
from consents.selectors import (
    Filters,
    address_rows,
    all_of,
    calendar,
    consents_of_retailer,
    counted,
    has_consents,
    history_of,
    id_of,
    movement_with,
    outlook_of,
    page_of,
)
from consents.services import ConsentRefused, Origin, record_citizens_movement, record_consent, take_over
from consents.services.holding import append_first_approval
from iys_portal import ledger
from packages.models import Package
from packages.selectors import address_count
from tests import factories
from tests.consents.conftest import POLICY, Recording
from tests.consents.scene import MAILS, PHONES, give, run

pytestmark = pytest.mark.django_db

ONAY, RET = ConsentStatus.ONAY, ConsentStatus.RET
PHONE = PHONES[0]


def codes(refused: "pytest.ExceptionInfo[ConsentRefused]") -> list[str]:
    return [fault.code for fault in refused.value.faults]


def refusal(recording: Recording, *args: object, **options: object) -> list[str]:
    with pytest.raises(ConsentRefused) as refused:
        recording(*args, **options)
    return codes(refused)


def test_a_first_approval_is_a_consent_and_an_event(
    provider: Provider, brand: Brand, alice: Person, recording: Recording, now: datetime
) -> None:
    recorded = recording()
    consent = Consent.objects.get(provider_id=provider.pk)
    assert (consent.recipient, consent.brand_id, consent.channel, consent.recipient_type) == (PHONE, brand.pk, 2, 1)
    assert (consent.status, consent.source, consent.consent_at) == (ONAY, Source.HS_WEB, now - timedelta(hours=1))
    assert consent.last_seq == recorded.seq
    event = ConsentEvent.objects.get(provider_id=provider.pk)
    assert (event.seq, event.prev_seq, event.created_at, event.consent_at) == (
        recorded.seq,
        None,
        now,
        now - timedelta(hours=1),
    )
    assert (event.person_id, event.way, event.retailer_code) == (alice.pk, Way.SCREEN, None)
    assert recorded.transaction_id == transaction_id(
        Movement(PHONE, Channel.MESAJ, RecipientType.BIREYSEL, ONAY, Source.HS_WEB, event.consent_at),
        iys_code=provider.iys_code,
        brand_code=brand.code,
        created_at=now,
    )
    assert address_count(provider.pk) == 1


def test_a_refusal_follows_and_the_history_keeps_both(provider: Provider, recording: Recording) -> None:
    first = recording()
    second = recording(RET, ago=30)
    rows = address_rows(provider.pk, PHONE).rows
    assert [(row.status, row.last_seq) for row in rows] == [(RET, second.seq)]
    history = history_of(provider.pk, rows, limit=200)
    assert [(event.seq, event.prev_seq) for event in history] == [(second.seq, first.seq), (first.seq, None)]
    assert address_count(provider.pk) == 0


def test_the_state_is_judged(recording: Recording) -> None:
    assert refusal(recording, RET) == ["H175"]
    recording()
    assert refusal(recording) == ["H178"]
    recording(RET, ago=30)
    assert refusal(recording, RET, ago=10) == ["H174"]


def test_keys_stand_apart(provider: Provider, recording: Recording) -> None:
    recording()
    recording(channel=Channel.ARAMA)
    recording(kind=RecipientType.TACIR, source=None, ago=None)
    other = factories.BrandFactory.create(provider=provider)
    recording(brand=other)
    assert Consent.objects.filter(provider_id=provider.pk).count() == 4
    assert refusal(recording, RET, kind=RecipientType.TACIR, source=None, ago=None) == ["H463", "H462"]


def test_the_same_movement_sent_again_is_answered_with_its_old_id(recording: Recording, now: datetime) -> None:
    first = recording()
    again = recording(repeats=True, now=now + timedelta(minutes=5))
    assert (again.seq, again.transaction_id, again.created_at, again.is_new) == (
        first.seq,
        first.transaction_id,
        now,
        False,
    )
    assert refusal(recording, repeats=True, source=Source.HS_MOBIL) == ["H178"]
    assert ConsentEvent.objects.filter(seq__gte=first.seq).count() == 1


def test_a_retailer_must_work_for_the_brand(provider: Provider, brand: Brand, recording: Recording) -> None:
    other = factories.BrandFactory.create(provider=provider)
    for owner, code in ((brand, 10000001), (other, 10000002)):
        factories.RetailerFactory.create(brand=owner, code=code)
    assert refusal(recording, retailer_code=10000002) == ["H180"]
    assert refusal(recording, retailer_code=99999999) == ["H180"]
    recording(retailer_code=10000001)
    assert ConsentEvent.objects.get(provider_id=provider.pk).retailer_code == 10000001
    # A consent that it changed twice is one consent.
    recording(RET, ago=30, retailer_code=10000001)
    recording(channel=Channel.ARAMA, retailer_code=10000001)
    assert (consents_of_retailer(provider.pk, 10000001), consents_of_retailer(provider.pk, 10000002)) == (2, 0)
    assert (has_consents(provider.pk, 10000001), has_consents(provider.pk, 10000002)) == (True, False)


@pytest.mark.parametrize("state", [RetailerState.SUSPENDED, RetailerState.PASSIVE])
def test_only_an_active_retailer_collects_consents(
    provider: Provider, brand: Brand, recording: Recording, now: datetime, state: RetailerState
) -> None:
    factories.RetailerFactory.create(brand=brand, code=10000001)
    first = recording(retailer_code=10000001)
    Retailer.objects.filter(code=10000001).update(state=state)
    assert refusal(recording, RET, ago=30, retailer_code=10000001) == ["H180"]
    outlooks = [
        outlook_of(
            brand,
            Movement(PHONE, Channel.MESAJ, RecipientType.BIREYSEL, status, Source.HS_WEB, now - timedelta(minutes=ago)),
            retailer_code=10000001,
            policy=POLICY,
            now=now,
        )
        for status, ago in ((RET, 30), (ONAY, 60))
    ]
    assert [[fault.code for fault in outlook.faults] for outlook in outlooks] == [["H180"], []]
    # What was recorded while the dealer was active is answered again.
    assert recording(retailer_code=10000001, repeats=True) == replace(first, is_new=False)


def test_the_gate_is_asked_before_the_state(
    provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    recording()
    recording(RET, ago=30)
    Package.objects.filter(slug="ileti-5").update(max_addresses=0)
    factories.subscription(provider, "ileti-5", now=now)
    assert refusal(recording, ago=45) == ["H525"]
    assert refusal(recording, ago=45, retailer_code=99999999) == ["H525", "H180"]
    assert refusal(recording, RET, ago=45, retailer_code=99999999) == ["H180"]
    assert refusal(recording, RET, ago=45) == ["H174"]
    late = Movement(PHONE, Channel.MESAJ, RecipientType.BIREYSEL, ONAY, Source.HS_WEB, now - timedelta(minutes=45))
    outlook = outlook_of(brand, late, retailer_code=99999999, policy=POLICY, now=now)
    assert [fault.code for fault in outlook.faults] == ["H525", "H180"]


def test_a_full_package_takes_only_what_does_not_raise_the_count(
    provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    Package.objects.filter(slug="ileti-5").update(max_addresses=1)
    factories.subscription(provider, "ileti-5", now=now)
    recording()
    assert refusal(recording, recipient=PHONES[1]) == ["H525"]
    recording(ago=50)
    recording(channel=Channel.ARAMA)
    # The larger of phones and e-mail addresses counts: the first e-mail address raises nothing, the second would.
    recording(channel=Channel.EPOSTA, recipient=MAILS[0])
    assert refusal(recording, channel=Channel.EPOSTA, recipient=MAILS[1]) == ["H525"]
    recording(RET, ago=40)
    recording(RET, channel=Channel.ARAMA, ago=40)
    recording(recipient=PHONES[1])
    assert address_count(provider.pk) == 1


def journeys(act: Callable[[], object]) -> int:
    """How often the database is asked; savepoints stand for what outside a test travels with the questions."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return sum("SAVEPOINT" not in query["sql"] for query in queries)


def test_a_first_approval_takes_one_journey_and_what_is_known_three(provider: Provider, recording: Recording) -> None:
    assert journeys(recording) == 1
    assert journeys(lambda: recording(channel=Channel.ARAMA)) == 3
    assert journeys(lambda: recording(RET, ago=50)) == 2
    assert address_count(provider.pk) == 1


def test_the_last_place_of_a_package_is_judged_by_the_rules(
    provider: Provider, recording: Recording, now: datetime
) -> None:
    """No more e-mail addresses fit, but phones do: the larger of both counts."""
    Package.objects.filter(slug="ileti-5").update(max_addresses=1)
    factories.subscription(provider, "ileti-5", now=now)
    assert journeys(lambda: recording(channel=Channel.EPOSTA, recipient=MAILS[0])) == 1
    assert journeys(recording) == 3
    assert refusal(recording, channel=Channel.EPOSTA, recipient=MAILS[1]) == ["H525"]
    assert address_count(provider.pk) == 1


def test_what_is_not_known_to_be_the_first_is_not_appended_as_one(provider: Provider, recording: Recording) -> None:
    recording()
    first = Consent.objects.get(provider_id=provider.pk)
    values = {"provider": provider.pk, "recipient": PHONE, "brand": first.brand_id, "channel": 1, "recipient_type": 1}
    values |= {"source": 8, "consent_at": first.consent_at, "now": first.consent_at, "person": None, "way": 3}
    assert append_first_approval(**values) is None
    assert ConsentEvent.objects.count() == Consent.objects.count() == 1


def citizen(
    provider: Provider,
    brand: Brand,
    status: ConsentStatus,
    at: datetime,
    now: datetime,
    source: Source = Source.IYS_WEB,
    *,
    kind: RecipientType = RecipientType.BIREYSEL,
) -> int:
    return record_citizens_movement(
        provider=provider,
        brand=brand,
        recipient=PHONE,
        channel=Channel.MESAJ,
        recipient_type=kind,
        status=status,
        source=source,
        consent_at=at,
        now=now,
    ).seq


def test_a_citizen_wins_by_date_and_reaches_the_feed(
    provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    recording(ago=60)
    with pytest.raises(ConsentRefused) as refused:
        citizen(provider, brand, RET, now - timedelta(minutes=61), now)
    assert codes(refused) == ["H178"]
    refusing = citizen(provider, brand, RET, now - timedelta(minutes=59), now)
    assert refusal(recording, ago=59) == ["H178"]
    again = citizen(provider, brand, RET, now - timedelta(minutes=58), now)
    events = ConsentEvent.objects.filter(provider_id=provider.pk, source__gt=100).order_by("seq")
    assert [(event.seq, event.way, event.person_id) for event in events] == [
        (refusing, Way.CITIZEN, None),
        (again, Way.CITIZEN, None),
    ]
    with pytest.raises(ValueError, match="HS_WEB"):
        citizen(provider, brand, RET, now, now, Source.HS_WEB)


def test_a_refusal_in_the_second_of_an_approval_stands(
    provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    """What tells the two apart, less than a second, is not kept: the citizen is not written to."""
    at = now - timedelta(minutes=60)
    approved = recording(ago=60)
    refusing = citizen(provider, brand, RET, at.replace(microsecond=700_000), now)
    for status in (ONAY, RET):
        with pytest.raises(ConsentRefused) as refused:
            citizen(provider, brand, status, at.replace(microsecond=900_000), now)
        assert codes(refused) == ["H178"]
    assert [(row.status, row.consent_at, row.last_seq) for row in address_rows(provider.pk, PHONE).rows] == [
        (RET, at, refusing)
    ]
    first, second = ConsentEvent.objects.filter(provider_id=provider.pk).order_by("seq")
    assert id_of(first, provider, brand.code) == approved.transaction_id != id_of(second, provider, brand.code)


def test_a_citizens_first_record_and_old_date_are_taken(provider: Provider, brand: Brand, now: datetime) -> None:
    citizen(provider, brand, RET, now - timedelta(days=400), now)
    assert Consent.objects.get(provider_id=provider.pk).status == RET


def test_taking_over_gives_each_consent_its_event(provider: Provider, brand: Brand, now: datetime) -> None:
    rows = [
        Consent(
            provider_id=provider.pk,
            recipient=recipient,
            brand_id=brand.pk,
            channel=Channel.MESAJ,
            recipient_type=RecipientType.BIREYSEL,
            status=RET,
            source=Source.HS_WEB,
            consent_at=now,
        )
        for recipient in reversed(PHONES)
    ]
    take_over(consents=rows, now=now)
    take_over(consents=[], now=now)
    kept = Consent.objects.filter(provider_id=provider.pk).order_by("last_seq")
    events = ConsentEvent.objects.filter(provider_id=provider.pk).order_by("seq")
    assert [(row.recipient, row.last_seq) for row in kept] == [(event.recipient, event.seq) for event in events]
    assert [event.recipient for event in events] == list(PHONES)
    assert {event.way for event in events} == {Way.FIRST_RECORD}


def test_a_movement_is_found_by_its_id_and_second(provider: Provider, recording: Recording, now: datetime) -> None:
    late = now.replace(microsecond=999_999)
    first, second = recording(now=late), recording(RET, ago=30, now=late)
    third = recording(ago=20, now=late + timedelta(seconds=1))
    assert len({each.transaction_id for each in (first, second, third)}) == 3
    for wanted in (first, second):
        found = movement_with(provider, wanted.transaction_id, second=now)
        assert found is not None
        assert found.seq == wanted.seq
    assert movement_with(provider, third.transaction_id, second=now) is None
    rival = factories.ProviderFactory.create()
    assert movement_with(rival, first.transaction_id, second=now) is None


def test_who_waited_for_the_lock_is_not_recorded_earlier(
    provider: Provider, brand: Brand, recording: Recording, now: datetime
) -> None:
    """A caller's clock was read before it waited: the feed up to an instant would lose what got a greater number."""
    moment = now - timedelta(seconds=7)
    first = recording()
    second = recording(recipient=PHONES[1], now=moment)
    third = citizen(provider, brand, RET, now - timedelta(minutes=30), moment)
    row = Consent(
        provider_id=provider.pk,
        recipient=MAILS[0],
        brand_id=brand.pk,
        channel=Channel.EPOSTA,
        recipient_type=RecipientType.BIREYSEL,
        status=ONAY,
        source=Source.HS_WEB,
        consent_at=now,
    )
    take_over(consents=[row], now=moment)
    events = ConsentEvent.objects.filter(provider_id=provider.pk).order_by("seq")
    assert [event.created_at for event in events] == [now] * 4
    assert [event.seq for event in events][:3] == [first.seq, second.seq, third]
    assert second.created_at == now
    assert movement_with(provider, second.transaction_id, second=now) == events[1]
    assert recording(recipient=PHONES[1], now=moment, repeats=True) == replace(second, is_new=False)


# --- Lists and the calendar -------------------------------------------------------------------------------------------
def test_pages_of_the_list_are_the_list(provider: Provider, brand: Brand, recording: Recording) -> None:
    for number in range(7):
        recording(recipient=f"+90599200010{number}", channel=Channel.ARAMA if number % 2 else Channel.MESAJ)
    recording(RET, recipient="+905992000100", ago=10)
    everything = [row.recipient for row in all_of(provider.pk, Filters(), portion=3)]
    assert everything == [f"+90599200010{number}" for number in range(7)]
    by_call = Filters(brand_id=brand.pk, channel=Channel.ARAMA, status=ONAY)
    first = page_of(provider.pk, by_call, size=2)
    second = page_of(provider.pk, by_call, size=2, after=first.after)
    assert [row.recipient[-1] for row in [*first.rows, *second.rows]] == ["1", "3", "5"]
    assert second.after is None
    assert counted(provider.pk, by_call) == (3, False)
    assert counted(provider.pk, Filters(status=RET)) == (1, False)


def test_a_narrow_list_is_read_in_portions(
    provider: Provider, brand: Brand, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        recording(recipient=f"+90599200010{number}", channel=Channel.ARAMA if number in (0, 7) else Channel.MESAJ)
    give(factories.ProviderFactory.create().pk, "+905992000101", channel=1)
    monkeypatch.setattr(selectors, "SCANNED", 4)
    by_call = Filters(channel=Channel.ARAMA)
    seen = []
    part = page_of(provider.pk, by_call, size=2)
    while part.after is not None:
        seen.append(([row.recipient[-1] for row in part.rows], part.after[0][-1], part.stopped))
        part = page_of(provider.pk, by_call, size=2, after=part.after)
    assert seen == [(["0"], "3", True), (["7"], "7", True)]
    assert (part.rows, part.stopped) == ([], False)
    assert [row.recipient[-1] for row in all_of(provider.pk, by_call)] == ["0", "7"]
    assert [row.recipient[-1] for row in all_of(provider.pk, Filters(), portion=3)] == list("012345678")
    assert counted(provider.pk, by_call) == (1, True)
    # A page that is full has no need to know where its portion ends.
    assert page_of(provider.pk, Filters(channel=Channel.MESAJ), size=2).stopped is False
    monkeypatch.setattr(selectors, "SCANNED", 100)
    assert (counted(provider.pk, by_call), counted(provider.pk, Filters())) == ((2, False), (9, False))
    monkeypatch.setattr(selectors, "COUNTED", 5)
    assert (counted(provider.pk, by_call), counted(provider.pk, Filters())) == ((2, False), (5, True))


def test_administrators_days_are_read(db: None) -> None:
    HolidayChange.objects.create(day="2026-11-24", name="Ek tatil")
    HolidayChange.objects.create(day="2026-10-29", is_holiday=False, name="Deneme")
    assert calendar().added == {datetime(2026, 11, 24).date()}  # noqa: DTZ001
    assert calendar().removed == {datetime(2026, 10, 29).date()}  # noqa: DTZ001


# --- The ledger -------------------------------------------------------------------------------------------------------
def test_the_ledger_compares_state_and_history(provider: Provider, brand: Brand, recording: Recording) -> None:
    checks = ("consents_are_their_last_event", "consent_events_follow_each_other")
    recording()
    recording(RET, ago=30)
    assert [ledger.verify()[name]["ok"] for name in checks] == [True, True]
    run("UPDATE consent SET status = 1 WHERE provider_id = %s", provider.pk)
    assert [ledger.verify()[name]["ok"] for name in checks] == [False, True]
    run("UPDATE consent SET status = 2 WHERE provider_id = %s", provider.pk)
    give(provider.pk, PHONES[1], brand=brand.pk)
    assert [ledger.verify()[name]["ok"] for name in checks] == [False, True]


# --- Any history ------------------------------------------------------------------------------------------------------
STEP = st.tuples(
    st.sampled_from([ONAY, RET]),
    st.sampled_from([RecipientType.BIREYSEL, RecipientType.TACIR]),
    st.integers(0, 6),
    st.booleans(),
    st.sampled_from(["provider", "citizen", "again"]),
)
Model = dict[RecipientType, tuple[ConsentStatus, int | None, Source | None]]


def expected(model: Model, step: tuple[ConsentStatus, RecipientType, int, bool, str]) -> list[str]:
    """Say what İYS's matrix says, written a second time, and change the model accordingly."""
    status, kind, day, bare, who = step
    bare = bare and kind == RecipientType.TACIR and who != "citizen"
    source = Source.IYS_WEB if who == "citizen" else None if bare else Source.HS_WEB
    date = None if bare else day
    old = model.get(kind)
    if who == "again" and old == (status, date, source):
        return []
    found = []
    if old is None:
        found = ["H175"] if status == RET and who != "citizen" else []
    elif who == "citizen":
        late = old[1] is not None and day <= old[1]
        refused_at_once = day == old[1] and status == RET and old[0] == ONAY
        found = ["H178"] if late and not refused_at_once else []
    elif bare:
        found = ["H174", "H463", "H462"] if old[0] == status == RET else ["H463", "H462"]
    elif old[0] == status == RET:
        found = ["H174"]
    elif old[1] is not None and day <= old[1]:
        found = ["H178"]
    if not found:
        model[kind] = (status, date, source)
    return found


def perform(
    provider: Provider, brand: Brand, step: tuple[ConsentStatus, RecipientType, int, bool, str], now: datetime
) -> list[str]:
    """Do what a step says; return the codes with which it was refused."""
    status, kind, day, bare, who = step
    bare = bare and kind == RecipientType.TACIR
    at = now - timedelta(days=10 - day)
    given_by = Movement(PHONE, Channel.MESAJ, kind, status, None if bare else Source.HS_WEB, None if bare else at)
    try:
        if who == "citizen":
            citizen(provider, brand, status, at, now, kind=kind)
        else:
            record_consent(
                provider=provider,
                brand=brand,
                movement=given_by,
                origin=Origin(Way.API),
                policy=POLICY,
                now=now,
                repeats=who == "again",
            )
    except ConsentRefused as refused:
        return [fault.code for fault in refused.faults]
    return []


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_any_history_is_the_models(
    steps: list[tuple[ConsentStatus, RecipientType, int, bool, str]], now: datetime
) -> None:
    provider = factories.ProviderFactory.create()
    brand = factories.BrandFactory.create(provider=provider)
    model: Model = {}
    for step in steps:
        assert perform(provider, brand, step, now) == expected(model, step)
    rows = Consent.objects.filter(provider_id=provider.pk)
    assert {
        RecipientType(row.recipient_type): (
            row.status,
            None if row.consent_at is None else 10 - (now - row.consent_at).days,
            row.source,
        )
        for row in rows
    } == model
    assert address_count(provider.pk) == any(status == ONAY for status, _, _ in model.values())
