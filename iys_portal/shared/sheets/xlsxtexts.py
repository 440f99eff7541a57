"""The texts that the cells of a workbook name by numbers: a million of them, in bounded memory."""

from array import array
from collections.abc import Sequence
from typing import Self

from iys_portal.shared.sheets.refusal import FileRefused

_UNPACKED = 50_000


class Texts:
    """Collects texts, within limits: the first of them as they are, all others packed into a third of the memory.

    Whatever is named often stands among the first.
    """

    def __init__(self, most: int, most_characters: int) -> None:
        self._most, self._most_characters, self._characters = most, most_characters, 0
        self._first: list[str] = []
        self._packed = bytearray()
        self._ends = array("I", [0])

    def add(self, texts: Sequence[str]) -> None:
        """Add texts. Raises FileRefused when they are too many or too long."""
        free = max(_UNPACKED - len(self._first), 0)
        self._first += texts[:free]
        for text in texts[free:]:
            self._packed += text.encode()
            self._ends.append(len(self._packed))
        self._characters += sum(map(len, texts))
        if len(self) > self._most or self._characters > self._most_characters:
            raise FileRefused("Excel dosyasında olağandışı çok metin var; okunmadı.")

    def all(self) -> list[str] | Self:
        """Return the texts; where none is packed, the list, whose texts are found sooner."""
        return self if len(self) > len(self._first) else self._first

    def __len__(self) -> int:
        return len(self._first) + len(self._ends) - 1

    def __getitem__(self, number: int) -> str:
        if number < len(self._first):
            return self._first[number]
        place = number - len(self._first)
        return self._packed[self._ends[place] : self._ends[place + 1]].decode()
