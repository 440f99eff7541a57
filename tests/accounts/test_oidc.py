"""The portal's e-Devlet login with an honest provider on a real socket, and logging out."""

import json
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Person
from accounts.sessions import FRESH, is_fresh
from tests.accounts.provider import CLIENT_ID, PERSON, ec_key, es256, public_jwk, rs256, rsa_key
from tests.accounts.visitor import HOST, NOT_VERIFIED, Visitor, words

pytestmark = pytest.mark.django_db


def test_login_asks_for_no_more_than_it_needs(visitor: Visitor) -> None:
    query = visitor.start(scope="email", auth_params="prompt=none", process="connect", action="reauthenticate")
    secrets = {name: query.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert query == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{HOST}/giris/donus/",
        "scope": "openid",
        "code_challenge_method": "S256",
    }
    assert {name: len(value) for name, value in secrets.items()} == {
        "state": 43,
        "nonce": 43,
        "code_challenge": 43,
    }
    again = visitor.start()
    assert [name for name in secrets if again[name] == secrets[name]] == []


def test_a_step_that_asks_for_a_fresh_proof_asks_for_the_password(visitor: Visitor) -> None:
    asked, plain = visitor.start(yeniden="1"), visitor.start()
    assert (asked["prompt"], asked["max_age"]) == ("login", "900")
    assert plain.keys() & {"prompt", "max_age"} == set()


def test_the_proof_is_as_old_as_edevlet_says(visitor: Visitor) -> None:
    """Somebody still logged in at e-Devlet comes back without having proved anything anew."""
    now = timezone.now()
    hour, later = int(now.timestamp()) - 3600, int(now.timestamp()) + 30
    asked = {"yeniden": "1"}
    cases = [({}, None, False), (asked, None, True), ({}, hour, False), (asked, hour, False), ({}, later, True)]
    for query, said, fresh in cases:
        visitor.edevlet.claims = {"auth_time": said}
        visitor.log_in(**query)
        assert (query, said, is_fresh(visitor.browser.session, now=now + FRESH / 2)) == (query, said, fresh)
    assert not is_fresh(visitor.browser.session, now=now + FRESH * 2)


def test_what_waits_for_a_fresh_proof_outlives_the_login_of_the_same_person_only(visitor: Visitor) -> None:
    visitor.log_in()
    session = visitor.browser.session
    session.update({"typed": ["/a/", "b=1", 0.0], "provider_id": 7, "else": 1})
    session.save()
    old = session.session_key
    visitor.log_in(yeniden="1")
    kept = visitor.browser.session
    assert (kept["typed"], kept["provider_id"], "else" in kept) == (["/a/", "b=1", 0.0], 7, False)
    assert kept.session_key != old
    visitor.edevlet.claims = {"tckn": "10000000214"}
    visitor.log_in()
    assert [key in visitor.browser.session for key in ("typed", "provider_id")] == [False, False]


def test_login_makes_the_person_and_leads_to_the_brands(visitor: Visitor) -> None:
    response = visitor.log_in()
    assert (response.status_code, response["Location"]) == (302, "/markalar/")
    person = Person.objects.get()
    assert visitor.person_id == str(person.pk)
    assert (person.given_name, person.family_name) == (PERSON["given_name"], PERSON["family_name"])
    assert person.masked_tckn == "100******46"


def test_names_are_kept_in_one_spelling(visitor: Visitor) -> None:
    visitor.edevlet.claims = {"given_name": " Ayşe ", "family_name": "S\u0327ahin"}
    visitor.log_in()
    assert Person.objects.get().get_full_name() == "Ayşe Şahin"


