"""Names of what reports count by and of what happens to them."""

from enum import StrEnum

RECOUNTED = "recounted"
"""Audit action: the figures of a day were counted anew and differed."""


class Dimension(StrEnum):
    """What movements can be told apart by; the values are the columns of the daily roll-up."""

    DAY = "day"
    BRAND = "brand_id"
    CHANNEL = "channel"
    RECIPIENT_TYPE = "recipient_type"
    SOURCE = "source"
