"""Groups of staff and what they may do; kept in step with this table after every migration."""

from django.contrib.auth.models import Group, Permission

ACCOUNTING = "Muhasebe"

_PERMISSIONS = {
    ACCOUNTING: [
        "payments.work_on_statements",
        "payments.view_order",
        "payments.view_statement",
        "payments.view_statementline",
        "payments.view_allocation",
        "payments.view_bankaccount",
        "accounts.view_provider",
        "contracts.view_signeddocument",
    ],
}


def sync_groups() -> None:
    """Make the groups and give each exactly its permissions."""
    for name, labels in _PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=name)
        wanted = [
            Permission.objects.get(content_type__app_label=app, codename=code) for app, code in map(_split, labels)
        ]
        group.permissions.set(wanted)


def _split(label: str) -> tuple[str, str]:
    app, _, codename = label.partition(".")
    return app, codename
