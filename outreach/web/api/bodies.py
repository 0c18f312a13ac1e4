"""What a caller sends: a JSON object of known fields, small, without characters that no text can have."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from django.http import HttpRequest, UnreadablePostError
from django.http.request import RawPostDataException
from rest_framework import serializers

from outreach.web.api.problems import Problem, too_large, wrong_fields

MOST: Final = 256 * 1024
"""Bytes of a body."""
BIGGEST: Final = 2**63 - 1
"""The highest number that a row can have."""

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""What the database holds in no text: NUL, and halves of characters."""


def raw(request: HttpRequest) -> bytes:
    """The body as it came. Raises Problem when it is too large."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and len(announced) < 19 and int(announced) > MOST:
        raise too_large()
    try:
        body: bytes = request.body
    except (RawPostDataException, UnreadablePostError):
        raise Problem(400, "malformed", "The body was broken off: send it again.") from None
    if len(body) > MOST:
        raise too_large()
    return body


def understand(body: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object in a body; an empty body is an empty object. Raises Problem for anything else."""
    if not body:
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "not-json", "Send JSON, with the header Content-Type: application/json.")
    try:
        said = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(400, "malformed", "The body is no JSON: check it and send it again.") from None
    if any(_NO_TEXT.search(text) for text in _texts(said)):
        raise Problem(400, "malformed", "The body has characters that no text can have: take out NUL and half pairs.")
    if not isinstance(said, dict):
        raise Problem(400, "malformed", "The body must be a JSON object: put the fields between { and }.")
    return said


def _texts(said: Any) -> Iterator[str]:
    """Every text in it, names of fields too."""
    left = [said]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


class Body(serializers.Serializer):  # type: ignore[misc]  # REST framework has no types
    """What a call takes, field by field. It knows shapes only: whether something may be is for the verbs to say."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(self.fields) or "none"
            raise serializers.ValidationError({unknown[0][:80]: [f"There is no such field here: use {known}."]})
        return super().to_internal_value(data)

    @classmethod
    def of(cls, said: dict[str, Any]) -> dict[str, Any]:
        """The fields that were sent, checked. Raises ValidationError."""
        body = cls(data=said)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)


class Number(serializers.IntegerField):  # type: ignore[misc]  # REST framework has no types
    """A whole number, the id of a row unless told otherwise. Neither true nor "7"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": BIGGEST} | kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Text(serializers.CharField):  # type: ignore[misc]  # REST framework has no types
    """A text, never a number or true, as it was written."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True} | kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


def refuse(field: str, sentence: str) -> NoReturn:
    """This field cannot be taken."""
    raise wrong_fields({field: [sentence]})
