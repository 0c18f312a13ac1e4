"""Who is asking: the member behind a request, the scope of their workspace around it, and what a role may open.

A stranger to a row gets 404, because every query starts at the member; a role that is too low gets 403.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, cast

from allauth.account.models import EmailAddress
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from accounts import sessions
from accounts.models import Member, Role
from accounts.rights import Scope, Verb, may
from outreach.web import errors

CHOSEN = "workspace"
"""Key of the session: the workspace that a person with several has chosen."""

_NO_ONE = ("/health/", errors.API)
"""Addresses that ask for nobody's session: those that must answer without a database, and the API, which asks for a
key."""

type View = Callable[..., HttpResponseBase]


class MemberMiddleware:
    """Sets `request.member` (None for anonymous) and opens the scope of the member's workspace for the request.

    Answers with 503 when the database is away. Pages are kept by no cache, unless the view says otherwise.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.awaits = iscoroutinefunction(get_response)
        if self.awaits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.awaits:
            return self._answer_async(request)
        try:
            member = _identify(request)
        except OperationalError as error:
            return self._away(request, error)
        with _scope_of(member):
            return _kept_by_no_cache(self.get_response(request))

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        try:
            member = await sync_to_async(_identify)(request)
        except OperationalError as error:
            return self._away(request, error)
        with _scope_of(member):
            return _kept_by_no_cache(await self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError):
            return errors.failed_in_the_database(request, exception)
        return None

    @staticmethod
    def _away(request: HttpRequest, error: OperationalError) -> HttpResponse:
        answer = errors.failed_in_the_database(request, error)
        if answer is None:
            raise error
        return answer


class _Known(HttpRequest):
    """A request whose member has been found."""

    member: Member | None
    memberships: Sequence[Member]


def member_required(need: Role | Verb | str = Role.VIEWER) -> Callable[[View], View]:
    """A view for members of at least this role, or whose role has this right at all; a right to read is enough for
    requests that change nothing. How far a right reaches is the view's to ask. Anonymous people sign in and come back.
    """
    need = need if isinstance(need, Verb) else Role(need)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            member = cast(_Known, request).member
            if member is None and request.user.is_authenticated:
                raise PermissionDenied("You are not a member of any workspace: ask an admin to invite you.")
            if member is None:
                return _to_sign_in(request)
            if isinstance(need, Verb):
                _refuse_without_right(member, need, reading=request.method in _READING)
            elif _RANK[Role(member.role)] < _RANK[need]:
                raise PermissionDenied(f"You are here as {_a(member.role)}; this takes {_a(need)}.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate


_RANK = {role: rank for rank, role in enumerate((Role.VIEWER, Role.SDR, Role.MANAGER, Role.ADMIN))}
_READING = ("GET", "HEAD", "OPTIONS")


def person_required(view: View) -> View:
    """A view for everybody who is signed in, whether or not they belong to a workspace."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.user.is_authenticated else _to_sign_in(request)

    return guarded


def memberships_of(request: HttpRequest) -> Sequence[Member]:
    """All that the person belongs to, each with `verified`."""
    return cast(_Known, request).memberships


def member_of(request: HttpRequest) -> Member:
    """Who asks: a page behind `member_required` always has a member."""
    return cast(Member, cast(_Known, request).member)


def _refuse_without_right(member: Member, verb: Verb, *, reading: bool) -> None:
    if may(member, verb) in (Scope.NONE, *(() if reading else (Scope.READ,))):
        raise PermissionDenied(f"You are here as {_a(member.role)} and may not do this: {verb}.")


def _a(role: str) -> str:
    words = {Role.VIEWER: "a viewer", Role.SDR: "an SDR", Role.MANAGER: "a manager", Role.ADMIN: "an admin"}
    return words[Role(role)]


def _identify(request: HttpRequest) -> Member | None:
    member = None if request.path_info.startswith(_NO_ONE) else _member_of(request)
    cast(_Known, request).member = member
    return member


def _member_of(request: HttpRequest) -> Member | None:
    """The person's membership in the workspace that the session names, else the oldest one they have.

    `request.memberships` are all they have, each with `verified`: whether the person's address is proved.
    """
    sessions.keep(request)
    known = cast(_Known, request)
    known.memberships = []
    if not request.user.is_authenticated:
        return None
    proved = EmailAddress.objects.filter(user=OuterRef("user"), email=OuterRef("user__email"), verified=True)
    with scopes_disabled():
        memberships = list(
            Member.objects.filter(user=request.user, left_at=None)
            .annotate(verified=Exists(proved))
            .select_related("workspace")
            .order_by("joined_at", "id")
        )
    known.memberships = memberships
    chosen = request.session.get(CHOSEN)
    member: Member | None = next((m for m in memberships if m.workspace_id == chosen), next(iter(memberships), None))
    if member is not None:
        member.user = request.user
    return member


def _scope_of(member: Member | None) -> AbstractContextManager[None]:
    return nullcontext() if member is None else cast(AbstractContextManager[None], scope(workspace=member.workspace))


def _kept_by_no_cache(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back. A fragment cannot be a sign-in page, so htmx is told to move the whole window."""
    htmx = getattr(request, "htmx", None)
    back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("home")
    if not htmx:
        return redirect_to_login(back)
    response = HttpResponse(status=401)
    response["HX-Redirect"] = redirect_to_login(htmx.current_url_abs_path or reverse("home")).url
    return response
