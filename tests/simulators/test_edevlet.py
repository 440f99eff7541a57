"""The e-Devlet simulator as an identity provider: endpoints, logging out, the process itself."""

import html
import re
import stat
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
import pytest

from tests.simulators.edevlet import (
    BANNER,
    CALLBACK,
    DEFNE,
    DISCOVERY,
    PORTAL,
    SECRET,
    Login,
    Simulator,
    answer,
    csrf,
    exchange,
    log_in,
    served,
    start,
    stop,
    token_request,
    visitor,
)


def test_discovery_offers_exactly_the_code_flow(simulator: Simulator, browser: httpx.Client) -> None:
    document = browser.get(DISCOVERY, headers={"Host": "localhost"}).json()
    assert document["issuer"] == simulator.url
    assert document["grant_types_supported"] == ["authorization_code"]
    assert document["response_types_supported"] == ["code"]
    assert document["scopes_supported"] == ["openid"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    assert document["claims_supported"] == ["sub", "auth_time", "tckn", "given_name", "family_name"]


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
    assert 0 <= claims["iat"] - claims["auth_time"] < 300
    person = {name: claims[name] for name in ("sub", "tckn", "given_name", "family_name")}
    assert person == {"sub": claims["sub"], "tckn": DEFNE, "given_name": "Defne", "family_name": "Işıkgil"}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert browser.get("/identity/o/api/userinfo", headers=bearer).json() == person


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
        assert time.monotonic() - began < 15


def test_missing_client_secret_is_a_plain_sentence(tmp_path: Path) -> None:
    running = start(tmp_path / "data", secret="")
    assert running.process.wait(timeout=120) == 2
    assert "EDEVLET_CLIENT_SECRET is not set" in running.log.read_text()


def test_used_port_is_a_plain_sentence(simulator: Simulator, tmp_path: Path) -> None:
    port = urlsplit(simulator.url).port
    assert port
    late = start(tmp_path / "data", port=port)
    assert late.process.wait(timeout=120) == 1
    assert late.log.read_text().startswith(f"edevlet: port {port} cannot be used: ")
