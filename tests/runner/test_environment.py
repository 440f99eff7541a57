"""When the virtual environment counts as complete, and how it is completed."""

from pathlib import Path

import pytest

from runner.environment import (
    PYTHON,
    ROOT,
    RUN_GROUPS,
    TEST_GROUPS,
    VENV,
    fingerprint,
    in_place,
    sync_command,
)


@pytest.mark.parametrize(
    ("stamp", "groups", "expected"),
    [
        ({"fingerprint": "a", "groups": ["embedded"]}, RUN_GROUPS, True),
        ({"fingerprint": "a", "groups": ["dev", "embedded"]}, RUN_GROUPS, True),
        ({"fingerprint": "a", "groups": ["dev", "embedded"]}, TEST_GROUPS, True),
        ({"fingerprint": "a", "groups": ["embedded"]}, TEST_GROUPS, False),
        ({"fingerprint": "b", "groups": ["dev", "embedded"]}, RUN_GROUPS, False),
        ({"fingerprint": "a"}, RUN_GROUPS, False),
        ({}, RUN_GROUPS, False),
    ],
)
def test_in_place(stamp: dict[str, object], groups: frozenset[str], expected: bool) -> None:
    assert in_place(stamp, "a", groups) is expected


def test_packages_of_other_groups_are_never_uninstalled() -> None:
    assert sync_command(RUN_GROUPS) == [
        str(VENV / "bin" / "uv"),
        *("sync", "--project", str(ROOT), "--python", str(PYTHON), "--locked", "--inexact"),
        *("--no-python-downloads", "--no-managed-python", "--no-default-groups", "--group", "embedded"),
    ]


def test_a_fingerprint_tells_contents_names_and_absence_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("bc")
    before = fingerprint([one, two])
    assert fingerprint([one, two]) == before

    one.write_text("ab")
    two.write_text("c")
    moved_a_letter = fingerprint([one, two])
    two.unlink()
    removed = fingerprint([one, two])
    two.touch()
    emptied = fingerprint([one, two])

    assert len({before, moved_a_letter, removed, emptied, fingerprint([one]), fingerprint([two, one])}) == 6
