"""A sender's turn: one worker at a time acts as it. Claim the due heads, work each through gate, call and record."""

import logging
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, OperationalError

from campaigns.running import gate, planning, profiles, sync, touches
from campaigns.running.database import (
    again,
    clock_sql,
    clock_statement,
    commit,
    read_clock,
    row,
    rows,
    short_transaction,
)
from campaigns.running.gate import Dispatch
from campaigns.running.lanes import MAIN_BUDGET
from campaigns.running.obstacles import Head, Held
from outreach import clock
from outreach.connectors import failures
from outreach.engine.causes import FOLLOW_UPS, INBOX_FRESH
from outreach.engine.kinds import LONG_AGO, NEVER, Kind
from outreach.engine.refusals import stops_sender

log = logging.getLogger(__name__)

SENDERS_AT_ONCE = 20
CLAIM = timedelta(seconds=120)
"""How long a claimed turn and its leases last when nobody works on them. Each gate extends the turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to act as `sender`, and the touches claimed with it."""

    sender: int
    token: int
    heads: tuple[Head, ...]

    def as_message(self) -> dict[str, Any]:
        """Plain values for the broker."""
        return {"sender": self.sender, "token": self.token, "heads": [asdict(head) for head in self.heads]}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Self:
        heads = tuple(Head(**{**head, "kind": Kind(head["kind"])}) for head in message["heads"])
        return cls(message["sender"], message["token"], heads)


def claim(*, now: datetime, limit: int = SENDERS_AT_ONCE) -> list[Turn]:
    """Take free turns of senders with due lanes, then the due lanes, then their heads: three statements of one
    transaction, each with a snapshot younger than the locks before it. Never waits; changes no state, slot or
    credit. Most ticks find no lane due, and end with that one look."""
    for since in sorted({_busy.since(now), LONG_AGO}, reverse=True):
        first = _first(since)
        if first is not None and first <= now and (taken := again(_claim, now, limit, since)):
            return taken
    return []


def _first(since: datetime) -> datetime | None:
    """When the first lane is due, of those since then: one entry of an index, whatever the plan."""
    found: datetime | None = rows("SELECT min(next_at) AS at FROM campaigns_lane WHERE next_at >= %s", (since,))[0][
        "at"
    ]
    return found


@dataclass
class Busy:
    """From where a process reads the lanes while there is more to do than it takes at once. What lies before was taken,
    so that reading from the start finds next to nothing but what is left of it, and a transaction that somebody forgot
    keeps all of that. Work that comes in before that point waits for the next reading from the start."""

    at: datetime = LONG_AGO
    looked_at: datetime = LONG_AGO

    def since(self, now: datetime) -> datetime:
        """From where to read at this moment."""
        fresh = self.looked_at <= now < self.looked_at + FROM_THE_START
        return self.at if fresh else LONG_AGO

    def took(self, since: datetime, first: datetime | None, now: datetime) -> None:
        """What was read since then was taken, beginning with `first`, and there was more; None: that was all."""
        if first is None:
            self.at = LONG_AGO
        else:
            self.at, self.looked_at = first, now if since == LONG_AGO else self.looked_at


FROM_THE_START = timedelta(seconds=10)
"""How long the beginning of the lanes is left out at most."""
_busy = Busy()


# As many lanes as so many senders can have, the longest due first, are enough to name that many senders: who else is
# due is not read, so that a claim costs the same among few senders and among many.
_FREE_TURNS = """
WITH first AS (SELECT l.sender_id, l.next_at FROM campaigns_lane l
    JOIN accounts_senderturn t ON t.sender_id = l.sender_id AND t.until <= %(now)s
    JOIN accounts_sender s ON s.id = l.sender_id AND s.state IN ('active', 'resting')
    WHERE l.next_at <= %(now)s AND l.next_at >= %(since)s ORDER BY l.next_at LIMIT {lanes:d}),
  due AS (SELECT sender_id, min(next_at) AS at FROM first GROUP BY 1 ORDER BY 2, 1 LIMIT {limit:d}),
  free AS (SELECT sender_id FROM accounts_senderturn WHERE sender_id IN (SELECT sender_id FROM due) AND until <= %(now)s
    ORDER BY sender_id FOR NO KEY UPDATE SKIP LOCKED)
UPDATE accounts_senderturn t SET owner = %(owner)s, token = token + 1, until = %(until)s
FROM free JOIN due USING (sender_id) WHERE free.sender_id = t.sender_id RETURNING t.sender_id, t.token, due.at"""

