"""From EMAIL_URL to Django's e-mail settings. Read by the settings: imports nothing of the portal."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_FILES = "django.core.mail.backends.filebased.EmailBackend"
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_TIMEOUT = 10

# scheme: (its usual port, encryption from the first byte, encryption by STARTTLS)
_SCHEMES = {
    "smtp": (587, False, True),
    "smtps": (465, True, False),
    "smtp+plain": (25, False, False),
}


def transport(url: str, *, folder: Path) -> dict[str, Any]:
    """Return the settings EMAIL_* for an address of a mail server; an empty one writes files into `folder`.

    ``smtp://user:password@host:port`` (STARTTLS, required), ``smtps://…`` (TLS), ``smtp+plain://…`` (unencrypted,
    for a relay on the same machine). Raises ImproperlyConfigured for anything else; the message holds no password.
    """
    if not url:
        return {"EMAIL_BACKEND": _FILES, "EMAIL_FILE_PATH": folder, "EMAIL_USE_LOCALTIME": True}
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must be smtp://…, smtps://… or smtp+plain://… with a host.")
    port, tls, starttls = _SCHEMES[parts.scheme]
    return {
        "EMAIL_BACKEND": _SMTP,
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls,
        "EMAIL_USE_TLS": starttls,
        # Seconds for each exchange with the server.
        "EMAIL_TIMEOUT": _TIMEOUT,
        "EMAIL_USE_LOCALTIME": True,
    }
