"""What `check --deploy` says about e-mail."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004  (Django's name)


@register(Tags.security, deploy=True)
def mail_leaves_the_house(**_kwargs: Any) -> list[CheckMessage]:
    """Warn of an installation whose e-mails end as files, or travel without encryption."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return [Warning("E-mails are written to files, nobody gets them.", hint="Set EMAIL_URL.", id="mail.W001")]
    if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        hint = "Use smtp:// or smtps:// in EMAIL_URL, unless the server is this machine."
        return [Warning("E-mails travel without encryption.", hint=hint, id="mail.W002")]
    return []
