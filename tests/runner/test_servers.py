"""The embedded servers, really started: what they are like, and that they come back after a kill -9."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runner import processes, servers
from runner.console import PlainError
from runner.data import DataFolder
from runner.steps import Database

NAMES = ["Zeki", "Şule", "Suat", "Ömer", "Orhan", "İnci", "Işık", "Ilgaz", "Demir", "Çelik", "çağla", "Cem"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    folder = DataFolder(tmp_path_factory.mktemp("servers") / "data")
    folder.make()
    return folder


@pytest.fixture
def given() -> Iterator[dict[str, str]]:
    run_id = f"servers-{os.getpid()}"
    yield {"PATH": os.environ["PATH"], "LANG": "tr_TR.ISO-8859-9", processes.RUN_ID: run_id}
    assert processes.of_run(run_id) == []


def test_both_servers_are_started_and_leave_nothing_running(data: DataFolder, given: dict[str, str]) -> None:
    stop = processes.StopRequest()

    with servers.running(data, given, stop, durable=False) as addresses:
        assert sorted(addresses) == ["DATABASE_URL", "REDIS_URL"]
        database = Database(data, {**os.environ, **addresses}, stop, ours=True)
        assert database.is_new()
        with psycopg.connect(addresses["DATABASE_URL"], autocommit=True) as connection:
            role = connection.execute(
                "SELECT rolname, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert role == ("portal", False, True)
            connection.execute("CREATE COLLATION turkish (provider = libc, locale = 'tr_TR.utf8')")
            rows = connection.execute("SELECT n FROM unnest(%s::text[]) n ORDER BY n COLLATE turkish", [NAMES])
            assert [name for (name,) in rows] == [
                *(
                    "Cem",
                    "çağla",
                    "Çelik",
                    "Demir",
                    "Ilgaz",
                    "Işık",
                    "İnci",
                    "Orhan",
                    "Ömer",
                    "Suat",
                    "Şule",
                    "Zeki",
                )
            ]
            connection.execute("CREATE TABLE django_migrations ()")
        assert not database.is_new()

    assert not (data.postgres / "postmaster.pid").exists()
    assert processes.working_in(data.postgres, "postgres") == []


def test_a_given_server_is_not_replaced(data: DataFolder, given: dict[str, str]) -> None:
    given["DATABASE_URL"] = "postgres://elsewhere/portal"

    with servers.running(data, given, processes.StopRequest(), durable=False) as addresses:
        assert list(addresses) == ["REDIS_URL"]


def test_the_database_starts_after_a_kill_although_its_process_id_has_been_taken(
    data: DataFolder, given: dict[str, str]
) -> None:
    stop = processes.StopRequest()
    with servers.running(data, given, stop, durable=False) as addresses:
        for pid in processes.working_in(data.postgres, "postgres"):
            os.kill(pid, signal.SIGKILL)
        assert sorted(addresses) == ["DATABASE_URL", "REDIS_URL"]
    stale = (data.postgres / "postmaster.pid").read_text().splitlines()
    # This test's parent lives, and is no PostgreSQL.
    (data.postgres / "postmaster.pid").write_text("\n".join([str(os.getppid()), *stale[1:]]))

    with (
        servers.running(data, given, stop, durable=False) as addresses,
        psycopg.connect(addresses["DATABASE_URL"]) as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_cannot_start_says_why(tmp_path: Path, given: dict[str, str]) -> None:
    folder = DataFolder(tmp_path)
    folder.make()
    folder.postgres.mkdir(mode=0o700)
    (folder.postgres / "PG_VERSION").write_text("9\n")

    with (
        pytest.raises(PlainError, match=r"(?s)^postgres did not start\. The end of .*/postgres\.log:\n  "),
        servers.running(folder, given, processes.StopRequest(), durable=False),
    ):
        pass


def test_an_unreachable_database_is_told_in_a_sentence(data: DataFolder) -> None:
    env = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}

    with pytest.raises(PlainError, match=r"^The database cannot be reached: .*port 1 failed"):
        Database(data, env, processes.StopRequest(), ours=False).is_new()


def test_a_port_that_is_taken_is_told_from_one_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert servers.port_problem(port) == "Address already in use"
    assert servers.port_problem(port) == ""


def test_reserved_ports_are_not_chosen() -> None:
    first, last = (int(end) for end in Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = int(probe.getsockname()[1])
    reserved = frozenset(range(first, last + 1)) - {*range(free - 2000, free + 2000)}

    assert abs(servers.free_port(reserved) - free) <= 2000
