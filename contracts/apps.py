from importlib import import_module

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "contracts"
    verbose_name = "Sözleşmeler"

    def ready(self) -> None:
        # The outbox knows its handlers in every process, not only in workers.
        import_module(f"{self.name}.tasks")
