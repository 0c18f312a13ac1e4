"""Doubt: what hangs becomes uncertain, and what is uncertain is looked for, three times. Found = sent; not found counts
only where the connector's history is authoritative; otherwise a person decides."""

import json
import logging
from datetime import datetime

from django.db import OperationalError

from accounts import history, rights
from accounts.models import Member
from campaigns.models import Touch
from campaigns.running import profiles, seats, touches
from campaigns.running.database import Row, row, rows
from outreach.connectors import failures
from outreach.connectors.base import Connector
from outreach.engine.kinds import Degree, Kind
from outreach.language import fitting
from outreach.web import errors

NotAllowed = rights.NotAllowed
log = logging.getLogger(__name__)


def reap(*, now: datetime) -> int:
    """Touches that nobody can still be working on become uncertain, never planned. How many."""
    found = rows(
        "SELECT id FROM campaigns_touch WHERE state = 'dispatching' AND NOT guided AND reap_at <= %s ORDER BY id "
        "LIMIT 200",
        (now,),
    )
    return sum(
        touches.mark_uncertain(touch["id"], "The worker ended before it recorded an answer.", now=now)
        for touch in found
    )


def look(*, now: datetime) -> int:
    """Look for evidence of the uncertain touches that are due a look. How many were looked for."""
    found = rows(
        "SELECT t.*, r.provider_id, r.chat_id, p.slug FROM campaigns_touch t "
        "JOIN prospects_prospect p ON p.id = t.prospect_id "
        "JOIN prospects_relationship r ON r.prospect_id = t.prospect_id AND r.sender_id = t.sender_id "
        "WHERE t.state = 'uncertain' AND t.look_at <= %s ORDER BY t.look_at, t.id LIMIT 100",
        (now,),
    )
    for touch in found:
        try:
            _look_for(touch, now)
        except Exception as error:  # whatever is wrong with this one, the others are looked for
            if isinstance(error, OperationalError) and errors.database_is_away(error):
                raise
            log.exception("Touch %s cannot be looked for", touch["id"])
            _look_later(touch, now, f"The look failed: {error}", counted=False)
    return len(found)


def _look_for(touch: Row, now: datetime) -> None:
    connector = seats.connector(touch["sender_id"], now=now)
    try:
        proof = find(connector, touch, now)
    except failures.ConnectorError as error:
        log.warning("Looking for touch %s failed: %s", touch["id"], error)
        _look_later(touch, now, f"The look failed: {error.detail or error.code}", counted=False)
        return
    if proof is not None:
        touches.mark_sent(touch["id"], proof, now=now)
    elif touch["looks"] + 1 < len(touches.LOOKS):
        _look_later(touch, now, NOTHING, counted=True)
    elif connector.capabilities.history == "authoritative" and Kind(touch["kind"]) in connector.capabilities.traced:
        touches.mark_not_sent(touch["id"], "not_found", now=now)
    else:
        _looked(touch, touch["looks"] + 1, None, NOTHING, now)


NOTHING = "Nothing was found."


def _look_later(touch: Row, now: datetime, saw: str, *, counted: bool) -> None:
    looks = touch["looks"] + counted
    _looked(touch, looks, now + touches.LOOKS[min(looks, len(touches.LOOKS) - 1)], saw, now)


def _looked(touch: Row, looks: int, look_at: datetime | None, saw: str, now: datetime) -> None:
    """Keep what this look saw, for the person who may have to decide; of a failure that goes on, the last one."""
    known = [seen for seen in json.loads(touch["evidence"]).get("seen", []) if seen["saw"] != saw or saw == NOTHING]
    seen = json.dumps([*known, {"at": now.isoformat(), "saw": saw[:300]}])
    rows(
        "UPDATE campaigns_touch SET looks = %s, look_at = %s, evidence = evidence || jsonb_build_object('seen', "
        "%s::jsonb) WHERE id = %s AND state = 'uncertain'",
        (looks, look_at, seen, touch["id"]),
    )


