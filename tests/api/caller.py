"""A program that calls the API with a key, and the keys that it has."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django_scopes import scope

from accounts import keys
from accounts.models import Member
from tests.cast import MONDAY

ROOT = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Caller:
    """`token`: the key it sends; "" sends none."""

    token: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(ROOT + path, query, headers=self._headers())

    def post(self, path: str, said: Any = None, *, key: str = "", **headers: str) -> HttpResponse:
        return self._send("POST", path, said, ({"Idempotency-Key": key} if key else {}) | headers)

    def patch(self, path: str, said: Any) -> HttpResponse:
        return self._send("PATCH", path, said, {})

    def send(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> HttpResponse:
        return self.client.generic(method, ROOT + path, body, content_type, headers=self._headers())

    def _send(self, method: str, path: str, said: Any, headers: dict[str, str]) -> HttpResponse:
        body = b"" if said is None else json.dumps(said).encode()
        return self.client.generic(method, ROOT + path, body, "application/json", headers=self._headers() | headers)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def token(by: Member, *scopes: str, name: str = "") -> str:
    """The token of a new key of that member's with these scopes; with all of them when none is named."""
    with scope(workspace=by.workspace):
        made = name or f"Key {keys.ApiKey.objects.count()}"
        return keys.create(made, scopes or list(keys.SCOPES), 90, by=by, now=MONDAY)[1]


def caller(by: Member, *scopes: str) -> Caller:
    return Caller(token(by, *scopes))
