"""Settings from the environment; every default suits `teplo up` on one machine.

DATABASE_URL   postgres://user:password@host/name; empty: SQLite in TEPLO_HOME
TEPLO_HOME     folder of the database, uploads and the installation's key; default ./var
TEPLO_SECRET   the installation's key; default: made once in TEPLO_HOME/secret.key
TEPLO_URL      public address, e.g. https://teplo.example.com
TEPLO_HOSTS    names under which it may be reached, separated by commas; default: any
TEPLO_TRUSTED_PROXIES  how many proxies stand in front (1), or their networks (127.0.0.1, 10.0.0.0/8): only they are
               believed when they say whose request it is (X-Forwarded-For); default: nobody
TEPLO_COLLECT_RATE  events a second that one address may send with one site key; default 100, 0: no limit
TEPLO_API_RATE      requests a second of one API token; default 20, 0: no limit
TEPLO_WEB_THREADS   threads that make pages; default 8
TEPLO_LOG      level of the log: debug, info (default), warning, error
TEPLO_DEBUG    1: error pages with details, template reloading
"""

from __future__ import annotations

import os
from pathlib import Path

from teplo.config.databases import database_from
from teplo.kit import environment

BASE = Path(__file__).resolve().parent.parent
HOME = environment.home_folder("TEPLO_HOME", "var")
SECRET_KEY = os.environ.get("TEPLO_SECRET") or environment.installation_key(HOME)
DEBUG = environment.flag("TEPLO_DEBUG")
PUBLIC_URL = environment.web_address("TEPLO_URL")
ALLOWED_HOSTS = [host.strip() for host in os.environ.get("TEPLO_HOSTS", "*").split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
TRUSTED_PROXIES = environment.trusted_proxies("TEPLO_TRUSTED_PROXIES")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "teplo.accounts",
    "teplo.jobs",
    "teplo.people",
    "teplo.tracking",
    "teplo.stages",
    "teplo.scoring",
    "teplo.content",
    "teplo.channels",
    "teplo.sales",
    "teplo.journeys",
    "teplo.web",
    "teplo.config",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "teplo.web.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "teplo.web.middleware.PlainTextMiddleware",
    "teplo.web.middleware.NumbersInAddressMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "teplo.web.middleware.UserPreferencesMiddleware",
    "teplo.web.middleware.ToastsMiddleware",
    "teplo.web.middleware.OneVocabularyMiddleware",
]

ROOT_URLCONF = "teplo.config.urls"
WSGI_APPLICATION = "teplo.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "teplo.web.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "teplo.web.templatetags.teplo"],
        },
    }
]

DATABASES = {"default": database_from(os.environ.get("DATABASE_URL", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "today"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_URL.startswith("https://") else None
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("ru", "Русский"), ("uk", "Українська"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = None
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True  # nothing is collected: files are served from the package
WHITENOISE_MAX_AGE = 0 if DEBUG else 31_536_000  # every address carries its content's digest
CSRF_FAILURE_VIEW = "teplo.web.errors.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_PERMISSIONS = 0o600
MEDIA_ROOT = HOME / "uploads"

COLLECT_RATE = environment.number("TEPLO_COLLECT_RATE", 100, least=0, most=1_000_000)
API_RATE = environment.number("TEPLO_API_RATE", 20, least=0, most=1_000_000)
WEB_THREADS = environment.whole_number("TEPLO_WEB_THREADS", 8, least=1, most=1000)

LOGGING_CONFIG = None  # structlog is set up by the command that starts the process
