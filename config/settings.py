"""One settings file for laptop, tests and production.

With no environment at all the embedded default runs: SQLite, a file-system broker and ko/en pages on
127.0.0.1. Production names its services by URL and refuses to start with default secrets.
"""

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(env("VAR_DIR", default="") or BASE_DIR / "var")

# Who may connect -----------------------------------------------------------------------------------
DATABASE_URL = env("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'bpo.sqlite3'}"
EMBEDDED = DATABASE_URL.startswith("sqlite")
DEBUG = env.bool("DEBUG", default=False)
INSECURE_SECRET = "embedded-default-secret-for-one-laptop-only"
SECRET_FILE = VAR_DIR / "secret_key"
"""Made by the first `manage.py setup` of an embedded installation, so that no two share a secret."""


def _embedded_secret() -> str:
    return SECRET_FILE.read_text().strip() if EMBEDDED and SECRET_FILE.exists() else INSECURE_SECRET


SECRET_KEY = env("SECRET_KEY", default="") or _embedded_secret()
API_KEY_PEPPER = env("API_KEY_PEPPER", default="") or hashlib.sha256(f"api-key:{SECRET_KEY}".encode()).hexdigest()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Applications --------------------------------------------------------------------------------------
INSTALLED_APPS = [
    # Before Django's own apps: the words of the product win over the words of the admin.
    "vendors",
    "kpis",
    "bpo",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
]

MIDDLEWARE = [
    "vendors.middleware.RequestIdMiddleware",
    "vendors.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "vendors.compression.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

# Single sign-on and the second step of passwords: both need requirements-sso.txt, and are off without these.
SSO_ISSUER = env("SSO_ISSUER", default="")
SSO_CLIENT_ID = env("SSO_CLIENT_ID", default="")
SSO_CLIENT_SECRET = env("SSO_CLIENT_SECRET", default="")
SSO_NAME = env("SSO_NAME", default="")
SECOND_STEP = env.bool("SECOND_STEP", default=False)
if SSO_ISSUER and not (SSO_CLIENT_ID and SSO_CLIENT_SECRET):
    raise ImproperlyConfigured("SSO_ISSUER needs SSO_CLIENT_ID and SSO_CLIENT_SECRET.")
if SSO_ISSUER or SECOND_STEP:
    if find_spec("allauth") is None:
        raise ImproperlyConfigured(
            "SSO_ISSUER and SECOND_STEP need one package more: pip install -r requirements-sso.txt"
        )
    INSTALLED_APPS += ["allauth.account", "allauth.socialaccount", "allauth.mfa"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    SOCIALACCOUNT_ADAPTER = "vendors.sso.Adapter"
    MFA_ADAPTER = "vendors.totp.Adapter"
    MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
    MFA_TOTP_TOLERANCE = 1

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LOGIN_URL = "bpo:sign-in"
LOGIN_REDIRECT_URL = "bpo:home"
LOGOUT_REDIRECT_URL = "bpo:sign-in"
PASSWORD_LINK_VIEW = "bpo:set-password"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Database ------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL alone makes "database is locked" more frequent; IMMEDIATE takes the write lock up front.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})

# Background work -----------------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="")
BROKER_DIR = Path(env("BROKER_DIR", default=str(VAR_DIR / "broker")))
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 200
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
# A publish inside a web request must never wait for a broken broker: one try, half a second.
CELERY_TASK_PUBLISH_RETRY = False
# A worker may wait for the broker, a web request may not.
IS_WORKER = any(word in sys.argv for word in ("worker", "beat")) and "celery" in sys.argv[0] + " ".join(sys.argv)
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if REDIS_URL:
    BROKER_KIND = "redis"
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5 if IS_WORKER else 0.5,
        "socket_connect_timeout": 5 if IS_WORKER else 0.5,
        "health_check_interval": 10,
        "retry_on_timeout": False,
    }
elif env.bool("BROKER_FILES", default=False):
    # Set by `manage.py up`: a worker that needs no server reads its messages from a folder.
    BROKER_KIND = "files"
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
else:
    # No broker: whoever stored the figures drains them in process, after its own commit.
    BROKER_KIND = "none"
    CELERY_BROKER_URL = "memory://"

_OF_THE_PROCESS = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _OF_THE_PROCESS},
    # Whole answers (vendors/kept.py), of up to 150 KB.
    "kept": {"BACKEND": _OF_THE_PROCESS, "LOCATION": "kept", "OPTIONS": {"MAX_ENTRIES": 100}},
}

