"""Secrets at rest: AES-256-GCM with a key from outside the database, bound to the table and column they stand in."""

import base64
import hashlib
import os
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

PREFIX = "v1:"


@lru_cache(maxsize=4)
def _cipher(key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(key.encode()).digest())


def seal(text: str, *, bound_to: str) -> str:
    """Encrypt `text`; it can only be opened again for the same `bound_to`."""
    nonce = os.urandom(12)
    return (
        PREFIX
        + base64.b64encode(
            nonce + _cipher(settings.SECRETS_KEY).encrypt(nonce, text.encode(), bound_to.encode())
        ).decode()
    )


def unseal(sealed: str, *, bound_to: str) -> str:
    """The text that was sealed. Raises cryptography's InvalidTag when the key or the place is another one."""
    raw = base64.b64decode(sealed.removeprefix(PREFIX))
    return _cipher(settings.SECRETS_KEY).decrypt(raw[:12], raw[12:], bound_to.encode()).decode()


class SecretField(models.TextField):  # type: ignore[type-arg]  # generic only in the stubs
    """A text that is encrypted in the database and never shown by default."""

    @property
    def place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return value if value in (None, "") else unseal(value, bound_to=self.place)

    def get_prep_value(self, value: str | None) -> str | None:
        return value if value in (None, "") else seal(value, bound_to=self.place)
