"""How a sender fares: what the database says about it in one question for any number of senders, and the reasons that
follow, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from accounts.models import Sender
from accounts.models.sender import SenderState
from campaigns.running.database import rows
from outreach.engine import health
from outreach.engine.kinds import Budget
from outreach.engine.limits import DEFAULTS, HEALTH_STEP, PENDING_CEILING, PENDING_WARN, WARM_UP_DAYS

Tone = Literal["bad", "warn", "ok"]

OLD_INVITE = timedelta(days=21)
"""An invite that waited longer than this is best withdrawn."""

READ_SELDOM = timedelta(hours=1)
"""An inbox that an automatic sender did not read for longer than this is worth a look."""

RELATIONS_SELDOM = timedelta(hours=12)
"""Connections are read every six hours: twice as long ago is worth a look."""

LATELY = timedelta(days=7)

USUAL = DEFAULTS[Budget.INVITES].day
"""Invites a day of a healthy sender."""

NO_ANSWER_MATTERS = 20
"""Fewer judged invites than this say little about acceptance."""

WORDS: dict[Tone, str] = {"bad": "Poor", "warn": "Fair", "ok": "Good"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted. `judged`, `accepted`: the last 50 invites that had a week to be answered; `week_judged`,
    `week_accepted`: those whose week ended within the last 7 days; `pause_judged`, `pause_accepted`: the last 50 before
    invites paused. `day_cap`, `day_reason`: how many invites may go in 24 hours, and what says so. `inmails`,
    `answered`: of the last 14 days, free ones too. `old_pending`: invites that wait for more than three weeks.
    `on_their_way`: touches that a pause cannot call back. `planned`: touches ahead, by kind."""

    judged: int = 0
    accepted: int = 0
    week_judged: int = 0
    week_accepted: int = 0
    pause_judged: int = 0
    pause_accepted: int = 0
    day_cap: int | None = None
    day_reason: str = ""
    inmails: int = 0
    answered: int = 0
    pending: int = 0
    old_pending: int = 0
    on_their_way: int = 0
    resting_until: datetime | None = None
    limited_at: datetime | None = None
    health_until: datetime | None = None
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is good or not, and what would lift it ("" when nothing needs lifting)."""

    tone: Tone
    words: str
    lifts: str = ""


_SEEN = """
SELECT s.id, i.judged, i.accepted, k.week_judged, k.week_accepted, u.pause_judged, u.pause_accepted,
  m.inmails, m.answered, p.old_pending, w.on_their_way, a.*, b.blocked
FROM accounts_sender s
LEFT JOIN LATERAL (
  SELECT max(coalesce(outstanding, 0)) FILTER (WHERE budget = 'pending') AS pending,
         max(rest_until) AS resting_until, max(limited_at) AS limited_at,
         max(paused_until) FILTER (WHERE budget = 'invites') AS health_until,
         max(paused_at) FILTER (WHERE budget = 'invites') AS paused_at,
         max(day_cap) FILTER (WHERE budget = 'invites') AS day_cap,
         max(reason) FILTER (WHERE budget = 'invites') AS day_reason
  FROM campaigns_allowance WHERE sender_id = s.id) a ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS judged, count(*) FILTER (WHERE response = 'accepted') AS accepted FROM (
    SELECT response FROM campaigns_touch t WHERE t.sender_id = s.id AND t.kind IN ('invite', 'invite_note')
    AND t.state = 'sent' AND t.gate_at < %(judged_before)s AND (a.paused_at IS NULL OR t.gate_at > a.paused_at)
    ORDER BY t.gate_at DESC LIMIT %(last)s) x) i ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS week_judged, count(*) FILTER (WHERE response = 'accepted') AS week_accepted FROM campaigns_touch t
  WHERE t.sender_id = s.id AND t.kind IN ('invite', 'invite_note') AND t.state = 'sent'
  AND t.gate_at < %(judged_before)s AND t.gate_at >= %(week_before)s) k ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS pause_judged,
         count(*) FILTER (WHERE response = 'accepted' AND response_at <= a.paused_at) AS pause_accepted
  FROM (SELECT response, response_at FROM campaigns_touch t WHERE t.sender_id = s.id
        AND t.kind IN ('invite', 'invite_note') AND t.state = 'sent' AND t.gate_at < a.paused_at - %(judged_after)s
        ORDER BY t.gate_at DESC LIMIT %(last)s) x) u ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS inmails, count(*) FILTER (WHERE response <> '') AS answered FROM campaigns_touch t
  WHERE t.sender_id = s.id AND t.kind IN ('inmail', 'open_inmail') AND t.state = 'sent'
  AND t.gate_at > %(answers_since)s) m ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS old_pending FROM prospects_relationship r
  WHERE r.sender_id = s.id AND r.invitation = 'pending' AND r.invited_at < %(old_before)s) p ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS on_their_way FROM campaigns_touch t
  WHERE t.sender_id = s.id AND t.gate_at IS NOT NULL AND t.state IN ('reserved', 'dispatching', 'uncertain')) w ON true
