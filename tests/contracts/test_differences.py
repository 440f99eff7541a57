"""Comparing two versions: every word of both is there, marked as gone, new or the same."""

from contracts.differences import Line, Piece, Stretch, differences, stretches
from tests.contracts.samples import FORM, TEXT


def same(text: str) -> Line:
    return Line("same", (Piece("same", text),))


def rebuilt(lines: list[Line], *, without: str) -> list[str]:
    texts = ["".join(piece.text for piece in line.pieces if piece.kind != without) for line in lines]
    return [text for text in texts if text]


def words(source: str) -> list[str]:
    return [line.strip() for line in source.split("\n") if line.strip()]


def test_the_same_text_has_no_differences() -> None:
    assert {line.kind for line in differences(TEXT.source, TEXT.source)} == {"same"}
    assert differences("", "") == []


def test_a_changed_word_is_shown_within_its_line() -> None:
    assert differences("# B\n\n7.2. en az iki iş günü önceden\n", "# B\n\n7.2. en az üç iş günü önceden\n") == [
        same("# B"),
        Line(
            "changed",
            (
                Piece("same", "7.2. en az "),
                Piece("gone", "iki"),
                Piece("new", "üç"),
                Piece("same", " iş günü önceden"),
            ),
        ),
    ]


def test_lines_that_went_and_came() -> None:
    gone, new = "6.2. Bu madde silindi.", "9.9. Bambaşka sözler eklendi burada."
    assert differences(f"# B\n\n{gone}", f"# B\n\n{new}") == [
        same("# B"),
        Line("gone", (Piece("gone", gone),)),
        Line("new", (Piece("new", new),)),
    ]


def test_a_line_put_before_another_does_not_hide_that_it_only_moved() -> None:
    old = "14.1. Türk hukuku uygulanır ve başka hukuk uygulanmaz."
    new = "14.1. Taraflar önce anlaşmayı dener.\n\n14.2. Türk hukuku uygulanır ve başka hukuk uygulanmaz."
    assert [line.kind for line in differences(old, new)] == ["new", "changed"]


def test_both_texts_can_be_put_together_again() -> None:
    lines = differences(TEXT.source, FORM.source)
    assert rebuilt(lines, without="new") == words(TEXT.source)
    assert rebuilt(lines, without="gone") == words(FORM.source)


def test_what_is_far_from_a_change_is_folded() -> None:
    lines = [same(str(number)) for number in range(6)]
    lines[4] = Line("new", (Piece("new", "4"),))
    assert stretches(lines) == [Stretch(tuple(lines[:3]), folded=True), Stretch(tuple(lines[3:]), folded=False)]


def test_long_texts_do_not_take_the_square_of_their_length() -> None:
    before = "# B\n\n" + "\n\n".join(f"bir {number}" for number in range(3000))
    after = "# B\n\n" + "\n\n".join(f"iki {number}" for number in range(3000))
    assert len(differences(before, after)) == 6001
    assert [line.kind for line in differences("a " * 40_000, "b " * 40_000)] == ["gone", "new"]
