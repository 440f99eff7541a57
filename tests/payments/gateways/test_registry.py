"""Which gateways an installation may choose."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from payments.apps import refuse_unknown_gateway
from payments.gateways.registry import NAMES, cards_are_open, gateway, gateway_names


@pytest.mark.parametrize("name", NAMES)
def test_each_of_them_is_one(settings: Settings, name: str) -> None:
    settings.CARD_GATEWAY, settings.IYZICO_API_KEY, settings.NESTPAY_STORE_KEY = name, "x", "x"
    refuse_unknown_gateway()
    assert (gateway().name, gateway_names(), cards_are_open()) == (name, frozenset(NAMES), True)


def test_one_without_its_key_is_none(settings: Settings) -> None:
    settings.CARD_GATEWAY, settings.IYZICO_API_KEY, settings.NESTPAY_STORE_KEY = "nestpay", "x", ""
    assert (gateway_names(), cards_are_open()) == (frozenset({"iyzico"}), False)
    settings.CARD_GATEWAY, settings.IYZICO_API_KEY, settings.NESTPAY_STORE_KEY = "iyzico", "", "x"
    assert (gateway_names(), cards_are_open()) == (frozenset({"nestpay"}), False)


@pytest.mark.parametrize("name", ["", "Nestpay", "paytr"])
def test_no_process_starts_with_another(settings: Settings, name: str) -> None:
    settings.CARD_GATEWAY = name
    with pytest.raises(ImproperlyConfigured, match="is none of iyzico, nestpay"):
        refuse_unknown_gateway()
