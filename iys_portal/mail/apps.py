from importlib import import_module

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "iys_portal.mail"
    label = "mail"
    verbose_name = "E-posta"

    def ready(self) -> None:
        # The outbox knows its handlers in every process, not only in workers; the checks run in all of them, too.
        import_module(f"{self.name}.tasks")
        import_module(f"{self.name}.checks")
