"""What every endpoint has in common: paths, methods, bodies, refusals; nothing but JSON, whatever is sent."""

import time
from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from accounts.models import ApiRequest, Provider
from iys_portal import counting
from iys_portal.api import brief, handling, registry
from iys_portal.api.calls import Call
from iys_portal.api.codes import RETRYABLE
from iys_portal.api.codes import codes as table
from iys_portal.api.handling import Answer
from iys_portal.api.registry import Endpoint, Needs, endpoints, find
from packages.models import Subscription
from packages.services import pause
from tests import factories
from tests.api.conftest import Api, codes

Make = Callable[..., Api]


@pytest.fixture
def echo(own_registry: None) -> Callable[[Callable[[Call], object]], None]:
    """Put a function in place of the endpoint POST /echo of the test's own registry."""
    return lambda view: registry._add("/info/echo", Endpoint(view, "POST", ("/info/echo",), Needs.TOKEN, "", ""))


def test_every_endpoint_is_described_and_its_codes_are_in_the_table() -> None:
    for each in endpoints():
        assert each.description, each.name
        assert set(each.codes) <= set(table()), each.name
    names = [each.name for each in endpoints()]
    assert len(names) == len(set(names))


def test_every_endpoint_asks_for_a_token_but_these() -> None:
    free = {each.name for each in endpoints() if each.needs == Needs.NOTHING}
    assert free == {"create_token", "create_old_token", "refresh_old_token", "version"}


@pytest.mark.django_db
def test_nobody_gets_past_an_endpoint_that_needs_somebody() -> None:
    """Every endpoint, with no header and with a bad one: 401, and never anything else."""
    for each in endpoints():
        if each.needs == Needs.NOTHING:
            continue
        path = each.paths[0].replace("{", "").replace("}", "")
        for header in ({}, {"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"}, {"Authorization": "Basic eA=="}):
            answer = Client().generic(each.method, path, "{}", headers=header)
            expected = "H251" if each.needs == Needs.INTERMEDIARY else "H351"
            assert (each.name, *codes(answer)) == (each.name, 401, [expected])


def test_a_foreign_provider_is_refused_everywhere(api: Make, provider: Provider) -> None:
    factories.subscription(provider)
    rival = factories.BrandFactory.create()
    factories.subscription(rival.provider)
    client = api(provider)
    for each in endpoints():
        if not each.of_provider or each.needs in {Needs.INTERMEDIARY, Needs.INTEGRATOR}:
            continue
        path = each.paths[0].replace("{iysCode}", str(rival.provider.iys_code)).replace("{brandCode}", str(rival.code))
        answer = client.send(each.method, path, {})
        assert (each.name, *codes(answer)) == (each.name, 403, ["H353"])
        if each.of_brand:
            path = each.paths[0].replace("{iysCode}", str(provider.iys_code)).replace("{brandCode}", str(rival.code))
            assert (each.name, *codes(client.send(each.method, path, {}))) == (each.name, 403, ["H353"])


@pytest.mark.parametrize("path", ["/sps", "/sps/1/nothing", "/v2/x", "/integrator/", "/via/sps/1/consent", "/info/a\0"])
def test_an_unknown_path_is_refused_in_json(path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        answer = Client().generic(method, path)
        assert codes(answer) == (404, ["P004"])
        assert answer.headers["Content-Type"] == "application/json"


def test_another_method_is_refused_with_those_that_are_not(api: Make, provider: Provider) -> None:
    answer = api(provider).post("/info/city")
    assert codes(answer) == (405, ["P005"])
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_options_and_head(api: Make, provider: Provider) -> None:
    answer = Client().options("/oauth2/token")
    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (200, b"", "OPTIONS, POST")
    client = api(provider)
    answer, whole = client.send("HEAD", "/info/city"), client.get("/info/city")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(whole.content))


@pytest.mark.django_db
def test_no_session_no_cookie_no_login(api: Make, provider: Provider) -> None:
    answer = api(provider).get("/info/city/6")
    assert not answer.cookies
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert Client(enforce_csrf_checks=True).post("/oauth2/token").status_code == 400


