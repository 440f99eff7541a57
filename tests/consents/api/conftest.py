"""A provider with a package whose program calls the API, on an ordinary Monday at noon."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import ApiAccount, Provider
from brands.models import Brand
from consents.rules.transaction import written
from consents.services import batches
from packages.models import Subscription
from tests import factories
from tests.api.conftest import Api
from tests.api.conftest import api as account_of  # noqa: F401
from tests.consents.scene import PHONES

Make = Callable[..., Api]


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """It is noon until somebody moves the clock."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def api(account_of: Make) -> Make:
    """Return a client of a new account that may call as often as it likes: the clock stands still."""

    def make(company: Any) -> Api:
        client = account_of(company)
        ApiAccount.objects.filter(pk=client.account.pk).update(
            per_second=100_000, status_per_hour=None, history_per_hour=None
        )
        return client

    return make


@pytest.fixture
def subscription(provider: Provider, now: datetime) -> Subscription:
    return factories.subscription(provider, now=now - timedelta(days=100))


class Consents:
    """A program that calls the endpoints of one brand."""

    def __init__(self, client: Api, brand: Brand) -> None:
        self.client, self.brand = client, brand

    def path(self, rest: str, *, version: str = "") -> str:
        return f"{version}/sps/{self.brand.provider.iys_code}/brands/{self.brand.code}/{rest}"

    def add(self, body: Any = None, *, version: str = "", **changes: Any) -> HttpResponse:
        return self.client.post(self.path("consents", version=version), consent(**changes) if body is None else body)

    def send(self, *bodies: Any, version: str = "", raw: Any = None) -> HttpResponse:
        return self.client.post(self.path("consents/request", version=version), list(bodies) if raw is None else raw)

    def results(self, request_id: str, *, version: str = "") -> HttpResponse:
        return self.client.get(self.path(f"consents/request/{request_id}", version=version))

    def ask(self, rest: str, body: Any) -> HttpResponse:
        return self.client.post(self.path(f"consents/{rest}"), body)

    def links(self, body: Any) -> HttpResponse:
        return self.client.post(self.path("via-hash-links"), body)

    def changes(self, **query: Any) -> HttpResponse:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return self.client.get(self.path(f"consents/changes?{asked}"))

    def work(self) -> None:
        batches.work(provider_id=self.brand.provider_id, clock=timezone.now)


@pytest.fixture
def program(api: Make, provider: Provider, brand: Brand, subscription: Subscription) -> Consents:
    """The provider's own program."""
    return Consents(api(provider), brand)


def consent(*, ago: int = 60, without: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    """A good consent, `ago` minutes old, with some fields changed or left out."""
    recipient = changes.get("recipient", PHONES[0])
    body = {
        "recipient": recipient,
        "type": "EPOSTA" if isinstance(recipient, str) and "@" in recipient else "MESAJ",
        "status": "ONAY",
        "source": "HS_WEB",
        "consentDate": written(timezone.now() - timedelta(minutes=ago)),
        "recipientType": "BIREYSEL",
        **changes,
    }
    return {name: value for name, value in body.items() if name not in without}


def errors(answer: HttpResponse) -> tuple[int, list[tuple[Any, ...]]]:
    """Return the status and of each error its code, location, value and index, as far as they are there."""
    keys = ("code", "location", "value", "index")
    found = [tuple(each[key] for key in keys if key in each) for each in answer.json()["errors"]]
    return answer.status_code, found
