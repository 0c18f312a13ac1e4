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


@register(Tags.security, deploy=True)
def nothing_of_a_demo(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Log-ins on a page, invented people who answer, and a clock that somebody moves have no place beside real ones."""
    found: list[CheckMessage] = []
    if settings.DEMO:
        found.append(
            Error("The log-ins of the sample workspace are shown to everybody.", hint="Unset DEMO.", id="parley.E002")
        )
    if settings.SIMULATOR_URL:
        found.append(
            Error(
                "Practice senders would write to a simulator instead of people.",
                hint="Unset SIMULATOR_URL.",
                id="parley.E003",
            )
        )
    if settings.PARLEY_CLOCK != "real":
        found.append(Error("The clock is a row that somebody moves.", hint="Unset PARLEY_CLOCK.", id="parley.E004"))
    return found
