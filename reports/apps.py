from importlib import import_module

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Raporlar"

    def ready(self) -> None:
        # The outbox knows its handlers in every process, not only in workers; e-mails know their attachments.
        import_module(f"{self.name}.tasks")
        import_module(f"{self.name}.attachments")
