"""What brands grant, the templates of it, and the directories of those who can be authorised."""

from partners.services.grants import (
    authorise_intermediary,
    authorise_partner,
    note_forged_right,
    revoke,
    snapshot,
)

__all__ = ["authorise_intermediary", "authorise_partner", "note_forged_right", "revoke", "snapshot"]