def test_every_answer_has_a_number_that_is_in_the_log(api: Make, provider: Provider) -> None:
    client = api(provider)
    answer = client.get(f"/sps/{provider.iys_code}/brands?x=1")
    number = UUID(answer.headers["X-Request-Id"])
    row = ApiRequest.objects.get(request_id=number)
    assert (row.account_id, row.provider_id) == (client.account.pk, provider.pk)
    assert (row.method, row.path, row.status) == ("GET", f"/sps/{provider.iys_code}/brands", 403)
    assert row.codes == "H586"
    assert answer.headers["Link"] == '</api/hatalar/H586/>; rel="help"'


def test_recipients_are_logged_masked(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    echo(lambda call: call.note_recipients(["+905992000001", "ali.veli@ornek.com", "x", "+905992000002"]))
    answer = api(provider).post("/info/echo", {})
    row = ApiRequest.objects.get(request_id=answer.headers["X-Request-Id"])
    assert (row.recipients, row.recipient_count) == ("+9059*****01, al***@ornek.com, *****", 4)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "H014"),
        (b"{", "H014"),
        (b"\xff\xfe", "H014"),
        (b'{"a":1}x', "H014"),
        (b'{"a":NaN}', "H014"),
        (b'{"a":"\\u0000"}', "H014"),
        (b'{"a":"\\udfff"}', "H014"),
        (b"[" * 200_000, "H014"),
        (b"null", "H085"),
        (b"[]", "H085"),
        (b'"{}"', "H085"),
    ],
)
def test_bodies(api: Make, provider: Provider, echo: Callable[..., None], body: bytes, expected: str) -> None:
    echo(lambda call: call.body(dict, invalid="H085"))
    assert codes(api(provider).post("/info/echo", body)) == (400, [expected])