def test_second_login_finds_the_person_and_follows_the_name(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.edevlet.claims = {"family_name": "Çağlayan", "sub": "another subject"}
    Visitor(Client(), visitor.edevlet).log_in()
    assert [person.family_name for person in Person.objects.all()] == ["Çağlayan"]


@pytest.mark.parametrize("process", ["redirect", "connect"])
def test_other_processes_of_the_library_are_closed(visitor: Visitor, process: str) -> None:
    assert visitor.log_in(process=process, next="/paket/")["Location"] == "/paket/"
    assert visitor.person_id == str(Person.objects.get().pk)


def test_no_row_of_the_library_is_written(visitor: Visitor) -> None:
    visitor.log_in()
    assert [model.objects.count() for model in (SocialAccount, SocialApp, SocialToken)] == [0, 0, 0]


def test_session_holds_neither_number_nor_readable_token(visitor: Visitor) -> None:
    tokens: list[str] = []
    visitor.edevlet.sign = lambda claims: tokens.append(rs256(claims)) or tokens[0]
    visitor.log_in()
    kept = json.dumps(dict(visitor.browser.session.items()))
    payload = tokens[0].split(".")[1]
    assert [text for text in (PERSON["tckn"], payload, payload[:40]) if text in kept] == []


def test_logs_hold_no_number(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    visitor.log_in()
    visitor.edevlet.claims = {"tckn": "10000000145"}
    Visitor(Client(), visitor.edevlet).log_in()
    assert "edevlet_login_refused" in caplog.text
    assert [number for number in (PERSON["tckn"], "10000000145") if number in caplog.text] == []


def test_login_changes_the_session_key(visitor: Visitor) -> None:
    visitor.start()
    before = visitor.browser.session.session_key
    visitor.log_in()
    after = visitor.browser.session.session_key
    assert before
    assert after
    assert before != after
    thief = Client()
    thief.cookies["iys-oturum"] = before
    assert thief.session.get("_auth_user_id") is None


def test_login_of_another_person_leaves_nothing_of_the_first(visitor: Visitor) -> None:
    visitor.log_in()
    session = visitor.browser.session
    session["provider_id"] = 7
    session.save()
    visitor.edevlet.claims = {"tckn": "10000000214"}
    visitor.log_in()
    assert visitor.person_id == str(Person.objects.latest("pk").pk)
    assert "provider_id" not in visitor.browser.session


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/paket/sec/", "/paket/sec/"),
        ("/izinler/?sayfa=2&durum=RET", "/izinler/?sayfa=2&durum=RET"),
        ("https://kotu.example/", "/markalar/"),
        ("//kotu.example/", "/markalar/"),
        ("/\\kotu.example/", "/markalar/"),
        ("\\\\kotu.example", "/markalar/"),
        ("http://testserver/paket/", "/markalar/"),
        ("javascript:alert(1)", "/markalar/"),
        ("paket/", "/markalar/"),
        ("", "/markalar/"),
    ],
)
def test_next_leads_to_own_paths_only(visitor: Visitor, target: str, expected: str) -> None:
    assert visitor.log_in(next=target)["Location"] == expected


def test_next_of_the_answer_is_not_followed_off_the_host(visitor: Visitor) -> None:
    answer = visitor.edevlet.accept(visitor.start())
    assert visitor.come_back(answer | {"next": "https://kotu.example/"})["Location"] == "/markalar/"


def test_elliptic_curve_signature_is_accepted(visitor: Visitor) -> None:
    visitor.edevlet.keys.append(public_jwk(ec_key("curve"), "curve"))
    visitor.edevlet.sign = lambda claims: es256(claims, ec_key("curve"))
    assert visitor.log_in()["Location"] == "/markalar/"


def test_single_key_needs_no_name(visitor: Visitor) -> None:
    visitor.edevlet.sign = lambda claims: rs256(claims, kid=None)
    assert visitor.log_in()["Location"] == "/markalar/"


@pytest.mark.parametrize(
    ("supported", "used"),
    [
        (["client_secret_post"], "client_secret_post"),
        (["client_secret_basic"], "client_secret_basic"),
        (["private_key_jwt", "client_secret_post", "client_secret_basic"], "client_secret_basic"),
        (None, "client_secret_basic"),
    ],
)
def test_client_authenticates_as_discovery_says(visitor: Visitor, supported: list[str] | None, used: str) -> None:
    visitor.edevlet.discovery = {"token_endpoint_auth_methods_supported": supported}
    assert visitor.log_in()["Location"] == "/markalar/"
    assert visitor.edevlet.client_authentication == [used]


def test_documents_are_read_once(visitor: Visitor) -> None:
    for _ in range(3):
        assert Visitor(Client(), visitor.edevlet).log_in()["Location"] == "/markalar/"
    assert visitor.edevlet.asked == {"openid-configuration": 1, "jwks": 1, "token": 3}


