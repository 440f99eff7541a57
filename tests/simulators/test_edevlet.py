"""The e-Devlet simulator as its users meet it: a process of its own, spoken to over HTTP."""

import base64
import hashlib
import html
import os
import re
import secrets
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
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
    url: str
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, *, secret: str = SECRET, port: int | None = None) -> Simulator:
    port = port or free_port()
    log = folder.parent / f"{folder.name}.log"
    environment = {"PATH": os.environ["PATH"], "EDEVLET_CLIENT_SECRET": secret}
    command = [sys.executable, "-m", "simulators.edevlet", "--port", str(port)]
    command += ["--portal-url", f"{PORTAL}/", "--data", str(folder)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)  # noqa: S603
    return Simulator(f"http://127.0.0.1:{port}", folder, log, process)


def wait_ready(simulator: Simulator) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert simulator.process.poll() is None, simulator.log.read_text()
        try:
            if httpx.get(f"{simulator.url}{DISCOVERY}", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the simulator did not become ready")


def stop(simulator: Simulator) -> int:
    simulator.process.send_signal(signal.SIGTERM)
    return simulator.process.wait(timeout=5)


@contextmanager
def served(folder: Path, *, secret: str = SECRET) -> Iterator[Simulator]:
    running = start(folder, secret=secret)
    try:
        wait_ready(running)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with served(tmp_path_factory.mktemp("edevlet") / "data") as running:
        yield running


def visitor(simulator: Simulator) -> httpx.Client:
    return httpx.Client(base_url=simulator.url, trust_env=False)


@pytest.fixture
def browser(simulator: Simulator) -> Iterator[httpx.Client]:
    with visitor(simulator) as client:
        yield client


@dataclass(frozen=True)
class Login:
    """One attempt to log in, from the client's side."""

    verifier: str
    state: str
    nonce: str

    @classmethod
    def new(cls) -> "Login":
        return cls(secrets.token_urlsafe(48), secrets.token_urlsafe(16), secrets.token_urlsafe(16))

    def query(self, **changes: str | None) -> dict[str, str]:
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
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def submit(browser: httpx.Client, tckn: str, password: str, path: str = "/giris/") -> httpx.Response:
    page = browser.get(path)
    target = re.search(r'name="next" value="([^"]*)"', page.text)
    assert target
    data = {"tckn": tckn, "password": password, "next": html.unescape(target[1])}
    return browser.post("/giris/", data=data | {"csrfmiddlewaretoken": csrf(page)})


def errors(page: httpx.Response) -> list[str]:
    summary = re.search(r'data-testid="error-summary">(.*?)</div>', page.text, re.DOTALL)
    return re.findall(r"<a [^>]+>([^<]+)</a>", summary[1]) if summary else []


def answer(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302
    place = urlsplit(response.headers["location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == CALLBACK
    return {key: values[0] for key, values in parse_qs(place.query).items()}


def log_in(browser: httpx.Client, login: Login, tckn: str = DEFNE) -> dict[str, str]:
    to_login = browser.get("/identity/o/authorize", params=login.query())
    assert to_login.status_code == 302
    response = submit(browser, tckn, "demo", to_login.headers["location"])
    assert response.status_code == 302
    return answer(browser.get(response.headers["location"]))


def token_request(login: Login, code: str) -> dict[str, str]:
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    return data | {"code_verifier": login.verifier}


def exchange(browser: httpx.Client, login: Login, code: str, /, **changes: str) -> httpx.Response:
    data = token_request(login, code) | changes
    return browser.post("/identity/o/api/token", data=data, auth=("portal", SECRET))


def test_discovery_offers_exactly_the_code_flow(simulator: Simulator, browser: httpx.Client) -> None:
    document = browser.get(DISCOVERY, headers={"Host": "localhost"}).json()
    assert document["issuer"] == simulator.url
    assert document["grant_types_supported"] == ["authorization_code"]
    assert document["response_types_supported"] == ["code"]
    assert document["scopes_supported"] == ["openid"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    assert document["claims_supported"] == ["sub", "tckn", "given_name", "family_name"]


def test_code_flow_gives_the_claims(simulator: Simulator, browser: httpx.Client) -> None:
    login = Login.new()
    back = log_in(browser, login)
    assert back["state"] == login.state
    response = exchange(browser, login, back["code"])
    assert response.status_code == 200
    tokens = response.json()
    keys = jwt.PyJWKSet.from_dict(browser.get("/.well-known/jwks.json").json())
    key = keys[jwt.get_unverified_header(tokens["id_token"])["kid"]]
    claims = jwt.decode(tokens["id_token"], key, ["RS256"], audience="portal", issuer=simulator.url)
    assert claims["nonce"] == login.nonce
    assert claims["exp"] - claims["iat"] == 300
    person = {name: claims[name] for name in ("sub", "tckn", "given_name", "family_name")}
    assert person == {"sub": claims["sub"], "tckn": DEFNE, "given_name": "Defne", "family_name": "Işıkgil"}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.get("/identity/o/api/userinfo", headers=bearer).json() == person


@pytest.mark.parametrize(("tckn", "name"), [(OMER, "Ömer Çağlayansoy"), (SULE, "Şule Güneşdoğdu")])
def test_the_other_people_can_log_in(browser: httpx.Client, tckn: str, name: str) -> None:
    assert submit(browser, tckn, "demo").headers["location"] == "/"
    assert f"<strong>{name}</strong>" in browser.get("/").text


def test_stray_spaces_in_the_number_are_ignored(browser: httpx.Client) -> None:
    assert submit(browser, " 100 000 001 46 ", "demo").status_code == 302


def test_an_open_web_session_logs_in_without_a_form(browser: httpx.Client) -> None:
    log_in(browser, Login.new())
    again = Login.new()
    back = answer(browser.get("/identity/o/authorize", params=again.query()))
    assert back["state"] == again.state
    assert exchange(browser, again, back["code"]).status_code == 200


def test_prompt_login_asks_an_open_web_session_again(browser: httpx.Client) -> None:
    log_in(browser, Login.new())
    page = browser.get("/identity/o/authorize", params=Login.new().query(prompt="login"))
    assert urlsplit(page.headers["location"]).path == "/yeniden-giris/"
    assert browser.get(page.headers["location"]).status_code == 200


def test_client_may_authenticate_in_the_body(browser: httpx.Client) -> None:
    login = Login.new()
    data = token_request(login, log_in(browser, login)["code"])
    data |= {"client_id": "portal", "client_secret": SECRET}
    assert browser.post("/identity/o/api/token", data=data).status_code == 200


def test_wrong_client_secret_is_refused(browser: httpx.Client) -> None:
    login = Login.new()
    data = token_request(login, log_in(browser, login)["code"])
    response = browser.post("/identity/o/api/token", data=data, auth=("portal", "another secret"))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "x" * 64}, {"redirect_uri": f"{PORTAL}/"}, {"code": "unknown"}],
    ids=["verifier", "redirect", "code"],
)
def test_token_endpoint_refuses(browser: httpx.Client, changes: dict[str, str]) -> None:
    login = Login.new()
    response = exchange(browser, login, log_in(browser, login)["code"], **changes)
    assert response.status_code == 400
    assert "id_token" not in response.json()


def test_a_code_works_once(browser: httpx.Client) -> None:
    login = Login.new()
    code = log_in(browser, login)["code"]
    assert exchange(browser, login, code).status_code == 200
    again = exchange(browser, login, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"redirect_uri": "http://127.0.0.1:19999/giris/donus/"},
        {"redirect_uri": f"{CALLBACK}?x=1"},
        {"redirect_uri": None},
        {"client_id": "other"},
    ],
    ids=["no challenge", "no method", "plain", "other port", "longer address", "no address", "other client"],
)
def test_authorization_endpoint_refuses(browser: httpx.Client, changes: dict[str, str | None]) -> None:
    log_in(browser, Login.new())
    page = browser.get("/identity/o/authorize", params=Login.new().query(**changes))
    assert page.status_code == 400
    assert "Uygulamanın isteği geçerli değil." in page.text
    assert BANNER in page.text


