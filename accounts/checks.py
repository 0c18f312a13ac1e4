"""What `check --deploy` refuses beside Django's own list."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

_NOT_SENT = ("outreach.web.mailbox.FolderBackend", "django.core.mail.backends.console.EmailBackend")


@register(Tags.security, deploy=True)
def mail_is_really_sent(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nobody could confirm an address, and whoever reads the folder could become anybody."""
    if settings.MAILERS["default"]["BACKEND"] not in _NOT_SENT:
        return []
    return [
        Error(
            "Mail is kept on this machine instead of being sent.",
            hint="Set MAIL_URL to smtp://user:password@host:port.",
            id="parley.E001",
        )
    ]
