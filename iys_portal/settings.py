"""Settings: one file, every deployment difference is an environment variable (see docs/configuration.md).

DEBUG in the environment switches *demo mode* (demo people, example accounts, local http). Django's own
technical pages are never served, so settings.DEBUG stays off; see docs/adr/0003-demo-mode.md.
"""

import base64
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
import structlog
from bootstrap_wrapper import get_bootstrap_dir
from csp.constants import NONE, SELF

from iys_portal import logs

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Deployment -------------------------------------------------------------------------------------------------
DATA_DIR = Path(env.str("IYS_DATA", default=str(BASE_DIR / "var"))).resolve()
DEMO_MODE = env.bool("DEBUG", default=False)
DEBUG = False
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
HTTPS = urlsplit(PUBLIC_URL).scheme == "https"

SECRET_KEY = env.str("SECRET_KEY")
FIELD_KEY = base64.b64decode(env.str("FIELD_KEY"))
HASH_KEY = base64.b64decode(env.str("HASH_KEY"))

ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or "", *env.list("ALLOWED_HOSTS", default=[])]
if DEMO_MODE:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- Applications -----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "iys_portal.admin_site.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "iys_portal.static_files.PortalStaticFilesConfig",
    "django.forms",
    "django_celery_beat",
    "django_htmx",
    "django_structlog",
    "csp",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "iys_portal.audit",
    "accounts",
    "brands",
    "packages",
    "contracts",
    "partners",
    "payments",
    "consents",
    "iys_portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "iys_portal.middleware.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "iys_portal.middleware.RequestLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.CurrentProviderMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "iys_portal.urls"
WSGI_APPLICATION = "iys_portal.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.frame.frame",
            ],
            "builtins": ["django.templatetags.static", "iys_portal.ui"],
        },
    }
]

# --- Database ---------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].update(
    {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {"options": "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=120000"},
    }
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker, cache, jobs ----------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")
REDIS_PREFIX = env.str("REDIS_PREFIX", default="iys:")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "visibility_timeout": 900,
    # A page does not wait for a broker that is away: the sweeper rings later.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {"task": "iys_portal.audit.tasks.sweep_outbox", "schedule": 10.0},
    "seal-audit": {"task": "iys_portal.audit.tasks.seal_audit", "schedule": 60.0},
    "expire-orders": {"task": "payments.tasks.expire_orders", "schedule": 300.0},
    "expire-subscriptions": {"task": "packages.tasks.expire_subscriptions", "schedule": 60.0},
}
CELERY_TIMEZONE = "Europe/Istanbul"
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- People and sessions ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["accounts.backends.StaffBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 9}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The e-Devlet login is django-allauth, narrowed by accounts/adapters.py.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_ADAPTER = "accounts.adapters.EdevletAdapter"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/markalar/"
# In the database alone: a cache that is lost or away logs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-iys-oturum" if HTTPS else "iys-oturum"
CSRF_COOKIE_NAME = "__Host-iys-csrf" if HTTPS else "iys-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "iys_portal.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

EDEVLET_ISSUER = env.str("EDEVLET_ISSUER", default="http://127.0.0.1:8001").rstrip("/")
EDEVLET_CLIENT_ID = env.str("EDEVLET_CLIENT_ID", default="portal")
EDEVLET_CLIENT_SECRET = env.str("EDEVLET_CLIENT_SECRET", default="")

# --- Security headers -------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_ISSUER_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(EDEVLET_ISSUER))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        # Logging out redirects the form's answer to the identity provider.
        "form-action": [SELF, _ISSUER_ORIGIN],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
STATEMENT_MAX_BYTES = 50 * 1024 * 1024

# --- Static files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("bootstrap", str(get_bootstrap_dir() / "css")), str(BASE_DIR / "static")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 31_536_000

# --- Language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "tr"
LANGUAGES = [("tr", "Türkçe")]
USE_I18N = True
FORMAT_MODULE_PATH = "iys_portal.formats"
TIME_ZONE = "Europe/Istanbul"
USE_TZ = True

# --- Logs -------------------------------------------------------------------------------------------------------
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOGGING = logs.configuration(level=env.str("LOG_LEVEL", default="INFO"))
structlog.configure(**logs.structlog_configuration())

# --- Rules that an installation may change ------------------------------------------------------------------------
VERSION = "0.1.0"
DRAFT_LIFETIME_HOURS = 24
ACCEPTED_LIFETIME_DAYS = 7
TRANSFER_LIFETIME_DAYS = 14
