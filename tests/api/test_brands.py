"""GET /sps/{iysCode}/brands: İYS's shape, and who sees which brands."""

from collections.abc import Callable

import pytest

from accounts.models import Provider
from tests import factories
from tests.api.conftest import Api, codes

Make = Callable[..., Api]


def test_brands_as_iys_lists_them(api: Make, provider: Provider) -> None:
    factories.subscription(provider)
    master = factories.BrandFactory.create(provider=provider, is_master=True, name="Çınar")
    other = factories.BrandFactory.create(provider=provider, name="Ağaç")
    factories.RetailerFactory.create(brand=other)
    factories.BrandFactory.create(provider=provider, state="passive")
    answer = api(provider).get(f"/sps/{provider.iys_code}/brands")
    none = {"approval": 0, "rejection": 0, "total": 0}
    assert answer.json() == [
        {
            "brandCode": master.code,
            "name": "Çınar",
            "master": True,
            "stats": {"consents": none, "retailers": {"total": 0}},
        },
        {
            "brandCode": other.code,
            "name": "Ağaç",
            "master": False,
            "stats": {"consents": none, "retailers": {"total": 1}},
        },
    ]
    assert answer.headers["Content-Type"] == "application/json"
    assert "Ağaç".encode() in answer.content


def test_a_slash_at_the_end_says_nothing(api: Make, provider: Provider) -> None:
    factories.subscription(provider)
    client = api(provider)
    assert client.get(f"/sps/{provider.iys_code}/brands/").status_code == 200


def test_another_provider_does_not_exist(api: Make, provider: Provider) -> None:
    factories.subscription(provider)
    rival = factories.ProviderFactory.create()
    client = api(provider)
    foreign, unknown = client.get(f"/sps/{rival.iys_code}/brands"), client.get("/sps/1/brands")
    assert codes(foreign) == codes(unknown) == (403, ["H353"])
    assert foreign.content == unknown.content


@pytest.mark.parametrize("written", ["abc", "-1", "1e3", "１２"])
def test_a_code_that_is_no_number(api: Make, provider: Provider, written: str) -> None:
    assert codes(api(provider).get(f"/sps/{written}/brands")) == (422, ["H190"])


def test_without_a_package_the_api_is_closed(api: Make, provider: Provider) -> None:
    assert codes(api(provider).get(f"/sps/{provider.iys_code}/brands")) == (403, ["H586"])
