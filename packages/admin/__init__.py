"""Administrators' screens: packages, their dated prices, the subscriptions that were sold, the address counts."""

from packages.admin import goods, subscriptions, tariffs, usage

__all__ = ["goods", "subscriptions", "tariffs", "usage"]
