"""Endpoints about subscriptions."""
