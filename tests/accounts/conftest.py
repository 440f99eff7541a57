"""Fixtures of the login tests."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from tests.accounts.provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.accounts.visitor import HOST, Visitor


@pytest.fixture
def edevlet(settings: Settings) -> Iterator[Provider]:
    """An OpenID provider on a loopback socket; the portal is configured to trust it."""
    running = Provider()
    settings.PUBLIC_URL = HOST
    settings.EDEVLET_ISSUER = running.issuer
    settings.EDEVLET_CLIENT_ID = CLIENT_ID
    settings.EDEVLET_CLIENT_SECRET = CLIENT_SECRET
    yield running
    running.stop()


@pytest.fixture
def visitor(edevlet: Provider) -> Visitor:
    """A browser that has not been here before."""
    return Visitor(Client(), edevlet)
