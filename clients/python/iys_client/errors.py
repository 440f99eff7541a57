"""What can go wrong with a call."""

from typing import Any


class IysError(Exception):
    """Everything that this package raises about a call."""


class Unreachable(IysError):
    """The portal did not answer; whether it did what was asked is not known."""


class LoginFailed(IysError):
    """Username or password is wrong, or the account was revoked."""


class ApiError(IysError):
    """A refusal. `errors` are all reasons: `code`, `message` and, where known, `location`, `value`, `index` of each."""

    def __init__(self, status: int, errors: list[dict[str, Any]], request_id: str = "") -> None:
        said = "; ".join(f"{each.get('code', '')} {each.get('message', '')}".strip() for each in errors)
        super().__init__(f"{status} {said}".strip())
        self.status, self.errors, self.request_id = status, errors, request_id

    @property
    def codes(self) -> list[str]:
        """The codes of all reasons, in their order."""
        return [str(each.get("code", "")) for each in self.errors]
