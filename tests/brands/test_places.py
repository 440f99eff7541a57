"""The table of cities and towns is whole, and its names are understood as people write them."""

from collections import Counter

import pytest

from brands.places import cities, city_named, city_with, town_named, town_with, towns, towns_of


def test_the_table_is_whole() -> None:
    assert sorted(city.code for city in cities()) == list(range(1, 82))
    assert sorted(town.code for town in towns()) == list(range(1, 971))
    sizes = Counter(town.city.name for town in towns())
    assert (len(sizes), sizes["İstanbul"], sizes["Konya"], sizes["İzmir"], sizes["Ankara"], sizes["Bayburt"]) == (
        *(81, 39, 31, 30, 25, 3),
    )


def test_a_name_means_one_town_of_its_city() -> None:
    assert len({town.name for town in towns()}) == 970
    assert len({(town.city, town.short) for town in towns()}) == 970


def test_the_order_is_that_of_the_turkish_alphabet() -> None:
    assert [city.name for city in cities() if city.name[0] in "CÇIİ"] == [
        *("Çanakkale", "Çankırı", "Çorum", "Iğdır", "Isparta", "İstanbul", "İzmir"),
    ]


@pytest.mark.parametrize(
    ("city", "town", "code"),
    [
        ("istanbul", "sisli", 434),
        ("İSTANBUL", "Eyüp", 426),
        ("Ankara", "Gölbaşı", 74),
        ("Ankara", "Gölbaşı / Ankara", 74),
        ("adıyaman", "merkez", 16),
        ("Samsun", "Ondokuzmayıs", 744),
        ("Samsun", "19 MAYIS", 744),
        ("Ankara", "Şişli", None),
    ],
)
def test_towns_by_the_names_people_write(city: str, town: str, code: int | None) -> None:
    found = city_named(city)
    assert found is not None
    named = town_named(found, town)
    assert (named.code if named else None) == code


def test_what_is_no_place() -> None:
    assert (city_named("Gotham"), city_with(82), town_with(971)) == (None, None, None)
    bayburt = city_with(69)
    assert bayburt is not None
    assert [town.short for town in towns_of(bayburt)] == ["Aydıntepe", "Bayburt Merkez", "Demirözü"]
