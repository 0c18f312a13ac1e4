"""What becomes of invites: sent, accepted, vanished, withdrawn; and which prospect a provider's id means."""

from datetime import datetime, timedelta

from campaigns.running import allowances, lanes
from campaigns.running.database import Row, Statement, rows, together
from outreach.engine.kinds import Budget, Kind


def finding(sender: int, provider_id: str, slug: str, chat: str) -> Statement:
    """Answers the prospect_id that this sender, or another one of the workspace, knows by this provider id, or whose
    chat or slug it is; no row when it is nobody's prospect."""
    return (
        "SELECT prospect_id FROM prospects_relationship WHERE sender_id = %s AND provider_id = %s AND "
        "provider_id <> '' "
        "UNION ALL SELECT prospect_id FROM campaigns_thread WHERE sender_id = %s AND provider_chat = %s AND %s <> '' "
        "UNION ALL SELECT p.id FROM prospects_prospect p JOIN accounts_sender s ON s.workspace_id = p.workspace_id "
        "WHERE s.id = %s AND p.slug = %s AND p.slug <> '' "
        "UNION ALL SELECT r.prospect_id FROM prospects_relationship r JOIN accounts_sender o ON o.id = r.sender_id "
        "JOIN accounts_sender s ON s.workspace_id = o.workspace_id WHERE s.id = %s AND r.provider_id = %s "
        "AND r.provider_id <> '' LIMIT 1",
        (sender, provider_id, sender, chat, chat, sender, slug.lower(), sender, provider_id),
    )


UNKNOWN = "The person is no prospect of ours."


