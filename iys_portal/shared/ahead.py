"""The next item is made while its user is still at the one before."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def one_ahead(items: Iterable[Item]) -> Iterator[Iterator[Item]]:
    """Give the items in their order, each made in a thread of its own while the caller works on the one before.

    Whoever makes them leaves the database alone: a connection is its thread's. What making one raises is raised where
    it would have come. After the block nothing is made any more, whether all items were taken or not.
    """
    with ThreadPoolExecutor(1) as pool:
        yield _each(pool, iter(items))


def _each(pool: ThreadPoolExecutor, items: Iterator[Item]) -> Iterator[Item]:
    coming = pool.submit(_taken, items)
    while made := coming.result():
        coming = pool.submit(_taken, items)
        yield made[0]


def _taken(items: Iterator[Item]) -> list[Item]:
    """Return the next item alone, or nothing at the end."""
    return list(islice(items, 1))
