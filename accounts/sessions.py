"""Sessions: begun by signing in, over after 12 hours of idleness, after 14 days in any case, when the password or a
role changes, and when their owner ends them. They stay on real time, as Django's own expiry does."""

from datetime import datetime
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.utils import perform_login
from allauth.usersessions.models import UserSession
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db.models import F
from django.http import HttpRequest, HttpResponse

from accounts import limits
from accounts.limits import Kind
from accounts.models import User

BEGAN, SEEN = "began", "seen"
LONGEST_S = 14 * 24 * 3600
SEEN_EVERY_S = 600
"""The idle time is counted from the last request that was noted; noting each one would cost a write per page."""

_signer = TimestampSigner(salt="accounts.sessions")


class NotRecognised(Exception):
    """This address and password belong to nobody who may sign in. The message is one sentence."""


def recognise(request: HttpRequest, address: str, password: str, *, now: datetime) -> User:
    """Whoever this address and password belong to. Each attempt counts for the address, known or not, and for the
    network; one that succeeds takes back itself and nothing before it. Raises NotRecognised, TooMany."""
    attempts = [
        limits.take(Kind.SIGN_IN_NETWORK, network_of(request), now=now),
        limits.take(Kind.SIGN_IN, address, now=now),
    ]
    user = authenticate(request, username=address.strip().lower(), password=password)
    if not isinstance(user, User):
        raise NotRecognised("This address and password do not match. Type them again, or ask for a new password.")
    for attempt in attempts:
        limits.give_back(attempt)
    return user


def network_of(request: HttpRequest) -> str:
    """What a limit per network counts for."""
    return limits.network(get_adapter().get_client_ip(request))


def begin(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """Sign this person in, with the steps that allauth asks for, and lead them to the address `to`."""
    response = cast(HttpResponse, perform_login(request, user, email_verification="none", redirect_url=to))
    request.session[BEGAN] = request.session[SEEN] = _signer.sign("")
    return response


def keep(request: HttpRequest) -> None:
    """Sign out who is here too long; note that the others are still here."""
    if not request.user.is_authenticated:
        return
    session = request.session
    if BEGAN not in session:  # made by a command or a test
        session[BEGAN] = session[SEEN] = _signer.sign("")
    elif _older(session[BEGAN], LONGEST_S):
        logout(request)
    elif _older(session.get(SEEN, ""), SEEN_EVERY_S):
        session[SEEN] = _signer.sign("")  # stored again: Django counts its 12 hours from here
        UserSession.objects.create_from_request(request)


def end_all(user: User, *, but: HttpRequest | None = None) -> None:
    """End every session of this person; the one of `but` goes on when it is theirs."""
    User.objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    user.refresh_from_db(fields=["epoch"])
    if but is not None:
        carry_on(but, user)


def carry_on(request: HttpRequest, user: User) -> None:
    """Let this session go on when all others of its person ended."""
    if request.user.pk == user.pk:
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)


def end_one(user: User, pk: int) -> bool:
    """End one session of this person. Whether there was one."""
    session = UserSession.objects.filter(user=user, pk=pk).first()
    if session is None:
        return False
    session.end()
    return True


def listed(request: HttpRequest) -> list[UserSession]:
    """The sessions of this person that are still good, newest first. Reads only."""
    mine = [s for s in UserSession.objects.filter(user=request.user).order_by("-last_seen_at") if s.exists()]
    return [session for session in mine if _is_good(session, request)]


def _is_good(session: UserSession, request: HttpRequest) -> bool:
    """Whether Django would still take it: bound to the present password and epoch."""
    stored = session._session_store(session.session_key)
    return bool(stored.get("_auth_user_hash") == cast(User, request.user).get_session_auth_hash())


def _older(stamp: str, seconds: int) -> bool:
    try:
        _signer.unsign(stamp, max_age=seconds)
    except (SignatureExpired, BadSignature):
        return True
    return False
