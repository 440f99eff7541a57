"""Write down each call of an account: one statement, whose commit nobody waits for."""

import structlog
from django.db import DatabaseError, connection

from iys_portal.api.calls import Call
from iys_portal.shared.masking import masked

logger = structlog.get_logger(__name__)

_SHOWN = 3
# A line that a crash loses a second later is no loss: the commit does not wait for the disk.
_INSERT = (
    "WITH soon AS (SELECT set_config('synchronous_commit', 'off', true))"
    " INSERT INTO accounts_apirequest (account_id, provider_id, request_id, method, path, status, codes,"
    " milliseconds, recipients, recipient_count)"
    " SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM soon"
)


def write(call: Call, *, status: int, codes: list[str], milliseconds: int) -> None:
    """Insert the call's row; a call of nobody has none."""
    if call.account is None:
        return
    shown = ", ".join(masked(recipient) for recipient in call.recipients[:_SHOWN])
    row = [
        call.account.pk,
        call.provider_reached.pk if call.provider_reached else call.account.provider_id,
        call.request_id,
        (call.request.method or "")[:7],
        call.shown_path[:200],
        status,
        " ".join(dict.fromkeys(codes))[:60],
        milliseconds,
        shown[:120],
        len(call.recipients),
    ]
    try:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, row)
    except DatabaseError as error:  # the call itself was answered
        logger.warning("api_log_lost", error=type(error).__name__)
