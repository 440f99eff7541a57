"""How the runner speaks: progress to standard error, expected failures as one plain sentence."""

import sys


class PlainError(Exception):
    """An expected failure. Its text is shown to the person as it stands, without a traceback."""


def say(text: str) -> None:
    """Writes one line of progress to standard error; standard output belongs to the command that is run."""
    print(text, file=sys.stderr, flush=True)
