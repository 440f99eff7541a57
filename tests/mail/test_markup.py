"""The markup of e-mails: its blocks, and values that can be no markup whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iys_portal.mail.markup import SUBJECT_LENGTH, UNKNOWN, Block, as_text, parse, protect

SOURCE = """\
Konu: KM7-T3R-AWC

Bir paragraf,
iki satırda.
- ilk
- ikinci
| Sipariş kodu | KM7-T3R-AWC
| Süre | 1 | 2

> Aç | https://portal.example/a|b
"""


def test_the_blocks_of_a_letter() -> None:
    letter = parse(SOURCE)
    assert letter.subject == "Konu: KM7-T3R-AWC"
    assert letter.blocks == (
        Block("paragraph", text="Bir paragraf, iki satırda."),
        Block("items", items=("ilk", "ikinci")),
        Block("rows", rows=(("Sipariş kodu", "KM7-T3R-AWC"), ("Süre", "1 | 2"))),
        Block("button", rows=(("Aç", "https://portal.example/a|b"),)),
    )


def test_as_text() -> None:
    assert as_text(parse(SOURCE)) == (
        "Bir paragraf, iki satırda.\n\n- ilk\n- ikinci\n\nSipariş kodu: KM7-T3R-AWC\nSüre: 1 | 2\n\n"
        "Aç:\nhttps://portal.example/a|b"
    )


def test_lines_are_short_but_no_word_is_broken() -> None:
    word = "A" * 255
    lines = as_text(parse(f"Konu\n\n{'kelime ' * 40}{word}")).splitlines()
    assert lines[-1] == word
    assert max(map(len, lines[:-1])) <= 72


@given(st.text(min_size=1, max_size=255))
def test_a_value_is_never_markup(value: str) -> None:
    safe = protect(value)
    letter = parse(f"K {safe}\n\n{safe} s\n\n| {safe} x | {safe} y\n")
    shown = letter.blocks[0].text.removesuffix("s").strip()
    assert [block.kind for block in letter.blocks] == ["paragraph", "rows"]
    assert letter.blocks[1].rows == ((f"{shown} x".strip(), f"{shown} y".strip()),)
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


@pytest.mark.parametrize("value", ["> Tıkla | https://evil.example", "- madde", "| a | b", "a\n\n> Tıkla | x"])
def test_a_line_that_is_a_value_is_a_paragraph(value: str) -> None:
    (block,) = parse(f"Konu\n\n{protect(value)}").blocks
    assert block == Block("paragraph", text=" ".join(value.split()))


def test_control_characters_and_changes_of_direction_are_spaces() -> None:
    assert parse(protect("A\r\nBcc: x@y\x00\u202eB\ue000C")).subject == "A Bcc: x@y B C"


def test_a_subject_is_shortened() -> None:
    subject = parse("Ş" * 255).subject
    assert subject == "Ş" * (SUBJECT_LENGTH - 1) + "…"


@pytest.mark.parametrize("source", ["", "\n\n", f"Konu\n\n{UNKNOWN}", "Konu\n\n| etiket"])
def test_half_a_letter_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"subject|value|bar"):
        parse(source)
