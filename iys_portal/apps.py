from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    """The composition root as an app: management commands that need every app, and what every installation holds."""

    name = "iys_portal"
    label = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        # Permissions are made app by app; after the last app with models all of them are there.
        post_migrate.connect(_install, sender=apps.get_app_config("consents"))


def _install(**_kwargs: Any) -> None:
    """Bring in what every installation needs: groups of staff, packages with prices, the contract text."""
    from contracts import texts  # noqa: PLC0415  (models are not loaded before)
    from iys_portal.roles import sync_groups  # noqa: PLC0415  (models are not loaded before)
    from packages import catalogue  # noqa: PLC0415  (models are not loaded before)

    sync_groups()
    catalogue.install()
    texts.install()