LEFT JOIN LATERAL (
  SELECT max(blocked) AS blocked FROM accounts_creditbalance WHERE sender_id = s.id AND cap > 0) b ON true
WHERE s.id = ANY(%(senders)s)"""


def look(senders: Sequence[int], *, now: datetime) -> dict[int, Seen]:
    """What is counted about these senders, by id, in one query."""
    asked = {
        "senders": list(senders),
        "last": health.JUDGED_LAST,
        "judged_after": health.JUDGED_AFTER,
        "judged_before": now - health.JUDGED_AFTER,
        "week_before": now - health.JUDGED_AFTER - LATELY,
        "answers_since": now - health.RESPONSE_WINDOW,
        "old_before": now - OLD_INVITE,
    }
    return {
        row["id"]: Seen(
            judged=row["judged"],
            accepted=row["accepted"],
            week_judged=row["week_judged"],
            week_accepted=row["week_accepted"],
            pause_judged=row["pause_judged"],
            pause_accepted=row["pause_accepted"],
            day_cap=row["day_cap"],
            day_reason=row["day_reason"] or "",
            inmails=row["inmails"],
            answered=row["answered"],
            pending=row["pending"] or 0,
            old_pending=row["old_pending"],
            on_their_way=row["on_their_way"],
            resting_until=row["resting_until"],
            limited_at=row["limited_at"],
            health_until=row["health_until"],
            blocked=row["blocked"] or "",
        )
        for row in rows(_SEEN, asked)
    }


def planned(senders: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many touches of each kind are decided and wait for their turn, by sender, in one query."""
    found: dict[int, dict[str, int]] = {sender: {} for sender in senders}
    for row in rows(
        "SELECT sender_id, kind, count(*) AS n FROM campaigns_touch WHERE state = 'planned' AND sender_id = ANY(%s) "
        "GROUP BY 1, 2",
        (list(senders),),
    ):
        found[row["sender_id"]][row["kind"]] = row["n"]
    return found


def reasons(sender: Sender, seen: Seen, now: datetime, say: Mapping[str, str]) -> list[Reason]:
    """Why the sender's health is what it is, the worst first, never empty. `say`: the instants of `seen` in words, by
    field."""
    found = [*_state(sender), *_pauses(seen, now, say)]
    if sender.kind == "linkedin":
        found += [
            *_acceptance(seen),
            *_lately(seen),
            *_answers(seen),
            *_pending(seen),
            *_limits(seen, now),
            *_warm_up(sender, now),
        ]
    found += _inbox(sender, now)
    if not found:
        found = [Reason("ok", "Nothing stands against it.")]
    return sorted(found, key=lambda reason: ("bad", "warn", "ok").index(reason.tone))


def word(found: Sequence[Reason]) -> str:
    """Good, Fair or Poor, by the worst reason."""
    return WORDS[found[0].tone] if found else WORDS["ok"]


def likely(accepted: int, judged: int) -> tuple[float, float]:
    """Between which shares acceptance lies, with 95 % confidence."""
    return 1 - health.wilson_upper(judged - accepted, judged), health.wilson_upper(accepted, judged)


def _state(sender: Sender) -> list[Reason]:
    match sender.state:
        case SenderState.FROZEN:
            lifts = "Sign in at linkedin.com, settle what it asks for, then press Resume here."
            return [Reason("bad", "LinkedIn restricted this seat, so nothing is sent.", lifts)]
        case SenderState.DISCONNECTED:
            return [Reason("bad", "The seat is not connected.", "Connect it again where it was linked.")]
        case SenderState.PAUSED:
            return [Reason("warn", "Somebody paused this sender.", "Press Resume.")]
        case _:
            return []


def _pauses(seen: Seen, now: datetime, say: Mapping[str, str]) -> list[Reason]:
    found = []
    if seen.health_until is not None and seen.health_until > now:
        most = health.wilson_upper(seen.pause_accepted, seen.pause_judged)
        words = (
            f"Invites pause until {say['health_until']}: {seen.pause_accepted} of the last {seen.pause_judged} were "
            f"accepted, at most {most:.0%}, and the floor is {health.ACCEPTANCE_FLOOR:.0%}."
        )
        found.append(Reason("bad", words, f"They start again by themselves then, at {HEALTH_STEP} a day."))
    elif seen.day_reason == "health" and seen.day_cap is not None and USUAL:
        words = f"After a pause invites go at {seen.day_cap} a day, {seen.day_cap / USUAL:.0%} of the usual {USUAL}."
        found.append(Reason("warn", words, "The pace rises by itself, week by week."))
    if seen.resting_until is not None and seen.resting_until > now:
        words = f"LinkedIn said that a limit was reached, so a budget rests until {say['resting_until']}."
        found.append(Reason("bad", words, "It passes by itself. Send nothing by hand until then."))
    if seen.blocked:
        found.append(Reason("bad", "InMail is held: the credits differ from LinkedIn's.", "Explain the difference."))
    return found


