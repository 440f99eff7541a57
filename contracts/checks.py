"""Settings of seal and time stamps that cannot work are told when the portal starts, not when a contract waits."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_NEEDED = {
    "development": [],
    "pkcs12": ["SEAL_PKCS12", "SEAL_PKCS12_PASSPHRASE_FILE", "SEAL_TRUST", "TSA_URL"],
    "pkcs11": [
        "SEAL_PKCS11_MODULE",
        "SEAL_PKCS11_TOKEN",
        "SEAL_PKCS11_PIN_FILE",
        "SEAL_PKCS11_KEY",
        "SEAL_TRUST",
        "TSA_URL",
    ],
}


@register
def seal_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Return an error for each setting that is missing or has no meaning. Files are not opened: workers have them."""
    if settings.SEAL_SOURCE not in _NEEDED:
        return [Error(f"SEAL_SOURCE is one of {', '.join(_NEEDED)}.", id="contracts.E001")]
    missing = [name for name in _NEEDED[settings.SEAL_SOURCE] if not getattr(settings, name)]
    found: list[CheckMessage] = [
        Error(f"SEAL_SOURCE={settings.SEAL_SOURCE} needs {name}.", id="contracts.E002") for name in missing
    ]
    if settings.TSA_PROTOCOL not in {"rfc3161", "kamusm"}:
        found.append(Error("TSA_PROTOCOL is rfc3161 or kamusm.", id="contracts.E003"))
    if settings.TSA_PROTOCOL == "kamusm" and not (settings.TSA_USER.isdecimal() and settings.TSA_PASSWORD_FILE):
        found.append(Error("TSA_PROTOCOL=kamusm needs a numeric TSA_USER and TSA_PASSWORD_FILE.", id="contracts.E004"))
    if settings.SEAL_TRUST and not Path(settings.SEAL_TRUST).is_absolute():
        found.append(Error("SEAL_TRUST is an absolute path.", id="contracts.E005"))
    return found
