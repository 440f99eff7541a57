"""Consents (izin): the current state per brand, recipient type, channel and recipient."""
