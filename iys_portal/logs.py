"""Structured logs: one JSON object a line, with request and task ids, and no personal data."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_PERSONAL_KEYS = frozenset({"ip", "user_agent", "tckn", "email", "phone", "recipient", "password", "token", "text"})
_ELEVEN_DIGITS = re.compile(r"(?<!\d)(\d{3})\d{6}(\d{2})(?!\d)")
_LONG_NUMBER = re.compile(r"(?<!\d)\d{13,19}(?!\d)")


def drop_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove fields that name a person and mask what looks like a TCKN or a card number in any text."""
    for key in _PERSONAL_KEYS & event.keys():
        del event[key]
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return _LONG_NUMBER.sub("[number]", _ELEVEN_DIGITS.sub(r"\1******\2", value))


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    drop_personal_data,
]


def configuration(*, level: str) -> dict[str, Any]:
    """Return the logging dictionary for Django, Celery and the web server alike."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
            "weasyprint": {"level": "ERROR"},
            "fontTools": {"level": "ERROR"},
            "pyhanko": {"level": "WARNING"},
            "pyhanko_certvalidator": {"level": "WARNING"},
        },
    }


def structlog_configuration() -> dict[str, Any]:
    """Return the keyword arguments of `structlog.configure`."""
    return {
        "processors": [
            structlog.stdlib.filter_by_level,  # first: what nobody will read is not made ready to be read
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        "logger_factory": structlog.stdlib.LoggerFactory(),
        "cache_logger_on_first_use": True,
    }