def test_new_key_is_fetched_once(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.edevlet.keys = [public_jwk(rsa_key("second"), "second")]
    visitor.edevlet.sign = lambda claims: rs256(claims, rsa_key("second"), kid="second")
    assert Visitor(Client(), visitor.edevlet).log_in()["Location"] == "/markalar/"
    assert visitor.edevlet.asked["jwks"] == 2


def test_unknown_key_is_looked_for_once(visitor: Visitor) -> None:
    visitor.log_in()
    visitor.edevlet.sign = lambda claims: rs256(claims, rsa_key("second"), kid="second")
    stranger = Visitor(Client(), visitor.edevlet)
    assert words(stranger.log_in()) == [NOT_VERIFIED]
    assert visitor.edevlet.asked["jwks"] == 2


def test_login_works_while_the_cache_is_down(visitor: Visitor, settings: Settings) -> None:
    cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": cache}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    assert visitor.log_in()["Location"] == "/markalar/"


@pytest.mark.parametrize("seconds", [-55, 55])
def test_clocks_may_differ_by_a_minute(visitor: Visitor, seconds: int) -> None:
    honest = visitor.edevlet.id_claims
    times = {name: honest("")[name] + seconds for name in ("iat", "exp")}
    visitor.edevlet.claims = times | {"nbf": times["iat"]}
    assert visitor.log_in()["Location"] == "/markalar/"


def test_answer_may_name_the_issuer(visitor: Visitor) -> None:
    visitor.edevlet.discovery = {"authorization_response_iss_parameter_supported": True}
    answer = visitor.edevlet.accept(visitor.start())
    assert visitor.come_back(answer | {"iss": visitor.edevlet.issuer})["Location"] == "/markalar/"


def test_two_tabs_may_log_in_side_by_side(visitor: Visitor) -> None:
    first, second = visitor.start(), visitor.start(next="/paket/")
    assert visitor.come_back(visitor.edevlet.accept(second))["Location"] == "/paket/"
    assert visitor.come_back(visitor.edevlet.accept(first))["Location"] == "/markalar/"


def test_logging_out_asks_first(visitor: Visitor) -> None:
    visitor.log_in()
    page = visitor.browser.get("/cikis/")
    assert page.status_code == 200
    assert '<form method="post" action="/cikis/"' in page.content.decode()
    assert visitor.person_id is not None


def test_logging_out_ends_both_web_sessions(visitor: Visitor) -> None:
    tokens: list[str] = []
    visitor.edevlet.sign = lambda claims: tokens.append(rs256(claims)) or tokens[0]
    visitor.log_in()
    response = visitor.browser.post("/cikis/")
    address = urlsplit(response["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{visitor.edevlet.issuer}/logout"
    assert parse_qs(address.query) == {
        "client_id": [CLIENT_ID],
        "post_logout_redirect_uri": [f"{HOST}/"],
        "id_token_hint": tokens,
    }
    assert visitor.person_id is None
    assert words(response) == ["Çıkış yaptınız."]


def test_logging_out_without_an_endpoint_leads_home(visitor: Visitor) -> None:
    visitor.edevlet.discovery = {"end_session_endpoint": None}
    visitor.log_in()
    response = visitor.browser.post("/cikis/")
    assert response["Location"] == "/"
    assert words(response) == ["Çıkış yaptınız; e-Devlet oturumunuz açık kalmış olabilir."]
    assert visitor.person_id is None


def test_logging_out_while_the_provider_is_down(visitor: Visitor, settings: Settings) -> None:
    visitor.log_in()
    settings.EDEVLET_ISSUER = "http://127.0.0.1:1/unreachable"
    response = visitor.browser.post("/cikis/")
    assert response["Location"] == "/"
    assert visitor.person_id is None


def test_logging_out_after_a_change_of_keys(visitor: Visitor, settings: Settings) -> None:
    visitor.log_in()
    settings.FIELD_KEY = b"k" * 32
    response = visitor.browser.post("/cikis/")
    assert "id_token_hint" not in response["Location"]
    assert response["Location"].startswith(f"{visitor.edevlet.issuer}/logout?")


def test_staff_log_out_here_only(visitor: Visitor) -> None:
    person = Person.objects.create_user("muhasebe", "a-long-word-9", given_name="Ada", family_name="Kaya")
    visitor.browser.force_login(person)
    response = visitor.browser.post("/cikis/")
    assert response["Location"] == "/"
    assert words(response) == ["Çıkış yaptınız."]
    assert visitor.person_id is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_logging_out_twice_leads_home(visitor: Visitor, method: str) -> None:
    response = getattr(visitor.browser, method)("/cikis/")
    assert (response.status_code, response["Location"]) == (302, "/")


def test_logging_out_needs_the_form(visitor: Visitor) -> None:
    strict = Visitor(Client(enforce_csrf_checks=True), visitor.edevlet)
    strict.log_in()
    assert strict.browser.post("/cikis/").status_code == 403
    assert strict.person_id is not None
