"""Daily files: their bytes, their making in the face of faults, their time stamps, the agreement."""

import hashlib
import random
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from pytest_django import Settings

from accounts.models import Person
from brands.enums import BrandState
from brands.models import Brand
from consents.models import ConsentEvent
from consents.selectors import id_of
from iys_portal.audit.models import AuditEvent, OutboxMessage
from iys_portal.shared.clock import ISTANBUL
from reports.enums import FileState
from reports.models import ClosedDay, DailyFile, DailyFilePiece
from reports.selectors.files import HEAD, content_of, daily_file, daily_files, is_served
from reports.services import daily_files as service
from reports.services import roll_up as roll_ups
from reports.services.daily_files import agree, make_files
from reports.services.roll_up import ask_for_files, close_days, roll_up
from reports.services.stamping import stamp_waiting
from tests import factories
from tests.reports.conftest import DAY, work
from tests.reports.scene import events

pytestmark = pytest.mark.django_db


def found(brand: Brand, day: date = DAY) -> DailyFile:
    file = daily_file(brand.provider_id, brand.pk, day)
    assert file is not None
    return file


def whole(file: DailyFile) -> bytes:
    return b"".join(content_of(file))


def test_the_file_of_a_day(made: Brand) -> None:
    """By second, then by transaction id, ended by \\n, hashed and sized as it is."""
    file = found(made)
    lines = whole(file).decode().split("\n")
    assert (lines[0], lines[-1], len(lines)) == (HEAD, "", 7)
    rows = [line.split(",") for line in lines[1:-1]]
    assert [row[0] for row in rows] == ["2026-11-22 12:00:00"] * 3 + ["2026-11-22 12:00:01"] * 2
    assert rows == sorted(rows, key=lambda row: row[:2])
    expected = {id_of(event, made.provider, made.code): event.recipient for event in ConsentEvent.objects.all()}
    assert {row[1]: row[2] for row in rows} == expected
    said = sorted(row[3:] for row in rows)
    assert said == [
        *[["BIREYSEL", "MESAJ", "ONAY", "2026-11-22 12:00:00", "HS_WEB"]] * 3,
        ["BIREYSEL", "MESAJ", "RET", "2026-11-22 12:00:01", "IYS_WEB"],
        ["TACIR", "MESAJ", "ONAY", "", ""],
    ]
    assert (file.state, file.rows, file.size) == (FileState.COMPLETED, 5, len(whole(file)))
    assert file.sha384 == hashlib.sha384(whole(file)).hexdigest()


def test_a_file_in_many_pieces(moved: Brand, keys: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PIECE", 200)
    close_days(now=now)
    work()
    file = found(moved)
    assert file.pieces.count() == 3
    assert file.sha384 == hashlib.sha384(whole(file)).hexdigest()
    stored = b"".join(bytes(content) for content in file.pieces.values_list("content_encrypted", flat=True))
    assert b"+905992" not in stored


def test_movements_belong_to_the_day_of_istanbul(brand: Brand, keys: Path, now: datetime) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=ISTANBUL)
    for seconds, number in ((-1, 1), (0, 2), (86_399, 4), (86_400, 8)):
        events(brand.provider_id, midnight + timedelta(seconds=seconds), brand=brand.pk, number=number)
    ask_for_files(provider_id=brand.provider_id, day=DAY, now=now)
    work()
    assert (found(brand).rows, found(brand).state) == (6, FileState.COMPLETED)


def test_every_brand_with_movements_has_its_file_once(moved: Brand, keys: Path, now: datetime) -> None:
    quiet, rival = factories.BrandFactory.create(provider=moved.provider), factories.BrandFactory.create()
    events(rival.provider_id, now - timedelta(days=1), brand=rival.pk)
    Brand.objects.filter(pk=rival.pk).update(state=BrandState.PASSIVE)  # later on the same day
    for _ in range(2):
        close_days(now=now)
        work()
    assert daily_file(moved.provider_id, quiet.pk, DAY) is None
    assert [file.brand_id for file in daily_files(moved.provider_id)] == [moved.pk]
    assert found(rival).rows == 1
    assert DailyFile.objects.count() == 2
    assert OutboxMessage.objects.filter(topic="reports.daily_files", done_at=None).count() == 0


def test_beat_makes_up_for_nights_on_which_no_worker_was_there(brand: Brand, keys: Path, now: datetime) -> None:
    close_days(now=now - timedelta(days=5))
    for days in (4, 2, 1):
        events(brand.provider_id, now - timedelta(days=days), brand=brand.pk)
    close_days(now=now)
    work()
    assert [file.day for file in daily_files(brand.provider_id)] == [
        DAY,
        DAY - timedelta(days=1),
        DAY - timedelta(days=3),
    ]


