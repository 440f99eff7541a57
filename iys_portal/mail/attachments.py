"""What can be attached to an e-mail: an app above registers how its files are loaded when the e-mail is sent.

@attachment("contract")
def contract(document_id: int, *, provider_id: int) -> Attachment: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class AttachmentMissing(Exception):
    """There is no such file of that provider (yet): the e-mail is tried again later."""


@dataclass(frozen=True)
class Attachment:
    """A file as it goes out."""

    filename: str
    content: bytes
    mimetype: str


class Loader(Protocol):
    """Loads a file by its number; raises AttachmentMissing where the provider has none with it."""

    def __call__(self, number: int, /, *, provider_id: int) -> Attachment: ...


_LOADERS: dict[str, Loader] = {}


def attachment(topic: str) -> Callable[[Loader], Loader]:
    """Register the decorated function as the loader of `topic`."""

    def register(loader: Loader) -> Loader:
        if topic in _LOADERS:
            raise ValueError(f"two loaders for {topic}")
        _LOADERS[topic] = loader
        return loader

    return register


def is_known(topic: str) -> bool:
    """Return whether a loader is registered for `topic`."""
    return topic in _LOADERS


def load(topic: str, number: int, *, provider_id: int) -> Attachment:
    """Return a provider's file; raises AttachmentMissing where there is none."""
    return _LOADERS[topic](number, provider_id=provider_id)
