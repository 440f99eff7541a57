"""States of brands."""

from django.db import models


class BrandState(models.TextChoices):
    """A passive brand keeps its consents and shows no actions."""

    ACTIVE = "active", "Aktif"
    PASSIVE = "passive", "Pasif"