def test_a_provider_that_fails_holds_up_no_other_and_is_asked_for_the_next_time(
    moved: Brand, keys: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = factories.BrandFactory.create()
    events(rival.provider_id, now - timedelta(days=1), brand=rival.pk)
    queue = service.queue_files

    def fails(**asked: Any) -> list[DailyFile]:
        if asked["provider_id"] == moved.provider_id:
            raise RuntimeError
        return queue(**asked)

    with monkeypatch.context() as broken:
        broken.setattr(roll_ups, "queue_files", fails)
        assert close_days(now=now) == [DAY]
    assert list(DailyFile.objects.values_list("brand_id", flat=True)) == [rival.pk]
    assert close_days(now=now) == []
    work()
    assert (found(moved).state, found(rival).state) == (FileState.COMPLETED, FileState.COMPLETED)


def test_movements_taken_by_a_run_across_midnight_have_their_file(brand: Brand, keys: Path) -> None:
    """The run began on the evening before; its instant says nothing of the days that it took."""
    midnight = datetime(2026, 11, 22, tzinfo=ISTANBUL)
    close_days(now=midnight + timedelta(minutes=30))
    events(brand.provider_id, midnight + timedelta(hours=1), brand=brand.pk)
    roll_up(provider_id=brand.provider_id, now=midnight - timedelta(minutes=1))
    close_days(now=midnight + timedelta(days=1, minutes=30))
    assert found(brand).rows == 1


def test_a_late_movement_makes_a_further_revision(made: Brand, now: datetime) -> None:
    first = found(made)
    before = whole(first)
    events(made.provider_id, now.replace(hour=20, minute=59) - timedelta(days=1), brand=made.pk)
    roll_up(provider_id=made.provider_id, now=now)
    assert found(made).pk == first.pk
    work()
    second = found(made)
    assert (second.revision, second.rows, whole(first)) == (2, 6, before)
    assert whole(second).startswith(before)
    assert [file.revision for file in daily_files(made.provider_id)] == [2]
    roll_up(provider_id=made.provider_id, now=now)
    assert ask_for_files(provider_id=made.provider_id, day=DAY, now=now) == 0


def test_a_worker_that_is_killed_leaves_nothing_half_made(
    moved: Brand, keys: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever statement it dies at, the next one makes the same file."""
    close_days(now=now)
    dice, ended = random.Random(7), 0

    class Killed(BaseException):
        pass

    for _ in range(12):
        left = dice.randrange(1, 14)

        def count(execute: object, *arguments: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return execute(*arguments)  # type: ignore[operator]

        try:
            with connection.execute_wrapper(count):
                make_files(provider_id=moved.provider_id, day=DAY, clock=lambda: now)
        except Killed:
            ended += 1
            assert found(moved).state == FileState.COMPLETED or DailyFilePiece.objects.count() == 0
    make_files(provider_id=moved.provider_id, day=DAY, clock=lambda: now)
    file = found(moved)
    assert ended > 2
    assert (file.state, file.rows, file.pieces.count()) == (FileState.COMPLETED, 5, 1)
    assert file.sha384 == hashlib.sha384(whole(file)).hexdigest()


def test_what_goes_wrong_with_one_file_is_seen_and_tried_again(
    moved: Brand, keys: Path, now: datetime, settings: Settings
) -> None:
    other = factories.BrandFactory.create(provider=moved.provider)
    events(moved.provider_id, now - timedelta(days=1), brand=other.pk)
    close_days(now=now)
    key, settings.FIELD_KEY = settings.FIELD_KEY, b"short"
    work()
    assert {file.state for file in daily_files(moved.provider_id)} == {FileState.ERROR}
    assert found(moved).message == "Dosya hazırlanırken bir hata oluştu."
    settings.FIELD_KEY = key
    work()
    assert {(file.state, file.message) for file in daily_files(moved.provider_id)} == {(FileState.COMPLETED, "")}


def test_files_that_were_given_up_are_asked_for_anew(
    moved: Brand, keys: Path, now: datetime, settings: Settings
) -> None:
    close_days(now=now)
    key, settings.FIELD_KEY = settings.FIELD_KEY, b"short"
    work()
    messages = OutboxMessage.objects.filter(topic="reports.daily_files")
    close_days(now=now + timedelta(hours=1))
    assert messages.count() == 1  # its tries are not over
    messages.update(failed_at=now)
    settings.FIELD_KEY = key
    weeks_later = now + timedelta(days=20)
    close_days(now=weeks_later)
    close_days(now=weeks_later)
    assert messages.count() == 2
    OutboxMessage.objects.filter(failed_at=now).delete()
    work()
    assert found(moved).state == FileState.COMPLETED
    assert close_days(now=weeks_later) == []
    assert messages.count() == 1


def test_a_run_that_is_out_of_time_stops_and_the_next_goes_on(
    moved: Brand, keys: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_time(**_asked: Any) -> list[DailyFile]:
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as broken:
        broken.setattr(roll_ups, "queue_files", out_of_time)
        with pytest.raises(SoftTimeLimitExceeded):
            close_days(now=now)
    # The day is closed: what is recorded for it now is late and asks for its own files.
    assert ClosedDay.objects.filter(day=DAY).exists()
    events(moved.provider_id, now.replace(hour=20, minute=59) - timedelta(days=1), brand=moved.pk)
    roll_up(provider_id=moved.provider_id, now=now)
    assert close_days(now=now) == []
    work()
    assert [(file.rows, file.state) for file in daily_files(moved.provider_id)] == [(6, FileState.COMPLETED)]


def test_a_maker_that_is_out_of_time_begins_no_other_file(
    moved: Brand, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.BrandFactory.create(provider=moved.provider)
    events(moved.provider_id, now - timedelta(days=1), brand=other.pk)
    close_days(now=now)

    def out_of_time(_file: DailyFile) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(service, "_write", out_of_time)
    with pytest.raises(SoftTimeLimitExceeded):
        make_files(provider_id=moved.provider_id, day=DAY, clock=lambda: now)
    assert sorted(file.state for file in daily_files(moved.provider_id)) == [FileState.ERROR, FileState.QUEUED]


# --- Time stamps ------------------------------------------------------------------------------------------------------
def test_the_stamp_is_one_for_openssl(made: Brand, keys: Path, tmp_path: Path) -> None:
    file = found(made)
    assert file.stamp is not None
    (tmp_path / "day.csv").write_bytes(whole(file))
    (tmp_path / "day.tsr").write_bytes(bytes(file.stamp))
    said = subprocess.run(
        ["openssl", "ts", "-reply", "-in", "day.tsr", "-text"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Status: Granted." in said
    assert "Hash Algorithm: sha384" in said
    digits = "".join(line.split(" - ")[1].split("   ")[0] for line in said.splitlines() if line.startswith("    00"))
    assert "".join(digits.replace("-", " ").split()) == file.sha384
    assert (file.stamp_is_test, file.stamp_trouble) == (True, "")


def test_without_an_authority_the_file_is_there_and_waits_for_its_stamp(
    moved: Brand, keys: Path, now: datetime, settings: Settings
) -> None:
    settings.TSA_URL = "http://127.0.0.1:1/"
    close_days(now=now)
    work()
    file = found(moved)
    assert (file.state, file.stamp, file.stamped_at) == (FileState.COMPLETED, None, None)
    assert file.stamp_trouble == "Zaman damgası makamına ulaşılamadı; damga kendiliğinden alınacak."
    assert stamp_waiting(now=now) == 0
    settings.TSA_URL = ""
    later = now + timedelta(hours=1)
    assert [stamp_waiting(now=later), stamp_waiting(now=later)] == [1, 0]
    file = found(moved)
    assert (file.stamped_at, file.stamp_trouble) == (later, "")


# --- Mutabakat --------------------------------------------------------------------------------------------------------
def test_the_agreement_is_about_the_hash(made: Brand, alice: Person, now: datetime) -> None:
    file = found(made)
    assert not agree(file=file, actor=alice, now=now, sha384="0" * 96)
    assert found(made).agreed_at is None
    assert agree(file=file, actor=alice, now=now, sha384=f" {file.sha384.upper()} ")
    assert agree(file=file, actor=None, now=now + timedelta(hours=1), sha384=file.sha384)
    file = found(made)
    assert (file.agreed_at, file.agreed_by) == (now, alice)
    assert AuditEvent.objects.filter(action="daily_file_agreed", provider_id=made.provider_id).count() == 1


def test_iys_serves_a_file_for_seven_days(made: Brand, now: datetime) -> None:
    file = found(made)
    assert [is_served(file, now=now + timedelta(days=days)) for days in (0, 6, 7)] == [True, True, False]
