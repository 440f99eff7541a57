from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "push"
    verbose_name = "Anlık bildirim"

    def ready(self) -> None:
        """Make the handler known to everybody who promises work to it."""
        from push import tasks  # noqa: F401, PLC0415  (models must be there first)
