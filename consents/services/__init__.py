"""Change consents: one movement at a time, and whole files of them."""

from consents.services.recording import (
    ConsentRefused,
    Origin,
    Recorded,
    record_citizens_movement,
    record_consent,
    take_over,
)

__all__ = ["ConsentRefused", "Origin", "Recorded", "record_citizens_movement", "record_consent", "take_over"]
