"""Calls that come twice are done once: the answer is kept with the act, and given again for a day.

Where a verb can run in our transaction, the act, the key and the answer are one commit: a second call of the same key
waits for the first. Verbs that are a transaction of their own (they take the locks of the gate) are ones that do once
what they are told twice; for them the key is held under a lease, a second call meanwhile is told to wait, and one after
a crash may run again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django_scopes import scopes_disabled

from accounts.models import ApiCall, ApiKey
from outreach.web.api.problems import Problem

KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=60)
"""How long a call that says nothing is held to be under way; longer than any act may take."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered. `again`: it was given before."""

    status: int
    body: Any
    again: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call that names its Idempotency-Key. `digest`: of what it asks for."""

    api_key: ApiKey
    key: str
    digest: str


def within(call: Call, act: Callable[[], Answer], *, now: datetime) -> Answer:
    """Do `act` in one transaction with the key and its answer. What `act` raises undoes all of it. Raises Problem."""
    with transaction.atomic():
        mine = _insert(call, now, busy_until=None)  # waits for one that is being inserted
        if mine is None:
            return _known(call)
        done = act()
        _keep(mine, done)
    return done


def beside(call: Call, act: Callable[[], Answer], *, now: datetime) -> Answer:
    """Do `act`, which is a transaction of its own, while the key is held. What it raises frees the key. Raises
    Problem."""
    with transaction.atomic():
        mine = _insert(call, now, busy_until=now + LEASE) or _take_over(call, now)
        if mine is None:
            return _known(call)
    try:
        done = act()
    except BaseException:
        ApiCall.objects.filter(pk=mine).delete()
        raise
    _keep(mine, done)
    return done


def sweep(*, now: datetime) -> int:
    """Forget the calls of more than a day ago. How many."""
    with scopes_disabled():
        gone, _ = ApiCall.objects.filter(at__lte=now - KEPT).delete()
    return gone


_INSERT = """
INSERT INTO accounts_apicall (workspace_id, api_key_id, key, digest, at, busy_until)
VALUES (%(workspace)s, %(api_key)s, %(key)s, %(digest)s, %(now)s, %(busy_until)s)
ON CONFLICT (api_key_id, key) DO NOTHING RETURNING id"""


def _insert(call: Call, now: datetime, *, busy_until: datetime | None) -> int | None:
    """The number of the new row; None when there is one of this key. Waits while another call inserts it."""
    ApiCall.objects.filter(api_key=call.api_key, key=call.key, at__lte=now - KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "workspace": call.api_key.workspace_id,
                "api_key": call.api_key.pk,
                "key": call.key,
                "digest": call.digest,
                "now": now,
                "busy_until": busy_until,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _take_over(call: Call, now: datetime) -> int | None:
    """The row of a call whose lease ran out, ours from now on."""
    stale = _rows(call).filter(digest=call.digest, status=None, busy_until__lte=now).select_for_update()
    if (row := stale.first()) is None:
        return None
    row.busy_until = now + LEASE
    row.save(update_fields=["busy_until"])
    return int(row.pk)


def _rows(call: Call) -> "QuerySet[ApiCall]":
    rows: QuerySet[ApiCall] = ApiCall.objects.filter(api_key=call.api_key, key=call.key)
    return rows


def _known(call: Call) -> Answer:
    """What the call of this key was answered. Raises Problem for another call, and for one that is under way."""
    found = _rows(call).first()
    if found is not None and found.digest != call.digest:
        raise Problem(422, "key-reused", "This Idempotency-Key was used for another call: take a new one.")
    if found is None or found.status is None:
        raise Problem(
            409, "conflict", "This very call is under way: try again in a moment.", headers={"Retry-After": "5"}
        )
    return Answer(found.status, found.body, again=True)


def _keep(mine: int, done: Answer) -> None:
    ApiCall.objects.filter(pk=mine).update(status=done.status, body=done.body, busy_until=None)