def naming(provider_id: str) -> Statement:
    """Lock what is decided about a provider id that nobody of ours has yet: whether an event of it is of a stranger,
    and whose id it is. Held for a moment at the end of a transaction, after the person's lock; who holds it takes no
    person's lock any more."""
    return ("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"provider id {provider_id}",))


def recalling(prospect: int, provider_id: str) -> Statement:
    """Events that came while nobody knew that this is who they are of are worked anew; their ids."""
    return (
        "UPDATE campaigns_inboundevent e SET state = 'new', problem = '', attempts = 0, worked_at = NULL "
        "FROM prospects_prospect p WHERE p.id = %s AND e.workspace_id = p.workspace_id AND e.state = 'ignored' "
        "AND (e.payload ->> 'provider_id') = %s AND e.problem = %s RETURNING e.id",
        (prospect, provider_id, UNKNOWN),
    )


def accepted(prospect: int, sender: int, provider_id: str, at: datetime, now: datetime) -> str:
    """The person is connected to this sender now. Why nothing followed, or "". In the caller's transaction."""
    known: Statement = (
        "INSERT INTO prospects_relationship (workspace_id, prospect_id, sender_id, provider_id, degree, invitation, "
        "invitation_id, chat_id, post_id) SELECT workspace_id, id, %s, '', '', '', '', '', '' FROM prospects_prospect "
        "WHERE id = %s ON CONFLICT (prospect_id, sender_id) DO NOTHING",
        (sender, prospect),
    )
    relation = _lock(prospect, sender, known)
    if relation is None or relation["degree"] == "1":
        return "They were connected already."
    together(
        (
            "UPDATE prospects_relationship SET degree = '1', connected_at = %s, provider_id = CASE WHEN "
            "provider_id = '' THEN %s "
            "ELSE provider_id END, invitation = CASE WHEN invitation = '' THEN '' ELSE 'accepted' END "
            "WHERE prospect_id = %s AND sender_id = %s",
            (at, provider_id, prospect, sender),
        ),
        ("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (prospect,)),
    )
    settle_invites(prospect, sender, "accepted", at, now)
    return ""


def vanished(prospect: int, sender: int, at: datetime, now: datetime) -> bool:
    """The invite is no longer pending and they are not connected: treated as declined, no new invite without an
    override. In the caller's transaction."""
    relation = _lock(prospect, sender)
    if relation is None or relation["invitation"] != "pending" or relation["degree"] == "1":
        return False
    together(
        (
            "UPDATE prospects_relationship SET invitation = 'lapsed' WHERE prospect_id = %s AND sender_id = %s",
            (prospect, sender),
        ),
        ("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (prospect,)),
    )
    settle_invites(prospect, sender, "lapsed", at, now)
    return True


def after_sent(kind: Kind, t: Row, *, invitation: str, chat: str) -> list[Statement]:
    """What a touch that arrived changes between the person and the sender. In the caller's transaction, which has
    locked the person. `invitation`, `chat`: the provider's ids, where it gave some."""
    who = (t["prospect_id"], t["sender_id"])
    where = " WHERE prospect_id = %s AND sender_id = %s"
    if kind in (Kind.INVITE, Kind.INVITE_NOTE):
        return [
            (
                "UPDATE prospects_relationship SET invitation_id = %s, invited_at = %s, "
                "invitation = CASE WHEN degree = '1' THEN 'accepted' ELSE 'pending' END" + where,
                (invitation, t["gate_at"], *who),
            )
        ]
    if kind is Kind.WITHDRAW:
        return [
            (
                "UPDATE prospects_relationship SET invitation = 'withdrawn', invite_not_before = %s" + where,
                (t["gate_at"] + timedelta(days=21), *who),
            ),
            *_free_invite_of(t),
        ]
    if chat:
        return [("UPDATE prospects_relationship SET chat_id = %s" + where, (chat, *who))]
    return []


def _free_invite_of(t: Row) -> list[Statement]:
    """Take the unit of the pending ceiling from this person's sent invite, once."""
    freed = rows(
        "UPDATE campaigns_touch SET holds_pending = false WHERE prospect_id = %s AND sender_id = %s AND holds_pending "
        "AND state IN ('sent', 'uncertain') RETURNING id",
        (t["prospect_id"], t["sender_id"]),
    )
    if not freed:
        return []
    return [allowances.free_pending(t["sender_id"], len(freed)), *lanes.recompute(t["sender_id"], [Budget.PENDING])]


def _lock(prospect: int, sender: int, *first: Statement) -> Row | None:
    """Lock the person in the one order; the relationship as it is then. `first`: statements that go before."""
    *_, relation = together(
        *first,
        ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (prospect,)),
        (
            "SELECT 1 AS one FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL FOR NO "
            "KEY UPDATE",
            (prospect,),
        ),
        ("SELECT id FROM campaigns_enrollment WHERE prospect_id = %s ORDER BY id FOR NO KEY UPDATE", (prospect,)),
        (
            "SELECT degree, invitation FROM prospects_relationship WHERE prospect_id = %s AND sender_id = %s "
            "FOR NO KEY UPDATE",
            (prospect, sender),
        ),
    )
    return relation[0] if relation else None


def settle_invites(prospect: int, sender: int, response: str, at: datetime, now: datetime) -> None:
    """The invite got its answer: its unit of the pending ceiling is free, and the sequence is decided again. In the
    caller's transaction, which has locked the person."""
    *_, freed = together(
        (
            "UPDATE campaigns_enrollment SET decide_at = least(decide_at, %s) WHERE prospect_id = %s "
            "AND state = 'active'",
            (now, prospect),
        ),
        (
            "UPDATE campaigns_touch SET response = %s, response_at = %s WHERE prospect_id = %s AND sender_id = %s "
            "AND kind IN ('invite', 'invite_note') AND state IN ('sent', 'dispatching', 'uncertain') AND response = ''",
            (response, at, prospect, sender),
        ),
        (
            "UPDATE campaigns_touch SET holds_pending = false WHERE prospect_id = %s AND sender_id = %s AND "
            "holds_pending RETURNING id",
            (prospect, sender),
        ),
    )
    if freed:
        together(allowances.free_pending(sender, len(freed)), *lanes.recompute(sender, [Budget.PENDING]))