def _acceptance(seen: Seen) -> list[Reason]:
    if not seen.judged:
        return [Reason("ok", "No invite is old enough to judge yet.")]
    share = seen.accepted / seen.judged
    words = f"{seen.accepted} of the last {seen.judged} invites accepted, {share:.0%}."
    if share < health.ACCEPTANCE_FLOOR and seen.judged >= NO_ANSWER_MATTERS:
        lifts = (
            f"Choose people more narrowly or write a note: surely below {health.ACCEPTANCE_FLOOR:.0%}, invites pause."
        )
        return [Reason("warn", words, lifts)]
    return [Reason("ok", words)]


def _lately(seen: Seen) -> list[Reason]:
    """A turn for the worse that the last fifty do not show yet."""
    n, accepted = seen.week_judged, seen.week_accepted
    if not n:
        return []
    share = f"{accepted} of {n} were accepted, {accepted / n:.0%}."
    words = f"Of the invites that came due in the last {LATELY.days} days {share}"
    if health.wilson_upper(accepted, n) < health.ACCEPTANCE_FLOOR:
        return [Reason("warn", words, "Look at whom the newest campaigns invite, and with which note.")]
    return [Reason("ok", words)]


def _answers(seen: Seen) -> list[Reason]:
    if not seen.inmails:
        return []
    rate = health.response_rate(seen.answered, seen.inmails)
    if rate.state in ("amber", "red"):
        lifts = "Send InMail to fewer people whose reason you know."
        return [Reason("bad" if rate.state == "red" else "warn", rate.words, lifts)]
    return [Reason("ok", f"{seen.answered} of {seen.inmails} InMails of the last 14 days answered.")]


def _pending(seen: Seen) -> list[Reason]:
    found = []
    if seen.pending >= PENDING_WARN:
        tone: Tone = "bad" if seen.pending >= PENDING_CEILING else "warn"
        words = f"{seen.pending} invites wait for an answer; at {PENDING_CEILING} no more are sent."
        found.append(Reason(tone, words, "Withdraw the oldest."))
    if seen.old_pending:
        invites = "1 invite has" if seen.old_pending == 1 else f"{seen.old_pending} invites have"
        found.append(Reason("warn", f"{invites} waited over {OLD_INVITE.days} days.", "Withdraw them."))
    return found


def _limits(seen: Seen, now: datetime) -> list[Reason]:
    if seen.resting_until is not None and seen.resting_until > now:
        return []
    if seen.limited_at is None:
        return [Reason("ok", "LinkedIn never said that a limit was reached.")]
    days = (now - seen.limited_at).days
    return [
        Reason("ok", f"No limit notice for {days} days." if days > 1 else "A limit notice came lately and is over.")
    ]


def _inbox(sender: Sender, now: datetime) -> list[Reason]:
    if sender.connection_id is None or sender.inbox_at is None:
        return []
    if sender.relations_at is not None and now - sender.relations_at > RELATIONS_SELDOM:
        hours = int((now - sender.relations_at) / timedelta(hours=1))
        words = f"Connections were last read {hours} h ago, so acceptance is older than it looks."
        return [Reason("warn", words, "Check that the connector answers."), *_inbox_age(sender.inbox_at, now)]
    return _inbox_age(sender.inbox_at, now)


def _inbox_age(inbox_at: datetime, now: datetime) -> list[Reason]:
    minutes = max(int((now - inbox_at) / timedelta(minutes=1)), 0)
    if now - inbox_at > READ_SELDOM:
        words = f"The inbox was last read {minutes // 60} h ago; follow-ups wait for it."
        return [Reason("warn", words, "Check that the connector answers.")]
    return [Reason("ok", f"Inbox read {minutes} min ago." if minutes else "Inbox read just now.")]


def _warm_up(sender: Sender, now: datetime) -> list[Reason]:
    if sender.warm_from is None:
        return []
    week = (now.date() - sender.warm_from).days // 7
    if not 0 <= week < len(WARM_UP_DAYS):
        return []
    return [Reason("ok", f"Warming up, week {week + 1}: {WARM_UP_DAYS[week]} invites a day.")]
