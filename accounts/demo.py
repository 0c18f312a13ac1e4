"""A Parley to try out: whether this is one, who can sign in to its sample workspace, and how far that one is."""

import base64
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import salted_hmac
from django_scopes import scopes_disabled

from accounts.models import Member, Sample
from accounts.models.sample import SampleState


@dataclass(frozen=True, slots=True)
class LogIn:
    """Somebody of a sample workspace who signs in with the sample's password."""

    name: str
    email: str
    role: str
    workspace: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What the sign-in page shows. `percent`: of a sample that is being made ready, None of one that is not."""

    log_ins: tuple[LogIn, ...]
    password: str
    percent: int | None


def is_on() -> bool:
    """Whether this installation is for trying Parley out. Never in production."""
    return bool(settings.DEMO) and not settings.PRODUCTION


def password() -> str:
    """The password of the sample's people: it follows from SECRET_KEY and is as secret, so it can be told again."""
    digest = salted_hmac("parley.sample", "password", algorithm="sha256").digest()
    letters = base64.b32encode(digest[:10]).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def percent() -> int | None:
    """How far the sample workspace is that is being made ready; None when none is."""
    found = Sample.objects.filter(state=SampleState.PLAYING).values_list("percent", flat=True).first()
    return None if found is None else int(found)


def look() -> Demo | None:
    """What to show to somebody at the door; None where this is no demo."""
    if not is_on():
        return None
    with scopes_disabled():
        members = (
            Member.objects.filter(workspace__sample=True, left_at=None, user__is_active=True)
            .select_related("user", "workspace")
            .order_by("pk")
        )
        log_ins = tuple(
            LogIn(one.user.name, one.user.email, one.get_role_display(), one.workspace.name) for one in members[:20]
        )
    return Demo(log_ins, password(), percent())
