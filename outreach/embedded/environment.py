"""The environment of the processes we start: what outreach/env.py reads, with development values made once."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.embedded import Refusal, places

GENERATED = ("SECRET_KEY", "SECRETS_KEY", "SUPPRESSION_KEY", "SIMULATOR_API_KEY")
SECRETS = places.VAR / "secrets.env"
RUNNING = places.VAR / "running.env"  # the addresses of the running ./dev up, for ./dev manage beside it
SHARED = (
    "DATABASE_URL",
    "MIGRATE_DATABASE_URL",
    "BROKER_URL",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "SIMULATOR_URL",
    *GENERATED,
)

SIMULATOR_OFFSET = 100  # the simulator listens so many ports above the web


@dataclass(frozen=True)
class Address:
    """Where the web process listens (HOST, PORT), and the simulator beside it."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "Address":
        text = os.environ.get("PORT") or "8000"
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535 - SIMULATOR_OFFSET:
            raise Refusal(
                f"PORT is {text!r}: give a number from 1 to {65535 - SIMULATOR_OFFSET}, for example PORT=8001."
            )
        return cls(os.environ.get("HOST") or "127.0.0.1", int(text))

    @property
    def simulator_port(self) -> int:
        return self.port + SIMULATOR_OFFSET

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def url(self) -> str:
        """What a browser on this machine opens."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def compose(address: Address, database: str | None, migrate: str | None, broker: str | None) -> dict[str, str]:
    """The environment of a child. What the caller's own environment says wins over every default made here.

    `database`, `migrate` and `broker` are the addresses of embedded servers, None where the caller brings one.
    """
    hosts = dict.fromkeys(("127.0.0.1", "localhost", address.host))
    defaults = {
        "PARLEY_ENV": "development",
        "DATABASE_URL": database,
        "MIGRATE_DATABASE_URL": migrate,
        "BROKER_URL": broker,
        "PUBLIC_URL": address.url,
        "ALLOWED_HOSTS": ",".join(hosts),
        "SIMULATOR_URL": address.simulator_url,
        "LOG_LEVEL": "WARNING",
        "DEMO": "1",
        **generated(),
    }
    given = {name: value for name, value in os.environ.items() if value or name not in defaults}
    return {name: value for name, value in defaults.items() if value is not None} | given


def generated() -> dict[str, str]:
    """The secrets of this checkout, made at the first start and kept in var/secrets.env (0600)."""
    kept = read(SECRETS)
    missing = [name for name in GENERATED if not kept.get(name)]
    if missing:
        kept |= {name: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() for name in missing}
        write(SECRETS, kept)
    return {name: kept[name] for name in GENERATED}


def read(path: Path) -> dict[str, str]:
    """NAME=value lines; nothing when there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write(path: Path, values: Mapping[str, str]) -> None:
    """NAME=value lines, readable by the owner only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.replace(path)
