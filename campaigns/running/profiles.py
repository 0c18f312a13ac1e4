"""Profile reads: what the gate will ask for, fetched beforehand inside its own allowance, outside any transaction."""

from datetime import datetime, timedelta
from typing import cast

from campaigns.running import allowances, inbound, planning, relations, seats, terms
from campaigns.running.database import (
    Row,
    Statement,
    again,
    clock_sql,
    commit,
    row,
    rows,
    short_transaction,
    together,
)
from campaigns.running.obstacles import NEEDS_PROFILE, Head
from outreach.connectors import failures
from outreach.connectors.base import Post, Profile
from outreach.engine.channels import PROFILE_FRESH
from outreach.engine.kinds import NEVER, Budget, Degree, Kind

TRY_AGAIN = timedelta(minutes=5)
NEEDS_POST: frozenset[Kind] = frozenset({Kind.LIKE, Kind.COMMENT})


def freshen(head: Head, *, now: datetime | None = None) -> bool:
    """Read the profile (and the newest post) when the touch needs it and it is unknown or stale. True when the touch
    can go to the gate; False when it was moved or became another one. `now`: the clock's when it is not given. Raises
    ConnectorError when the read failed."""
    known = row(*_known(head))
    if known is None:
        return False
    now = now or cast(datetime, known["now"])
    if known["campaign_state"] != "running":
        return True  # the gate will hold it: no read is spent on somebody who cannot be approached now
    stale = known["checked_at"] is None or now - known["checked_at"] > PROFILE_FRESH
    ready = True
    if not known["provider_id"] or (stale and head.kind in NEEDS_PROFILE):
        if not _allowed(head, known, now):
            return False
        identifier = known["provider_id"] or known["slug"] or known["member_id"]
        profile = seats.of(known).profile(identifier)
        known["provider_id"] = profile.provider_id
        ready, recalled = again(_keep, head, profile, now)
        if recalled:
            inbound.work(now=now)
            return False  # they wrote before we knew their id: what that stops must not go out first
    if ready and head.kind in NEEDS_POST and not known["post_id"] and known["has_post"] is None:
        if not _allowed(head, known, now):
            return False
        page = seats.of(known).posts(known["provider_id"])
        ready = again(_keep_post, head, page.items, now)
    return ready


def _known(head: Head) -> Statement:
    """What is known of the person and of the sender, with what the sender's connector needs, and the clock."""
    now = clock_sql()
    return (
        f"SELECT {now} AS now, r.provider_id, r.checked_at, r.has_post, r.post_id, p.slug, p.member_id, s.zone, "
        f"s.hours, s.days_off, s.connector, c.state AS campaign_state, {seats.COLUMNS}, t.t_product "
        "FROM prospects_prospect p "
        "JOIN accounts_sender s ON s.id = %s JOIN campaigns_campaign c ON c.id = %s "
        "LEFT JOIN accounts_connection k ON k.id = s.connection_id "
        "LEFT JOIN prospects_relationship r ON r.prospect_id = p.id AND r.sender_id = s.id "
        f"{terms.JOIN.format(day=f'{now}::date')} WHERE p.id = %s",
        (head.sender, head.campaign, head.prospect),
    )


def may_read(sender: int, now: datetime) -> bool:
    """Count one profile read of this sender, unless its allowance is used up or closed for now."""
    known = row(
        "SELECT s.zone, s.hours, s.days_off, s.connector, k.vendor FROM accounts_sender s "
        "LEFT JOIN accounts_connection k ON k.id = s.connection_id WHERE s.id = %s",
        (sender,),
    )
    return known is not None and _count(sender, known, now) is None


def _count(sender: int, known: Row, now: datetime) -> datetime | None:
    hours, work_s = allowances.hours_of(known), allowances.longest_work_s(known["vendor"] or known["connector"])
    return allowances.take_one(sender, Budget.PROFILE_READS, hours, now, work_s)


def _allowed(head: Head, known: Row, now: datetime) -> bool:
    """Count one profile read, or move the touch to when its turn to be read may come."""
    later = _count(head.sender, known, now)
    if later is not None:
        _move(head, later + _behind(head, later) if later < NEVER else later, "stale_open_profile")
    return later is None


def _behind(head: Head, later: datetime) -> timedelta:
    """How much later than the next read, seeing how many wait for one already: so many at the same instant would
    each be refused again, one by one."""
    found = row(
        "SELECT count(t.id) AS waiting, max(a.gap_s) AS gap_s, max(a.day_cap) AS day_cap FROM campaigns_allowance a "
        "LEFT JOIN campaigns_touch t ON t.sender_id = a.sender_id AND t.state = 'planned' "
        "AND t.cause = 'stale_open_profile' AND t.not_before >= %s AND t.id <> %s "
        "WHERE a.sender_id = %s AND a.budget = 'profile_reads'",
        (later, head.touch, head.sender),
    )
    if found is None or not found["waiting"]:
        return timedelta(0)
    days, places = divmod(found["waiting"], found["day_cap"] or found["waiting"] + 1)
    return timedelta(days=days, seconds=places * max(found["gap_s"], 1))


def _move(head: Head, later: datetime, cause: str) -> None:
    together(
        (
            "UPDATE campaigns_touch SET not_before = %s, cause = %s, leased_until = '2000-01-01+00' "
            "WHERE id = %s AND state = 'planned'",
            (later, cause, head.touch),
        ),
        (
            "UPDATE campaigns_enrollment SET cause = %s, cause_until = %s WHERE id = %s AND state = 'active'",
            (cause, later if later < NEVER else None, head.enrollment),
        ),
    )


