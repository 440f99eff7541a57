"""The whole product for a browser: `run.py up` with its worker, beat, broker and e-Devlet, on a database of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from psycopg import sql

from iys_portal.bench.scratch import drop_database
from tests.simulators.bank import agreed_instalments
from tests.simulators.edevlet import free_port

IBAN = "TR820001000760123456785001"
"""The account of the demo into which customers pay."""
ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROME_PATH", "/usr/bin/chromium")
PATIENCE = 60_000
"""Milliseconds until a page counts as dead: the machine may be busy with other work."""
expect.set_options(timeout=PATIENCE)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.journey)


@dataclass(frozen=True)
class Portal:
    """A running portal: its address, its bank's, and its data folder."""

    url: str
    bank: str
    data: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> dict[str, object]:
        """Run a management command against this portal and return the JSON object it prints."""
        done = subprocess.run(
            [sys.executable, "run.py", "manage", *arguments, "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode in (0, 1, 2), done.stderr
        assert done.stdout, done.stderr
        result: dict[str, object] = json.loads(done.stdout)
        return result

    def broken_rules(self) -> dict[str, object]:
        """Return what `verify_ledger` finds wrong, by the name of its check."""
        checks: dict[str, Any] = self.manage("verify_ledger")["checks"]  # type: ignore[assignment]  # JSON
        return {name: check["detail"] for name, check in checks.items() if not check["ok"]}


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Start the product as its users do, and see to it that stopping leaves nothing behind."""
    data = tmp_path_factory.mktemp("portal")
    name = f"test_journey_{uuid.uuid4().hex[:8]}"
    server = os.environ["DATABASE_URL"]
    first = _is_the_first(request.config, tmp_path_factory.getbasetemp().parent)
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if not first:
        create += sql.SQL(" TEMPLATE {}").format(sql.Identifier(request.getfixturevalue("migrated_template")))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(create)
    port = _free_ports()
    environment = {
        **{
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTEST", "EDEVLET", "PUBLIC_URL", "IYZICO", "NESTPAY", "ZIRAAT"))
        },
        "DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}")),
        "REDIS_PREFIX": f"{name}:",
        "IYS_DATA": str(data),
        "DEBUG": "1",
    }
    if not first:
        subprocess.run([sys.executable, "run.py", "manage", "demo_data"], cwd=ROOT, env=environment, check=True)
    with (data / "up.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "run.py", "up", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process, data / "up.log")
        yield Portal(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 2}", data, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        stopped = process.wait(timeout=180)
        with psycopg.connect(server, autocommit=True) as connection:
            drop_database(connection.cursor(), name)
    assert stopped == 0
    assert _processes_of(data) == []


@pytest.fixture(scope="session")
def nestpay(portal: Portal) -> Iterator[Portal]:
    """The same portal with a NestPay bank as its card gateway: one more web server on the same data.

    A browser's session counts at both, since cookies know no ports.
    """
    port = free_port()
    environment = {
        **portal.environment,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CARD_GATEWAY": "nestpay",
        "NESTPAY_INSTALMENTS": agreed_instalments(),
    }
    command = [sys.executable, "run.py", "manage", "runserver", "--noreload", str(port)]
    path = portal.data / "log" / "nestpay.log"
    with path.open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process, path)
        yield replace(portal, url=f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=60)


def _free_ports() -> int:
    """Return a port that is free together with its next two."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                for following in (port + 1, port + 2):
                    with socket.socket() as other:
                        other.bind(("127.0.0.1", following))
            except OSError:
                continue
            return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    # Six or more processes start, on a machine that may be busy with other suites.
    deadline = time.monotonic() + 420
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the portal did not start:\n" + log.read_text())


def _processes_of(data: Path) -> list[str]:
    """Return the command lines of processes that still name the data folder."""
    left = []
    for entry in Path("/proc").iterdir():
        try:
            environment = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if f"IYS_DATA={data}".encode() in environment and int(entry.name) != os.getpid():
            left.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return left


def _is_the_first(config: pytest.Config, shared: Path) -> bool:
    """Whether this portal is to begin on an empty database, as on everybody's first start: one of each run does.

    Migrations take half a minute. `shared`: the folder that the workers of the run share.
    """
    if not hasattr(config, "workerinput"):
        return True
    try:
        (shared / "portal.begun").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def screenshots(request: pytest.FixtureRequest) -> Path:
    """Where this test's pictures go: test-results/<test>/."""
    folder = ROOT / "test-results" / re.sub(r"\W+", "-", request.node.name).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=["script", "no script"])
def context(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh browser profile, once with JavaScript and once without."""
    context = chromium.new_context(
        locale="tr-TR", timezone_id="Europe/Istanbul", java_script_enabled=request.param == "script"
    )
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose console must stay silent: a policy violation or a script error fails the test."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # What has no address was run by the test itself (axe styles an element to measure it), not by the page; a page
        # that refuses is told as an error, too.
        refused = re.search(r"status of 40[34]\b", message.text)
        if message.type == "error" and message.location["url"] and not refused:
            errors.append(message.text)

    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def somebody(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[[], Page]]:
    """Open a page of somebody else, in a profile of their own, with JavaScript or without as `page` is."""
    script = request.node.callspec.params["context"] == "script"
    opened: list[BrowserContext] = []

    def open_page() -> Page:
        context = chromium.new_context(locale="tr-TR", timezone_id="Europe/Istanbul", java_script_enabled=script)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context.new_page()

    yield open_page
    for context in opened:
        context.close()


def log_in(page: Page, portal: Portal, tckn: str = "10000000146") -> None:
    """Log in by e-Devlet as a person of the demo."""
    page.goto(portal.url + "/")
    page.get_by_role("link", name="e-Devlet ile giriş").click()
    expect(page.get_by_text("Bu bir benzetimdir; gerçek e-Devlet değildir.")).to_be_visible()
    page.get_by_label("T.C. Kimlik No").fill(tckn)
    page.get_by_label("e-Devlet Şifresi", exact=False).last.fill("demo")
    page.get_by_role("button", name="Sisteme Giriş Yap").click()
    page.wait_for_url(portal.url + "/**")


def log_in_as_staff(page: Page, portal: Portal, username: str, address: str = "/muhasebe/") -> None:
    """Log in with a password, as accountants and administrators do, to a page of theirs."""
    page.goto(portal.url + address)
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill("demo-demo")
    page.locator("[type=submit]").click()
    page.wait_for_url(portal.url + address + "**")
