"""Files of consents become consents: the same as one by one, once however often killed, within the package."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Person, Provider
from brands.models import Brand, Retailer
from consents.enums import Channel, ConsentStatus, RecipientType, Source, Way
from consents.imports.mending import Mend
from consents.models import Consent, ConsentEvent, ImportJob
from consents.rules.fields import Movement
from consents.services import ConsentRefused, Origin, import_chunks, imports, record_consent
from iys_portal import ledger
from iys_portal.audit import outbox
from iys_portal.audit.models import OutboxMessage
from iys_portal.shared.sheets.refusal import FileRefused
from packages.models import Package
from packages.selectors import address_count, address_usage, counted_and_kept
from packages.usage import recount_addresses
from tests import factories
from tests.consents.conftest import POLICY, Recording
from tests.consents.scene import MAILS, PHONES

pytestmark = pytest.mark.django_db

ONAY, RET = ConsentStatus.ONAY, ConsentStatus.RET
HEAD = "type;source;recipient;status;consentDate;recipientType;retailerCode"


def row(recipient: str = PHONES[0], status: str = "ONAY", *, ago: int = 60, kind: str = "BIREYSEL", **more: str) -> str:
    """A row of a file: an approval by message, `ago` minutes before noon, unless said."""
    channel = more.get("channel", "EPOSTA" if "@" in recipient else "MESAJ")
    at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC) - timedelta(minutes=ago)
    return f"{channel};{more.get('source', 'HS_WEB')};{recipient};{status};{at:%Y-%m-%d %H:%M:%S};{kind};" + more.get(
        "retailer", ""
    )


def file_of(*rows: str) -> io.BytesIO:
    return io.BytesIO("\n".join([HEAD, *rows]).encode())


@pytest.fixture
def checked(brand: Brand, alice: Person, now: datetime) -> Callable[..., ImportJob]:
    """Receive a file of rows and have it read."""

    def check(*rows: str) -> ImportJob:
        job, is_new = imports.receive(
            brand=brand, filename="izinler.csv", content=file_of(*rows), person=alice, now=now
        )
        assert is_new
        imports.work(provider_id=brand.provider_id, clock=lambda: now)
        job.refresh_from_db()
        return job

    return check


@pytest.fixture
def applied(checked: Callable[..., ImportJob], alice: Person, now: datetime) -> Callable[..., ImportJob]:
    """Receive, read and record a file of rows, `size` rows a chunk."""

    def apply(*rows: str, size: int = 50_000, at: datetime = now) -> ImportJob:
        job = checked(*rows)
        assert imports.apply(job=job, person=alice, now=at)
        imports.work(provider_id=job.provider_id, clock=lambda: at, size=size)
        job.refresh_from_db()
        return job

    return apply


def counts(job: ImportJob) -> tuple[int, int, int, int, int]:
    return job.new_count, job.changed_count, job.same_count, job.rejected_count, job.problem_count


def problems(job: ImportJob) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, codes FROM consent_import_problem WHERE job_id = %s ORDER BY line", [job.pk])
        return cursor.fetchall()


def staged(job: ImportJob) -> int:
    return sum(job.blocks.values_list("size", flat=True))


def standing(provider: Provider) -> list[tuple[object, ...]]:
    return list(
        Consent.objects.filter(provider_id=provider.pk)
        .order_by("pk")
        .values_list("recipient", "channel", "recipient_type", "status", "source", "consent_at")
    )


def is_right(provider: Provider) -> bool:
    """Counts equal a recount, every consent is its last event, every event follows the one before."""
    checks = ledger.verify()
    wrong = [name for name, result in checks.items() if "consent" in name and not result["ok"]]
    kept = address_usage(provider.pk)
    return wrong == [] and counted_and_kept(provider.pk) == (kept, kept)


def test_a_file_is_read_compared_and_recorded(
    provider: Provider,
    brand: Brand,
    alice: Person,
    recording: Recording,
    checked: Callable[..., ImportJob],
    now: datetime,
) -> None:
    recording(ago=60)  # PHONES[0], 08:00 UTC = 11:00
    rows = [
        row(PHONES[0], ago=60),  # zaten böyle
        row(PHONES[1], ago=300),
        row(PHONES[1], ago=200),  # the newest row of a key wins
        row(MAILS[0].upper()),
        row(MAILS[1], "RET"),  # H175
        row("+90532", "EVET"),
        '"MESAJ;HS_WEB',
    ]
    job = checked(*rows)
    assert (job.state, job.filename, job.row_count, job.staged, job.problem_count) == ("ready", "izinler.csv", 7, 4, 2)
    assert job.mends == {Mend.MAIL.name: 1, Mend.SUPERSEDED.name: 1}
    assert job.outlook == {
        "new": 2,
        "changed": 0,
        "same": 1,
        "codes": {"H175": 1},
        "addresses": [1, 2],
        "ignored": [],
        "days": {"2026-11-23": 2},
    }
    assert job.faults == {"H121": 1, "H115": 1, "SATIR": 1}
    assert Consent.objects.filter(provider_id=provider.pk).count() == 1
    assert imports.apply(job=job, person=alice, now=now)
    assert not imports.apply(job=job, person=alice, now=now)
    imports.work(provider_id=provider.pk, clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, counts(job), staged(job)) == ("done", (2, 0, 1, 1, 2), 0)
    assert [line for line, _ in problems(job)] == [6, 7, 8]
    newest = ConsentEvent.objects.get(provider_id=provider.pk, recipient=PHONES[1])
    assert (newest.way, newest.person_id, newest.created_at, newest.prev_seq) == (Way.UPLOAD, alice.pk, now, None)
    assert is_right(provider)
    assert OutboxMessage.objects.filter(topic="consents.import").count() == 2


def test_a_newer_refusal_wins_wherever_it_stands_in_the_file(
    provider: Provider, recording: Recording, applied: Callable[..., ImportJob]
) -> None:
    """A file that is sorted newest first: an approval below it takes no refusal back."""
    recording(ago=300)
    job = applied(row(status="RET", ago=60), row(ago=200))
    assert (counts(job), job.mends) == ((0, 1, 0, 0, 0), {Mend.SUPERSEDED.name: 1})
    assert Consent.objects.get(provider_id=provider.pk).status == RET


def test_what_is_recorded_word_by_word_is_the_same(provider: Provider, applied: Callable[..., ImportJob]) -> None:
    """Also where neither date nor source were told; another source of the same date is an older word."""
    trader = "MESAJ;;+905992000003;ONAY;;TACIR;"
    applied(row(PHONES[0]), row(PHONES[1]), row(MAILS[0]), trader)
    job = applied(row(PHONES[0]), row(PHONES[1], source="HS_MOBIL"), row(MAILS[0], ago=30), trader, row(MAILS[1]))
    assert job.outlook["same"] == 2
    assert (counts(job), problems(job)) == ((1, 1, 2, 1, 0), [(3, "H178")])
    assert is_right(provider)


# --- The same as one by one -------------------------------------------------------------------------------------------
MOVES = st.tuples(
    st.sampled_from([*PHONES, *MAILS]),
    st.sampled_from(["ONAY", "RET"]),
    st.sampled_from([30, 60, 90]),
    st.sampled_from(["BIREYSEL", "TACIR"]),
    st.sampled_from(["HS_WEB", "HS_MOBIL"]),
    st.sampled_from(["", "10000001", "10000002"]),
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(before=st.lists(MOVES, max_size=6), moves=st.lists(MOVES, min_size=1, max_size=12))
def test_a_file_is_recorded_as_its_rows_would_be_one_by_one(
    before: list[tuple[str, str, int, str, str, str]], moves: list[tuple[str, str, int, str, str, str]]
) -> None:
    """Two providers with the same past: one gets the file, the other each newest row by the single service."""
    with transaction.atomic():
        _compare(before, moves)
        transaction.set_rollback(True)


def _compare(
    before: list[tuple[str, str, int, str, str, str]], moves: list[tuple[str, str, int, str, str, str]]
) -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    person = factories.PersonFactory.create()
    pair = [factories.BrandFactory.create() for _ in range(2)]
    Package.objects.filter(slug="temel-hizmetler").update(max_addresses=1)
    for number, brand in enumerate(pair):
        factories.RetailerFactory.create(brand=brand, code=(10000001, 20000001)[number])
    bulk, single = pair
    for one in before:
        for brand in pair:
            _single(brand, one, person, now)
    rows = [row(who, s, ago=ago, kind=k, source=src, retailer=code) for who, s, ago, k, src, code in moves]
    job, _ = imports.receive(brand=bulk, filename="a.csv", content=file_of(*rows), person=person, now=now)
    imports.work(provider_id=bulk.provider_id, clock=lambda: now)
    imports.apply(job=job, person=person, now=now)
    imports.work(provider_id=bulk.provider_id, clock=lambda: now, size=2)
    in_time = sorted(enumerate(moves, start=2), key=lambda entry: (-entry[1][2], entry[1][1] == "RET", entry[0]))
    newest = {(one[0], one[3]): (line, one) for line, one in in_time}
    verdicts = {line: _single(single, one, person, now) for _, (line, one) in sorted(newest.items(), key=_as_keys)}
    refused = {line: ",".join(codes) for line, codes in verdicts.items() if codes}
    found = dict(problems(job))
    assert found.keys() == refused.keys()
    # A row that is refused anyway is told why, not that the package is full: it would take no room.
    assert {n: codes for n, codes in found.items() if codes != refused[n] and "H525" not in refused[n]} == {}
    assert standing(bulk.provider) == standing(single.provider)
    assert address_usage(bulk.provider_id) == address_usage(single.provider_id)
    assert is_right(bulk.provider)
    job.refresh_from_db()
    assert (job.state, job.position, job.rejected_count) == ("done", len(newest), len(refused))


def _as_keys(entry: tuple[tuple[str, str], object]) -> tuple[str, int, int]:
    (who, kind), _ = entry
    return who, Channel.EPOSTA if "@" in who else Channel.MESAJ, RecipientType[kind]


def _single(brand: Brand, one: tuple[str, str, int, str, str, str], person: Person, now: datetime) -> list[str]:
    who, status, ago, kind, source, retailer = one
    movement = Movement(
        who,
        Channel.EPOSTA if "@" in who else Channel.MESAJ,
        RecipientType[kind],
        ConsentStatus[status],
        Source[source],
        now - timedelta(minutes=ago),
    )
    ours = Retailer.objects.get(brand=brand)
    code = None if not retailer else ours.code if retailer == "10000001" else 30000001
    try:
        record_consent(
            provider=brand.provider,
            brand=brand,
            movement=movement,
            origin=Origin(Way.UPLOAD, person),
            policy=POLICY,
            now=now,
            retailer_code=code,
            repeats=True,
        )
    except ConsentRefused as refusal:
        return [fault.code for fault in refusal.faults]
    return []


# --- Killed, cancelled, stopped ---------------------------------------------------------------------------------------
class Killed(BaseException):
    """What no handler catches: the worker is gone."""


def dying_after(chunks: int, now: datetime) -> Callable[[], datetime]:
    """Return a clock of a worker that is killed when it is asked once more."""
    left = iter(range(chunks))

    def clock() -> datetime:
        if next(left, None) is None:
            raise Killed
        return now

    return clock


NINE = [row(f"+90599200{number:04d}", ago=90 - number) for number in range(9)]


@pytest.mark.parametrize("chunks", range(5))
def test_killed_at_any_chunk_it_goes_on_and_records_once(
    provider: Provider, alice: Person, checked: Callable[..., ImportJob], now: datetime, chunks: int
) -> None:
    job = checked(*NINE)
    imports.apply(job=job, person=alice, now=now)
    with pytest.raises(Killed):
        imports.work(provider_id=provider.pk, clock=dying_after(chunks, now), size=2)
    job.refresh_from_db()
    assert (job.state, job.position) == ("applying", 2 * chunks)
    assert ConsentEvent.objects.filter(provider_id=provider.pk).count() == 2 * chunks
    assert is_right(provider)
    imports.work(provider_id=provider.pk, clock=lambda: now, size=2)
    job.refresh_from_db()
    assert (job.state, counts(job)) == ("done", (9, 0, 0, 0, 0))
    assert ConsentEvent.objects.filter(provider_id=provider.pk).count() == 9
    assert address_count(provider.pk) == 9
    assert is_right(provider)


def test_who_writes_between_two_chunks_is_seen_by_the_next(
    provider: Provider, alice: Person, checked: Callable[..., ImportJob], recording: Recording, now: datetime
) -> None:
    """What the comparison found no longer stands: 0005 was new and is newer now, 0006 is as the file says."""
    job = checked(*NINE)
    imports.apply(job=job, person=alice, now=now)
    assert import_chunks.apply_chunk(job, now=now, size=4)
    job.refresh_from_db()
    assert job.compared_seq == ConsentEvent.objects.filter(provider_id=provider.pk).latest("seq").seq
    recording(recipient="+905992000005", ago=10)
    recording(recipient="+905992000006", ago=84)
    imports.work(provider_id=provider.pk, clock=lambda: now, size=4)
    job.refresh_from_db()
    assert (job.state, counts(job), job.compared_seq) == ("done", (7, 0, 1, 1, 0), None)
    assert problems(job) == [(7, "H178")]
    assert is_right(provider)


def test_killed_within_a_chunk_nothing_of_it_stays(
    provider: Provider, alice: Person, checked: Callable[..., ImportJob], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = checked(*NINE)
    imports.apply(job=job, person=alice, now=now)
    monkeypatch.setattr(import_chunks, "add_delta", lambda *_, **__: 1 / 0)  # consents and events are written by then
    with pytest.raises(ZeroDivisionError):
        import_chunks.apply_chunk(job, now=now)
    for model in (Consent, ConsentEvent):
        assert model.objects.filter(provider_id=provider.pk).count() == 0
    assert is_right(provider)


def test_killed_while_it_is_read_it_is_read_anew(
    provider: Provider, brand: Brand, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = file_of(*NINE, row("x"))
    job, _ = imports.receive(brand=brand, filename="a.csv", content=content, person=alice, now=now)
    with pytest.raises(Killed):
        imports.work(provider_id=provider.pk, clock=dying_after(1, now))
    job.refresh_from_db()
    assert (job.state, job.row_count, problems(job)) == ("checking", 10, [(11, "H121:recipient")])
    imports.work(provider_id=provider.pk, clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.staged, problems(job)) == ("ready", 9, [(11, "H121:recipient")])


def test_cancelled_between_chunks_what_was_recorded_stays(
    provider: Provider, alice: Person, checked: Callable[..., ImportJob], now: datetime
) -> None:
    job = checked(*NINE)
    imports.apply(job=job, person=alice, now=now)
    assert import_chunks.apply_chunk(job, now=now, size=4)
    assert imports.cancel(job=job, person=alice, now=now)
    assert not imports.cancel(job=job, person=alice, now=now)
    imports.work(provider_id=provider.pk, clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.position, counts(job)[0], staged(job)) == ("cancelled", 4, 4, 0)
    assert address_count(provider.pk) == 4


def test_rows_that_are_lost_stop_the_job_with_a_sentence(
    provider: Provider,
    alice: Person,
    checked: Callable[..., ImportJob],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consents.services.import_check.CHUNK", 4)
    job = checked(*NINE)
    job.blocks.get(after=4).delete()
    imports.apply(job=job, person=alice, now=now)
    imports.work(provider_id=provider.pk, clock=lambda: now, size=4)
    job.refresh_from_db()
    assert (job.state, job.position) == ("failed", 4)
    assert job.message.startswith("Okunan satırlar sunucudaki bir arıza yüzünden silindi.")


def test_a_fault_of_ours_is_tried_three_times_then_waits_for_the_person(
    provider: Provider, brand: Brand, alice: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = imports.receive(brand=brand, filename="a.csv", content=file_of(*NINE), person=alice, now=now)
    with monkeypatch.context() as broken:
        broken.setattr("consents.services.import_check.check", lambda *_, **__: 1 / 0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                imports.work(provider_id=provider.pk, clock=lambda: now)
        imports.work(provider_id=provider.pk, clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.message[:9]) == ("failed", "Bizden ka")
    assert imports.resume(job=job, person=alice, now=now)
    assert not imports.resume(job=job, person=alice, now=now)
    imports.work(provider_id=provider.pk, clock=lambda: now)
    job.refresh_from_db()
    assert (job.state, job.message) == ("ready", "")


def test_the_outbox_has_the_work_done(brand: Brand, alice: Person, now: datetime) -> None:
    job, _ = imports.receive(brand=brand, filename="a.csv", content=file_of(*NINE), person=alice, now=now)
    message = OutboxMessage.objects.get(topic="consents.import")
    assert (message.payload, outbox.run(message.pk)) == ({"provider_id": brand.provider_id}, True)
    job.refresh_from_db()
    assert (job.state, job.row_count) == ("ready", 9)


# --- Files ------------------------------------------------------------------------------------------------------------
def test_the_same_file_is_one_job_while_it_is_open(brand: Brand, alice: Person, now: datetime) -> None:
    values = {"brand": brand, "filename": "a.csv", "person": alice, "now": now}
    first, is_new = imports.receive(content=file_of(row()), **values)
    second, again = imports.receive(content=file_of(row()), **values)
    assert (is_new, again, first.pk == second.pk) == (True, False, True)
    imports.cancel(job=first, person=alice, now=now)
    third, anew = imports.receive(content=file_of(row()), **values)
    assert (anew, third.pk == first.pk) == (True, False)


def test_what_is_no_table_is_refused_at_once_and_nothing_kept(brand: Brand, alice: Person, now: datetime) -> None:
    for content in (b"MZ\x00\x00", HEAD.encode(), b"a;b\n"):
        with pytest.raises(FileRefused):
            imports.receive(brand=brand, filename="a.csv", content=io.BytesIO(content), person=alice, now=now)
    assert ImportJob.objects.count() == 0


def test_what_is_found_while_reading_refuses_the_whole_file(checked: Callable[..., ImportJob]) -> None:
    job = checked(row("x"), row(), "a" * 20_000)
    assert (job.state, problems(job), job.finished_at is not None) == ("refused", [], True)
    assert job.message == "Dosyada 10.000 karakterden uzun bir satır var; okunmadı."


def test_what_was_kept_is_encrypted_and_forgotten_after_a_month(
    applied: Callable[..., ImportJob], checked: Callable[..., ImportJob], now: datetime
) -> None:
    done, ready = applied(row(), row("x")), checked(row(MAILS[0]))
    assert PHONES[0].encode() not in bytes(done.pieces.get().content_encrypted)
    assert imports.forget(now=now + timedelta(days=6)) == 0
    assert imports.forget(now=now + timedelta(days=8)) == 1
    ready.refresh_from_db()
    assert (ready.state, ready.message) == ("cancelled", "Bir hafta içinde onaylanmadı.")
    assert imports.forget(now=now + timedelta(days=31)) == 2
    done.refresh_from_db()
    assert (done.pieces.count(), done.sample_encrypted, problems(done)) == (0, None, [])
    assert imports.forget(now=now + timedelta(days=31)) == 0


def test_what_failed_a_month_ago_can_go_on_no_more(checked: Callable[..., ImportJob], now: datetime) -> None:
    job = checked(row())
    ImportJob.objects.filter(pk=job.pk).update(state="failed", message="Bizden kaynaklanan bir hata.")
    assert imports.forget(now=now + timedelta(days=31)) == 1
    job.refresh_from_db()
    assert (job.state, job.message) == ("cancelled", "Bir ay içinde sürdürülmedi; içeriği silindi.")
    assert (job.finished_at, job.pieces.count(), staged(job)) == (now + timedelta(days=31), 0, 0)


# --- The gate ---------------------------------------------------------------------------------------------------------
def test_the_package_is_filled_to_its_last_place_in_the_order_of_addresses(
    provider: Provider, recording: Recording, applied: Callable[..., ImportJob]
) -> None:
    Package.objects.filter(slug="temel-hizmetler").update(max_addresses=5)
    for number in (1, 8):
        recording(recipient=f"+90599200{number:04d}", ago=1000)
    # 0001 gives its place back before 0002 comes; four more fit: 0000 and 0002 to 0004. 0008 counts already.
    rows = [row(f"+90599200{number:04d}", "RET" if number == 1 else "ONAY", ago=50) for number in range(9)]
    job = applied(*reversed(rows), size=4)
    assert (job.state, counts(job)) == ("done", (4, 2, 0, 3, 0))
    assert problems(job) == [(line, "H525") for line in (3, 4, 5)]
    refused = {f"+90599200{number:04d}" for number in (5, 6, 7)}
    assert refused.isdisjoint(Consent.objects.filter(provider_id=provider.pk).values_list("recipient", flat=True))
    assert (address_count(provider.pk), is_right(provider)) == (5, True)
    assert job.faults == {"H525": 3}


def test_a_package_that_ends_and_days_that_pass_are_judged_per_chunk(
    provider: Provider, alice: Person, checked: Callable[..., ImportJob], now: datetime
) -> None:
    factories.subscription(provider, now=now - timedelta(days=364))
    Package.objects.filter(slug="temel-hizmetler").update(max_addresses=3)
    job = checked(*NINE)
    imports.apply(job=job, person=alice, now=now)
    times = iter([now, now + timedelta(days=2), now + timedelta(days=9)])
    imports.work(provider_id=provider.pk, clock=lambda: next(times), size=3)
    job.refresh_from_db()
    assert (counts(job), job.faults) == ((3, 0, 0, 6, 0), {"H525": 3, "H467": 3})


def test_rows_of_dealers_carry_them(brand: Brand, provider: Provider, applied: Callable[..., ImportJob]) -> None:
    factories.RetailerFactory.create(brand=brand, code=10000001)
    job = applied(row(PHONES[0], retailer="10000001"), row(PHONES[1], retailer="10000009"))
    assert (counts(job), problems(job)) == ((1, 0, 0, 1, 0), [(3, "H180")])
    assert ConsentEvent.objects.get(provider_id=provider.pk).retailer_code == 10000001


def test_files_of_one_provider_are_worked_on_one_after_another(
    provider: Provider, alice: Person, checked: Callable[..., ImportJob], now: datetime
) -> None:
    first, second = checked(*NINE), checked(*NINE[:4], row("x"))
    for job in (second, first):
        imports.apply(job=job, person=alice, now=now)
    imports.work(provider_id=provider.pk, clock=lambda: now, size=2)
    for job in (first, second):
        job.refresh_from_db()
    assert (counts(first), counts(second)) == ((9, 0, 0, 0, 0), (0, 0, 4, 0, 1))


def test_single_writes_count_by_themselves_after_a_file(
    provider: Provider, recording: Recording, applied: Callable[..., ImportJob], now: datetime
) -> None:
    """The trigger that a chunk switches off is on again, also within one transaction."""
    applied(row())
    recording(recipient=MAILS[0])
    recording(RET, recipient=PHONES[0], ago=5)
    assert (address_count(provider.pk), is_right(provider)) == (1, True)
    assert recount_addresses(provider.pk, now) == address_usage(provider.pk)
