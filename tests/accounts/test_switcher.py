"""Somebody who acts for several companies changes between them on every page."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person, Provider
from tests import factories
from tests.architecture.test_access import ROUTES

CHOOSE = reverse("accounts:choose")
PAGES = [route.name for route in ROUTES if route.access in {"provider", "signed_in"} and not route.arguments]


def with_switcher(browser: Client) -> dict[str, bool]:
    """Return of each page that is drawn whether its head leads to the chooser."""
    answers = {name: browser.get(reverse(name)) for name in PAGES}
    drawn = {
        name: answer.content.decode()
        for name, answer in answers.items()
        if not answer.streaming and answer.status_code == 200 and answer.content.startswith(b"<!DOCTYPE")
    }
    return {name: f'<a href="{CHOOSE}" aria-label="Değiştir' in page for name, page in drawn.items()}


@pytest.mark.parametrize("companies", [1, 2])
def test_the_switcher_is_there_for_who_can_switch(
    provider: Provider, alice: Person, client_of: Callable[[Person], Client], companies: int
) -> None:
    factories.MembershipFactory.create_batch(companies - 1, person=alice)
    browser = client_of(alice)
    browser.post(CHOOSE, {"provider": str(provider.pk)})
    found = with_switcher(browser)
    assert {"brands:list", "packages:overview", "accounts:company"} <= found.keys()
    assert found == dict.fromkeys(found, companies > 1)
