"""Start the e-Devlet simulator as a process and speak to it as the portal and its visitors do."""

import base64
import hashlib
import html
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PORTAL = "http://127.0.0.1:18000"
DISCOVERY = "/.well-known/openid-configuration"
CALLBACK = f"{PORTAL}/giris/donus/"
SECRET = "a-client-secret-of-the-tests"
BANNER = "Bu bir benzetimdir; gerçek e-Devlet değildir."
WRONG = "T.C. Kimlik Numarası veya e-Devlet şifresi hatalı."
WAIT = "Çok sayıda hatalı deneme yapıldı. Lütfen 15 dakika sonra yeniden deneyiniz."
DEFNE, OMER, SULE = "10000000146", "10000000214", "10000000382"


@dataclass(frozen=True)
class Simulator:
    """One running simulator."""

    url: str
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, *, secret: str = SECRET, port: int | None = None) -> Simulator:
    """Start a simulator; it may not be ready yet."""
    port = port or free_port()
    log = folder.parent / f"{folder.name}.log"
    environment = {"PATH": os.environ["PATH"], "EDEVLET_CLIENT_SECRET": secret}
    command = [sys.executable, "-m", "simulators.edevlet", "--port", str(port)]
    command += ["--portal-url", f"{PORTAL}/", "--data", str(folder)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    return Simulator(f"http://127.0.0.1:{port}", folder, log, process)


def wait_ready(simulator: Simulator) -> None:
    """Wait until discovery answers; fail if the process ends."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert simulator.process.poll() is None, simulator.log.read_text()
        try:
            if httpx.get(f"{simulator.url}{DISCOVERY}", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the simulator did not become ready")


def stop(simulator: Simulator) -> int:
    """Send SIGTERM; return the exit code."""
    simulator.process.send_signal(signal.SIGTERM)
    return simulator.process.wait(timeout=60)


@contextmanager
def served(folder: Path, *, secret: str = SECRET) -> Iterator[Simulator]:
    """Serve one simulator from a folder; nothing is left afterwards."""
    running = start(folder, secret=secret)
    try:
        wait_ready(running)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def visitor(simulator: Simulator) -> httpx.Client:
    """Return a browser of its own, without redirects."""
    return httpx.Client(base_url=simulator.url, trust_env=False, timeout=30)


@dataclass(frozen=True)
class Login:
    """One attempt to log in, from the client's side."""

    verifier: str
    state: str
    nonce: str

    @classmethod
    def new(cls) -> "Login":
        """Return fresh random values."""
        return cls(secrets.token_urlsafe(48), secrets.token_urlsafe(16), secrets.token_urlsafe(16))

    def query(self, **changes: str | None) -> dict[str, str]:
        """Return the query of the authorization request; None takes a parameter away."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "portal",
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return {key: value for key, value in (query | changes).items() if value is not None}


def csrf(page: httpx.Response) -> str:
    """Return the secret of the page's form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def submit(browser: httpx.Client, tckn: str, password: str, path: str = "/giris/") -> httpx.Response:
    """Fill in the login form that `path` shows and send it."""
    page = browser.get(path)
    target = re.search(r'name="next" value="([^"]*)"', page.text)
    assert target
    data = {"tckn": tckn, "password": password, "next": html.unescape(target[1])}
    return browser.post("/giris/", data=data | {"csrfmiddlewaretoken": csrf(page)})


def errors(page: httpx.Response) -> list[str]:
    """Return the entries of the error summary."""
    summary = re.search(r'data-testid="error-summary">(.*?)</div>', page.text, re.DOTALL)
    return re.findall(r"<a [^>]+>([^<]+)</a>", summary[1]) if summary else []


def answer(response: httpx.Response) -> dict[str, str]:
    """Return the query with which the portal is called back."""
    assert response.status_code == 302
    place = urlsplit(response.headers["location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == CALLBACK
    return {key: values[0] for key, values in parse_qs(place.query).items()}


def log_in(browser: httpx.Client, login: Login, tckn: str = DEFNE) -> dict[str, str]:
    """Log in from the authorization request to the answer."""
    to_login = browser.get("/identity/o/authorize", params=login.query())
    assert to_login.status_code == 302
    response = submit(browser, tckn, "demo", to_login.headers["location"])
    assert response.status_code == 302
    return answer(browser.get(response.headers["location"]))


def token_request(login: Login, code: str) -> dict[str, str]:
    """Return the form that redeems a code."""
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return data | {"code_verifier": login.verifier}


def exchange(browser: httpx.Client, login: Login, code: str, /, **changes: str) -> httpx.Response:
    """Redeem a code as the portal."""
    data = token_request(login, code) | changes
    return browser.post("/identity/o/api/token", data=data, auth=("portal", SECRET))