_DUE_LANES = """
SELECT sender_id, kind FROM campaigns_lane WHERE sender_id = ANY(%s) AND next_at <= %s
ORDER BY sender_id, kind FOR NO KEY UPDATE SKIP LOCKED"""

_HEADS = """
WITH lane AS (SELECT * FROM unnest(%(senders)s::bigint[], %(kinds)s::text[], %(groups)s::text[])
      AS l(sender_id, kind, grp)),
  pick AS MATERIALIZED (SELECT lane.sender_id, lane.kind, lane.grp, h.id, h.not_before FROM lane LEFT JOIN LATERAL (
      SELECT t.id, t.not_before FROM campaigns_touch t WHERE t.sender_id = lane.sender_id AND t.kind = lane.kind
      AND t.state = 'planned' AND NOT t.guided AND t.not_before <= %(now)s AND t.leased_until <= %(now)s
      ORDER BY t.not_before, t.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) h ON true),
  head AS (SELECT DISTINCT ON (sender_id, grp) id FROM pick WHERE id IS NOT NULL
      ORDER BY sender_id, grp, not_before, id),
  park AS (UPDATE campaigns_lane l SET due_hint = coalesce((SELECT min(greatest(t.not_before, t.leased_until))
      FROM campaigns_touch t WHERE t.sender_id = l.sender_id AND t.kind = l.kind
      AND t.state = 'planned' AND NOT t.guided), %(never)s)
    FROM pick WHERE pick.id IS NULL AND l.sender_id = pick.sender_id AND l.kind = pick.kind)
UPDATE campaigns_touch t SET leased_until = %(lease)s FROM head, campaigns_enrollment e
WHERE t.id = head.id AND e.id = t.enrollment_id
RETURNING t.id, t.workspace_id, t.enrollment_id, e.campaign_id, t.prospect_id, t.sender_id, t.kind"""


def _claim(now: datetime, limit: int, since: datetime) -> list[Turn]:
    owner = f"{socket.gethostname()}:{os.getpid()}"
    with short_transaction():
        free = _FREE_TURNS.format(limit=limit, lanes=limit * len(Kind))
        turns = rows(free, {"now": now, "since": since, "owner": owner[:80], "until": now + CLAIM})
        _busy.took(since, min(turn["at"] for turn in turns) if len(turns) == limit else None, now)
        if not turns:
            return []
        lanes = rows(_DUE_LANES, ([turn["sender_id"] for turn in turns], now))
        heads = rows(
            _HEADS,
            {
                "senders": [lane["sender_id"] for lane in lanes],
                "kinds": [lane["kind"] for lane in lanes],
                "groups": [MAIN_BUDGET[Kind(lane["kind"])] or lane["kind"] for lane in lanes],
                "now": now,
                "never": NEVER,
                "lease": now + CLAIM,
            },
        )
        found: dict[int, list[Head]] = {turn["sender_id"]: [] for turn in turns}
        for head in sorted(heads, key=lambda head: head["id"]):
            found[head["sender_id"]].append(
                Head(
                    touch=head["id"],
                    workspace=head["workspace_id"],
                    enrollment=head["enrollment_id"],
                    campaign=head["campaign_id"],
                    prospect=head["prospect_id"],
                    sender=head["sender_id"],
                    kind=Kind(head["kind"]),
                )
            )
        idle = [sender for sender, mine in found.items() if not mine]
        commit(("UPDATE accounts_senderturn SET until = %s WHERE sender_id = ANY(%s)", (LONG_AGO, idle)))
    return [
        Turn(turn["sender_id"], turn["token"], tuple(found[turn["sender_id"]]))
        for turn in sorted(turns, key=lambda turn: turn["sender_id"])
        if found[turn["sender_id"]]
    ]


def take(turn: Turn) -> list[str]:
    """Work the turn's heads, one after the other, and give the turn back. What became of each."""
    try:
        _look_first(turn)
        return [_act_alone(head, turn.token) for head in turn.heads]
    finally:
        rows(
            "UPDATE accounts_senderturn SET until = %s WHERE sender_id = %s AND token = %s",
            (LONG_AGO, turn.sender, turn.token),
        )


