"""Persons: signing up, their name, password and address."""

import zoneinfo
from datetime import datetime

from allauth.account.forms import default_token_generator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.http import base36_to_int, int_to_base36

from accounts import limits, sessions, verification, workspaces
from accounts.limits import Kind
from accounts.models import User, Workspace

LINK_DEAD = "This link was used already or is older than three hours: ask for a new one."


class Refused(Exception):
    """This cannot be done. `field`: what the sentence is about."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def sign_up(*, name: str, email: str, password: str, zone: str = "", verified: bool = False) -> User:
    """A new person. `verified`: the address is proved already, by an invitation. Raises Refused."""
    user = User(name=_name(name), email=email.strip().lower(), zone=known_zone(zone))
    _check_password(password, user)
    try:
        with transaction.atomic():
            return User.objects.create_user(user.email, password, name=user.name, zone=user.zone, verified=verified)
    except IntegrityError:
        raise Refused(
            "Somebody signs in with this address already. Sign in, or ask for a new password.", "email"
        ) from None


@transaction.atomic
def sign_up_and_found(*, name: str, email: str, password: str, zone: str, now: datetime) -> tuple[User, Workspace]:
    """A new person, whose address is to be proved yet, with a workspace of their own. Raises Refused."""
    user = sign_up(name=name, email=email, password=password, zone=zone)
    return user, workspaces.found(workspaces.guess_name(user), user, now=now)


def rename(user: User, name: str, zone: str) -> None:
    """Raises Refused."""
    user.name = _name(name)
    if zone not in zoneinfo.available_timezones():
        raise Refused("Choose a time zone from the list, such as Europe/Berlin.", "zone")
    user.zone = zone
    user.save(update_fields=["name", "zone"])


def change_password(user: User, *, old: str, new: str, now: datetime) -> None:
    """Their other sessions end with it. Raises Refused and TooMany."""
    _require_password(user, old, now)
    _set_password(user, new)


def ask_for_address(user: User, address: str, *, password: str, now: datetime) -> str | None:
    """The key that proves the new address, which holds from then on; None when somebody else has it already, which
    nobody but its owner is told. Raises Refused and TooMany."""
    _require_password(user, password, now)
    address = address.strip().lower()
    if address == user.email:
        raise Refused("This is the address you have already.", "email")
    limits.take(Kind.VERIFY, str(user.pk), now=now)
    if User.objects.filter(email=address).exists():
        return None
    return verification.key_of(user, address)


def reset_token(address: str) -> tuple[User, str, str] | None:
    """The person with this address, and the two halves of a link that lets them choose a new password once."""
    user = User.objects.filter(email=address.strip().lower(), is_active=True).first()
    return None if user is None else (user, int_to_base36(user.pk), default_token_generator.make_token(user))


def holder_of(person: str, token: str) -> User | None:
    """Whom a reset link was made for; None when it is used, old or made up."""
    try:
        user = User.objects.filter(pk=base36_to_int(person), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and default_token_generator.check_token(user, token) else None


@transaction.atomic
def reset_password(person: str, token: str, new: str) -> User:
    """A new password by a link of a mail; it ends all sessions, and proves the address. Raises Refused."""
    holder = holder_of(person, token)
    user = holder and User.objects.select_for_update(no_key=True).get(pk=holder.pk)
    if user is None or not default_token_generator.check_token(user, token):  # asked again under the lock
        raise Refused(LINK_DEAD)
    _set_password(user, new)
    verification.vouch(user)
    limits.forget(Kind.SIGN_IN, user.email)
    return user


def known_zone(zone: str) -> str:
    """The time zone that the browser names, or UTC."""
    return zone if zone in zoneinfo.available_timezones() else "UTC"


def _set_password(user: User, new: str) -> None:
    _check_password(new, user)
    user.set_password(new)
    user.save(update_fields=["password"])
    sessions.end_all(user)


def _require_password(user: User, password: str, now: datetime) -> None:
    attempt = limits.take(Kind.PASSWORD, str(user.pk), now=now)
    if not user.check_password(password):
        raise Refused("This is not your present password.", "old")
    limits.give_back(attempt)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        raise Refused(_WORDS.get(getattr(refusal.error_list[0], "code", ""), refusal.messages[0]), "password") from None


_WORDS = {
    "password_too_short": "This password is too short: take at least 12 characters, for example four words.",
    "password_too_common": "This password is on the list of those that are guessed first: take another one.",
    "password_too_similar": "This password is too much like your name or address: take another one.",
}


def _name(name: str) -> str:
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not name:
        raise Refused("Say your name as your colleagues know it.", "name")
    if len(name) > 200:
        raise Refused("This name is longer than 200 characters: shorten it.", "name")
    return name
