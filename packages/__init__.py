"""Packages, their dated tariffs, and the subscriptions of providers."""
