"""The collector of cycles rests during large work, and only then."""

import gc

import pytest

from iys_portal.shared.collector import collector_at_rest


@collector_at_rest()
def rested(then: type[Exception]) -> None:
    with collector_at_rest():
        assert not gc.isenabled()
    assert not gc.isenabled()
    raise then


def test_it_rests_within_and_works_again_whatever_happens() -> None:
    for _ in range(2):
        assert gc.isenabled()
        with pytest.raises(KeyError):
            rested(KeyError)
    assert gc.isenabled()
