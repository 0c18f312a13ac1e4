"""What goes wrong, in one shape (RFC 9457): its kind, the one sentence that says what to do, errors per field."""

import logging
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from outreach.web import errors

log = logging.getLogger(__name__)
MEDIA_TYPE: Final = "application/problem+json"
TITLES: Final[dict[str, str]] = {
    "malformed": "The request cannot be read",
    "wrong-filter": "A filter that cannot be used",
    "wrong-cursor": "Not a place in this list",
    "no-key": "A key is needed",
    "missing-scope": "The key may not do this",
    "not-allowed": "Not allowed",
    "not-found": "Nothing here",
    "wrong-method": "Another method is needed",
    "conflict": "It is not so any more",
    "too-large": "The request is too large",
    "not-json": "JSON is needed",
    "wrong-fields": "Fields that cannot be taken",
    "refused": "It cannot be done like this",
    "key-reused": "An Idempotency-Key for something else",
    "too-many": "Too many calls",
    "broken": "Something broke on our side",
    "collided": "Somebody changed the same thing at the same moment",
    "unavailable": "The database is away",
}
"""Each kind of problem, and its title."""


class Problem(Exception):
    """An answer other than success. `kind` of TITLES; `sentence` says what to do; `fields`: sentences by field."""

    def __init__(
        self,
        status: int,
        kind: str,
        sentence: str,
        *,
        fields: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status, self.kind, self.sentence = status, kind, sentence
        self.fields, self.headers = dict(fields or {}), dict(headers or {})

    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "type": f"urn:parley:problem:{self.kind}",
            "title": TITLES[self.kind],
            "status": self.status,
            "detail": self.sentence,
        }
        return said | ({"errors": self.fields} if self.fields else {})


class ProblemShape(serializers.Serializer):  # type: ignore[misc]  # REST framework has no types
    """The one shape of every error: what kind it is, the sentence that says what to do, and sentences by field."""

    type = serializers.ChoiceField(choices=[f"urn:parley:problem:{kind}" for kind in TITLES])
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)


def answer(exception: Exception, context: dict[str, Any]) -> Response:
    """The answer to whatever a view raised (settings.REST_FRAMEWORK). What nobody expected is logged with a number."""
    problem = of(exception)
    if problem.kind == "unavailable":
        log.warning("the API cannot reach the database", exc_info=exception)
    if problem.kind == "broken":
        number = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"
        log.error("request %s of the API", number, exc_info=exception)
        problem = Problem(500, "broken", f"Try again; if it stays, tell your admin the number {number}.")
    return Response(problem.body(), problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def of(exception: Exception) -> Problem:
    """The problem that an exception stands for."""
    match exception:
        case Problem():
            return exception
        case Http404():
            return Problem(404, "not-found", "The address is wrong, or what was here is not part of your workspace.")
        case PermissionDenied():
            return Problem(403, "not-allowed", str(exception) or "Whoever made this key may not do this.")
        case RequestDataTooBig():
            return too_large()
        case exceptions.ValidationError():
            return wrong_fields(dict(_flat(exception.detail)))
        case exceptions.MethodNotAllowed():
            return Problem(405, "wrong-method", "This address takes another method: the header Allow names those.")
        case OperationalError() if errors.database_is_away(exception):
            return Problem(
                503,
                "unavailable",
                "Parley cannot reach its database: nothing was done, so try again in a minute.",
                headers={"Retry-After": "60"},
            )
        case OperationalError() if errors.is_collision(exception):
            return Problem(503, "collided", "Nothing was done: send the same call again.", headers={"Retry-After": "1"})
        case _:
            return Problem(500, "broken", "Something broke.")


def wrong_fields(fields: Mapping[str, list[str]]) -> Problem:
    """Fields that cannot be taken as they are, each with its sentences."""
    name, sentences = next(iter(fields.items()))
    said = f"{name}: {sentences[0]}" if name else sentences[0]
    return Problem(422, "wrong-fields", said, fields={field or "body": said for field, said in fields.items()})


def too_large() -> Problem:
    return Problem(413, "too-large", "The request is too large: send fewer people or less text at once.")


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """What a serializer found, by the dotted path of each field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list | tuple) and any(isinstance(one, Mapping | list) for one in detail):
        for number, inner in enumerate(detail):
            if inner:
                yield from _flat(inner, f"{path}.{number}" if path else str(number))
    elif isinstance(detail, list | tuple):
        yield path, [str(one) for one in detail]
    else:
        yield path, [str(detail)]
