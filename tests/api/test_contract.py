"""Every endpoint as our own document describes it, and otherwise: schemathesis calls the WSGI application.

`API_CASES` says how many calls are made in all: those of every run are few and always the same, any other number draws
others each time. What fails says its seed and its calls: with them (`API_SEED`, `API_CASES`) it is made again, alone by
`API_ONLY`, the endpoint's name. Values that mean something here (codes, recipients, dates, requests) take the place of
drawn ones, so that calls come past the first refusal; the caller is drawn, too.
"""

import logging
import os
import random
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import hypothesis
import pytest
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import strategies as st

from accounts.models import ApiAccount, Person, Provider
from consents.rules.transaction import written
from consents.services import batches
from iys_portal.api.document import document, in_order, places_of
from iys_portal.api.registry import Endpoint, Needs
from partners.enums import Channel, Right
from tests import factories
from tests.api.conftest import Api
from tests.api.given import record
from tests.partners.scene import authorise, let_read

FEW = 126
CASES = int(os.environ.get("API_CASES", FEW))
SEED = int(os.environ.get("API_SEED", 0 if CASES == FEW else random.getrandbits(32)))
ONLY = os.environ.get("API_ONLY", "")
Draw = Callable[[st.SearchStrategy[Any]], Any]
ODD: list[Any] = [None, "", "x", " ", "İ", "0", 0, -1, 2**31, 10**30, 0.5, True, [], [None], {}, {"a": []}]


class World:
    """A provider with everything that a path or a body can name, and the programs that call; `calls` counts theirs."""

    calls = 0

    def __init__(self, provider: Provider, alice: Person, api: Callable[..., Api], now: datetime) -> None:
        factories.subscription(provider, now=now - timedelta(days=100))
        brand = factories.BrandFactory.create(provider=provider)
        dealers = [factories.RetailerFactory.create(brand=brand).code for _ in range(2)]
        partner, intermediary = factories.PartnerFactory.create(), factories.IntermediaryFactory.create()
        rights = {channel.value: Right.WRITE for channel in Channel if channel != Channel.ARAMA}
        authorise(brand, partner, person=alice, now=now, agreement=True, **rights)
        let_read(brand, intermediary, Channel.MESAJ, Channel.EPOSTA, person=alice, now=now)
        old = record(brand, ago=timedelta(hours=3), now=now - timedelta(hours=2))
        own, theirs, reader = api(provider), api(partner), api(intermediary)
        ApiAccount.objects.update(per_second=10**9, status_per_hour=None, history_per_hour=None, tokens_per_hour=None)
        dates = [written(now - timedelta(days=days, minutes=5)) for days in (0, 0, 1, 20)]
        body = {"recipient": "+905992000009", "type": "MESAJ", "status": "ONAY", "source": "HS_WEB"}
        path = f"/sps/{provider.iys_code}/brands/{brand.code}/consents/request"
        request_id = own.post(path, [{**body, "consentDate": dates[0]}]).json()["requestId"]
        batches.work(provider_id=provider.pk, clock=lambda: now)
        basic = b64encode(f"{reader.account.username}:{reader.issued.secret}".encode()).decode()
        self.reader = f"Basic {basic}"
        self.callers = [f"Bearer {own.token}", f"Bearer {theirs.token}", self.reader, "Bearer x"]
        self.known: dict[str, list[Any]] = {
            "iysCode": [provider.iys_code],
            "brandCode": [brand.code],
            "integratorCode": [partner.code],
            "retailerCode": dealers,
            "retailerAccess": [dealers[:1], dealers],
            "code": [6, 34, 970],
            "requestId": [request_id, request_id.replace("-", "").upper()],
            "recipientType": ["BIREYSEL", "BIREYSEL", "TACIR"],
            "type": ["MESAJ", "MESAJ", "EPOSTA", "ARAMA"],
            "status": ["ONAY", "RET"],
            "source": ["HS_WEB", "HS_MOBIL", "HS_2015", "HS_KARAR", "HS", "IYS"],
            "consentDate": [*dates, "2015-05-01 00:00:00"],
            "recipient": ["+905992000001", "+905992000002", "a@ornek.example", "B@ornek.example"],
            "recipients": [["+905992000001", "+905992000009"], ["a@ornek.example"]],
            "reportDate": [f"{(now - timedelta(days=days)).date()}" for days in (0, 1, 6, 8, 4000)],
            "tin": [provider.tax_number],
            "after": [f"{int(old.created_at.timestamp())}_{old.transaction_id}"],
            "limit": [1, 100],
            "offset": [0, 1],
            "agreementStatus": [True, False],
            "grant_type": ["password", "refresh_token"],
            "username": [own.account.username, theirs.account.username],
            "password": [own.issued.secret],
            "refresh_token": [own.refresh_token],
            "refreshToken": [own.refresh_token],
            "url": ["https://127.0.0.1:1/push", "https://ornek.example/"],
            "tckn": [factories.make_tckn(7)],
            "mobile": ["+905992000000"],
            "city": [{"code": 34, "name": "İstanbul"}],
            "town": [{"code": 438, "name": "Kadıköy"}],
        }

    def steered(self, draw: Draw, value: Any, depth: int = 0) -> Any:
        """Return the value with known ones at most of the names that have some, and an odd one here and there."""
        if isinstance(value, dict):
            return {name: self._named(draw, name, each, depth) for name, each in value.items()}
        if isinstance(value, list) and depth < 4:
            return [self.steered(draw, each, depth + 1) for each in value]
        return value

    def places(self, draw: Draw, drawn: dict[str, Any]) -> dict[str, Any]:
        """Return what stands in a path: never nothing, which would name another path."""
        steered = self.steered(draw, drawn)
        return {name: value if str(value).strip("./") else "x" for name, value in steered.items()}

    def _named(self, draw: Draw, name: str, value: Any, depth: int) -> Any:
        choice = draw(st.integers(0, 15))
        if choice == 0:
            return draw(st.sampled_from(ODD))
        if choice > 3 and name in self.known:
            return draw(st.sampled_from(self.known[name]))
        return self.steered(draw, value, depth + 1)


