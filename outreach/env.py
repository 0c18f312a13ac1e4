"""The one typed reader of the environment. It fails loudly and names the variable.

`VARIABLES` is the whole list: a variable that is not in it cannot be read, and docker-compose.yml is tested against it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadSetting(Exception):
    """A variable is missing or unreadable. The message is one sentence that names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. `default` None = required in production (development has its own value)."""

    name: str
    kind: str
    default: str | None
    meaning: str
    development: str | None = None


VARIABLES: dict[str, Variable] = {
    v.name: v
    for v in (
        Variable("PARLEY_ENV", "choice:development|production|test", "production", "which rules apply", "development"),
        Variable(
            "SECRET_KEY", "secret", None, "signs sessions and links; at least 32 characters", "development-only-" * 3
        ),
        Variable(
            "SECRETS_KEY", "secret", None, "encrypts connector keys; at least 32 characters", "development-only-" * 3
        ),
        Variable(
            "SUPPRESSION_KEY",
            "secret",
            None,
            "keys the do-not-contact hashes; at least 32 characters",
            "development-only-" * 3,
        ),
        Variable("DATABASE_URL", "database", None, "PostgreSQL 15 or newer, as the role that runs"),
        Variable(
            "MIGRATE_DATABASE_URL",
            "database",
            "",
            "the same database, as the role that migrates; default: DATABASE_URL",
        ),
        Variable("PARLEY_ROLE", "choice:run|migrate", "run", "which of the two database roles this process uses"),
        Variable("DATABASE_POOL", "integer", "8", "most database connections one process keeps; 0 = no pool"),
        Variable(
            "BROKER_URL", "broker", None, "Redis or Valkey, redis://… or redis+socket:///…", "redis://127.0.0.1:6379/0"
        ),
        Variable(
            "ALLOWED_HOSTS",
            "list",
            None,
            "host names that may be asked for, separated by commas",
            "127.0.0.1,localhost,testserver",
        ),
        Variable("CSRF_TRUSTED_ORIGINS", "list", "", "origins of forms behind a proxy, separated by commas"),
        Variable(
            "PUBLIC_URL", "url", None, "where browsers and webhooks reach us, with scheme", "http://127.0.0.1:8000"
        ),
        Variable("TRUSTED_PROXY_COUNT", "integer", "0", "proxies before us that set X-Forwarded-For"),
        Variable(
            "MAIL_URL",
            "mail",
            "smtp://localhost:25",
            "where mail is handed in, smtp://user:password@host:port; in development folder:path or console:",
            "folder:var/mail",
        ),
        Variable("MAIL_FROM", "text", "", "who mail is from; default: Parley at the host of PUBLIC_URL"),
        Variable(
            "SIGN_UP", "choice:open|closed", "open", "whether strangers may sign up, or only whom an admin invites"
        ),
        Variable("STATIC_ROOT", "text", "staticfiles", "folder of collected static files"),
        Variable("PARLEY_CLOCK", "choice:real|virtual", "real", "virtual only in time-lapse and tests"),
        Variable("DEMO", "choice:0|1", "0", "1 = a Parley to try out, which shows the log-ins of its sample workspace"),
        Variable("SIMULATOR_URL", "text", "", "base address of the simulator, when one runs"),
        Variable("SIMULATOR_API_KEY", "text", "", "its API key"),
        Variable("HTTP_TIMEOUT_S", "integer", "30", "longest wait for an answer of a connector, in seconds"),
        Variable("LOG_LEVEL", "choice:DEBUG|INFO|WARNING|ERROR", "INFO", "least level that is logged"),
    )
}


class Environment:
    """Reads variables by kind. Development values apply only when PARLEY_ENV is development or test."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = os.environ if values is None else values
        self.name = self.choice("PARLEY_ENV")

    def raw(self, name: str) -> str:
        variable = VARIABLES[name]
        value = self.values.get(name)
        if value is not None and value != "":
            return value
        if name != "PARLEY_ENV" and self.name != "production" and variable.development is not None:
            return variable.development
        if variable.default is None:
            raise BadSetting(f"{name} is not set: give {variable.meaning}.")
        return variable.default

    def text(self, name: str) -> str:
        return self.raw(name)

    def secret(self, name: str) -> str:
        value = self.raw(name)
        if len(value) < 32:
            raise BadSetting(f"{name} is too short: give at least 32 random characters.")
        return value

    def integer(self, name: str) -> int:
        value = self.raw(name)
        try:
            return int(value)
        except ValueError:
            raise BadSetting(f"{name} is {value!r}: give a whole number ({VARIABLES[name].meaning}).") from None

    def choice(self, name: str) -> str:
        value = self.raw(name)
        allowed = VARIABLES[name].kind.removeprefix("choice:").split("|")
        if value not in allowed:
            raise BadSetting(f"{name} is {value!r}: choose one of {', '.join(allowed)}.")
        return value

    def list(self, name: str) -> list[str]:
        return [part.strip() for part in self.raw(name).split(",") if part.strip()]

    def url(self, name: str) -> str:
        value = self.raw(name)
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise BadSetting(f"{name} is {value!r}: give an address such as https://parley.example.com.")
        return value.rstrip("/")

    def broker(self, name: str) -> str:
        value = self.raw(name)
        if urlsplit(value).scheme not in ("redis", "rediss", "redis+socket", "amqp", "amqps"):
            raise BadSetting(f"{name} is {value!r}: give redis://…, redis+socket:///… or amqp://….")
        return value

    def mail(self, name: str) -> dict[str, Any]:
        """An smtp:// or smtps:// address as one of Django's mailers; `folder:path` keeps mail there for the page
        /mail/, `console:` prints it."""
        value = self.raw(name)
        parts = urlsplit(value)
        if parts.scheme == "console":
            return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
        if parts.scheme == "folder" and parts.path:
            return {"BACKEND": "outreach.web.mailbox.FolderBackend", "OPTIONS": {"path": parts.path}}
        if parts.scheme not in ("smtp", "smtps", "smtp+tls") or not parts.hostname:
            raise BadSetting(
                f"{name} is {value!r}: give smtp://user:password@host:port (smtp+tls or smtps to encrypt)."
            )
        options = {
            "host": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
        }
        return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}

    def database(self, name: str) -> dict[str, Any]:
        """A postgresql:// address as Django's connection settings. A `host` in the query may be a socket folder."""
        value = self.raw(name)
        parts = urlsplit(value)
        if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
            raise BadSetting(f"{name} is not a PostgreSQL address: give postgresql://user:password@host:port/name.")
        query = dict(parse_qsl(parts.query))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.strip("/")),
            "USER": query.get("user") or unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.get("host") or unquote(parts.hostname or ""),
            "PORT": str(parts.port or query.get("port") or ""),
        }