def test_authorization_endpoint_refuses_a_posted_request(browser: httpx.Client) -> None:
    assert browser.post("/identity/o/authorize", data=Login.new().query()).status_code == 405


def test_giving_up_tells_the_portal(browser: httpx.Client) -> None:
    login = Login.new()
    page = browser.get(browser.get("/identity/o/authorize", params=login.query()).headers["location"])
    link = re.search(r'<a href="(/giris/vazgec/[^"]*)">Vazgeç</a>', page.text)
    assert link
    assert answer(browser.get(html.unescape(link[1]))) == {"error": "access_denied", "state": login.state}


@pytest.mark.parametrize(
    "target",
    ["", "https://kotu.example/identity/o/authorize?redirect_uri=https://kotu.example/", "/giris/"],
)
def test_giving_up_leads_nowhere_else(browser: httpx.Client, target: str) -> None:
    response = browser.get("/giris/vazgec/", params={"next": target})
    assert (response.status_code, response.headers["location"]) == (302, f"{PORTAL}/")


def test_giving_up_ignores_a_foreign_callback(browser: httpx.Client) -> None:
    target = "/identity/o/authorize?redirect_uri=https%3A%2F%2Fkotu.example%2F&state=x"
    assert browser.get("/giris/vazgec/", params={"next": target}).headers["location"] == f"{PORTAL}/"


