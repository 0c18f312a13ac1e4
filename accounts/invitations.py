"""Inviting people into a workspace by mail. The token is in the mail only; the database keeps its hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django_scopes import scope, scopes_disabled

from accounts import history, limits, people, rights, verification, workspaces
from accounts.limits import Kind
from accounts.models import Invitation, Member, Role, User
from accounts.rights import Verb

HOLDS = timedelta(days=7)


class NotInvited(Exception):
    """This invitation cannot be made or sent. The message is one sentence; `field`: what it is about."""

    def __init__(self, sentence: str, field: str = "email") -> None:
        super().__init__(sentence)
        self.field = field


class NotGood(Exception):
    """This invitation cannot be accepted. The message is one sentence that says what to do."""


@transaction.atomic
def invite(email: str, role: str, *, by: Member, now: datetime) -> tuple[Invitation, str]:
    """A new open invitation, and the token for its mail. One that has expired gives way. Raises NotInvited, TooMany,
    Unverified, NotAllowed."""
    rights.require(by, Verb.GOVERN)
    verification.require_verified(by)
    email = _address(email)
    if role not in Role.values:
        raise NotInvited("Choose a role from the list.", "role")
    if Member.objects.visible_to(by).filter(user__email=email, left_at=None).exists():
        raise NotInvited(f"{email} belongs to this workspace already.")
    for old in Invitation.objects.visible_to(by).open().filter(email=email, expires_at__lte=now).select_for_update():
        _revoke(old, by=by, now=now)
    token = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            made = Invitation.objects.create(
                workspace=by.workspace,
                email=email,
                role=role,
                token_hash=_hash(token),
                by=by,
                created_at=now,
                sent_at=now,
                expires_at=now + HOLDS,
            )
    except IntegrityError:
        raise NotInvited(f"{email} is invited already: send the mail again, or revoke the invitation first.") from None
    limits.take(Kind.INVITE, str(by.workspace_id), now=now)
    history.note(made, "invited", by=by, now=now, email=email, role=role)
    return made, token


@transaction.atomic
def resend(pk: int, *, by: Member, now: datetime) -> tuple[Invitation, str]:
    """A new token and seven more days; the link mailed before is dead. Raises Invitation.DoesNotExist, NotInvited,
    TooMany, NotAllowed."""
    rights.require(by, Verb.GOVERN)
    found = Invitation.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=pk)
    if found.accepted_at or found.revoked_at:
        raise NotInvited(f"The invitation of {found.email} is not open any more: reload the page.")
    limits.take(Kind.INVITE, str(by.workspace_id), now=now)
    token = secrets.token_urlsafe(32)
    found.token_hash, found.sent_at, found.expires_at = _hash(token), now, now + HOLDS
    found.save(update_fields=["token_hash", "sent_at", "expires_at"])
    history.note(found, "invited again", by=by, now=now, email=found.email)
    return found, token


@transaction.atomic
def revoke(pk: int, *, by: Member, now: datetime) -> Invitation:
    """Its link is dead. Revoking twice is once. Raises Invitation.DoesNotExist, NotInvited, NotAllowed."""
    rights.require(by, Verb.GOVERN)
    found: Invitation = Invitation.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=pk)
    if found.accepted_at:
        raise NotInvited(f"{found.email} has joined already: remove them from the members instead.")
    if not found.revoked_at:
        _revoke(found, by=by, now=now)
    return found


def look_up(token: str) -> Invitation:
    """The invitation that this token was mailed for, good or not. Raises Invitation.DoesNotExist."""
    with scopes_disabled():
        found: Invitation = Invitation.objects.select_related("workspace", "by__user").get(token_hash=_hash(token))
    return found


def check(invitation: Invitation, user: User | None, *, now: datetime) -> None:
    """Raise NotGood when nobody, or not this person (None = nobody yet), can accept it."""
    workspace, email = invitation.workspace.name, invitation.email
    if invitation.accepted_at:
        raise NotGood(f"This invitation to {workspace} was used already: sign in with {email} to go there.")
    if invitation.revoked_at:
        raise NotGood(f"This invitation to {workspace} was revoked: ask {invitation.by} whether it was meant.")
    if invitation.expired(now):
        raise NotGood(f"This invitation to {workspace} has expired: ask {invitation.by} to send it again.")
    if user is not None and user.email != email:
        raise NotGood(
            f"This invitation is for {email}, and you are signed in as {user.email}: sign out and open it again."
        )


@transaction.atomic
def accept(token: str, user: User, *, now: datetime) -> Member:
    """This person joins with the role of the invitation; its link came to their mailbox, so the address is proved.
    Raises NotGood, Invitation.DoesNotExist."""
    found = _locked(token)
    check(found, user, now=now)
    with scope(workspace=found.workspace):
        member = workspaces.join(found.workspace, user, Role(found.role), by=found.by, now=now)
        found.accepted_at, found.accepted_by = now, member
        found.save(update_fields=["accepted_at", "accepted_by"])
        history.note(found, "accepted", by=member, now=now, email=found.email, role=found.role)
    verification.vouch(user)
    return member


@transaction.atomic
def accept_as_new(token: str, *, name: str, password: str, zone: str, now: datetime) -> Member:
    """Sign up with the address of the invitation, and join. Raises NotGood, people.Refused."""
    found = _locked(token)
    check(found, None, now=now)
    user = people.sign_up(name=name, email=found.email, password=password, zone=zone, verified=True)
    return accept(token, user, now=now)


def is_known(invitation: Invitation) -> bool:
    """Whether somebody signs in with its address already. Told only to whom it was mailed to."""
    return User.objects.filter(email=invitation.email).exists()


def _locked(token: str) -> Invitation:
    with scopes_disabled():
        found: Invitation = (
            Invitation.objects.select_related("workspace", "by__user")
            .select_for_update(of=("self",), no_key=True)
            .get(token_hash=_hash(token))
        )
    return found


def _revoke(invitation: Invitation, *, by: Member, now: datetime) -> None:
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    history.note(invitation, "revoked", by=by, now=now, email=invitation.email)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise NotInvited("Give an e-mail address such as ada@example.com.") from None
    if len(email) > 254:
        raise NotInvited("This address is longer than mail servers allow: check it.")
    return email
