"""The bodies of requests: JSON, and the multipart forms that the vendor wants for texts. Each with its content type."""

import json
import secrets
from collections.abc import Iterable
from typing import Any


def of_json(value: dict[str, Any]) -> tuple[str, bytes]:
    """Raises UnicodeError for a text that UTF-8 cannot write."""
    return "application/json", json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def of_form(fields: Iterable[tuple[str, str]]) -> tuple[str, bytes]:
    """Fields by our own names, in order. Raises UnicodeError for a text that UTF-8 cannot write."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    ]
    return f"multipart/form-data; boundary={boundary}", "".join([*parts, f"--{boundary}--\r\n"]).encode()
