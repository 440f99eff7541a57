"""The environment the portal gets, the processes it consists of, and how it is known that they are ready."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from runner import portal, processes
from runner.console import PlainError
from runner.data import DataFolder
from runner.environment import PYTHON, ROOT, UV_VERSION


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.make()
    return folder


class Answers(BaseHTTPRequestHandler):
    """200 under the name portal.example alone, as the portal's list of allowed hosts has it."""

    def do_GET(self) -> None:
        welcome = self.headers["Host"] == "portal.example" and self.path == "/healthz"
        self.send_response(200 if welcome else 503)
        self.end_headers()
        self.wfile.write(b"yes" if welcome else b"worker: no answer")

    def log_message(self, *args: object) -> None:
        """Keeps quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_the_environment_is_completed(data: DataFolder) -> None:
    assert portal.environment(data, port=8000, given={"HOME": "/h"}) == {
        "HOME": "/h",
        **data.secrets(),
        "DEBUG": "1",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "EDEVLET_ISSUER": "http://127.0.0.1:8001",
        "EDEVLET_CLIENT_ID": "portal",
        "IYZICO_URL": "http://127.0.0.1:8002",
        "NESTPAY_URL": "http://127.0.0.1:8002",
        "NESTPAY_CLIENT_ID": "190100000",
        "NESTPAY_API_USER": "portal",
        "ZIRAAT_URL": "http://127.0.0.1:8002",
        "ZIRAAT_USER": "portal",
        "IYS_DATA": str(data.path),
        "DJANGO_SETTINGS_MODULE": "iys_portal.settings",
        "PYTHONUNBUFFERED": "1",
    }


def test_what_is_given_wins_and_empty_counts_as_not_given(data: DataFolder) -> None:
    given = {
        "SECRET_KEY": "mine",
        "PUBLIC_URL": "",
        "DEBUG": "",
        "EDEVLET_ISSUER": "https://id.example",
        "IYS_DATA": "/elsewhere",
    }

    env = portal.environment(data, port=9000, given=given)

    assert {name: env[name] for name in given} == {
        "SECRET_KEY": "mine",
        "PUBLIC_URL": "http://127.0.0.1:9000",
        "DEBUG": "",
        "EDEVLET_ISSUER": "https://id.example",
        "IYS_DATA": str(data.path),
    }


def test_with_a_real_gateway_none_is_made_up(data: DataFolder) -> None:
    real = portal.environment(data, port=8000, given={"IYZICO_URL": "https://api.example", "IYZICO_API_KEY": "mine"})
    half = portal.environment(data, port=8000, given={"NESTPAY_URL": "https://bank.example", "IYZICO_URL": ""})

    assert (real["IYZICO_URL"], real["IYZICO_API_KEY"]) == ("https://api.example", "mine")
    assert [name for name in real if name.startswith("NESTPAY_")] == []
    assert [half["IYZICO_URL"], half["NESTPAY_URL"]] == ["http://127.0.0.1:8002", "https://bank.example"]


def test_a_simulator_is_left_out_when_there_is_the_real_thing(data: DataFolder) -> None:
    env = {"PUBLIC_URL": "http://127.0.0.1:8000"}

    simulated = portal.services(data, env, port=8000, simulate_edevlet=True, simulate_bank=True)
    real = portal.services(data, env, port=8000, simulate_edevlet=False, simulate_bank=False)

    assert [(service.name, service.port) for service in simulated] == [
        ("portal", 8000),
        ("worker", None),
        ("beat", None),
        ("edevlet", 8001),
        ("bank", 8002),
    ]
    assert [service.name for service in real] == ["portal", "worker", "beat"]
    assert list(simulated[3].module) == [
        *("simulators.edevlet", "--port", "8001", "--portal-url", "http://127.0.0.1:8000"),
        *("--data", str(data.edevlet)),
    ]
    assert list(simulated[4].module) == [
        *("simulators.bank", "--port", "8002", "--portal-url", "http://127.0.0.1:8000"),
        *("--data", str(data.bank)),
    ]


def test_readiness_is_asked_under_the_public_name(port: int) -> None:
    service = portal.Service("portal", [], port, "/healthz")

    assert portal.state_of(service, "portal.example") == ""
    assert portal.state_of(service, "127.0.0.1") == "it answers 503: worker: no answer"
    assert portal.state_of(portal.Service("worker", []), "portal.example") == ""


def test_a_service_that_does_not_listen_is_not_ready(port: int) -> None:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        free = server.server_port

    assert portal.state_of(portal.Service("portal", [], free, "/healthz"), "x") == "it does not answer"


def test_waiting_ends_when_everything_is_ready(data: DataFolder, port: int) -> None:
    table = [
        portal.Service("portal", ["json.tool"], port, "/healthz"),
        portal.Service("worker", ["json.tool"]),
    ]
    env = {"PUBLIC_URL": "https://portal.example"}

    portal.wait_until_ready(table, [], env, processes.StopRequest())


def test_a_process_that_dies_is_named_with_the_end_of_its_log(data: DataFolder) -> None:
    table = [portal.Service("worker", ["no_such_module"]), portal.Service("beat", ["http.server", "0"])]
    stop = processes.StopRequest()
    last_words = f"{PYTHON}: No module named no_such_module"

    with portal.running(table, data, {}, stop) as children, pytest.raises(PlainError) as problem:
        portal.watch(children, stop)

    assert str(problem.value) == (
        f"worker ended (exit status 1). The end of {data.logs / 'worker.log'}:\n  {last_words}"
    )
    assert children[1].process.poll() == -15


def test_only_what_other_commands_need_is_shared() -> None:
    env = {"SECRET_KEY": "s", "DATABASE_URL": "d", "HOME": "/root", "PATH": sys.prefix}

    assert portal.shared(env) == {"SECRET_KEY": "s", "DATABASE_URL": "d"}


def test_the_container_worker_serves_the_same_queues() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8").splitlines()

    assert [line.strip() for line in compose if "--queues" in line] == [f"- --queues={portal.QUEUES}"]


def test_the_container_has_the_same_uv() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8").split()

    assert [word for word in image if word.startswith("uv==")] == [f"uv=={UV_VERSION}"]
