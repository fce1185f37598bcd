"""Django, set up for the console. Everything that is not said here is Django's default."""

from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings

from retour.settings.chosen import Chosen

HERE = Path(__file__).parent
HOUR = 3600
MAIL_SECONDS = 20  # that somebody waits for a mail server that says nothing
# How often somebody has tried to log in, and which codes were used. With the 300 places that Django gives,
# whoever tries from many addresses would have the others forgotten; one takes some hundred octets.
CACHE = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
MIDDLEWARE = [
    "retour.console.guard.Guard",
    "retour.console.guard.Named",
    "retour.console.visible.Visible",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "retour.console.reader.ReaderMiddleware",
    "retour.console.faults.Ended",
    "allauth.account.middleware.AccountMiddleware",
    "retour.console.people.second.SecondFactor",
    "retour.console.faults.WrongWay",
    "retour.console.refusals.Refusals",
]


def configure(chosen: Chosen) -> None:
    """Set Django up; once in a process."""
    settings.configure(
        CHOSEN=chosen,
        SECRET_KEY=chosen.django_secret,
        ALLOWED_HOSTS=_hosts(chosen),
        CSRF_TRUSTED_ORIGINS=[chosen.url.rstrip("/")] if chosen.url else [],
        ROOT_URLCONF="retour.console.urls",
        INSTALLED_APPS=[
            "retour.console.people",
            "retour.console.looking",
            "retour.console",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.humanize",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.openid_connect",
            "allauth.usersessions",
        ],
        MIDDLEWARE=MIDDLEWARE,
        CSRF_FAILURE_VIEW="retour.console.faults.forged",
        TEMPLATES=[_templates()],
        DATABASES={"default": _database(chosen)},
        CACHES={"default": CACHE},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
        LANGUAGES=[("en", "English"), ("de", "Deutsch")],
        LANGUAGE_CODE=chosen.language,
        USE_TZ=True,
        TIME_ZONE="UTC",
        **_sessions(chosen),
        **_logins(chosen),
        **_sign_on(chosen),
        **_mail(chosen),
    )
    django.setup()
    _reword()


def _reword() -> None:
    from retour.console.people.wording import reword

    reword()


def _hosts(chosen: Chosen) -> list[str]:
    # The address of a proxy, or what a browser on this machine writes; anything else is a forged Host header.
    named = urlsplit(chosen.url).hostname
    return [*([named] if named else []), chosen.host, "localhost", "127.0.0.1", "[::1]"]


def _templates() -> dict[str, object]:
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["retour.console.templatetags.words", "retour.console.templatetags.days"],
        },
    }


def _database(chosen: Chosen) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": chosen.database,
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
        },
    }


def _sessions(chosen: Chosen) -> dict[str, object]:
    return {
        "SESSION_COOKIE_NAME": "retour_session",
        "SESSION_COOKIE_AGE": 14 * 24 * HOUR,
        "SESSION_COOKIE_SECURE": chosen.secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "retour_csrf",
        "CSRF_COOKIE_SECURE": chosen.secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "X_FRAME_OPTIONS": "DENY",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
    }


def _logins(chosen: Chosen) -> dict[str, object]:
    return {
        "AUTH_USER_MODEL": "people.Person",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"retour.console.people.wording.{name}"}
            for name in ("NotSimilar", "LongEnough", "NotCommon")
        ],
        "LOGIN_URL": "/sign/login/",
        "LOGIN_REDIRECT_URL": "/",
        "ACCOUNT_ADAPTER": "retour.console.people.adapter.Adapter",
        "SOCIALACCOUNT_ADAPTER": "retour.console.people.adapter.SocialAdapter",
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*", "password2*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_LOGOUT_REDIRECT_URL": "/sign/login/",
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,  # whoever types a stranger's address has them sent nothing
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
        "ACCOUNT_RATE_LIMITS": {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"},
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        "MFA_ADAPTER": "retour.console.people.adapter.MfaAdapter",
        "MFA_TOTP_ISSUER": "Retour",
        "MFA_FORMS": {
            "authenticate": "retour.console.people.second_codes.Authenticate",
            "reauthenticate": "retour.console.people.second_codes.Reauthenticate",
        },
        "MFA_TOTP_TOLERANCE": 1,  # RFC 6238 §5.2: a code typed in its last second is one step late
    }


def _sign_on(chosen: Chosen) -> dict[str, object]:
    """Another's login is believed for people who are here already, by an address that it has verified."""
    app = {
        "provider_id": "company",
        "name": chosen.oidc_name,
        "client_id": chosen.oidc_client,
        "secret": chosen.oidc_secret,
        "settings": {"server_url": chosen.oidc_issuer, "oauth_pkce_enabled": True},
    }
    return {
        "SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX": "",
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "provider_class": "retour.console.people.sign_on.SignOn",
                "APPS": [app] if chosen.oidc_issuer else [],
            }
        },
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        "SOCIALACCOUNT_STORE_TOKENS": False,
    }


def _mail(chosen: Chosen) -> dict[str, object]:
    by_smtp, nowhere = "retour.console.mailing.Backend", "django.core.mail.backends.dummy.EmailBackend"
    return {
        "EMAIL_BACKEND": by_smtp if chosen.mail_host else nowhere,
        "EMAIL_HOST": chosen.mail_host,
        "EMAIL_PORT": chosen.mail_port,
        "EMAIL_TIMEOUT": MAIL_SECONDS,
        "DEFAULT_FROM_EMAIL": chosen.mail_from or "retour@localhost",
    }
