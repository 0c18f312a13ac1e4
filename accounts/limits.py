"""How often something may be tried: counted exactly, in the database, so that several web processes and restarts change
nothing, and neither does a sign-in that succeeds in between."""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Attempt


class Kind(StrEnum):
    SIGN_IN = "sign-in"
    SIGN_IN_NETWORK = "sign-in-network"
    SIGN_UP = "sign-up"
    RESET = "reset"
    RESET_NETWORK = "reset-network"
    VERIFY = "verify"
    PASSWORD = "password"
    INVITE = "invite"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within this time; `refusal` says what to do."""

    most: int
    within: timedelta
    refusal: str


LIMITS: dict[Kind, Limit] = {
    Kind.SIGN_IN: Limit(
        10,
        timedelta(minutes=15),
        "Too many attempts for this address. Wait fifteen minutes, or ask for a new password.",
    ),
    Kind.SIGN_IN_NETWORK: Limit(
        60, timedelta(minutes=15), "Too many attempts from your network. Wait fifteen minutes and try again."
    ),
    Kind.SIGN_UP: Limit(20, timedelta(hours=1), "Too many sign-ups from your network. Wait an hour and try again."),
    Kind.RESET: Limit(
        4, timedelta(hours=1), "This was asked for several times already. Look into the mailbox, or wait an hour."
    ),
    Kind.RESET_NETWORK: Limit(
        30, timedelta(hours=1), "Too many requests from your network. Wait an hour and try again."
    ),
    Kind.VERIFY: Limit(
        5, timedelta(hours=1), "The mail was sent several times already. Look into the mailbox, or wait an hour."
    ),
    Kind.PASSWORD: Limit(10, timedelta(minutes=15), "Too many wrong passwords. Wait fifteen minutes and try again."),
    Kind.INVITE: Limit(
        50, timedelta(days=1), "This workspace has sent 50 invitation mails within a day. Send the next one tomorrow."
    ),
    Kind.FOUND: Limit(5, timedelta(days=1), "You have founded five workspaces within a day. Found the next tomorrow."),
}
KEPT = max(limit.within for limit in LIMITS.values())


class TooMany(Exception):
    """A limit is reached. The message is one sentence that says how long to wait."""


@transaction.atomic
def take(kind: Kind, subject: str, *, now: datetime) -> Attempt:
    """Count one attempt for this subject (an address, a person, a workspace, a network). Attempts made at the same
    moment wait for each other, so that no burst gets more than the limit. Raises TooMany, and counts nothing then.
    """
    limit, key = LIMITS[kind], _key(kind, subject)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    if Attempt.objects.filter(kind=kind, key=key, at__gt=now - limit.within).count() >= limit.most:
        raise TooMany(limit.refusal)
    Attempt.objects.filter(at__lt=now - KEPT).delete()
    return Attempt.objects.create(kind=kind, key=key, at=now)


def give_back(attempt: Attempt) -> None:
    """This one succeeded: it counts no longer. The ones before it do."""
    Attempt.objects.filter(pk=attempt.pk).delete()


def forget(kind: Kind, subject: str) -> None:
    """Whoever holds the mailbox has proved it: the guesses of others stand in their way no longer."""
    Attempt.objects.filter(kind=kind, key=_key(kind, subject)).delete()


def network(ip: str) -> str:
    """The network that an address counts for: itself, or its /64 under IPv6."""
    address = ipaddress.ip_address(ip)
    return ip if address.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))


def _key(kind: Kind, subject: str) -> str:
    told = f"{kind}:{subject.strip().lower()}"
    return hmac.new(settings.SECRET_KEY.encode(), told.encode(), hashlib.sha256).hexdigest()
