"""A worker that judges issued contracts: by our verification, by Poppler's, and with one byte changed."""

import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import parser

from contracts.keys import load_seal
from contracts.verification import verify

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*\d+\s+(\d+)\s+(\d+)\s+\d+\s*\]")
_POPPLER_VALID = "- Signature Validation: Signature is Valid."
_POPPLER_WHOLE = "- Total document signed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """How many of some documents are valid for us and for Poppler, and which of the flips were not found."""

    by_us: int
    by_poppler: int
    missed_flips: list[str]

    def __add__(self, other: "Judgement") -> "Judgement":
        return Judgement(
            self.by_us + other.by_us, self.by_poppler + other.by_poppler, self.missed_flips + other.missed_flips
        )


class Judge:
    """Trusts the roots of the keys in `pki`; draws what it flips from `seed`."""

    def __init__(self, pki: str, pdfsig: str, seed: int) -> None:
        self._trust = load_seal(Path(pki)).roots
        self._pdfsig = pdfsig
        self._seed = seed

    def judge(self, folder: str, numbers: list[tuple[int, int]]) -> Judgement:
        """Judge documents, each given as its number and how many bytes of it to flip, and remove their files."""
        return sum((self._judge(Path(folder) / f"{number}.pdf", number, flips) for number, flips in numbers), NOTHING)

    def _judge(self, path: Path, number: int, flips: int) -> Judgement:
        pdf = path.read_bytes()
        by_us, by_poppler = self._is_valid(pdf), self._poppler_agrees(path)
        path.unlink()
        return Judgement(int(by_us), int(by_poppler), self._missed(pdf, number, flips))

    def _is_valid(self, pdf: bytes) -> bool:
        return verify(pdf, trust=self._trust).valid

    def _poppler_agrees(self, path: Path) -> bool:
        command = [self._pdfsig, "-nocert", str(path)]  # the certificate is of our own test root
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C.UTF-8"})  # noqa: S603  (a command of our own)
        lines = [line.strip() for line in done.stdout.splitlines()]
        return lines.count(_POPPLER_VALID) == 1 and lines.count(_POPPLER_WHOLE) == 1

    def _missed(self, pdf: bytes, number: int, flips: int) -> list[str]:
        draw = random.Random(f"{self._seed}:{number}:flips")
        missed = []
        for _ in range(flips):
            position, mask = drawn_position(pdf, draw), draw.randrange(1, 256)
            flipped = bytearray(pdf)
            flipped[position] ^= mask
            if self._is_valid(bytes(flipped)):
                missed.append(f"contract {number}, byte {position} of {len(pdf)}, xor {mask}")
        return missed


NOTHING = Judgement(0, 0, [])


def drawn_position(pdf: bytes, draw: random.Random) -> int:
    """Return a position anywhere in the document but in the padding behind the seal in its /Contents."""
    padding = seal_padding(pdf)
    position = draw.randrange(len(pdf) - len(padding))
    return position if position < padding.start else position + len(padding)


def seal_padding(pdf: bytes) -> range:
    """Return where the zeros stand that fill up the room kept for the (first) seal; they mean nothing."""
    match = _BYTE_RANGE.search(pdf)
    if match is None:
        raise ValueError("the document has no seal")
    start, end = int(match[1]) + 1, int(match[2]) - 1  # within < and >
    digits = pdf[start:end]
    length = parser.peek(bytes.fromhex(digits.decode("ascii")))
    return range(start + 2 * length, end)
