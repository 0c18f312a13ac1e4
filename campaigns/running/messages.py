"""A message of a person, or our own as it is echoed: what it stops, postpones, proves or returns.

A reply stops everything for that person, on every channel, sender and campaign of the workspace, under the same locks
as the gate: what was stored before the gate is never ignored by it, and what crossed in transit is marked as such.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django_scopes import scope

from accounts import ledger
from accounts.models import Workspace
from campaigns.running import allowances, lanes, reservations, threads, touches
from campaigns.running.database import Row, clock_statement, read_clock, row, rows, together
from campaigns.running.outcomes import KEEP_CONVERSATION
from outreach.engine.decisions import Reaction
from outreach.engine.kinds import NEVER, Kind
from outreach.engine.sequence import Flow, InboundKind, postponed_until, react
from outreach.language import fitting, replies
from prospects import suppressions
from prospects.models import Prospect

RETURN_WINDOW = timedelta(days=90)
UNANSWERED = ("", InboundKind.OUT_OF_OFFICE.value)
"""Responses of a touch after which a person may still answer it."""


def take(event: Row, prospect: int, now: datetime) -> tuple[str, bool]:
    """Work one message, theirs or ours, in the caller's transaction: why it was ignored or "", and whether a
    credit came back."""
    p = event["payload"]
    person, _, enrollments, open_touches, known, told = together(
        ("SELECT replied_at FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (prospect,)),
        (
            "SELECT 1 AS one FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL FOR NO "
            "KEY UPDATE",
            (prospect,),
        ),
        (
            "SELECT id, state, sender_id, last_touch_at FROM campaigns_enrollment WHERE prospect_id = %s ORDER "
            "BY id FOR NO "
            "KEY UPDATE",
            (prospect,),
        ),
        (
            f"SELECT {touches.COLUMNS}, response FROM campaigns_touch WHERE prospect_id = %s "
            "AND (state IN ('planned', 'reserved', 'dispatching', 'uncertain') "
            "OR (sender_id = %s AND state = 'sent' AND (response = ANY(%s) OR kind = 'invite_note'))) "
            "ORDER BY id FOR NO KEY UPDATE",
            (prospect, event["sender_id"], list(UNANSWERED)),
        ),
        threads.knowing(event["sender_id"], p["message"]),
        clock_statement(),  # under the lock that the gate takes too: what was stored first has the earlier instant
    )
    now = max(now, read_clock(told))
    said = threads.Said(
        workspace=event["workspace_id"],
        sender=event["sender_id"],
        prospect=prospect,
        chat=p["chat"],
        message=p["message"],
        text=p["text"],
        at=event["at"],
        inbound=not p["outbound"],
        subject=p["subject"],
        enrollment=next((e["id"] for e in reversed(enrollments) if e["sender_id"] == event["sender_id"]), None),
    )
    if p["outbound"]:
        if not known:
            _own_message(event, said, [touch | person[0] for touch in open_touches], enrollments, now)
        return "", False
    return _reply(event, said, open_touches, enrollments, now)


def _own_message(
    event: Row, said: threads.Said, open_touches: list[Row], enrollments: list[Row], now: datetime
) -> None:
    """Our own message as the provider echoes it: evidence for an open touch, or something the owner wrote by hand."""
    text = fitting.text_hash(said.text)
    mine = [t for t in open_touches if t["sender_id"] == said.sender and fitting.text_hash(t["text"]) == text]
    for t in mine:
        if t["state"] in ("dispatching", "uncertain") and Kind(t["kind"]) in threads.SPOKEN:
            owner = next(e for e in enrollments if e["id"] == t["enrollment_id"])
            proof = touches.Proof(by=event["via"], message=said.message, chat=said.chat)
            together(*touches.record_sent(t | {"enrollment_state": owner["state"]}, proof, now))
            return
    touch = next((t for t in mine if t["state"] == "sent"), None)
    if touch is not None or any(t["kind"] == Kind.INVITE_NOTE for t in mine):
        threads.store(replace(said, touch=(touch or mine[0])["id"]), now=now)
        return
    if threads.store(replace(said, by_hand=True), now=now) is None:
        return
    for t in open_touches:
        if t["state"] == "planned" and t["sender_id"] == said.sender and t["step_key"]:
            gap = row(
                "SELECT s.wait_min_h FROM campaigns_step s JOIN campaigns_enrollment e ON e.version_id = s.version_id "
                "WHERE e.id = %s AND s.key = %s",
                (t["enrollment_id"], t["step_key"]),
            )
            until = postponed_until(InboundKind.OWN_MESSAGE, said.at, gap_h=gap["wait_min_h"] if gap else 0)
            _postpone([t["enrollment_id"]], until or now, said.prospect, now)
    allowances.count_by_hand(said.sender, Kind.DM, said.at, now)


def _reply(
    event: Row, said: threads.Said, open_touches: list[Row], enrollments: list[Row], now: datetime
) -> tuple[str, bool]:
    """The person wrote: what it means decides whether everything stops, waits, or is suppressed for good."""
    reading = replies.read(said.text, at=said.at)
    message = threads.store(replace(said, intent=reading.intent, evidence=reading.evidence), now=now)
    if message is None:
        return "", False
    did: dict[str, Any] = {}
    reaction = react(InboundKind(reading.kind))
    word = "reply" if reaction.human_reply else reading.kind
    _note_response(said, open_touches, word)
    returned = reaction.returns_credit and _give_back(said, open_touches, word, now)
    live = [e["id"] for e in enrollments if e["state"] in ("waiting", "active", "held")]
    if reaction.human_reply:  # also to a sequence that had run its course: it ended with an answer after all
        live += [
            e["id"]
            for e in enrollments
            if e["state"] == "finished" and e["sender_id"] == said.sender and e["last_touch_at"] is not None
        ]
    if returned:
        did["returned"] = 1
    if reaction.sequence == Flow.STOP:
        did |= _stop(said, live, open_touches, reaction, now)
        if reaction.human_reply:
            rows(
                "UPDATE prospects_prospect SET replied_at = coalesce(replied_at, %s) WHERE id = %s",
                (said.at, said.prospect),
            )
        if reaction.suppresses:
            did["suppressed"] = True
            with scope(workspace=Workspace(pk=event["workspace_id"])):
                suppressions.suppress(Prospect.objects.get(pk=said.prospect), reason=reaction.reason, by=None, now=now)
    elif reaction.sequence == Flow.POSTPONE:
        until = postponed_until(InboundKind(reading.kind), said.at, reading.until)
        _postpone(live, until or now, said.prospect, now)
        if live:
            did["postponed_until"] = (until or now).isoformat()
    if did:
        rows("UPDATE campaigns_message SET did = %s::jsonb WHERE id = %s", (json.dumps(did), message))
    return "", returned


def _stop(
    said: threads.Said, live: list[int], open_touches: list[Row], reaction: Reaction, now: datetime
) -> dict[str, Any]:
    """Every channel, sender and campaign of the workspace: enrollments stop, planned touches go, what is on its way is
    marked as crossed, the conversation stays with its holder for a while. An answer that a member just wrote goes on,
    unless the person wants to hear nothing more. What it did, in numbers."""
    reason = reaction.reason
    ending = [
        t for t in open_touches if t["state"] in ("planned", "reserved") and (t["step_key"] or reaction.suppresses)
    ]
    planned = [t["id"] for t in ending]
    crossing = [t["id"] for t in open_touches if t["state"] in ("dispatching", "uncertain")]
    together(
        (
            "UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s",
            (said.prospect,),
        ),
        (
            "UPDATE campaigns_personlock SET release_at = %s WHERE prospect_id = %s AND released_at IS NULL",
            (now + KEEP_CONVERSATION, said.prospect),
        ),
        (
            "UPDATE campaigns_enrollment SET state = 'stopped', reason = %s, ended_at = %s, decide_at = %s, "
            "cause = '', "
            "cause_until = NULL WHERE id = ANY(%s)",
            (reason, now, NEVER, live),
        ),
        (
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = ANY(%s)",
            (now, reason, planned),
        ),
        ("UPDATE campaigns_touch SET crossed = true WHERE id = ANY(%s)", (crossing,)),
    )
    reservations.give_back(ending, now)
    did = {"stopped": len(live), "cancelled": [t["kind"] for t in ending], "crossed": len(crossing)}
    return {name: value for name, value in did.items() if value}


def _postpone(live: list[int], until: datetime, prospect: int, now: datetime) -> None:
    together(
        (
            "UPDATE campaigns_enrollment SET postponed_until = greatest(postponed_until, %s), decide_at = CASE "
            "WHEN state = 'active' "
            "THEN least(decide_at, %s) ELSE decide_at END WHERE id = ANY(%s)",
            (until, now, live),
        ),
        ("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (prospect,)),
    )


def _note_response(said: threads.Said, open_touches: list[Row], word: str) -> None:
    """The newest touch that this answers carries the answer, for the reports."""
    answered = [
        t
        for t in open_touches
        if t["sender_id"] == said.sender
        and t["gate_at"]
        and t["gate_at"] <= said.at
        and not _may_return(t, said)
        and t["state"] in ("sent", "dispatching", "uncertain")
        and t["response"] in UNANSWERED
        and Kind(t["kind"]) in threads.SPOKEN
    ]
    if answered:
        rows(
            "UPDATE campaigns_touch SET response = %s, response_at = %s WHERE id = %s",
            (word[:16], said.at, answered[-1]["id"]),
        )


def _may_return(t: Row, said: threads.Said) -> bool:
    """Whether this is an InMail whose credit this response may bring back."""
    return bool(
        t["kind"] == Kind.INMAIL
        and t["sender_id"] == said.sender
        and t["state"] in ("sent", "dispatching", "uncertain")
        and not t["response"]
        and t["gate_at"] <= said.at <= t["gate_at"] + RETURN_WINDOW
    )


def _give_back(said: threads.Said, open_touches: list[Row], word: str, now: datetime) -> bool:
    """One response returns one credit: that of the oldest open InMail of this conversation, at most 90 days old.
    An InMail that is still on its way keeps the response, and its credit comes back when it is known to be sent."""
    answered = next((t for t in open_touches if _may_return(t, said)), None)
    if answered is None:
        return False
    rows(
        "UPDATE campaigns_touch SET response = %s, response_at = %s WHERE id = %s",
        (word[:16], said.at, answered["id"]),
    )
    if answered["state"] != "sent":
        return False
    returned = ledger.give_back(
        answered["balance_id"], touch=answered["id"], sent_at=answered["gate_at"], responded_at=said.at, now=now
    )
    if returned:
        together(*lanes.recompute(said.sender, [lanes.CREDIT]))
    return returned
