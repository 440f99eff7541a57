from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "iys_portal.audit"
    verbose_name = "Denetim izi"
