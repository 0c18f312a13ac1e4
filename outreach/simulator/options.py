"""Switches for what the vendor leaves open or does only sometimes."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Options:
    """All switches; the control plane may turn each.

    `weekly_cap_error`: what the weekly cap of invites answers. `chat_id_null`, `message_id_null`: sending answers
    without that id. `read_lag`: chats and messages show up 30 to 60 seconds late. `strict_inmail`: linkedin[inmail]
    under another api than classic is a mistake. `premium_second_inmail`: another InMail before a response.
    `newer_shapes`: fields and words that only newer sources name. `newcomers`: reading the profile of an unknown
    slug or member id makes the person.
    """

    weekly_cap_error: str = "cannot_resend_yet"  # or limit_exceeded, too_many_requests
    chat_id_null: bool = False
    message_id_null: bool = False
    read_lag: bool = False
    strict_inmail: bool = False
    premium_second_inmail: str = "once"  # or never, always
    newer_shapes: bool = False
    newcomers: bool = False


_CHOICES = {
    "weekly_cap_error": ("cannot_resend_yet", "limit_exceeded", "too_many_requests"),
    "premium_second_inmail": ("once", "never", "always"),
}


def read_options(options: Options, given: dict[str, Any]) -> Options:
    """The switches with the given ones changed. Raises ValueError naming what is wrong."""
    known = {f.name for f in fields(Options)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"There is no option {name!r}; the options are {', '.join(sorted(known))}.")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(_CHOICES[name])}.")
        if name not in _CHOICES and not isinstance(value, bool):
            raise ValueError(f"{name} is true or false.")
    return Options(**(asdict(options) | given))
