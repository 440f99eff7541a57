"""Cities and towns: 81 and 970, in either spelling of the path."""

from collections.abc import Callable

import pytest

from accounts.models import Provider
from tests.api.conftest import Api, codes

Make = Callable[..., Api]


@pytest.mark.parametrize("word", ["city", "cities"])
def test_cities(api: Make, provider: Provider, word: str) -> None:
    client = api(provider)
    cities = client.get(f"/info/{word}").json()
    assert [city["code"] for city in cities] == list(range(1, 82))
    assert client.get(f"/info/{word}/34/").json() == cities[33] == {"code": 34, "name": "İstanbul"}


@pytest.mark.parametrize("word", ["town", "towns"])
def test_towns(api: Make, provider: Provider, word: str) -> None:
    client = api(provider)
    towns = client.get(f"/info/{word}").json()
    assert [town["code"] for town in towns] == list(range(1, 971))
    assert {town["city_code"] for town in towns} == set(range(1, 82))
    assert client.get(f"/info/{word}/1").json() == towns[0] == {"code": 1, "name": "Seyhan", "city_code": 1}


@pytest.mark.parametrize("path", ["/info/city/82", "/info/town/971", "/info/town/99999999999999999999", "/info/city/0"])
def test_none_of_that_code(api: Make, provider: Provider, path: str) -> None:
    answer = api(provider).get(path)
    assert (answer.status_code, answer.content) == (204, b"")


def test_no_number(api: Make, provider: Provider) -> None:
    assert codes(api(provider).get("/info/city/istanbul")) == (400, ["H241"])