def test_login_page_has_the_words_of_the_screen(browser: httpx.Client) -> None:
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "\n", browser.get("/giris/").text)))
    wording = [
        "e-Devlet Kapısı Kimlik Doğrulama Sistemi",
        "Giriş Yapılacak Adres",
        PORTAL,
        "Giriş Yapılacak Uygulama",
        "İleti Yönetim Sistemi - Hizmet Sağlayıcı Uygulaması",
        "e-Devlet Şifresi Mobil İmza e-İmza T.C. Kimlik Kartı İnternet Bankacılığı",
        "kimliğiniz doğrulandıktan sonra işleminize kaldığınız yerden devam edebilirsiniz.",
        "e-Devlet Şifresi Nedir, Nasıl Alınır?",
        "* T.C. Kimlik No Sanal Klavye Yazarken Gizle",
        "* e-Devlet Şifresi Sanal Klavye Şifremi Unuttum",
        "Sisteme Giriş Yap",
        "© 2020, Ankara - Tüm Hakları Saklıdır Gizlilik ve Güvenlik Hızlı Çözüm Merkezi",
        BANNER,
    ]
    assert [words for words in wording if words not in text] == []


@pytest.mark.parametrize("topic", ["mobil-imza", "e-imza", "kimlik-karti", "internet-bankaciligi"])
def test_other_tabs_say_that_they_do_not_work(browser: httpx.Client, topic: str) -> None:
    page = browser.get(f"/giris/{topic}/", params={"next": "/identity/o/authorize?x=1"})
    assert "Bu benzetimde yalnızca “e-Devlet Şifresi” ile giriş yapılabilir." in page.text
    assert 'href="/giris/?next=%2Fidentity%2Fo%2Fauthorize%3Fx%3D1"' in page.text
    assert BANNER in page.text


def test_the_number_can_be_hidden_while_typing(browser: httpx.Client) -> None:
    assert 'type="text" name="tckn"' in browser.get("/giris/").text
    assert 'type="password" name="tckn"' in browser.get("/giris/?gizle=1").text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/giris/",
        "/giris/sanal-klavye/",
        "/giris/sifremi-unuttum/",
        "/giris/sifre-nedir/",
        "/giris/gizlilik/",
        "/giris/cozum-merkezi/",
        "/yok/",
        "/giris/yok/",
        "/identity/o/authorize",
    ],
)
def test_every_page_carries_banner_and_policy(browser: httpx.Client, path: str) -> None:
    page = browser.get(path)
    assert BANNER in page.text
    assert '<html lang="tr">' in page.text
    policy = page.headers["content-security-policy"].split("; ")
    assert sorted(policy) == [
        "base-uri 'none'",
        "default-src 'none'",
        f"form-action 'self' {PORTAL}",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "style-src 'self'",
    ]
    assert re.findall(r"<script|<style|\sstyle=|\son\w+=", page.text) == []


@pytest.mark.parametrize(
    "tckn", ["1000000014", "100000001461", "10000000145", "00000000000", "1000000014x", "١٠٠٠٠٠٠٠١٤٦"]
)
def test_invalid_number_is_named(browser: httpx.Client, tckn: str) -> None:
    page = submit(browser, tckn, "demo")
    assert errors(page) == ["T.C. Kimlik Numarası geçersiz."]
    assert "<title>Hata: " in page.text
    assert f'value="{tckn}"' in page.text


def test_empty_form_names_both_fields(browser: httpx.Client) -> None:
    expected = ["T.C. Kimlik Numaranızı yazınız.", "e-Devlet şifrenizi yazınız."]
    assert errors(submit(browser, "", "")) == expected


def test_known_and_unknown_numbers_get_the_same_answer(browser: httpx.Client) -> None:
    assert errors(submit(browser, OMER, "Demo")) == [WRONG]
    assert errors(submit(browser, "12345678950", "Demo")) == [WRONG]


def test_five_wrong_tries_close_the_door(simulator: Simulator) -> None:
    number = "12345679018"
    seen = []
    for _ in range(5):
        with visitor(simulator) as browser:
            seen += errors(submit(browser, number, "wrong"))
    assert seen == [WRONG] * 4 + [WAIT]


def test_the_right_password_does_not_open_a_closed_door(tmp_path: Path) -> None:
    with served(tmp_path / "data") as running, visitor(running) as browser:
        for _ in range(5):
            submit(browser, SULE, "wrong")
        assert errors(submit(browser, SULE, "demo")) == [WAIT]


