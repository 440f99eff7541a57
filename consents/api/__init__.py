"""Endpoints about consents: adding them one by one and in batches, asking for them."""

from consents.api import adding, asking, batches

__all__ = ["adding", "asking", "batches"]
