"""The mail of a development machine: kept in a folder, one file each, for the page /mail/ to show."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
KEPT = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that was sent."""

    name: str
    at: datetime
    to: str
    subject: str
    text: str


class FolderBackend(BaseEmailBackend):
    """Writes each mail into the folder; the oldest go when there are too many."""

    def __init__(self, *args: Any, path: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.folder = Path(settings.BASE_DIR) / path

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            written = message.message()
            sent = parsedate_to_datetime(written["Date"]).timestamp()
            number = max([int(sent * 1_000_000), *(int(name[:20]) + 1 for name in _names(self.folder)[:1])])
            draft = self.folder / f"{number:020d}-{secrets.token_hex(4)}.new"
            draft.write_bytes(written.as_bytes())
            draft.replace(draft.with_suffix(".eml"))
        for name in _names(self.folder)[KEPT:]:
            (self.folder / f"{name}.eml").unlink(missing_ok=True)
        return len(email_messages)


def folder() -> Path | None:
    """Where mail is kept; None when it is really sent."""
    path = settings.MAILERS["default"].get("OPTIONS", {}).get("path")
    return Path(settings.BASE_DIR) / path if path else None


def letters() -> list[Letter]:
    """What was sent, newest first."""
    kept = folder()
    return [] if kept is None else [letter for name in _names(kept)[:KEPT] if (letter := read(name))]


def read(name: str) -> Letter | None:
    """One mail; None when there is none of that name."""
    kept = folder()
    if kept is None or not _NAME.fullmatch(name):
        return None
    try:
        raw = (kept / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = message_from_bytes(raw, EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    return Letter(
        name=name,
        at=parsedate_to_datetime(message["Date"]),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=body.get_content().strip() if body else "",
    )


def _names(kept: Path) -> list[str]:
    return sorted((path.stem for path in kept.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
