"""Consent: the current state, one row per (provider, recipient, brand, channel, recipient type).

The order of the primary key is the design: all consents of an address lie together. Partitioned by provider,
no foreign keys to or from it, so that it can be distributed by provider. Not shown in admin.
"""

from django.db import models

from consents.enums import Channel, ConsentStatus, RecipientType


class Consent(models.Model):
    """One consent as it stands now. `recipient` is +90… or a lower-case ASCII e-mail address."""

    pk = models.CompositePrimaryKey("provider_id", "recipient", "brand_id", "channel", "recipient_type")
    provider_id = models.BigIntegerField()
    recipient = models.TextField(db_collation="C")
    brand_id = models.BigIntegerField()
    channel = models.SmallIntegerField(choices=Channel)
    recipient_type = models.SmallIntegerField(choices=RecipientType)
    status = models.SmallIntegerField(choices=ConsentStatus)
    consent_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "consent"
