"""Roles of people and states of providers."""

from django.db import models


class Role(models.TextChoices):
    """What a person is to a provider (domain: Hesap Sahibi and Hesap Yöneticisi)."""

    OWNER = "owner", "Hesap Sahibi"
    MANAGER = "manager", "Hesap Yöneticisi"


class ProviderState(models.TextChoices):
    """Whether the provider takes part in the register."""

    ACTIVE = "active", "Aktif"
    CLOSED = "closed", "Kapalı"