def test_success_forgets_the_wrong_tries(browser: httpx.Client) -> None:
    submit(browser, OMER, "demo")
    for _ in range(2):
        for _ in range(4):
            assert errors(submit(browser, OMER, "wrong")) == [WRONG]
        assert submit(browser, OMER, "demo").status_code == 302


def test_logout_with_a_hint_ends_the_web_session_and_returns(browser: httpx.Client) -> None:
    login = Login.new()
    hint = exchange(browser, login, log_in(browser, login)["code"]).json()["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": f"{PORTAL}/", "client_id": "portal"}
    response = browser.get("/identity/o/logout", params=query)
    assert (response.status_code, response.headers["location"]) == (302, f"{PORTAL}/")
    page = browser.get("/identity/o/authorize", params=Login.new().query())
    assert urlsplit(page.headers["location"]).path == "/giris/"


def test_logout_without_a_hint_asks_first(browser: httpx.Client) -> None:
    log_in(browser, Login.new())
    query = {"post_logout_redirect_uri": f"{PORTAL}/", "client_id": "portal"}
    page = browser.get("/identity/o/logout", params=query)
    assert "e-Devlet Kapısı oturumunuzu kapatmak istiyor musunuz?" in page.text
    data = query | {"csrfmiddlewaretoken": csrf(page), "action": "logout"}
    response = browser.post("/identity/o/logout", data=data)
    assert (response.status_code, response.headers["location"]) == (302, f"{PORTAL}/")
    assert "Oturumu açık kişi" not in browser.get("/").text


def test_logout_returns_to_the_portal_only(browser: httpx.Client) -> None:
    query = {"post_logout_redirect_uri": "https://kotu.example/", "client_id": "portal"}
    response = browser.get("/identity/o/logout", params=query)
    assert response.status_code == 400
    assert "location" not in response.headers


def test_form_without_its_secret_is_refused_in_turkish(browser: httpx.Client) -> None:
    response = browser.post("/giris/", data={"tckn": DEFNE, "password": "demo"})
    assert response.status_code == 403
    assert "Form doğrulanamadı." in response.text


def test_foreign_host_is_refused(browser: httpx.Client) -> None:
    response = browser.get("/giris/", headers={"Host": "kotu.example"})
    assert response.status_code == 400
    assert "İstek anlaşılamadı." in response.text


def test_log_holds_neither_numbers_nor_queries(simulator: Simulator, browser: httpx.Client) -> None:
    login = Login.new()
    back = log_in(browser, login)
    log = simulator.log.read_text()
    assert "GET /identity/o/authorize 302" in log
    assert [text for text in (DEFNE, back["code"], login.state, "?") if text in log] == []


def test_cookies_have_names_of_their_own(browser: httpx.Client) -> None:
    log_in(browser, Login.new())
    assert sorted(browser.cookies) == ["edevlet_csrf", "edevlet_oturum"]


def test_restart_keeps_the_key_and_takes_a_new_secret(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    data = token_request(Login.new(), "unknown")
    kids, verdicts = [], []
    for secret in ("first", "second"):
        with served(folder, secret=secret) as running, visitor(running) as browser:
            kids += [key["kid"] for key in browser.get("/.well-known/jwks.json").json()["keys"]]
            response = browser.post("/identity/o/api/token", data=data, auth=("portal", "second"))
            verdicts.append(response.json()["error"])
            assert stop(running) == 0
    assert verdicts == ["invalid_client", "invalid_grant"]
    assert len(kids) == 2
    assert kids[0] == kids[1]
    assert stat.S_IMODE((folder / "signing-key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_stops_at_once_with_an_open_connection(tmp_path: Path) -> None:
    with served(tmp_path / "data") as running, visitor(running) as browser:
        assert browser.get("/giris/").status_code == 200
        began = time.monotonic()
        assert stop(running) == 0
        assert time.monotonic() - began < 2


def test_missing_client_secret_is_a_plain_sentence(tmp_path: Path) -> None:
    running = start(tmp_path / "data", secret="")
    assert running.process.wait(timeout=30) == 2
    assert "EDEVLET_CLIENT_SECRET is not set" in running.log.read_text()


def test_used_port_is_a_plain_sentence(simulator: Simulator, tmp_path: Path) -> None:
    port = urlsplit(simulator.url).port
    assert port
    late = start(tmp_path / "data", port=port)
    assert late.process.wait(timeout=30) == 1
    assert late.log.read_text().startswith(f"edevlet: port {port} cannot be used: ")
