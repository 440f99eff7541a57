"""Fixtures of the simulator tests."""

from collections.abc import Iterator

import httpx
import pytest

from tests.simulators.bank import Bank
from tests.simulators.bank import served as served_bank
from tests.simulators.edevlet import Simulator, served, visitor


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One simulator for the tests of a module."""
    with served(tmp_path_factory.mktemp("edevlet") / "data") as running:
        yield running


@pytest.fixture
def browser(simulator: Simulator) -> Iterator[httpx.Client]:
    """A browser that has not been here before."""
    with visitor(simulator) as client:
        yield client


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """One bank simulator for the tests of a module."""
    with served_bank(tmp_path_factory.mktemp("bank") / "data") as running:
        yield running
