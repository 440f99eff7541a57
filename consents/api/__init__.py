"""Endpoints about consents: adding them one by one and in batches, asking for them, links to refuse."""

from consents.api import adding, asking, batches, links

__all__ = ["adding", "asking", "batches", "links"]