@pytest.fixture
def world(provider: Provider, alice: Person, api: Callable[..., Api], now: datetime) -> Iterator[World]:
    with time_machine.travel(now, tick=False):
        made = World(provider, alice, api, now)
        # The test's transaction stays open from call to call, as with Django's own client.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield made
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def few_lines() -> Iterator[None]:
    """Log no call that went well: pytest keeps every line of a test in memory, and there may be a hundred thousand."""
    logging.disable(logging.INFO)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look up no name of the internet: one that was drawn may be somebody's."""
    look_up = socket.getaddrinfo

    def loopback_only(host: Any, *values: Any, **more: Any) -> Any:
        if host not in {"127.0.0.1", "localhost"}:
            raise socket.gaierror
        return look_up(host, *values, **more)

    monkeypatch.setattr(socket, "getaddrinfo", loopback_only)


@pytest.mark.usefixtures("no_names", "few_lines")
def test_every_answer_is_as_the_document_says(world: World, subtests: pytest.Subtests) -> None:
    schemathesis = import_module("schemathesis")  # only where it is used: to load it takes seconds
    plain = schemathesis.Config.from_dict({"analysis": {"constants": {"enabled": False}}})
    schema = schemathesis.openapi.from_dict(document(), config=plain)
    schema.app = WSGIHandler()
    every = [declared for declared in in_order() if ONLY in {"", declared.name}]
    # What has nothing to draw is soon at its end: the others, which come later, make its calls.
    every.sort(key=lambda declared: (declared.body is not None, len(places_of(declared.paths[0]))))
    for place, declared in enumerate(every):
        times = -(-(CASES - world.calls) // (len(every) - place))
        with subtests.test(declared.name, seed=SEED, calls=times), transaction.atomic():
            _call(schema[declared.paths[0]][declared.method], declared, world, times)
            transaction.set_rollback(True)
    assert world.calls >= CASES


def _call(operation: Any, declared: Endpoint, world: World, times: int) -> None:
    """Call an endpoint so many times, or until there is nothing new to ask. Raises what the checks raise."""
    mode, checks = import_module("schemathesis").GenerationMode, import_module("schemathesis.checks")
    of_document = import_module("schemathesis.specs.openapi.checks")
    judged = [
        checks.not_a_server_error,
        of_document.status_code_conformance,
        of_document.content_type_conformance,
        of_document.response_headers_conformance,
        of_document.response_schema_conformance,
    ]
    cases = {each: operation.as_strategy(each) for each in (mode.POSITIVE, mode.NEGATIVE)}
    drawn = st.sampled_from([mode.POSITIVE, mode.POSITIVE, mode.NEGATIVE]).flatmap(cases.__getitem__)
    fitting = world.reader if declared.needs == Needs.INTERMEDIARY else world.callers[0]
    callers = st.sampled_from([fitting, fitting, fitting, *world.callers])

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=times,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(st.data())
    def call(data: st.DataObject) -> None:
        case = data.draw(drawn)
        case.path_parameters = world.places(data.draw, case.path_parameters or {})
        case.query = world.steered(data.draw, case.query or {})
        if declared.example is not None and data.draw(st.booleans()):
            case.body = declared.example
        if declared.body is not None and data.draw(st.integers(0, 3)):
            case.body = world.steered(data.draw, case.body)
        response = case.call(headers={"Authorization": data.draw(callers)})
        world.calls += 1
        case.validate_response(response, checks=judged)

    call()
