"""Whom a brand may not write to: what intermediaries ask before they send."""

from django.db import connection

from consents.access_selectors import Kind
from consents.enums import ConsentStatus, RecipientType


def rejected_among(kind: Kind, recipients: list[str]) -> list[str]:
    """Return which of these recipients may not be written to, in the order asked; one query.

    Without an approval a person may not be written to. A merchant may until it refuses (domain section 3).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recipient, status FROM consent WHERE provider_id = %s AND recipient = ANY(%s) AND brand_id = %s"
            " AND channel = %s AND recipient_type = %s",
            [kind.brand.provider_id, recipients, kind.brand.pk, kind.channel.value, kind.recipient_type.value],
        )
        statuses = dict(cursor.fetchall())
    if kind.recipient_type == RecipientType.TACIR:
        return [recipient for recipient in recipients if statuses.get(recipient) == ConsentStatus.RET]
    return [recipient for recipient in recipients if statuses.get(recipient) != ConsentStatus.ONAY]
