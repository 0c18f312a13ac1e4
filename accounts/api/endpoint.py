"""One address of the API: who asks by which key, whether they may, how often, and that a call made twice is done once.

No session, no cookie, no token of a page: a key or nothing. What a role may do is asked of `accounts.rights`, again, by
the verbs that a view calls; what the key may do is asked here.
"""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_scopes import scope
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import history, keys, rights
from accounts.api import once
from accounts.api.once import Answer, Call
from accounts.models import ApiKey, Member
from outreach import clock
from outreach.web.api import bodies, problems
from outreach.web.api.problems import Problem

CHANGES = ("POST", "PATCH")
_IDEMPOTENCY = re.compile(r"[!-~]{1,100}")


class OnlyJson(BaseContentNegotiation):  # type: ignore[misc]  # REST framework has no types
    """JSON, whatever is asked for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):  # type: ignore[misc]  # REST framework has no types
    """`scopes`: which of keys.SCOPES each method needs. `refusals`: what its verbs raise, and the status of each.
    `beside`: its verbs are transactions of their own (see accounts.api.once). In the methods `self.member` is who asks,
    `self.now` the instant, `self.said` the body."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OnlyJson
    http_method_names = ("get", "head", "post", "patch")

    scopes: ClassVar[dict[str, str]] = {}
    refusals: ClassVar[dict[type[Exception], int]] = {}
    beside: ClassVar[bool] = False

    api_key: ApiKey
    member: Member
    now: datetime
    said: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        asked = self.request = self.initialize_request(request, *args, **kwargs)
        with ExitStack() as around:
            try:
                self._let_in(request, around)
                answer = self._do(request, asked)
            except Exception as exception:  # the API answers in its own shape, whatever happened
                answer = self.handle_exception(self._problem(exception))
            self.response = self.finalize_response(asked, answer, *args, **kwargs)
        answered: HttpResponseBase = self.response
        return answered

    # -- who asks

    def _let_in(self, request: HttpRequest, around: ExitStack) -> None:
        """Raises Problem for whoever may not, or not now."""
        self.now = clock.now()
        self.api_key = self._key(request)
        self.member = self.api_key.by
        around.enter_context(scope(workspace=self.member.workspace))
        around.enter_context(history.through(self.api_key))
        self._count()
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in self.scopes:
            self.http_method_not_allowed(request)
        self._require(self.scopes[method])

    def _key(self, request: HttpRequest) -> ApiKey:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if kind.lower() == "bearer" and token.strip():
                return keys.look_up(token.strip(), now=self.now)
            sentence = "Send a key of your workspace, as in Authorization: Bearer parley_…"
        except keys.NotGood as refusal:
            sentence = str(refusal)
        raise Problem(401, "no-key", sentence, headers={"WWW-Authenticate": 'Bearer realm="Parley"'})

    def _count(self) -> None:
        left = keys.count(self.api_key, now=self.now)
        minute = self.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        wait = max(1, int((minute - self.now).total_seconds()))
        self.headers["RateLimit-Policy"] = f'"key";q={keys.PER_MINUTE};w=60'
        self.headers["RateLimit"] = f'"key";r={max(left, 0)};t={wait}'
        if left < 0:
            raise Problem(
                429,
                "too-many",
                f"This key has used its {keys.PER_MINUTE} calls of this minute: wait {wait} seconds.",
                headers={"Retry-After": str(wait)},
            )

    def _require(self, need: str) -> None:
        if need not in self.api_key.scopes:
            raise Problem(403, "missing-scope", f"This takes a key with the scope {need}: ask an admin for one.")
        if not keys.allows(self.member, need):
            raise Problem(403, "not-allowed", f"{self.member} made this key and may not do this any more: {need}.")

    # -- what is asked

    def _do(self, request: HttpRequest, asked: Request) -> Response:
        handler = getattr(self, str(request.method).lower())
        if request.method not in CHANGES:
            self.said = {}
            response: Response = handler(asked, **self.kwargs)
            return response
        body = bodies.raw(request)
        self.said = bodies.understand(body, request.headers.get("Content-Type", ""))

        def act() -> Answer:
            made = handler(asked, **self.kwargs)
            return Answer(made.status_code, json.loads(JSONRenderer().render(made.data)))

        done = self._once(request, body, act)
        again = {"Idempotency-Replayed": "true"} if done.again else {}
        return Response(done.body, done.status, headers=again)

    def _once(self, request: HttpRequest, body: bytes, act: Callable[[], Answer]) -> Answer:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST":
            if self.beside:
                return act()
            with transaction.atomic():
                return act()
        if not _IDEMPOTENCY.fullmatch(key):
            raise Problem(400, "malformed", "An Idempotency-Key has 1 to 100 visible characters of ASCII.")
        told = "\n".join((request.method, request.get_full_path(), "")).encode() + body
        call = Call(self.api_key, key, hashlib.sha256(told).hexdigest())
        return (once.beside if self.beside else once.within)(call, act, now=self.now)

    def _problem(self, exception: Exception) -> Exception:
        """What a verb refused, as a problem; anything else as it is."""
        if isinstance(exception, rights.NotAllowed):
            return Problem(403, "not-allowed", str(exception))
        for kind, status in self.refusals.items():
            if isinstance(exception, kind):
                fields = {name: [said] for name, said in getattr(exception, "sentences", {}).items()}
                return Problem(status, "conflict" if status == 409 else "refused", str(exception), fields=fields)
        return exception

    def handle_exception(self, exc: Exception) -> Response:
        answer: Response = problems.answer(exc, {"view": self})
        answer.exception = True
        return answer
