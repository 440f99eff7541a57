"""Management commands that answer with one JSON object (--json) or with readable lines."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class ObjectCommand(BaseCommand):
    """A command whose result is an object; `--json` prints it alone on standard output."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def answer(self, result: dict[str, Any], *, as_json: bool) -> None:
        """Print the result in the form that was asked for."""
        if as_json:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        for key, value in result.items():
            if isinstance(value, list):
                self.stdout.write(f"{key}:")
                for row in value:
                    self.stdout.write(f"  {_line(row)}")
            else:
                self.stdout.write(f"{key}: {_line(value)}")


def _line(value: Any) -> str:
    return "  ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
