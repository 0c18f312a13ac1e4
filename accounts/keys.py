"""Keys of the API: what one may do is data, who may make one is a right, and its token is shown once.

A key does what its scopes say, never more than the member who made it may do by now, and nothing once they are gone.
There is no scope for keys: a key makes no keys and reads none.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, connection, transaction
from django_scopes import scopes_disabled

from accounts import history, rights
from accounts.models import ApiKey, Member
from accounts.rights import Verb
from outreach.language.plain import clean

PREFIX: Final = "parley_"
NAME: Final = 80
"""Characters of a key's name."""
LIVES: Final[tuple[int, ...]] = (30, 90, 365)
"""For how many days a key can be made."""
MOST: Final = 50
"""Keys of a workspace that are good at the same time."""
PER_MINUTE: Final = 300
"""Calls of one key within a minute of the clock."""


@dataclass(frozen=True, slots=True)
class KeyScope:
    """What a scope allows, in words; `need`: the right that whoever made the key must have; `reads`: whether it changes
    nothing."""

    words: str
    need: Verb
    reads: bool = False


SCOPES: Final[dict[str, KeyScope]] = {
    "prospects:read": KeyScope("Read prospects", Verb.SEE, reads=True),
    "prospects:write": KeyScope("Add prospects, set tiers, mark them “do not contact”", Verb.BUILD),
    "campaigns:read": KeyScope("Read campaigns", Verb.SEE, reads=True),
    "campaigns:write": KeyScope("Plan campaigns and enroll people", Verb.BUILD),
    "campaigns:run": KeyScope("Launch, pause and resume campaigns", Verb.LAUNCH),
    "enrollments:read": KeyScope("Read where each person of a campaign is", Verb.SEE, reads=True),
    "enrollments:write": KeyScope("Hold, resume and stop one person’s sequence", Verb.STEER),
    "threads:read": KeyScope("Read conversations", Verb.READ_THREADS, reads=True),
    "threads:write": KeyScope("Answer, and do what the inbox does", Verb.ANSWER),
}


class NotMade(Exception):
    """This key cannot be made. The message is one sentence; `field`: what it is about."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotGood(Exception):
    """No key answers to this token, or not any more. The message is one sentence that says what to do."""


@transaction.atomic
def create(name: str, scopes: Collection[str], days: int, *, by: Member, now: datetime) -> tuple[ApiKey, str]:
    """A key that holds for so many days, and its token, which nobody can read again. Raises NotAllowed, NotMade."""
    rights.require(by, Verb.GOVERN)
    name = " ".join(clean(name).split())
    if not name:
        raise NotMade("Say what the key is for: give it a name.", "name")
    if len(name) > NAME:
        raise NotMade(f"The name has {len(name):,} characters: shorten it to {NAME}.", "name")
    if not scopes or set(scopes) - set(SCOPES):
        raise NotMade("Choose what the key may do: at least one of the list.", "scopes")
    if beyond := [scope for scope in SCOPES if scope in scopes and not allows(by, scope)]:
        raise NotMade(f"You may not do this yourself: {SCOPES[beyond[0]].words.lower()}.", "scopes")
    if days not in LIVES:
        raise NotMade("Choose how long the key holds.", "days")
    if ApiKey.objects.visible_to(by).filter(revoked_at=None, expires_at__gt=now).count() >= MOST:
        raise NotMade(f"There are {MOST} keys already: revoke one that is not used.", "name")
    token = PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            made = ApiKey.objects.create(
                workspace_id=by.workspace_id,
                name=name,
                prefix=token[: len(PREFIX) + 6],
                token_hash=digest(token),
                scopes=[scope for scope in SCOPES if scope in scopes],
                by=by,
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
    except IntegrityError:
        raise NotMade(
            f"There is a key called {name!r} already: revoke that one, or take another name.", "name"
        ) from None
    history.note(made, "key made", by=by, now=now, name=name, scopes=made.scopes, until=f"{made.expires_at:%-d %B %Y}")
    return made, token


@transaction.atomic
def revoke(pk: int, *, by: Member, now: datetime) -> ApiKey:
    """Its token opens nothing any more. Revoking twice is once. Raises ApiKey.DoesNotExist, NotAllowed."""
    rights.require(by, Verb.GOVERN)
    found: ApiKey = ApiKey.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=pk)
    if found.revoked_at is None:
        found.revoked_at = now
        found.save(update_fields=["revoked_at"])
        history.note(found, "key revoked", by=by, now=now, name=found.name)
    return found


def look_up(token: str, *, now: datetime) -> ApiKey:
    """The key that this token opens, with its member and workspace. Raises NotGood."""
    with scopes_disabled():
        found: ApiKey | None = (
            ApiKey.objects.select_related("by__workspace", "by__user").filter(token_hash=digest(token)).first()
        )
    if found is None:
        raise NotGood("This key is not known: check that all of it was copied.")
    if found.revoked_at is not None:
        raise NotGood("This key was revoked: ask an admin for another one.")
    if found.expired(now):
        raise NotGood("This key has expired: ask an admin for another one.")
    if found.by.left_at is not None:
        raise NotGood("Whoever made this key has left the workspace: ask an admin for another one.")
    return found


def allows(member: Member, scope: str) -> bool:
    """Whether this member may do what the scope allows, however far."""
    reach = rights.may(member, SCOPES[scope].need)
    return reach is not rights.Scope.NONE and (SCOPES[scope].reads or reach is not rights.Scope.READ)


def count(key: ApiKey, *, now: datetime) -> int:
    """Count a call of this key, which was used now. How many of this minute are left, below zero for one too many.

    One statement: calls that come at the same moment wait for each other, in however many processes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"minute": now.replace(second=0, microsecond=0), "now": now, "key": key.pk})
        [used] = cursor.fetchone()
    return PER_MINUTE - int(used)


_COUNT = """
UPDATE accounts_apikey SET window_used = CASE WHEN window_at = %(minute)s THEN window_used + 1 ELSE 1 END,
window_at = %(minute)s, last_used_at = %(now)s WHERE id = %(key)s RETURNING window_used"""


def digest(token: str) -> str:
    """What is kept of a token. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