def put_off(head: Head, error: failures.ConnectorError, *, now: datetime) -> str:
    """A read failed: nothing was touched, so try again later, or end here when this person cannot be found."""
    if isinstance(error, failures.Refused) and error.scope == "person":
        _end(head, error.code, now)
        return "unreachable"
    if isinstance(error, failures.LoggedOut | failures.Restricted):
        state = "frozen" if isinstance(error, failures.Restricted) else "disconnected"
        rows(
            "UPDATE accounts_sender SET state = %s, state_reason = %s WHERE id = %s AND state IN ('active', 'resting')",
            (state, f"The provider said {error.code}: a person must look at it.", head.sender),
        )
    wait = getattr(error, "retry_after_s", None)
    _move(head, now + max(TRY_AGAIN, timedelta(seconds=wait or 0)), "stale_open_profile")
    return "put_off"


def _end(head: Head, code: str, now: datetime) -> None:
    with short_transaction():
        together(
            ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (head.prospect,)),
            (
                "UPDATE campaigns_personlock SET release_at = %s WHERE enrollment_id = %s AND released_at IS NULL",
                (now, head.enrollment),
            ),
            (
                "UPDATE campaigns_enrollment SET state = 'finished', reason = %s, ended_at = %s, decide_at = "
                "%s, cause = '' "
                "WHERE id = %s AND state = 'active'",
                (f"unreachable: {code}"[:40], now, NEVER, head.enrollment),
            ),
            (
                "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = %s "
                "AND state = 'planned'",
                (now, code[:60], head.touch),
            ),
        )


def _keep(head: Head, profile: Profile, now: datetime) -> tuple[bool, bool]:
    """Store what was read. Where a decision looked at something that changed, the facts' version rises and the touch is
    decided again in the same transaction: whether it can go as it was claimed. And whether there is something of theirs
    to be worked that came before anybody knew their provider id."""
    with short_transaction():
        active, before = _lock(head)
        recalled = False
        if before.pop("provider_id") != profile.provider_id:
            _, events = together(
                relations.naming(profile.provider_id), relations.recalling(head.prospect, profile.provider_id)
            )
            recalled = bool(events)
        connected = profile.degree is Degree.FIRST
        allowed = False if profile.can_inmail is False and not profile.open_profile else before["inmail_allowed"]
        invitation = before["invitation"]
        if profile.invitation == "pending" and invitation == "":
            invitation = "pending"
        if connected and invitation == "pending":
            invitation = "accepted"
        open_profile = before["open_profile"] if profile.open_profile is None else profile.open_profile
        found = {
            "degree": str(profile.degree),
            "inmail_allowed": allowed,
            "open_profile": open_profile,
            "invitation": invitation,
        }
        changed = before != found
        writes: list[Statement] = [
            (
                "UPDATE prospects_relationship SET provider_id = %s, degree = %s, inmail_allowed = %s, "
                "invitation = %s, "
                "connected_at = CASE WHEN %s THEN coalesce(connected_at, %s) END, checked_at = %s, "
                "invited_at = CASE WHEN %s = 'pending' THEN coalesce(invited_at, %s) ELSE invited_at END "
                "WHERE prospect_id = %s AND sender_id = %s",
                (
                    profile.provider_id,
                    str(profile.degree),
                    allowed,
                    invitation,
                    connected,
                    now,
                    now,
                    invitation,
                    now,
                    head.prospect,
                    head.sender,
                ),
            ),
            (
                "UPDATE prospects_prospect SET open_profile = %s, premium = coalesce(%s, premium), checked_at = %s, "
                "facts_version = facts_version + %s WHERE id = %s",
                (open_profile, profile.premium, now, int(changed), head.prospect),
            ),
        ]
        if not changed:
            commit(*writes)
            return True, recalled
        if connected and before["invitation"] == "pending":
            together(*writes)  # the event of the acceptance comes later, and finds nothing left to do
            relations.settle_invites(head.prospect, head.sender, "accepted", now, now)
            return False, recalled  # the next decision, due now, says what follows an acceptance
        decided = planning.decide_locked(active, now, after=writes)
    return decided.leaves(head.touch, head.kind, now), recalled


def _keep_post(head: Head, posts: tuple[Post, ...], now: datetime) -> bool:
    with short_transaction():
        active, _ = _lock(head)
        writes: list[Statement] = [
            (
                "UPDATE prospects_relationship SET has_post = %s, post_id = %s WHERE prospect_id = %s AND "
                "sender_id = %s",
                (bool(posts), posts[0].post_id if posts else "", head.prospect, head.sender),
            ),
            ("UPDATE prospects_prospect SET facts_version = facts_version + 1 WHERE id = %s", (head.prospect,)),
        ]
        decided = planning.decide_locked(active, now, after=writes)
    return decided.leaves(head.touch, head.kind, now)


def _lock(head: Head) -> tuple[list[int], Row]:
    """Lock the person, the conversation and the enrollment, in that order: the enrollment while it is active, and what
    is known of the person."""
    _, _, active, before = together(
        ("SELECT 1 AS one FROM prospects_prospect WHERE id = %s FOR NO KEY UPDATE", (head.prospect,)),
        (
            "SELECT 1 AS one FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL "
            "FOR NO KEY UPDATE",
            (head.prospect,),
        ),
        (
            "SELECT id FROM campaigns_enrollment WHERE id = %s AND state = 'active' FOR NO KEY UPDATE",
            (head.enrollment,),
        ),
        (
            "SELECT r.provider_id, r.degree, r.invitation, r.inmail_allowed, p.open_profile "
            "FROM prospects_relationship r JOIN prospects_prospect p ON p.id = r.prospect_id "
            "WHERE r.prospect_id = %s AND r.sender_id = %s",
            (head.prospect, head.sender),
        ),
    )
    return [enrollment["id"] for enrollment in active], before[0]
