"""Many noisy lines against many live orders: what is certain goes through, what is not never does."""

import pytest

from iys_portal.bench.reconcile.corpus import Corpus
from iys_portal.bench.reconcile.judge import judge
from iys_portal.bench.reconcile.noises import Group, lines, noise_classes


@pytest.fixture(scope="module")
def judgement() -> dict[str, object]:
    return judge(seed=20261123, orders=2_000, count=len(noise_classes()) * 40, turns=1)


def shares(judgement: dict[str, object], kind: str, group: Group) -> dict[str, float]:
    found = judgement[kind]
    assert isinstance(found, dict)
    return {name: found[name] for name, asked in noise_classes().items() if asked is group}


def test_nothing_is_settled_wrongly(judgement: dict[str, object]) -> None:
    assert judgement["false_matches"] == 0


def test_however_a_whole_code_is_written_its_order_is_settled(judgement: dict[str, object]) -> None:
    assert judgement["recall_format"] == 1.0


def test_a_wrong_or_swapped_glyph_with_a_proof_settles_its_order(judgement: dict[str, object]) -> None:
    assert judgement["recall_corrected"] >= 0.98  # type: ignore[operator]


@pytest.mark.parametrize("group", [Group.PROVEN, Group.SHOWN, Group.WITHOUT_CODE])
def test_the_right_order_is_settled_or_shown(judgement: dict[str, object], group: Group) -> None:
    assert {name: share for name, share in shares(judgement, "top3", group).items() if share < 0.95} == {}


def test_what_must_be_still_is_still(judgement: dict[str, object]) -> None:
    assert set(shares(judgement, "recall", Group.STILL).values()) == {1.0}


def test_the_same_seed_gives_the_same_orders_and_lines() -> None:
    first, second = Corpus(7, 200), Corpus(7, 200)
    assert first.orders == second.orders
    assert list(lines(first, 300)) == list(lines(second, 300))
    assert Corpus(8, 200).orders != first.orders


def test_there_are_noises_enough() -> None:
    assert len(noise_classes()) >= 20
