"""A sender's turn: one worker at a time acts as it. Claim the due heads, work each through gate, call and record."""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError

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
    due = rows("SELECT 1 AS one FROM campaigns_lane WHERE next_at <= %s LIMIT 1", (now,))
    return again(_claim, now, limit) if due else []


_FREE_TURNS = """
WITH due AS (SELECT l.sender_id, min(l.next_at) AS at FROM campaigns_lane l
    JOIN accounts_senderturn t ON t.sender_id = l.sender_id AND t.until <= %(now)s
    JOIN accounts_sender s ON s.id = l.sender_id AND s.state IN ('active', 'resting')
    WHERE l.next_at <= %(now)s GROUP BY 1 ORDER BY 2, 1 LIMIT {limit:d}),
  free AS (SELECT sender_id FROM accounts_senderturn WHERE sender_id IN (SELECT sender_id FROM due) AND until <= %(now)s
    ORDER BY sender_id FOR NO KEY UPDATE SKIP LOCKED)
UPDATE accounts_senderturn t SET owner = %(owner)s, token = token + 1, until = %(until)s
FROM free WHERE free.sender_id = t.sender_id RETURNING t.sender_id, t.token"""

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


def _claim(now: datetime, limit: int) -> list[Turn]:
    owner = f"{socket.gethostname()}:{os.getpid()}"
    with short_transaction():
        turns = rows(_FREE_TURNS.format(limit=limit), {"now": now, "owner": owner[:80], "until": now + CLAIM})
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
        return [act(head, turn.token) for head in turn.heads]
    finally:
        rows(
            "UPDATE accounts_senderturn SET until = %s WHERE sender_id = %s AND token = %s",
            (LONG_AGO, turn.sender, turn.token),
        )


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
    except failures.NotSent as error:
        touches.mark_not_sent(touch, error.code, now=clock.now(), retry_after_s=error.retry_after_s)
        return "not_sent"
    except (failures.Refused, failures.LoggedOut, failures.Restricted) as error:
        touches.mark_refused(touch, error.code, error.detail, now=clock.now())
        return "refused"
    except failures.ConnectorError as error:
        touches.mark_uncertain(touch, str(error), now=clock.now())
        return "uncertain"
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
