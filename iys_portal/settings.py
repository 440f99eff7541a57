"""Settings: one file, every deployment difference is an environment variable (see docs/configuration.md).

DEBUG in the environment switches *demo mode* (demo people, example accounts, local http). Django's own
technical pages are never served, so settings.DEBUG stays off; see docs/adr/0003-demo-mode.md.
"""

import base64
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
import structlog
from bootstrap_wrapper import get_bootstrap_dir
from celery.schedules import crontab
from csp.constants import NONE, SELF
from redis.backoff import NoBackoff
from redis.retry import Retry

from iys_portal import logs
from iys_portal.mail.transport import transport

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Deployment -------------------------------------------------------------------------------------------------
DATA_DIR = Path(env.str("IYS_DATA", default=str(BASE_DIR / "var"))).resolve()
DEMO_MODE = env.bool("DEBUG", default=False)
DEBUG = False
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
HTTPS = urlsplit(PUBLIC_URL).scheme == "https"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)

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
    "iys_portal.mail",
    "accounts",
    "brands",
    "applications",
    "packages",
    "contracts",
    "partners",
    "payments",
    "consents",
    "push",
    "reports",
    "iys_portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "iys_portal.middleware.SecurityHeadersMiddleware",
    "iys_portal.api.middleware.ApiMiddleware",
    "csp.middleware.CSPMiddleware",
    "iys_portal.middleware.RequestLogMiddleware",
    "iys_portal.middleware.WholePageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.CurrentProviderMiddleware",
    "partners.middleware.CurrentPartyMiddleware",
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
        "OPTIONS": {"options": "-c jit=off -c lock_timeout=10000 -c idle_in_transaction_session_timeout=120000"},
    }
)
# A database with all migrations applied, which benches copy instead of migrating one of their own.
BENCH_TEMPLATE = env.str("BENCH_TEMPLATE", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker, cache, jobs ----------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")
REDIS_PREFIX = env.str("REDIS_PREFIX", default="iys:")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
        # Never asked twice: what was counted and not answered would count double, and a page would wait longer.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2, "retry": Retry(NoBackoff(), 0)},
    },
    # What must be counted even while the cache is away.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}},
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
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 350_000  # KiB; rendering leaves a little behind (docs/benchmarks.md)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {"task": "iys_portal.audit.tasks.sweep_outbox", "schedule": 10.0},
    "seal-audit": {"task": "iys_portal.audit.tasks.seal_audit", "schedule": 60.0},
    "retry-documents": {"task": "contracts.tasks.retry_documents", "schedule": 300.0},
    "check-seal": {"task": "contracts.tasks.check_seal", "schedule": 300.0, "options": {"queue": "documents"}},
    "expire-orders": {"task": "payments.tasks.expire_orders", "schedule": 300.0},
    # Somebody who tries the demo does not want to wait for ten minutes.
    "fetch-statements": {
        "task": "payments.tasks.fetch_statements",
        "schedule": 20.0 if DEMO_MODE else 600.0,
        "options": {"queue": "import"},
    },
    "drop-samples": {"task": "payments.tasks.drop_samples", "schedule": 300.0},
    "sweep-refunds": {"task": "payments.tasks.sweep_refunds", "schedule": 60.0},
    "sweep-cards": {"task": "payments.tasks.sweep_cards", "schedule": 20.0},
    # Twice: what the first comparison asked the bank about is settled, and the gateways' late reports are there.
    "compare-card-days": {"task": "payments.tasks.compare_card_days", "schedule": crontab(hour="6,10", minute="30")},
    "complete-paid-orders": {"task": "payments.tasks.complete_paid_orders", "schedule": 180.0},
    "drop-old-drafts": {"task": "applications.tasks.drop_old_drafts", "schedule": crontab(hour="3", minute="10")},
    "expire-subscriptions": {"task": "packages.tasks.expire_subscriptions", "schedule": 60.0},
    "fold-address-deltas": {"task": "packages.tasks.fold_address_deltas", "schedule": 60.0},
    "record-usage-days": {"task": "packages.tasks.record_usage_days", "schedule": crontab(hour="0", minute="5")},
    "check-address-counts": {"task": "packages.tasks.check_address_counts", "schedule": crontab(hour="3", minute="30")},
    "send-notices": {"task": "packages.tasks.send_notices", "schedule": 900.0},
    "forget-retailer-files": {"task": "brands.tasks.forget_retailer_files", "schedule": crontab(hour="4", minute="10")},
    "forget-imports": {"task": "consents.tasks.forget_imports", "schedule": crontab(hour="4", minute="20")},
    "remind-of-api-accounts": {
        "task": "accounts.tasks.remind_of_api_accounts",
        "schedule": crontab(hour="9", minute="10"),
    },
    "forget-api-calls": {"task": "accounts.tasks.forget_api_calls", "schedule": crontab(minute="40")},
    "plan-push": {"task": "push.tasks.plan_push", "schedule": 5.0, "options": {"queue": "push"}},
    "forget-push-log": {"task": "push.tasks.forget_push_log", "schedule": crontab(hour="4", minute="30")},
    "forget-batches": {"task": "consents.tasks.forget_batches", "schedule": crontab(hour="4", minute="25")},
    "forget-citizens": {"task": "consents.tasks.forget_citizens", "schedule": crontab(hour="4", minute="35")},
    "roll-up-movements": {"task": "reports.tasks.roll_up_movements", "schedule": 60.0},
    # The days that have ended since the last time: a worker that was away at half past midnight misses nothing.
    "close-report-days": {"task": "reports.tasks.close_report_days", "schedule": crontab(minute="30")},
    "stamp-daily-files": {
        "task": "reports.tasks.stamp_daily_files",
        "schedule": 300.0,
        "options": {"queue": "documents"},
    },
    "count-consent-ages": {"task": "reports.tasks.count_consent_ages", "schedule": 300.0},
    "plan-report-mails": {"task": "reports.tasks.plan_report_mails", "schedule": crontab(minute="*/15")},
    "forget-comparisons": {"task": "reports.tasks.forget_comparisons", "schedule": crontab(hour="4", minute="40")},
    "clear-sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(minute="20")},
}
CELERY_TIMEZONE = "Europe/Istanbul"
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- E-mail -----------------------------------------------------------------------------------------------------
globals().update(transport(env.str("EMAIL_URL", default=""), folder=DATA_DIR / "mail"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="İleti Yönetim Sistemi <bilgi@iys.org.tr>")

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
# In the database alone: a cache that is lost or away logs nobody out. Its limits stand in accounts/sessions.py.
SESSION_ENGINE = "accounts.sessions"
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

# --- Seal and time stamps (contracts/sources.py) ------------------------------------------------------------------
SEAL_SOURCE = env.str("SEAL_SOURCE", default="development")
SEAL_PKCS12 = env.str("SEAL_PKCS12", default="")
SEAL_PKCS12_PASSPHRASE_FILE = env.str("SEAL_PKCS12_PASSPHRASE_FILE", default="")
SEAL_PKCS11_MODULE = env.str("SEAL_PKCS11_MODULE", default="")
SEAL_PKCS11_TOKEN = env.str("SEAL_PKCS11_TOKEN", default="")
SEAL_PKCS11_PIN_FILE = env.str("SEAL_PKCS11_PIN_FILE", default="")
SEAL_PKCS11_KEY = env.str("SEAL_PKCS11_KEY", default="")
SEAL_TRUST = env.str("SEAL_TRUST", default="")
SEAL_CRL_URLS = env.list("SEAL_CRL_URLS", default=[])
TSA_URL = env.str("TSA_URL", default="")
TSA_PROTOCOL = env.str("TSA_PROTOCOL", default="rfc3161")
TSA_USER = env.str("TSA_USER", default="")
TSA_PASSWORD_FILE = env.str("TSA_PASSWORD_FILE", default="")

# --- The API ----------------------------------------------------------------------------------------------------
API_MAX_BYTES = 2 * 1024 * 1024
# For so long what an account may do is not read anew where nothing changed, or where the cache cannot tell.
API_STANDING_SECONDS = 0.5
# The longest for which screens and the API answer with figures that were counted before (iys_portal/counting.py).
COUNTED_SECONDS = 60
API_LOG_DAYS = 30
# For so long the line of a call waits for others to be inserted with; 0: it is inserted before the call is answered.
API_LOG_SECONDS = 0.5

# --- Card payments ----------------------------------------------------------------------------------------------
CARD_GATEWAY = env.str("CARD_GATEWAY", default="iyzico")
CARD_TIMEOUT_SECONDS = env.float("CARD_TIMEOUT_SECONDS", default=10.0)
REFUND_SECOND_PERSON_ABOVE = Decimal(env.str("REFUND_SECOND_PERSON_ABOVE", default="5000.00"))
IYZICO_URL = env.str("IYZICO_URL", default="http://127.0.0.1:8002").rstrip("/")
IYZICO_API_KEY = env.str("IYZICO_API_KEY", default="")
IYZICO_SECRET_KEY = env.str("IYZICO_SECRET_KEY", default="")
NESTPAY_URL = env.str("NESTPAY_URL", default="").rstrip("/")
# Where the card pages stand, if not at the gateway's own address.
CARD_PAGE_ORIGINS = env.list("CARD_PAGE_ORIGINS", default=[]) or [url for url in (IYZICO_URL, NESTPAY_URL) if url]
NESTPAY_CLIENT_ID = env.str("NESTPAY_CLIENT_ID", default="")
NESTPAY_STORE_KEY = env.str("NESTPAY_STORE_KEY", default="")
NESTPAY_API_USER = env.str("NESTPAY_API_USER", default="")
NESTPAY_API_PASSWORD = env.str("NESTPAY_API_PASSWORD", default="")
NESTPAY_INSTALMENTS = env.str("NESTPAY_INSTALMENTS", default="")  # judged at start-up by payments/apps.py

# --- Bank statements that come by themselves ----------------------------------------------------------------------
STATEMENT_DROP = env.str("STATEMENT_DROP", default="")
ZIRAAT_URL = env.str("ZIRAAT_URL", default="https://hesap.ziraatbank.com.tr").rstrip("/")
ZIRAAT_USER = env.str("ZIRAAT_USER", default="")
ZIRAAT_PASSWORD = env.str("ZIRAAT_PASSWORD", default="")

# --- Push -------------------------------------------------------------------------------------------------------
# Certificates of authorities, beside the system's, that sign those of receivers; a file of PEM.
PUSH_CA_FILE = env.str("PUSH_CA_FILE", default="")

# --- Security headers -------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
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
        # Logging out redirects the form's answer to the identity provider, paying by card to the bank.
        "form-action": [SELF, _ISSUER_ORIGIN, *CARD_PAGE_ORIGINS],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000  # a form of rights with 5,000 brands ticked, and some more
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
STATEMENT_MAX_BYTES = 50 * 1024 * 1024
VERIFICATION_MAX_BYTES = 10 * 1024 * 1024
RETAILER_FILE_MAX_BYTES = 50 * 1024 * 1024

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
# Decisions about bank movements and refunds above this amount (TRY) count when a second accountant confirms them.
DECISION_SECOND_PERSON_ABOVE = Decimal(env.str("DECISION_SECOND_PERSON_ABOVE", default="25000.00"))
# A merchant's (TACIR) first record may be a refusal; İYS does not say that it may.
TACIR_FIRST_RET = env.bool("TACIR_FIRST_RET", default=False)
# Consents from before 1 May 2015 (HS_2015) are taken in: the law's transition period, over since 2021.
CONSENT_TRANSITION = env.bool("CONSENT_TRANSITION", default=False)
# The change feed of the API: how far back it goes, and for how long a movement is withheld (İYS: seven days, an hour).
CHANGES_DAYS = env.int("CHANGES_DAYS", default=7)
CHANGES_WITHHELD_MINUTES = env.int("CHANGES_WITHHELD_MINUTES", default=60)
