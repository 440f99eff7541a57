"""Log lines without what was typed: of an error its class and its place, of an address no token."""

import logging
import re
import traceback
from logging.config import dictConfig

_TOKEN = re.compile(r"[0-9a-f]{32}")


def without_token(path: str) -> str:
    """Return a path as it may be logged."""
    return _TOKEN.sub("…", path)


class Terse(logging.Formatter):
    """One line for each record; messages of exceptions can hold what a client sent."""

    def format(self, record: logging.LogRecord) -> str:
        """Return message, and class and place of an exception."""
        line = without_token(record.getMessage())
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            place = traceback.extract_tb(error.__traceback__)[-1]
            line += f" ({type(error).__name__} in {place.filename}:{place.lineno})"
        return f"bank: {line}"


def configure() -> None:
    """Let everything be logged that way; pages that were not found are no news."""
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"terse": {"()": Terse}},
            "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "terse"}},
            "root": {"handlers": ["console"], "level": "ERROR"},
        }
    )
