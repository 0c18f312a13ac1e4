"""Settings of Parley, all from the environment (outreach/env.py)."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.csp import CSP

from outreach.env import BadSetting, Environment

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCTION = env.name == "production"
DEBUG = False  # error pages with settings in them are for nobody; the log says more
SECRET_KEY = env.secret("SECRET_KEY")
SECRETS_KEY = env.secret("SECRETS_KEY")
SUPPRESSION_KEY = env.secret("SUPPRESSION_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS")
PUBLIC_URL = env.url("PUBLIC_URL")
PARLEY_CLOCK = env.choice("PARLEY_CLOCK")
DEMO = env.choice("DEMO") == "1"
SIMULATOR_URL = env.text("SIMULATOR_URL")
SIMULATOR_API_KEY = env.text("SIMULATOR_API_KEY")
HTTP_TIMEOUT_S = env.integer("HTTP_TIMEOUT_S")
if not 1 <= HTTP_TIMEOUT_S <= 120:  # a provider is given up on no later than it is reckoned to work on a request
    raise BadSetting(f"HTTP_TIMEOUT_S is {HTTP_TIMEOUT_S}: give a number of seconds from 1 to 120.")
PARLEY_ROLE = env.choice("PARLEY_ROLE")

INSTALLED_APPS = [
    "accounts.apps.AccountsConfig",
    "prospects.apps.ProspectsConfig",
    "campaigns.apps.CampaignsConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "drf_spectacular",
]
AUTH_USER_MODEL = "accounts.User"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.access.MemberMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "outreach.web.toasts.ToastMiddleware",
]
ROOT_URLCONF = "outreach.urls"
ASGI_APPLICATION = "outreach.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.frame.frame",
            ],
        },
    }
]
COTTON_DIR = "cotton"

# ---- database: one address per role; the pool is worth more than the choice of server -----------------------------
_which = (
    "MIGRATE_DATABASE_URL" if PARLEY_ROLE == "migrate" and env.values.get("MIGRATE_DATABASE_URL") else "DATABASE_URL"
)
_pool = env.integer("DATABASE_POOL")
_options: dict[str, Any] = {
    "application_name": f"parley-{PARLEY_ROLE}",
    "options": "-c plan_cache_mode=auto",
}
if _pool and PARLEY_ROLE == "run" and "test" not in sys.argv:
    _options["pool"] = {"min_size": 1, "max_size": _pool, "timeout": 10}
DATABASES = {"default": {**env.database(_which), "CONN_MAX_AGE": 0, "OPTIONS": _options, "ATOMIC_REQUESTS": False}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- people and their browsers --------------------------------------------------------------------------------------
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 3600
SIGN_UP = env.choice("SIGN_UP")
# allauth brings addresses and their proof, reset links, the stages of signing in and the list of sessions; the pages,
# the words and the limits are ours (accounts/limits.py, docs/decisions/0009).
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # our own verb sends the mail; what is not verified may look around
ACCOUNT_RATE_LIMITS = False
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600  # of idleness; accounts/sessions.py ends a session after 14 days in any case
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-parley" if PRODUCTION else "parley"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "outreach.web.errors.forged"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.integer("TRUSTED_PROXY_COUNT") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
IMPORT_MAX_BYTES = 50 * 1024 * 1024  # of a file of prospects; more is refused before memory or disk holds it
FILE_UPLOAD_HANDLERS = [
    "outreach.web.uploads.Limit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / env.text("STATIC_ROOT")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION  # a changed file shows without a restart
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"
MAILERS = {"default": env.mail("MAIL_URL")}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM") or f"Parley <parley@{urlsplit(PUBLIC_URL).hostname}>"

# ---- the API: what is asked of keys stands in accounts/api, the shape of errors in outreach/web/api ------------------
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "outreach.web.api.problems.answer",
    "DEFAULT_SCHEMA_CLASS": "outreach.web.api.schema.Schema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Parley",
    "DESCRIPTION": "Prospects, campaigns, enrollments and conversations, under the same rules as the pages.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["outreach.web.api.schema.finish"],
}

# ---- background work: the broker only wakes workers; due work is a query ---------------------------------------------
CELERY_BROKER_URL = env.broker("BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # a lost wake-up is found by the next tick; a repeated one would cost twice
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250_000  # kB
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_TASK_TIME_LIMIT = 600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL")},
    "loggers": {"httpx2": {"level": "WARNING"}, "httpcore2": {"level": "WARNING"}},
}

from outreach import celery as _celery  # noqa: E402, F401  every process that rings a task needs the broker's address
