"""Instalments of a NestPay bank: which card gets which, exact to the kuruş, and settings that are refused in words."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from payments.apps import refuse_odd_instalments
from payments.gateways.nestpay import NestPay
from payments.gateways.nestpay.rates import EXAMPLE, instalment, parse
from payments.gateways.registry import gateway
from tests.simulators.edevlet import ROOT

PRICE = Decimal("5097.60")
TEXT = json.dumps(
    {
        "Maximum": {"bins": ["4543", "510152"], "rates": {"2": "1.30", "3": 2.6}},
        "Bankkart": {"bins": ["454360"], "rates": {"12": 0}},
    }
)


def pos(text: str = TEXT) -> NestPay:
    return NestPay(url="", client_id="", store_key="", api_user="", api_password="", families=parse(text))


def quoted(gateway: NestPay, bin_number: str) -> list[tuple[str, list[tuple[int, str, str]]]]:
    tables = gateway.quote_instalments(bin_number=bin_number, amount=PRICE)
    return [(t.family, [(row.count, str(row.total), str(row.monthly)) for row in t.rows]) for t in tables]


AT_ONCE = (1, "5097.60", "5097.60")
MAXIMUM = ("Maximum", [AT_ONCE, (2, "5163.88", "2581.94"), (3, "5230.14", "1743.38")])
BANKKART = ("Bankkart", [AT_ONCE, (12, "5097.60", "424.80")])
OTHERS = ("Diğer kartlar", [AT_ONCE])


@pytest.mark.parametrize(
    ("bin_number", "tables"),
    [
        ("", [MAXIMUM, BANKKART, OTHERS]),
        ("454359", [MAXIMUM]),
        ("51015200", [MAXIMUM]),
        ("454360", [BANKKART]),  # the longest of two first digits that fit
        ("45436012", [BANKKART]),
        ("510153", [OTHERS]),
    ],
)
def test_a_card_gets_what_its_family_has(bin_number: str, tables: object) -> None:
    assert quoted(pos(), bin_number) == tables
    assert pos().capabilities().instalments is True


@pytest.mark.parametrize("bin_number", ["", "454359"])
def test_without_a_setting_cards_are_charged_at_once(bin_number: str) -> None:
    assert quoted(pos(""), bin_number) == [OTHERS]
    assert pos("").capabilities().instalments is False


@given(
    price=st.decimals(min_value="0.01", max_value="9999999.99", places=2),
    count=st.integers(2, 12),
    rate=st.decimals(min_value=0, max_value=100, places=2),
)
def test_the_months_are_the_total_to_the_kurus(price: Decimal, count: int, rate: Decimal) -> None:
    row = instalment(price, count, rate)
    exact = price * (100 + rate) / 100
    assert row.monthly * count == row.total
    assert row.total >= price
    assert 0 <= row.total - exact < count * Decimal("0.01")
    assert (row.monthly.as_tuple().exponent, row.total.as_tuple().exponent) == (-2, -2)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{", "it is no JSON"),
        ("[]", "it must name card families"),
        ("{}", "it must name card families"),
        ('{"A": {}, "A": {}}', "it is no JSON (a name stands twice)"),
        ({"": {"bins": ["4543"], "rates": {"2": "1"}}}, "a card family's name has 1 to 40 letters"),
        ({"A": {"bins": ["4543"]}}, "A: it needs exactly «bins» and «rates»"),
        ({"A": []}, "A: it needs exactly «bins» and «rates»"),
        ({"A": {"bins": [], "rates": {"2": "1"}}}, "A: «bins» is a list of texts of 4 to 8 digits."),
        ({"A": {"bins": [454359], "rates": {"2": "1"}}}, "A: «bins» is a list of texts of 4 to 8 digits."),
        ({"A": {"bins": ["454"], "rates": {"2": "1"}}}, "A: «bins» is a list of texts of 4 to 8 digits."),
        ({"A": {"bins": ["4543"], "rates": {}}}, "A: «rates» names the months, from 2 to 12."),
        ({"A": {"bins": ["4543"], "rates": {"13": "1"}}}, "A: «rates» names the months, from 2 to 12."),
        ({"A": {"bins": ["4543"], "rates": {"1": "1"}}}, "A: «rates» names the months, from 2 to 12."),
        *[
            ({"A": {"bins": ["4543"], "rates": {"2": rate}}}, "A, 2 months: a rate is a percentage from 0 to 100")
            for rate in ("-1", "100.01", "1,5", "1.005", "NaN", "Infinity", "1e-9", True, None, "")
        ],
        (
            {"A": {"bins": ["4543"], "rates": {"2": "1"}}, "B": {"bins": ["4543"], "rates": {"2": "1"}}},
            "first digits stand twice: 4543.",
        ),
    ],
)
def test_odd_settings_are_refused_in_a_sentence(settings: Settings, said: Any, problem: str) -> None:
    settings.NESTPAY_INSTALMENTS = said if isinstance(said, str) else json.dumps(said)
    with pytest.raises(ImproperlyConfigured) as error:
        refuse_odd_instalments()
    assert str(error.value).startswith(f"NESTPAY_INSTALMENTS: {problem}")


def test_no_process_starts_with_them() -> None:
    environment = {**os.environ, "NESTPAY_INSTALMENTS": "%3,6", "DJANGO_SETTINGS_MODULE": "iys_portal.settings"}
    start = [sys.executable, "-c", "import django; django.setup()"]
    done = subprocess.run(start, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "django.core.exceptions.ImproperlyConfigured: NESTPAY_INSTALMENTS: it is no JSON"
    )


def test_the_setting_reaches_the_gateway(settings: Settings) -> None:
    settings.NESTPAY_STORE_KEY, settings.NESTPAY_INSTALMENTS = "x", EXAMPLE
    (table,) = gateway("nestpay").quote_instalments(bin_number="450803", amount=PRICE)
    assert [(row.count, str(row.total)) for row in table.rows] == [(1, "5097.60"), (3, "5242.89"), (6, "5383.08")]
