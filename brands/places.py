"""The 81 cities (il) and 970 towns (ilçe) with the register's codes; a town's code says which city it is in.

The table is that of the register's /info/city and /info/town, but for three names that it spells otherwise than the
law (`data/`): Eyüpsultan and Kahramankazan got their names in 2017 and 2016, 19 Mayıs is no date.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from iys_portal.shared.turkish import sort_key, squeeze

_DATA = Path(__file__).with_name("data")
# Towns by a name that they had before, or that people give them.
_ALSO_CALLED = {(34, "EYUP"): 426, (6, "KAZAN"): 78, (55, "ONDOKUZMAYIS"): 744}


@dataclass(frozen=True, slots=True)
class City:
    """An il; its code is that of its number plates."""

    code: int
    name: str


@dataclass(frozen=True, slots=True)
class Town:
    """An ilçe. `name` is unique among all towns (“Gölbaşı / Ankara”), `short` within its city (“Gölbaşı”)."""

    code: int
    city: City
    name: str

    @property
    def short(self) -> str:
        return self.name.partition(" / ")[0]


@cache
def cities() -> tuple[City, ...]:
    """Return all cities in Turkish order."""
    found = [City(int(code), name) for code, name in _rows("cities.csv")]
    return tuple(sorted(found, key=lambda city: sort_key(city.name)))


@cache
def towns() -> tuple[Town, ...]:
    """Return all towns in Turkish order."""
    by_code = {city.code: city for city in cities()}
    found = [Town(int(code), by_code[int(city)], name) for code, city, name in _rows("towns.csv")]
    return tuple(sorted(found, key=lambda town: sort_key(town.name)))


def towns_of(city: City) -> list[Town]:
    """Return the towns of a city in Turkish order."""
    return [town for town in towns() if town.city == city]


def city_with(code: int) -> City | None:
    """Return the city with this code, or None."""
    return _cities_by_code().get(code)


def town_with(code: int) -> Town | None:
    """Return the town with this code, or None."""
    return _towns_by_code().get(code)


def city_named(written: str) -> City | None:
    """Return the city of this name, in any case and with or without Turkish letters, or None."""
    return _cities_by_name().get(squeeze(written))


def town_named(city: City, written: str) -> Town | None:
    """Return the city's town of this name, or None; “Merkez” is the town named after the city."""
    return _towns_by_name().get((city.code, squeeze(written)))


def _rows(name: str) -> list[list[str]]:
    return [line.split(";") for line in (_DATA / name).read_text("utf-8").splitlines()]


@cache
def _cities_by_code() -> dict[int, City]:
    return {city.code: city for city in cities()}


@cache
def _towns_by_code() -> dict[int, Town]:
    return {town.code: town for town in towns()}


@cache
def _cities_by_name() -> dict[str, City]:
    return {squeeze(city.name): city for city in cities()}


@cache
def _towns_by_name() -> dict[tuple[int, str], Town]:
    found = {(city, name): _towns_by_code()[code] for (city, name), code in _ALSO_CALLED.items()}
    for town in towns():
        found[town.city.code, squeeze(town.name)] = found[town.city.code, squeeze(town.short)] = town
        if town.name == f"{town.city.name} Merkez":
            found[town.city.code, "MERKEZ"] = town
    return found
