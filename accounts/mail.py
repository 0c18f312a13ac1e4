"""The mails we send: text and simple HTML from one template each, with links of PUBLIC_URL, never of the request."""

import logging
import re
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

log = logging.getLogger(__name__)

_LINK = re.compile(r"https?://\S+")
NAME_CHARS = 60
_NAMES = frozenset({"name", "inviter", "workspace"})
"""What people may call themselves. It goes to addresses that nobody has proved yet, so it must not advertise."""


class NotSent(Exception):
    """The mail could not be handed in. The message is one sentence that says what to do."""


def send(kind: str, to: str, **context: Any) -> None:
    """Send the mail templates/emails/<kind>.txt to this address. Its first line is the subject; a paragraph that is a
    link becomes one in the HTML. Raises NotSent when no mail server takes it."""
    words = {
        key: value if not isinstance(value, str) else plain_name(value) if key in _NAMES else flat(value)
        for key, value in context.items()
    }
    subject, _, text = render_to_string(f"emails/{kind}.txt", words).strip().partition("\n")
    paragraphs = [" ".join(block.split()) for block in text.strip().split("\n\n")]
    html = render_to_string(
        "emails/frame.html",
        {"subject": flat(subject), "paragraphs": [(block, bool(_LINK.fullmatch(block))) for block in paragraphs]},
    )
    letter = EmailMultiAlternatives(flat(subject, 160), "\n\n".join(paragraphs) + "\n", to=[to])
    letter.attach_alternative(html, "text/html")
    try:
        letter.send()
    except Exception:  # whatever a mail server can do: refuse, be away, speak nonsense
        log.exception("mail %s was not sent", kind)
        raise NotSent("The mail could not be sent. Try again in a minute, or tell your admin.") from None


def link(name: str, **arguments: Any) -> str:
    """The address of a page as it stands in a mail."""
    return f"{settings.PUBLIC_URL}{reverse(name, kwargs=arguments)}"


def flat(text: str, longest: int = 500) -> str:
    """On one line, without control characters, so that nobody's name adds a header or a paragraph."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(clean.split())[:longest]


def plain_name(text: str) -> str:
    """A name as it may stand in a mail to strangers: short, and nothing in it that mail programs turn into a link."""
    return flat(re.sub(r"[:/@\\]|(?<=\w)\.(?=\w)", " ", text), NAME_CHARS)
