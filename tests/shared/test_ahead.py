"""The next item is made in a thread while its user is at the one before, and not a moment longer."""

from collections.abc import Iterator
from threading import Event, get_ident

import pytest

from iys_portal.shared.ahead import one_ahead

PATIENCE = 60


def test_the_next_item_is_made_while_the_user_is_at_the_one_before() -> None:
    at_second, threads = Event(), set()

    def items() -> Iterator[int]:
        threads.add(get_ident())
        yield 1
        at_second.set()
        yield 2

    with one_ahead(items()) as found:
        assert next(found) == 1
        assert at_second.wait(PATIENCE)
        assert list(found) == [2]
    assert get_ident() not in threads


def test_an_error_comes_where_its_item_would_have_come() -> None:
    with one_ahead(1 // number for number in (1, 0)) as found:
        assert next(found) == 1
        with pytest.raises(ZeroDivisionError):
            next(found)


def test_who_leaves_early_leaves_nobody_at_work() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with one_ahead(items()) as found:
        assert next(found) == 0
    assert made == [0, 1]


def test_nothing_comes_of_nothing() -> None:
    with one_ahead([]) as found:
        assert list(found) == []
