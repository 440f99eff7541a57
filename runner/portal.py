"""The portal itself: its environment and the processes that `up` keeps running."""

import http.client
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from runner import processes
from runner.console import PlainError
from runner.data import DataFolder
from runner.environment import PYTHON, ROOT

#: What a management command needs to know of a running `up`, besides its data folder.
SHARED_VARIABLES = (
    "DATABASE_URL",
    "REDIS_URL",
    "REDIS_PREFIX",
    "DEBUG",
    "SECRET_KEY",
    "FIELD_KEY",
    "HASH_KEY",
    "PUBLIC_URL",
    "EDEVLET_ISSUER",
    "EDEVLET_CLIENT_ID",
    "EDEVLET_CLIENT_SECRET",
    "IYZICO_URL",
    "IYZICO_API_KEY",
    "IYZICO_SECRET_KEY",
    "NESTPAY_URL",
    "NESTPAY_CLIENT_ID",
    "NESTPAY_STORE_KEY",
    "NESTPAY_API_USER",
    "NESTPAY_API_PASSWORD",
    "STATEMENT_DROP",
    "ZIRAAT_URL",
    "ZIRAAT_USER",
    "ZIRAAT_PASSWORD",
)
DEFAULT_PORT = 8000
#: What does not answer by then never will, however busy the machine; what dies is noticed at once.
START_SECONDS = 180.0
QUEUES = "default,import,documents,webhook,push"


def environment(data: DataFolder, *, port: int, given: Mapping[str, str]) -> dict[str, str]:
    """The given environment completed by everything the settings read except the two servers' addresses.

    What is given wins; a variable that is set but empty counts as not set, except DEBUG (empty: off).
    """
    env = dict(given)
    defaults = {
        **data.secrets(),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "EDEVLET_ISSUER": f"http://127.0.0.1:{port + 1}",
        "EDEVLET_CLIENT_ID": "portal",
    }
    if env.get("IYZICO_URL"):
        # Who has a real gateway names the other, too, or does without: half a configuration is none.
        if not env.get("NESTPAY_URL"):
            defaults = {name: value for name, value in defaults.items() if not name.startswith("NESTPAY_")}
    else:
        bank = f"http://127.0.0.1:{port + 2}"
        defaults |= {"IYZICO_URL": bank, "NESTPAY_URL": bank}
        defaults |= {"NESTPAY_CLIENT_ID": "190100000", "NESTPAY_API_USER": "portal"}
        if not env.get("ZIRAAT_USER"):
            defaults |= {"ZIRAAT_URL": bank, "ZIRAAT_USER": "portal"}
    for name, value in defaults.items():
        env[name] = env.get(name) or value
    env.setdefault("DEBUG", "1")
    env |= {
        "IYS_DATA": str(data.path),
        "DJANGO_SETTINGS_MODULE": "iys_portal.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return env


@dataclass(frozen=True, eq=False)
class Service:
    """A process of the portal; with `ready_path` it is ready once that path on `port` answers 200."""

    name: str
    module: Sequence[str]
    port: int | None = None
    ready_path: str = ""


def services(
    data: DataFolder, env: Mapping[str, str], *, port: int, simulate_edevlet: bool, simulate_bank: bool
) -> list[Service]:
    """The processes of `up`, in the order of their names in the messages."""
    server = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    server += ["--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "10"]
    celery = ["celery", "-A", "iys_portal"]
    worker = [*celery, "worker", "-Q", QUEUES, "--concurrency", "2", "--loglevel", "INFO"]
    table = [
        Service("portal", [*server, "iys_portal.wsgi:application"], port, "/healthz"),
        # Gossip and mingle serve clusters of workers that know each other, and delay the start by a second.
        Service("worker", [*worker, "--without-gossip", "--without-mingle"]),
        Service("beat", [*celery, "beat", "--pidfile=", "--loglevel", "INFO"]),
    ]
    if simulate_edevlet:
        edevlet = ["simulators.edevlet", "--port", str(port + 1), "--portal-url", env["PUBLIC_URL"]]
        edevlet += ["--data", str(data.edevlet)]
        table.append(Service("edevlet", edevlet, port + 1, "/.well-known/openid-configuration"))
    if simulate_bank:
        bank = ["simulators.bank", "--port", str(port + 2), "--portal-url", env["PUBLIC_URL"]]
        bank += ["--data", str(data.bank)]
        table.append(Service("bank", bank, port + 2, "/saglik/"))
    return table


@contextmanager
def running(
    table: Iterable[Service], data: DataFolder, env: Mapping[str, str], stop: processes.StopRequest
) -> Iterator[list[processes.Child]]:
    """Starts the services, each writing to <data>/log/<name>.log; ends them all, side by side, at the end."""
    children: list[processes.Child] = []
    try:
        for service in table:
            command = [str(PYTHON), "-m", *service.module]
            log = data.logs / f"{service.name}.log"
            children.append(processes.start_child(service.name, command, env=env, cwd=ROOT, log=log))
        yield children
    finally:
        processes.end_groups([child.process for child in children], stop)


def state_of(service: Service, host: str) -> str:
    """Why the service is not ready, in words; empty when it is. `host`: the name it is called by."""
    if service.port is None:
        return ""
    # Not urllib: a proxy that the environment names must not be asked for a loopback address.
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
    try:
        connection.request("GET", service.ready_path, headers={"Host": host})
        response = connection.getresponse()
        body = response.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return "it does not answer"
    finally:
        connection.close()
    return "" if response.status == 200 else f"it answers {response.status}: {body}"


def wait_until_ready(
    table: Iterable[Service],
    children: Sequence[processes.Child],
    env: Mapping[str, str],
    stop: processes.StopRequest,
) -> None:
    """Waits until every service is ready. Raises PlainError when one dies or START_SECONDS have passed."""
    waiting = list(table)
    for _ in processes.ticks(START_SECONDS, stop):
        _raise_if_dead(children)
        states = {service: state_of(service, _host(service, env)) for service in waiting}
        waiting = [service for service, state in states.items() if state]
        if not waiting:
            return
    words = "; ".join(f"{service.name}: {states[service]}" for service in waiting)
    raise PlainError(f"Not everything came up within {START_SECONDS:.0f} s: {words}")


def watch(children: Sequence[processes.Child], stop: processes.StopRequest) -> None:
    """Returns when a signal has come in. Raises PlainError when one of the children ends before that."""
    while not stop.received:
        _raise_if_dead(children)
        time.sleep(0.2)


def _raise_if_dead(children: Iterable[processes.Child]) -> None:
    for child in children:
        status = child.process.poll()
        if status is not None:
            raise PlainError(f"{child.name} ended (exit status {status}). {child.last_words()}")


def ports(first: int) -> frozenset[int]:
    """The ports that belong to a portal on `first`: its own and the two simulators'."""
    return frozenset(range(first, first + 3))


def shared(env: Mapping[str, str]) -> dict[str, str]:
    """The part of the environment that other commands on the same data folder need."""
    return {name: env[name] for name in SHARED_VARIABLES if name in env}


def given() -> dict[str, str]:
    """The caller's environment without what belongs to the interpreter that runs us."""
    return {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}


def _host(service: Service, env: Mapping[str, str]) -> str:
    """The portal answers under its public name only."""
    return urlsplit(env["PUBLIC_URL"]).netloc if service.name == "portal" else f"127.0.0.1:{service.port}"
