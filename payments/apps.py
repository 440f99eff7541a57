from importlib import import_module

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Ödemeler"

    def ready(self) -> None:
        # The outbox knows its handlers in every process, not only in workers.
        import_module(f"{self.name}.tasks")
