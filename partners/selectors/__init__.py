"""Read the directories, the grants, their history, and what a company may do."""

from partners.selectors.grants import (
    channels_without_reader,
    grant_counts,
    intermediary_grant_rows,
    intermediary_grants_of,
    partner_grant_rows,
    partner_grants_of,
    partner_sleep,
)

__all__ = [
    "channels_without_reader",
    "grant_counts",
    "intermediary_grant_rows",
    "intermediary_grants_of",
    "partner_grant_rows",
    "partner_grants_of",
    "partner_sleep",
]
