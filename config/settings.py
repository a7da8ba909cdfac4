"""Settings of Paper Round: one file; only the environment differs between a laptop and a cluster.

Every variable that is read here stands in `.env.example` with what it is for (a test compares the two).
"""

import os
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from config.discretion import logging_to_console
from config.keys import kept_key
from config.policy import POLICY
from config.theme import theme

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
# A variable that is there and empty says nothing: `.env.example` is full of them.
env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}

# The embedded defaults live here: database, broker, captured letters, keys. Never in the repository.
VAR_DIR = Path(BASE_DIR, env.str("VAR_DIR", default="var"))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # all readers are in there

# --- Where we are ----------------------------------------------------------------------------------------
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
SITE_HOST = urlsplit(SITE_URL).hostname or "localhost"
# A site that only this machine can see needs no certificate, no postal address and no secret of its own.
IS_EMBEDDED = SITE_HOST in {"127.0.0.1", "localhost", "::1"}
NEWSLETTER_NAME = env.str("NEWSLETTER_NAME", default="Paper Round")
EDITOR_NAME = env.str("EDITOR_NAME", default="the editor")
POSTAL_ADDRESS = env.str(
    "POSTAL_ADDRESS", default="Sample address, 1 Example Street, Exampletown" if IS_EMBEDDED else ""
)

# --- Secrets ---------------------------------------------------------------------------------------------
# In production nothing may be made up on the way: a second machine would make up another.
NEEDED_IN_PRODUCTION = ("SECRET_KEY", "LINK_KEYS", "HASH_KEY", "POSTAL_ADDRESS")
if not IS_EMBEDDED and (missing := [name for name in NEEDED_IN_PRODUCTION if not env.str(name, default="")]):
    raise ImproperlyConfigured(
        f"SITE_URL is {SITE_URL}, so this is production, and {', '.join(missing)} must be set (see .env.example). "
        "A new key: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
    )
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_key(VAR_DIR / "secret_key")
# The links in letters have keys of their own, newest first: they must outlive a change of SECRET_KEY.
LINK_KEYS = env.list("LINK_KEYS", default=[]) or [kept_key(VAR_DIR / "link_key")]
# The key of the suppression list's hashes; a new one would forget everybody who asked to be left alone.
HASH_KEY = env.str("HASH_KEY", default="") or kept_key(VAR_DIR / "hash_key")

DEBUG = env.bool("DEBUG", default=False)
if DEBUG and not IS_EMBEDDED:
    raise ImproperlyConfigured(
        f"DEBUG is on and SITE_URL is {SITE_URL}: any error would show its settings and a reader's data to whoever "
        "meets it. Set DEBUG to False."
    )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if IS_EMBEDDED else [SITE_HOST])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Behind a proxy of ours the visitor is the last entry of X-Forwarded-For; without one the header is not looked at.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
# Who may read /metrics/; without one, nobody.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # its pages are loaded with their addresses: config.staff
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "papers",
    "subscribers",
    "newsletter",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.policy.AdminPolicyMiddleware",
    "config.forms.PlainFormsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# Who signs in has come for admin, also by its address without ?next=.
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
AXES_VERBOSE = False
# Five tries a name and address together: a stranger elsewhere cannot lock the owner out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# Who is locked out writes no more: each further try would add a kilobyte to one row, and an hour to the lock.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# As our proxy saw it: the proxy's own would be everybody's, and one stranger's tries would lock all out.
AXES_CLIENT_IP_CALLABLE = "papers.public.place_of"
AXES_USERNAME_CALLABLE = "config.staff.name_tried"

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
                "django.template.context_processors.i18n",
                "config.context.site",
            ],
        },
    },
]

# --- Database --------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'paper-round.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a read that turns into a write fails at once otherwise, whatever the timeout says.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A database whose machine vanished without a word is noticed within a minute; the kernel alone would take two
    # hours. DATABASE_URL may say otherwise: postgres://…/paper_round?keepalives_idle=60
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,
        "keepalives": 1,
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 4,
        "tcp_user_timeout": 60_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: broker, cache, shared budgets; absent, everything still works, only slower ---------------------
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    # The broker knows a unix socket as redis+socket://, the client library as unix://.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL.replace("redis+socket://", "unix://"),
            "KEY_PREFIX": "paper-round",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = env.str("BROKER_URL", default=REDIS_URL or "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task, or a second copy would start; the restore sweep of kombu runs each 10 s.
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 0.5,
    # A broker that hangs must not hold a page; a worker reads only what is there, so it loses nothing by it.
    "socket_timeout": 0.5,
    "global_keyprefix": "paper-round:",
}
if CELERY_BROKER_URL == "filesystem://":
    folder = str(VAR_DIR / "messages")
    CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": folder, "data_folder_out": folder, "polling_interval": 0.1}
    # Which queue gets what; left to itself, in the folder that a command is called from.
    CELERY_BROKER_TRANSPORT_OPTIONS["control_folder"] = str(VAR_DIR / "control")
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True