def test_a_body_is_json_whatever_it_calls_itself(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    echo(lambda call: call.body(dict, invalid="H085"))
    client = api(provider)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-9", ""):
        headers = {"Authorization": f"Bearer {client.token}"}
        answer = client.client.generic("POST", "/info/echo", b'{"a": "\xc4\x9f"}', content_type=kind, headers=headers)
        assert answer.json() == {"a": "ğ"}


def test_a_body_of_ten_megabytes_is_not_read(api: Make, provider: Provider) -> None:
    client = api(provider)
    for path in ("/oauth2/token", "/oauth/token"):
        assert codes(client.post(path, b'"' + b"x" * 10_000_000 + b'"')) == (413, ["P006"])


def test_a_body_without_a_length_comes_in_chunks(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    """Programs in .NET and Java send bodies whose length they do not say."""
    echo(lambda call: call.body(dict, invalid="H085"))
    client = api(provider)

    def post(body: bytes) -> HttpResponse:
        chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(body)}
        return client.post("/info/echo", **chunked)

    assert post(b'{"a": 1}').json() == {"a": 1}
    assert codes(post(b'"' + b"x" * 3_000_000 + b'"')) == (413, ["P006"])


class Torn(BytesIO):
    """A body whose sender is gone, or too slow for the server."""

    def read(self, *_: object) -> bytes:
        raise OSError("the connection is closed")


def test_a_body_that_breaks_off(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    echo(lambda call: call.body(dict, invalid="H085"))
    client = api(provider)
    for how in ({"CONTENT_LENGTH": "9"}, {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}):
        assert codes(client.post("/info/echo", **{"wsgi.input": Torn()}, **how)) == (400, ["H014"])


def test_who_may_not_call_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The body of a call that is refused anyway is not read: a slow one would keep a thread."""
    monkeypatch.setattr(handling, "_read_body", lambda _: pytest.fail("read"))
    assert Client().post("/sps/1/brands/1/consents", b"{}", content_type="application/json").status_code == 401


def test_a_query_of_too_many_parameters(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    echo(lambda call: call.query("a"))
    assert codes(api(provider).post(f"/info/echo?{'&a=1' * 7000}", {})) == (400, ["H014"])


def test_a_length_that_is_no_number(api: Make, provider: Provider) -> None:
    assert codes(api(provider).post("/oauth2/token", b"{}", CONTENT_LENGTH="x")) == (400, ["H014"])


def test_our_own_fault_says_nothing_of_itself(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    def fail(_call: Call) -> None:
        raise RuntimeError("secret")

    echo(fail)
    answer = api(provider).post("/info/echo", {})
    assert answer.json() == {"errors": [{"code": "H015", "message": "Beklenmedik bir hata oluştu!"}]}
    assert answer.status_code == 500
    assert ApiRequest.objects.filter(request_id=answer.headers["X-Request-Id"], status=500).exists()


def test_a_database_that_is_away_is_asked_again(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    def fail(_call: Call) -> None:
        raise OperationalError

    echo(fail)
    answer = api(provider).post("/info/echo", {})
    assert (*codes(answer), answer.headers["Retry-After"]) == (503, ["H192"], "5")


def test_a_connection_that_just_served_a_call_is_not_asked_whether_it_lives(
    api: Make, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, asked = api(provider), list[bool]()
    monkeypatch.setattr(connection, "is_usable", lambda: asked.append(True) or True)

    def asked_by_a_call(*, since: float) -> int:
        connection.health_check_done = False  # type: ignore[attr-defined]  # as after every request
        handling._last.answer = time.monotonic() - since
        before = len(asked)
        assert caller.get("/info/cities").status_code == 200
        return len(asked) - before

    assert [asked_by_a_call(since=seconds) for seconds in (0.5, 1.5)] == [0, 1]
    assert time.monotonic() - handling._last.answer < 1


def test_an_empty_answer_and_a_file(api: Make, provider: Provider, echo: Callable[..., None]) -> None:
    echo(lambda _call: Answer("ğ".encode(), status=202, content_type="text/csv", headers={"X-Name": "a"}))
    answer = api(provider).post("/info/echo", {})
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (202, "ğ".encode(), "text/csv")
    assert answer.headers["X-Name"] == "a"


def test_two_endpoints_never_share_a_path() -> None:
    declared, _ = find("GET", "/version")
    with pytest.raises(ValueError, match="two endpoints"):
        registry._add("/version", declared)


def test_what_is_remembered_is_forgotten_within_a_second(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    monkeypatch.setattr(django_settings, "API_STANDING_SECONDS", 0.5)
    clock = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    values = iter([1, 2])
    assert [brief.briefly("key of a test", lambda: next(values)) for _ in range(3)] == [1, 1, 1]
    clock += 0.5
    assert brief.briefly("key of a test", lambda: next(values)) == 2


def test_what_took_long_to_count_is_remembered_for_as_long_as_it_is_worth(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, kept = 1000.0, {}
    monkeypatch.setattr(django_settings, "COUNTED_SECONDS", 60)
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    monkeypatch.setattr(counting.cache, "set", lambda name, value, seconds: kept.update({name: (value, seconds)}))
    monkeypatch.setattr(counting.cache, "get", lambda name: kept.get(name, (None,))[0])

    def count(seconds: float) -> int:
        nonlocal clock
        clock += seconds
        return int(clock)

    quick, long, longest = (("day", 7, seconds) for seconds in (0.01, 1.0, 30.0))
    assert counting.counted(quick, lambda: count(0.01)) == 1000
    assert kept == {}
    assert [counting.counted(long, lambda: count(1.0)) for _ in range(2)] == [1001, 1001]
    assert [counting.counted(longest, lambda: count(30.0)) for _ in range(2)] == [1031, 1031]
    assert [round(seconds) for _, seconds in kept.values()] == [20, 60]


@pytest.mark.parametrize(
    ("state", "code"), [("paused", "H520"), ("expired", "H520"), ("closed", "H521"), ("temel-hizmetler", "H586")]
)
def test_package_gates(api: Make, provider: Provider, state: str, code: str) -> None:
    subscription = factories.subscription(provider, "temel-hizmetler" if state == "temel-hizmetler" else "ileti-25")
    if state in {"paused", "expired", "closed"}:
        _put(subscription, state)
    answer = api(provider).get(f"/sps/{provider.iys_code}/brands")
    assert codes(answer) == (403, [code])
    if code == "H520":
        message = f"Abonelik durumu {state.upper()} iken sadece HS abonelik sorgulama servisine istek atılabilir."
        assert answer.json()["errors"][0]["message"] == message


def _put(subscription: Subscription, state: str) -> None:
    if state == "paused":
        pause(subscription=subscription, actor=None, reason="Deneme", now=subscription.starts_at)
        return
    Subscription.objects.filter(pk=subscription.pk).update(state=state, ended_at=subscription.ends_at, paused_at=None)


def test_the_table_of_codes() -> None:
    assert set(table()) >= RETRYABLE
    for code in table().values():
        assert 400 <= code.status < 600, code
        assert all((code.message, code.cause, code.cure)), code
