"""Brands (marka) of providers, and their dealers (bayi)."""