def find(connector: Connector, touch: Row, now: datetime) -> touches.Proof | None:
    """Evidence at the provider that this touch arrived, or None. Raises ConnectorError when looking failed."""
    match Kind(touch["kind"]):
        case Kind.INVITE | Kind.INVITE_NOTE:
            return _find_invite(connector, touch, now)
        case Kind.WITHDRAW:
            return None if _find_pending(connector, touch) else touches.Proof(by="poll")
        case Kind.DM | Kind.INMAIL | Kind.OPEN_INMAIL:
            return _find_message(connector, touch)
        case _:
            return None


def _find_invite(connector: Connector, touch: Row, now: datetime) -> touches.Proof | None:
    pending = _find_pending(connector, touch)
    if pending is not None:
        return touches.Proof(by="poll", invitation=pending)
    if not profiles.may_read(touch["sender_id"], now):
        raise failures.NotSent("profile_reads", "The profile reads of this sender are used up for now.")
    profile = connector.profile(touch["provider_id"] or touch["slug"])
    if profile.degree is Degree.FIRST or profile.invitation == "pending":  # an older invite may be withdrawn or ignored
        return touches.Proof(by="poll")
    return None


def _find_pending(connector: Connector, touch: Row) -> str | None:
    cursor: str | None = None
    while True:
        page = connector.sent_invites(cursor=cursor)
        for invite in page.items:
            if invite.provider_id == touch["provider_id"]:
                return invite.invitation_id
        cursor = page.cursor
        if cursor is None:
            return None


def _find_message(connector: Connector, touch: Row) -> touches.Proof | None:
    """By the hash of the frozen text, among our own messages to this person since the gate."""
    wanted = fitting.text_hash(touch["text"])
    cursor: str | None = None
    while True:
        page = connector.chats(after=touch["gate_at"] - touches.LOOKS[0], cursor=cursor)
        for chat in page.items:
            if chat.provider_id and chat.provider_id != touch["provider_id"]:
                continue
            for message in connector.messages(chat.chat_id, after=touch["gate_at"] - touches.LOOKS[0]).items:
                if not message.outbound or fitting.text_hash(message.text) != wanted:
                    continue
                if not _belongs_to_another(touch, message.message_id):
                    return touches.Proof(by="poll", message=message.message_id, chat=chat.chat_id)
        cursor = page.cursor
        if cursor is None:
            return None


def _belongs_to_another(touch: Row, message: str) -> bool:
    """Whether this message is known to be another touch's: the same words may have been said a moment before."""
    if not message:
        return False
    mine = (touch["sender_id"], message, touch["id"])
    known = rows(
        "SELECT 1 AS one FROM campaigns_touch WHERE sender_id = %s AND provider_message = %s AND id <> %s UNION ALL "
        "SELECT 1 FROM campaigns_message WHERE sender_id = %s AND provider_message = %s AND touch_id <> %s",
        (*mine, *mine),
    )
    return bool(known)


def it_was_sent(touch: Touch, *, by: Member, now: datetime) -> bool:
    """A person looked and found it. Raises NotAllowed."""
    rights.require(by, rights.Verb.STEER, owner=touch.sender.owner_id)
    done = touches.mark_sent(touch.pk, touches.Proof(by=f"member:{by.pk}"), now=now)
    return _decided(touch, done, "was_sent", by, now)


def it_was_not(touch: Touch, *, by: Member, now: datetime) -> bool:
    """A person looked and did not find it: the credit comes back, and the step is planned again.
    Raises NotAllowed."""
    rights.require(by, rights.Verb.STEER, owner=touch.sender.owner_id)
    done = touches.mark_not_sent(touch.pk, f"member:{by.pk}", now=now)
    return _decided(touch, done, "was_not_sent", by, now)


def _decided(touch: Touch, done: bool, verb: str, by: Member, now: datetime) -> bool:
    if done:
        history.note(touch, verb, by=by, now=now)
    return done


def undecided(workspace: int) -> Row | None:
    """How many uncertain touches wait for a person, and the oldest."""
    return row(
        "SELECT count(*) AS n, min(gate_at) AS oldest FROM campaigns_touch WHERE workspace_id = %s AND state = "
        "'uncertain' "
        "AND look_at IS NULL",
        (workspace,),
    )
