"""What one run of the simulator is made of, and the Django settings that follow from it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

HERE = Path(__file__).resolve().parent

MERCHANT = "İleti Yönetim Sistemi"
FORM_SECONDS = 30 * 60


@dataclass(frozen=True)
class Config:
    """One run: where it listens, whom it serves, where it keeps its files, and the merchant's keys.

    `portal_url` has no slash at its end. `certificate` is given when the simulator speaks TLS.
    """

    port: int
    portal_url: str
    data: Path
    iyzico_api_key: str
    iyzico_secret_key: str
    nestpay_client_id: str
    nestpay_store_key: str
    nestpay_api_user: str
    nestpay_api_password: str
    statement_user: str
    statement_password: str
    webhook_seconds: float
    retry_seconds: float
    certificate: Path | None = None

    @property
    def origin(self) -> str:
        """The simulator's own address, as it stands in answers; fixed, so that a forged Host cannot change it."""
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def webhook_url(self) -> str:
        """Where the portal hears of payments."""
        return f"{self.portal_url}/odeme/bildirim/iyzico/"


def running() -> Config:
    """Return the run that this process serves."""
    config: Config = settings.SIMULATOR  # type: ignore[misc]  # not a setting of the portal
    return config


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as a content security policy names them; empty unless http."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""


def django_settings(config: Config) -> dict[str, object]:
    """Return the keyword arguments of `settings.configure()` for this run."""
    return {
        "SECRET_KEY": hashlib.sha256(b"django-secret-key:" + config.iyzico_secret_key.encode()).hexdigest(),
        "DEBUG": False,
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost"],
        "ROOT_URLCONF": "simulators.bank.urls",
        "LANGUAGE_CODE": "tr",
        "TIME_ZONE": "Europe/Istanbul",
        "USE_TZ": True,
        "APPEND_SLASH": False,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 256 * 1024,
        "SIMULATOR": config,
        "MIDDLEWARE": [
            "simulators.bank.browser.rules",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "libraries": {"bank": "simulators.bank.words"},
                },
            }
        ],
        # Cookies ignore the port: the portal's have other names.
        "CSRF_COOKIE_NAME": "banka_csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "simulators.bank.pages.csrf_failure",
        # Set by logs.configure().
        "LOGGING_CONFIG": None,
    }
