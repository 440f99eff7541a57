"""Words for a payment that did not go through: what happened and what to do."""

import re

import pytest

from payments.decline_words import DECLINE_WORDS, words_of
from payments.gateways.base import DeclineGroup


def test_every_group_has_words() -> None:
    assert DECLINE_WORDS.keys() == set(DeclineGroup)


@pytest.mark.parametrize("group", list(DeclineGroup))
def test_they_say_what_happened_and_what_to_do(group: DeclineGroup) -> None:
    words = words_of(group.value)
    assert words == DECLINE_WORDS[group]
    assert len(re.findall(r"[.:](?: |$)", words)) >= 2
    assert re.search(r"(deneyin|deneyebilir|kullanın|seçin|arayın)", words)


def test_the_words_of_each_group_are_its_own() -> None:
    assert len(set(DECLINE_WORDS.values())) == len(DeclineGroup)


def test_a_group_of_another_version_reads_as_other() -> None:
    assert words_of("yeni") == words_of("") == DECLINE_WORDS[DeclineGroup.OTHER]
