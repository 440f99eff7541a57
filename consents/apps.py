from importlib import import_module

from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    name = "consents"
    verbose_name = "İzinler"

    def ready(self) -> None:
        # The outbox knows its handlers in every process, not only in workers.
        import_module(f"{self.name}.tasks")
