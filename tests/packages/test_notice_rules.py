"""Which reminder is due on which day, and which level a count has reached."""

import pytest

from packages.enums import NoticeKind
from packages.rules import reminder_due, usage_level


@pytest.mark.parametrize(
    ("count", "level"),
    [(0, None), (79_999, None), (80_000, 80), (94_999, 80), (95_000, 95), (99_999, 95), (100_000, 100), (100_001, 100)],
)
def test_levels(count: int, level: int | None) -> None:
    assert usage_level(count, 100_000) == level


@pytest.mark.parametrize(("count", "level"), [(5, None), (6, 80), (7, 100)])
def test_levels_of_a_limit_that_does_not_divide(count: int, level: int | None) -> None:
    assert usage_level(count, 7) == level


@pytest.mark.parametrize(
    ("days", "kind"),
    [
        (31, None),
        (30, NoticeKind.EXPIRES_IN_30),
        (8, NoticeKind.EXPIRES_IN_30),
        (7, NoticeKind.EXPIRES_IN_7),
        (2, NoticeKind.EXPIRES_IN_7),
        (1, NoticeKind.EXPIRES_IN_1),
        (0, NoticeKind.EXPIRES_IN_1),
    ],
)
def test_days(days: int, kind: NoticeKind | None) -> None:
    assert reminder_due(days) == kind