def _act_alone(head: Head, token: int) -> str:
    """Act; whoever that fails for in a way that nobody foresaw is put off, so that the turn's others go on. What was
    in the call by then is not planned any more: it is looked for like all that nobody recorded."""
    try:
        return act(head, token)
    except OperationalError:
        raise
    except Exception:
        log.exception("Touch %s of sender %s cannot be worked", head.touch, head.sender)
        rows(
            "UPDATE campaigns_touch SET leased_until = %s WHERE id = %s AND state = 'planned'",
            (clock.now() + planning.PUT_OFF, head.touch),
        )
        return "put_off"


def _look_first(turn: Turn) -> None:
    """No fresh inbox, no follow-up: a turn that has one due looks at the inbox first."""
    if not any(head.kind in FOLLOW_UPS for head in turn.heads):
        return
    known = row(
        f"SELECT inbox_at, {clock_sql()} AS now FROM accounts_sender WHERE id = %s AND EXISTS (SELECT 1 FROM "
        "campaigns_enrollment WHERE id = ANY(%s) AND last_touch_at IS NOT NULL)",
        (turn.sender, [head.enrollment for head in turn.heads]),
    )
    if known and (known["inbox_at"] is None or known["now"] - known["inbox_at"] > INBOX_FRESH):
        try:
            sync.look_at_inbox(turn.sender, now=known["now"])
        except failures.ConnectorError as error:
            sync.failed(turn.sender, "inbox", error)  # the gate holds the follow-ups; first touches go on


def act(head: Head, token: int) -> str:
    """One touch: freshen what the gate will ask for, pass the gate, hand over once, record. What became of it."""
    try:
        ready = profiles.freshen(head)
    except failures.ConnectorError as error:
        return profiles.put_off(head, error, now=clock.now())
    if not ready:
        return "moved"
    passed = gate.enter(head, token)
    if isinstance(passed, Held):
        if passed.cause == "redecide":
            planning.decide_these([head.enrollment], now=clock.now())
        return passed.cause
    return hand_over(passed)


def hand_over(dispatch: Dispatch) -> str:
    """Call the connector once, outside any transaction, and record what it says. Nothing ambiguous is tried again."""
    touch = dispatch.head.touch
    now = read_clock(rows(*clock_statement()))  # the last thing before the call: what is sent late is not sent
    if now > dispatch.due_by:
        touches.mark_not_sent(touch, "late", now=now)
        return "late"
    try:
        answer = dispatch.connector.hand_over(dispatch.outgoing)
    except failures.ConnectorError as error:
        return _failed(touch, error)
    proof = touches.Proof(
        by="answer",
        message=answer.message_id,
        chat=answer.chat_id or dispatch.outgoing.chat_id,
        invitation=answer.invitation_id,
    )
    try:
        touches.mark_sent(touch, proof)
    except IntegrityError:  # the provider answered with the id of something else that we sent: no proof of this one
        touches.mark_uncertain(touch, "The answer names a message that is known to be another one.", now=clock.now())
        return "uncertain"
    return "sent"


def _failed(touch: int, error: failures.ConnectorError) -> str:
    """What the failure table says of it."""
    now = clock.now()
    match failures.row(error):
        case failures.Row.NOT_SENT | failures.Row.LIMITED:
            wish = getattr(error, "retry_after_s", None)
            touches.mark_not_sent(touch, error.code, now=now, retry_after_s=wish)
            return "not_sent"
        case failures.Row.REFUSED:
            touches.mark_refused(touch, error.code, error.detail, now=now)
            return "refused"
        case failures.Row.SEAT:  # whatever its code is: a new word of the vendor's must not use up a step
            code = error.code if stops_sender(error.code) else _SEATS[type(error)]
            touches.mark_refused(touch, code, str(error), now=now)
            return "refused"
        case failures.Row.UNCERTAIN:
            touches.mark_uncertain(touch, str(error), now=now)
            return "uncertain"


_SEATS: dict[type[failures.ConnectorError], str] = {
    failures.LoggedOut: "unauthorized",
    failures.Restricted: "account_restricted",
}
"""The refusal that says the same, for a code that nobody knows."""
