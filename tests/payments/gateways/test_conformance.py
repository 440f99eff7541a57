"""Both gateways keep what the Protocol promises, against banks that fail on demand."""

from collections.abc import Iterator

import pytest

from tests.payments.gateways.benches import IyzicoBench, IyzicoDirectBench, NestPayBench
from tests.payments.gateways.conformance import Conformance
from tests.payments.gateways.faultbank import serving
from tests.payments.gateways.faultbank_iyzico import IyzicoBank
from tests.payments.gateways.faultbank_nestpay import NestPayBank


class TestIyzico(Conformance):
    @pytest.fixture
    def bench(self) -> Iterator[IyzicoBench]:
        bank = IyzicoBank()
        with serving(bank) as url:
            yield IyzicoBench(bank, url)


class TestIyzicoDirect(Conformance):
    @pytest.fixture
    def bench(self) -> Iterator[IyzicoDirectBench]:
        bank = IyzicoBank()
        with serving(bank) as url:
            yield IyzicoDirectBench(bank, url)


class TestNestPay(Conformance):
    @pytest.fixture
    def bench(self) -> Iterator[NestPayBench]:
        bank = NestPayBank()
        with serving(bank) as url:
            yield NestPayBench(bank, url)
