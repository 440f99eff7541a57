"""What one run of the simulator is made of, and the Django settings that follow from it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf import settings

HERE = Path(__file__).resolve().parent

SCOPE = "openid"
MAX_TRIES = 5
WAIT_SECONDS = 15 * 60
_SESSION_SECONDS = 30 * 60


@dataclass(frozen=True)
class Config:
    """One run: where it listens, whom it serves, where it keeps its files.

    `portal_url` has no slash at its end. `private_key` is the PEM text of the RSA key that signs ID tokens.
    """

    port: int
    portal_url: str
    data: Path
    client_id: str
    client_secret: str
    private_key: str

    @property
    def issuer(self) -> str:
        """The address that ID tokens name as `iss`; fixed, so that a forged Host cannot change it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def redirect_uri(self) -> str:
        """The portal's only callback address."""
        return f"{self.portal_url}/giris/donus/"

    @property
    def portal_origin(self) -> str:
        """Scheme, host and port of the portal, as a content security policy names them."""
        parts = urlsplit(self.portal_url)
        return f"{parts.scheme}://{parts.netloc}"


def running() -> Config:
    """Return the run that this process serves."""
    config: Config = settings.SIMULATOR  # type: ignore[misc]  # not a setting of the portal
    return config


def django_settings(config: Config) -> dict[str, object]:
    """Return the keyword arguments of `settings.configure()` for this run."""
    return {
        # Derived from the signing key: one secret to keep, and web sessions survive a restart.
        "SECRET_KEY": hashlib.sha256(b"django-secret-key:" + config.private_key.encode()).hexdigest(),
        "DEBUG": False,
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost"],
        "ROOT_URLCONF": "simulators.edevlet.urls",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "LANGUAGE_CODE": "tr",
        "TIME_ZONE": "Europe/Istanbul",
        "USE_TZ": True,
        "SIMULATOR": config,
        **_components(),
        **_storage(config),
        **_logins(config),
        **_browser_rules(config),
    }


def _components() -> dict[str, object]:
    return {
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "csp",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "csp.middleware.CSPMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"console": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["console"], "level": "WARNING"},
        },
    }


def _storage(config: Config) -> dict[str, object]:
    return {
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": config.data / "edevlet.sqlite3",
                "OPTIONS": {"timeout": 5, "transaction_mode": "IMMEDIATE"},
            }
        },
        # One process: authorization codes and counted tries may live in memory. The bound keeps codes from
        # being thrown out while they are valid.
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        },
    }


def _logins(config: Config) -> dict[str, object]:
    return {
        "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "home",
        "ACCOUNT_LOGOUT_REDIRECT_URL": "home",
        "SESSION_COOKIE_AGE": _SESSION_SECONDS,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "IDP_OIDC_ADAPTER": "simulators.edevlet.claims.ClaimsAdapter",
        "IDP_OIDC_PRIVATE_KEY": config.private_key,
        "IDP_OIDC_AUTH_METHODS": ["client_secret_basic", "client_secret_post"],
        "IDP_OIDC_RP_INITIATED_LOGOUT_ASKS_FOR_OP_LOGOUT": False,
    }


def _browser_rules(config: Config) -> dict[str, object]:
    return {
        # Cookies ignore the port: the portal's have other names.
        "SESSION_COOKIE_NAME": "edevlet_oturum",
        "CSRF_COOKIE_NAME": "edevlet_csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "simulators.edevlet.views.csrf_failure",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": [NONE],
                "style-src": [SELF],
                "img-src": [SELF],
                # Browsers apply this to a form's redirects as well, and the last leads to the portal.
                "form-action": [SELF, config.portal_origin],
                "base-uri": [NONE],
                "frame-ancestors": [NONE],
            }
        },
    }
