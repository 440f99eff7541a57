"""/oauth2/token: both grants in both forms, İYS's refusals, rotation, theft, revocation, addresses, throttling."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import time_machine
from django.http import HttpResponse
from pytest_django import Settings

from accounts.models import ApiAccount, ApiRefreshToken, ApiRequest, Provider
from accounts.services.api_accounts import change_networks, revoke_account, rotate_secret
from iys_portal.api import limits
from iys_portal.audit.models import AuditEvent
from tests import factories
from tests.api.conftest import Api, codes

Make = Callable[..., Api]


def works(client: Api) -> bool:
    answer = client.get("/info/city/6")
    assert answer.status_code == 200 or codes(answer) == (401, ["H351"])
    return answer.status_code == 200


def test_the_answer_is_iyss(api: Make, provider: Provider) -> None:
    client = api(provider)
    answer = client.ask_token(username=client.account.username, password=client.issued.secret, grant_type="password")
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "expires_in", "refresh_expires_in", "token_type"}
    assert (body["expires_in"], body["refresh_expires_in"], body["token_type"]) == (7200, 14400, "bearer")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_claims_are_iyss(api: Make, provider: Provider) -> None:
    brand = factories.BrandFactory.create(provider=provider)
    client = api(provider)
    claims = jwt.decode(client.token, options={"verify_signature": False})
    assert claims["realm_access"] == {"roles": ["API_USER", "offline_access", "uma_authorization"]}
    assert claims["brands"] == [{"brandCode": str(brand.code), "name": brand.name}]
    assert claims["serviceProvider"] == {"title": provider.title, "iysCode": str(provider.iys_code)}
    assert claims["preferred_username"] == client.account.username
    assert "userType" not in claims
    partner = api(factories.PartnerFactory.create())
    assert jwt.decode(partner.token, options={"verify_signature": False})["userType"] == "integrator"


def test_a_token_fits_into_a_header(api: Make, provider: Provider) -> None:
    for number in range(60):
        factories.BrandFactory.create(
            provider=provider, name=f"{number} " + "Öğütülmüş Şifalı İçecekler ve Çaylar " * 4
        )
    token = api(provider).token
    named = jwt.decode(token, options={"verify_signature": False})["brands"]
    assert len(token) < 6000
    assert 10 < len(named) < 60


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"]
)
def test_a_form_does_as_well(api: Make, provider: Provider, content_type: str) -> None:
    client = api(provider)
    fields = {"username": client.account.username, "password": client.issued.secret, "grant_type": "password"}
    answer = client.client.post("/oauth2/token/", urlencode({**fields, "scope": "x"}), content_type=content_type)
    assert answer.status_code == 200


def test_unknown_keys_are_ignored(api: Make, provider: Provider) -> None:
    client = api(provider)
    fields = {"username": client.account.username, "password": client.issued.secret, "grant_type": "password"}
    assert client.ask_token(**fields, status=1, iysCode=None, brandCode=[]).status_code == 200


_U, _P = {"username": "a"}, {"password": "b"}


@pytest.mark.parametrize(
    ("fields", "error", "description"),
    [
        ({}, "invalid_request", "Giriş yöntemi belirtilmemiş."),
        ({"grant_type": None}, "invalid_request", "Giriş yöntemi belirtilmemiş."),
        ({"grant_type": 1}, "invalid_request", "Bilinmeyen giriş yöntemi."),
        ({"grant_type": ""}, "invalid_grant", "Giriş yöntemi boş olamaz."),
        ({"grant_type": "implicit"}, "invalid_grant", "Desteklenmeyen giriş yöntemi."),
        ({"grant_type": "refresh_token"}, "invalid_request", "Yenileme jetonu verilmemiş."),
        (
            {"grant_type": "refresh_token", "refresh_token": []},
            "invalid_request",
            "Desteklenmeyen yenileme jetonu türü.",
        ),
        ({"grant_type": "refresh_token", "refresh_token": ""}, "invalid_grant", "Yenileme jetonu boş olamaz."),
        (
            {"grant_type": "refresh_token", "refresh_token": "x"},
            "invalid_grant",
            "Desteklenmeyen yenileme jetonu türü.",
        ),
        ({"grant_type": "password", **_P}, "invalid_request", "Kullanıcı adı verilmemiş."),
        ({"grant_type": "password", **_P, "username": {}}, "invalid_request", "Desteklenmeyen kullanıcı adı türü."),
        ({"grant_type": "password", **_P, "username": ""}, "invalid_grant", "Kullanıcı adı boş bırakılamaz."),
        ({"grant_type": "password", **_U}, "invalid_request", "Şifre verilmemiş."),
        ({"grant_type": "password", **_U, "password": 7}, "invalid_request", "Desteklenmeyen şifre türü."),
        ({"grant_type": "password", **_U, "password": ""}, "invalid_grant", "Şifre boş bırakılamaz."),
        ({"grant_type": "password", **_U, **_P}, "invalid_request", "Kullanıcı kimlik bilgileri geçersiz."),
    ],
)
def test_refusals_in_iyss_words(
    api: Make, provider: Provider, fields: dict[str, Any], error: str, description: str
) -> None:
    answer = api(provider).ask_token(**fields)
    assert (answer.status_code, answer.json()) == (400, {"error": error, "error_description": description})


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"x"', "null", "1", "\xff", "[" * 100_000, '{"a":"\\ud800"}', '{"a":"\\u0000"}']
)
def test_what_is_no_json_object(api: Make, provider: Provider, body: str) -> None:
    answer = api(provider).client.post("/oauth2/token", body.encode("latin-1"), content_type="application/json")
    assert codes(answer) == (400, ["H014"])


def test_an_ahs_gets_no_token(api: Make) -> None:
    client = api(factories.IntermediaryFactory.create())
    answer = client.ask_token(username=client.account.username, password=client.issued.secret, grant_type="password")
    assert answer.json()["error_description"] == "Beklenmeyen kullanıcı rolü: ahs."


def renew(client: Api, token: str) -> HttpResponse:
    return client.ask_token(grant_type="refresh_token", refresh_token=token)


def test_a_refresh_token_works_once_and_a_second_use_ends_everything(api: Make, provider: Provider) -> None:
    client = api(provider)
    second = renew(client, client.refresh_token).json()
    assert works(client)
    client.token = second["access_token"]
    assert works(client)
    assert renew(client, client.refresh_token).status_code == 400
    assert not works(client)
    assert renew(client, second["refresh_token"]).status_code == 400
    event = AuditEvent.objects.get(action="api_session_ended")
    assert (event.object_id, event.provider_id) == (str(client.account.pk), provider.pk)


def test_another_session_of_the_account_lives_on(api: Make, provider: Provider) -> None:
    client = api(provider)
    first, stolen = client.token, client.refresh_token
    client.log_in()
    renew(client, stolen)
    renew(client, stolen)
    assert works(client)
    client.token = first
    assert not works(client)


def test_tokens_end_on_time(api: Make, provider: Provider, now: datetime) -> None:
    with time_machine.travel(now, tick=False) as clock:
        client = api(provider, now=now)
        clock.move_to(now + timedelta(seconds=7199))
        assert works(client)
        clock.move_to(now + timedelta(seconds=7200))
        assert not works(client)
        clock.move_to(now + timedelta(seconds=14399))
        client.refresh_token = renew(client, client.refresh_token).json()["refresh_token"]
        clock.move_to(now + timedelta(seconds=14399 + 14400))
        assert renew(client, client.refresh_token).status_code == 400


def test_an_account_ends_after_a_year(api: Make, provider: Provider, now: datetime) -> None:
    with time_machine.travel(now, tick=False) as clock:
        client = api(provider, now=now)
        clock.move_to(now + timedelta(days=365) - timedelta(seconds=1))
        client.log_in()
        assert works(client)
        clock.move_to(now + timedelta(days=365))
        assert not works(client)
        assert renew(client, client.refresh_token).status_code == 400


def test_revoking_ends_all(api: Make, provider: Provider, now: datetime) -> None:
    client = api(provider)
    revoke_account(account=client.account, now=now, actor=None)
    assert not works(client)
    assert renew(client, client.refresh_token).status_code == 400
    answer = client.ask_token(username=client.account.username, password=client.issued.secret, grant_type="password")
    assert answer.json()["error_description"] == "Kullanıcı kimlik bilgileri geçersiz."


def test_a_new_secret_ends_the_old_one_and_its_tokens(api: Make, provider: Provider, now: datetime) -> None:
    client = api(provider)
    old, client.issued = client.issued, rotate_secret(account=client.account, now=now, actor=None)
    assert not works(client)
    assert renew(client, client.refresh_token).status_code == 400
    answer = client.ask_token(username=old.account.username, password=old.secret, grant_type="password")
    assert answer.status_code == 400
    assert works(client.log_in())


def test_only_hashes_are_kept(api: Make, provider: Provider) -> None:
    client = api(provider)
    kept = [*ApiAccount.objects.values_list(), *ApiRefreshToken.objects.values_list()]
    assert not [row for row in kept for value in row if value in (client.issued.secret, client.refresh_token)]
    assert client.issued.secret.startswith("iys_")


def test_only_listed_addresses_may_call(api: Make, provider: Provider) -> None:
    client = api(provider)
    change_networks(account=client.account, networks=["192.0.2.0/24", "2001:db8::/32"], actor=None)
    assert codes(client.get("/info/city/6")) == (403, ["P007"])
    assert [call.codes for call in ApiRequest.objects.filter(status=403)] == ["P007"]  # the owner sees why
    for address in ("192.0.2.77", "::ffff:192.0.2.77", "2001:db8::1"):
        assert client.get("/info/city/6", REMOTE_ADDR=address).status_code == 200
    assert codes(client.get("/info/city/6", REMOTE_ADDR="192.0.3.1")) == (403, ["P007"])
    answer = client.ask_token(username=client.account.username, password=client.issued.secret, grant_type="password")
    assert answer.status_code == 400


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic YTpi", "bearer \xff"])
def test_a_bad_header(api: Make, provider: Provider, header: str) -> None:
    answer = api(provider).client.get("/info/city", headers={"Authorization": header})
    assert codes(answer) == (401, ["H351"])
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_forged_tokens(api: Make, provider: Provider) -> None:
    client = api(provider)
    claims = jwt.decode(client.token, options={"verify_signature": False})
    for token in (
        jwt.encode(claims, "another key that is long enough to be one", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        client.token[:-3] + ("abc" if client.token[-3:] != "abc" else "abd"),
    ):
        client.token = token
        assert not works(client)


def test_guesses_are_throttled(api: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOKENS_PER_HOUR", 3)
    client = api(provider)
    answers = [client.ask_token(username="x", password="y", grant_type="password") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert codes(answers[-1]) == (429, ["H084"])
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth/refresh"])
def test_a_refused_renewal_leaves_the_token_as_it_was(api: Make, provider: Provider, path: str) -> None:
    client = api(provider)
    fields = {"grant_type": "refresh_token", "refresh_token": client.refresh_token}
    ApiAccount.objects.filter(pk=client.account.pk).update(tokens_per_hour=0)
    assert codes(client.post(path, fields)) == (429, ["H084"])
    ApiAccount.objects.filter(pk=client.account.pk).update(tokens_per_hour=100)
    change_networks(account=client.account, networks=["192.0.2.0/24"], actor=None)
    assert client.post(path, fields).status_code in (400, 401)
    change_networks(account=client.account, networks=[], actor=None)
    assert client.post(path, fields).status_code == 200
    assert works(client)


def test_older_addresses(api: Make, provider: Provider, settings: Settings) -> None:
    client = api(provider)
    fields = {"username": client.account.username, "password": client.issued.secret}
    body = client.post("/oauth/token", fields).json()
    assert (body["message"], body["status"], set(body["result"])) == (
        "Başarılı",
        200,
        {"accessToken", "refreshToken", "expiresIn", "tokenType"},
    )
    again = client.post("/oauth/refresh", {"refreshToken": body["result"]["refreshToken"]}).json()
    client.token = again["result"]["accessToken"]
    assert works(client)
    assert codes(client.post("/oauth/token", {"username": "x"})) == (400, ["H250"])
    assert codes(client.post("/oauth/token", {"username": "x", "password": "y"})) == (401, ["H251"])
    assert codes(client.post("/oauth/refresh", {"refreshToken": "y"})) == (401, ["H251"])
    assert codes(client.post("/oauth/refresh", {})) == (400, ["H252"])