# --- Sources ------------------------------------------------------------------------------------------------
# Hosts of one's own that sources may be fetched from although they are private, such as a mirror in the house.
FETCH_HOSTS = env.list("FETCH_HOSTS", default=[])

# --- Letters -----------------------------------------------------------------------------------------------
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="paper-round.example" if IS_EMBEDDED else SITE_HOST)
DIGEST_ADDRESS = env.str("DIGEST_ADDRESS", default=f"digest@{MAIL_DOMAIN}")
ACCOUNT_ADDRESS = env.str("ACCOUNT_ADDRESS", default=f"account@{MAIL_DOMAIN}")
UNSUBSCRIBE_ADDRESS = env.str("UNSUBSCRIBE_ADDRESS", default=f"unsubscribe@{MAIL_DOMAIN}")
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", default=f"bounces@{MAIL_DOMAIN}")
# Readers of whom nothing was seen for so many days are asked whether to go on; 0 asks nobody.
SILENT_DAYS = env.int("SILENT_DAYS", default=180)
# Digests, and what came back for them, are kept for so many days; 0 keeps them for ever.
DIGESTS_KEPT_DAYS = env.int("DIGESTS_KEPT_DAYS", default=400)
# Where fetch_bounces reads them: maildir:/path or imaps://user:password@host/INBOX.
BOUNCE_MAILBOX = env.str("BOUNCE_MAILBOX", default="")
DEFAULT_FROM_EMAIL = f"{NEWSLETTER_NAME} <{ACCOUNT_ADDRESS}>"
SERVER_EMAIL = ACCOUNT_ADDRESS
# A key of our own to sign letters with (DKIM), for a mail server that does not sign; its public half is in the DNS.
DKIM_KEY_FILE = env.str("DKIM_KEY_FILE", default="")
DKIM_SELECTOR = env.str("DKIM_SELECTOR", default="paperround")
# Where a paper in a digest may lead; empty: anywhere on the web. An edition that leads elsewhere is held.
LINK_HOSTS = env.list("LINK_HOSTS", default=[])
# smtp://user:password@host:port, smtp+tls:// (STARTTLS) or smtp+ssl://; the default is the captured mailbox.
EMAIL_URL = env.str("EMAIL_URL", default="smtp://127.0.0.1:8025")
vars().update(env.email("EMAIL_URL", default=EMAIL_URL))
# Any backend of Anymail takes the place of SMTP, for example anymail.backends.postmark.EmailBackend.
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
ANYMAIL = env.json("ANYMAIL", default={})
if ANYMAIL:
    INSTALLED_APPS.append("anymail")  # for its checks of these alone, and it brings 6 MB along
# Several ways out with their shares and budgets, as JSON (docs/transports.md); empty: the one of EMAIL_URL.
TRANSPORTS = env.json("TRANSPORTS", default=[])
# A provider may report ten thousand events in one request.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# What becomes of a digest that may have been accepted and may not: resend_once, hold (an editor decides), assume_sent.
ON_UNKNOWN = env.str("ON_UNKNOWN", default="resend_once")
# How long word of it may still come: a minute for plain SMTP, ten for a provider that calls back.
DOUBT_SECONDS = env.int("DOUBT_SECONDS", default=600 if EMAIL_BACKEND.startswith("anymail.") else 60)

# --- Time and language ---------------------------------------------------------------------------------------
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
# No cookie has this name. We set none, and with one a stranger put a page in another language into a shared cache
# under the address and the Accept-Language of everybody else.
LANGUAGE_COOKIE_NAME = ";"

# --- The shield of the sign-up page ---------------------------------------------------------------------------
SIGN_UPS_PER_NETWORK = env.int("SIGN_UPS_PER_NETWORK", default=20)  # an hour, for each /24 or /64
SIGN_UPS_PER_MINUTE = env.int("SIGN_UPS_PER_MINUTE", default=120)  # all together
SIGN_UP_LEAST_SECONDS = env.int("SIGN_UP_LEAST_SECONDS", default=2)  # faster than that is no hand; 0: never ask twice
# A question for times of attack: the dotted path of a class as in subscribers.forms.signup.Captcha.
SIGN_UP_CAPTCHA = env.str("SIGN_UP_CAPTCHA", default="")

# --- Files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns at each start when it is missing
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.VersionedFiles"},
}
# Where nobody ran collectstatic, files are served from where they lie; a folder that is missing then is no news.
WHITENOISE_USE_FINDERS = not any(STATIC_ROOT.glob("*"))
warnings.filterwarnings("ignore", "No directory at", UserWarning)
# Their addresses change with their content (config.static), but a style sheet's own url(…) does not.
WHITENOISE_MAX_AGE = 0 if DEBUG else 7 * 24 * 3600

# --- Safety ----------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if SITE_URL.startswith("https://") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
CONTENT_SECURITY_POLICY = POLICY

LOGGING = logging_to_console(env.str("LOG_LEVEL", default="INFO"))
UNFOLD = theme(NEWSLETTER_NAME)