# Language and time ---------------------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True
# The Korean word for a vendor differs by trade; design.md names the choices.
VENDOR_LABEL_KO = env("VENDOR_LABEL_KO", default="운영업체")
# Won in steps of ten thousand for who reads Korean: 12억 3,456만.
MONEY_IN_MAN = env.bool("MONEY_IN_MAN", default=False)

# Static files --------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True

# API -----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "vendors.authentication.ApiKeyAuthentication",
        "vendors.authentication.SessionActorAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["vendors.permissions.IsActor"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["vendors.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "vendors.api.pagination.PageNumbers",
    "DEFAULT_THROTTLE_CLASSES": ["vendors.api.throttling.RequestRate"],
    "DEFAULT_FILTER_BACKENDS": ["vendors.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "vendors.api.problems.problem_response",
    "COERCE_DECIMAL_TO_STRING": True,
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "BPO KPI service",
    "DESCRIPTION": "KPI targets, daily figures, attainment and scorecards of outsourced customer centres."
    " [From a key to the first accepted day in five minutes](/connect/).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["vendors.permissions.IsActor"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "vendors.api.schema.document_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "KeyKindEnum": "vendors.choices.KeyKind",
        "AlertSeverityEnum": "bpo.choices.AlertSeverity",
        "AlertKindEnum": "bpo.choices.AlertKind",
        "AlertStatusEnum": "bpo.choices.AlertStatus",
        "PlanKindEnum": "bpo.choices.PlanKind",
        "PlanStatusEnum": "bpo.choices.PlanStatus",
        "PlanOutcomeEnum": "bpo.choices.OUTCOMES",
        "PlanCauseEnum": "bpo.choices.Cause",
        "CauseEnum": "kpis.choices.ExcuseCause",
        "FactorKindEnum": "kpis.choices.FactorKind",
        "FactorStatusEnum": "kpis.choices.FactorStatus",
        "PeriodEnum": "kpis.choices.PeriodChoice",
        "DeliveryKindEnum": "bpo.choices.DeliveryKind",
        "DeliveryStatusEnum": "bpo.choices.DeliveryStatus",
        "ReportKindEnum": "bpo.choices.ReportKind",
        "ReportPeriodEnum": "bpo.choices.ReportPeriod",
        "ReportCauseEnum": "bpo.choices.ReportCause",
        "DepartmentAnswerEnum": "kpis.choices.ANSWERS",
    },
}
# The largest body there is: a file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# A year of targets is a form of twelve fields a row.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# What one sender may use; 0 means no limit. Counted in the database for all web processes together.
REQUESTS_PER_MINUTE = env.int("REQUESTS_PER_MINUTE", default=600)
ROWS_PER_DAY = env.int("ROWS_PER_DAY", default=200_000)
# Wrong passwords in 15 minutes: for one account, and from one address.
SIGN_IN_TRIES = env.int("SIGN_IN_TRIES", default=5)
SIGN_IN_TRIES_OF_ADDRESS = env.int("SIGN_IN_TRIES_OF_ADDRESS", default=50)

# Passwords, cookies, headers -----------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Behind a TLS proxy set HTTPS=1 (doctor reminds): by itself the product cannot know that one stands in front.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

if not EMBEDDED and not DEBUG and SECRET_KEY == INSECURE_SECRET:
    raise ImproperlyConfigured(
        "DATABASE_URL names a production database but SECRET_KEY is not set. Set SECRET_KEY to a long random"
        " string (python -c 'import secrets; print(secrets.token_urlsafe(50))')."
    )

# Mail ----------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="bpo@example.com")
EMAIL_TIMEOUT = 10
# Where the links of mails and webhooks lead.
SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
# Whose holidays are free of mail.
HOME_COUNTRY = env("HOME_COUNTRY", default="KR")
# Working hours after which a critical alert that nobody took up is told to those above; 0: never.
ESCALATE_HOURS = env.int("ESCALATE_HOURS", default=4)
# ISO weekday from which departments are asked by mail about the next week; 0: never.
ASK_DEPARTMENTS_ON = env.int("ASK_DEPARTMENTS_ON", default=4)
# Hosts of one's own network that webhooks may reach, by HTTP too; every other must be public and HTTPS.
WEBHOOK_HOSTS_ALLOWED = env.list("WEBHOOK_HOSTS_ALLOWED", default=[])

# Logs ----------------------------------------------------------------------------------------------
LOG_FORMAT = env("LOG_FORMAT", default="console" if EMBEDDED else "json")
LOGGING_CONFIG = "vendors.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": env("LOG_LEVEL", default="INFO")}

# Administration ------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("BPO KPI administration"),
    "SITE_HEADER": _("BPO KPI"),
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "query_stats",
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {"show_search": True, "navigation": "bpo.admin.sidebar.navigation"},
}
