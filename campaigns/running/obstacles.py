"""What the gate reads of a touch under its locks, and what stands in the touch's way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from campaigns.running import allowances, companies, seats, terms
from campaigns.running.database import Row, Statement, clock_sql
from outreach.engine import credits, pacing
from outreach.engine.causes import FOLLOW_UPS, INBOX_FRESH, their_opening
from outreach.engine.channels import PROFILE_FRESH
from outreach.engine.facts import Allowance, Credits, Hours, Terms
from outreach.engine.kinds import ALLOWANCES, Kind
from prospects.zones import zone_of

CALL_TIME = timedelta(seconds=settings.HTTP_TIMEOUT_S + 10)
"""Longest call of a connector, its time-out and some, that a turn must outlive."""
MARGIN = timedelta(seconds=20)
TURN = timedelta(seconds=pacing.D_SECONDS) + CALL_TIME + MARGIN
"""How long a turn lasts after a gate: the hand-over may begin D later, take its time-out, and a margin."""

NEEDS_PROFILE: frozenset[Kind] = frozenset({Kind.INMAIL, Kind.OPEN_INMAIL})
"""Kinds for which the Open Profile flag must be fresh, or a credit might be spent for nothing."""


@dataclass(frozen=True, slots=True)
class Head:
    """A claimed touch: what the claim knows of it, read without a lock."""

    touch: int
    workspace: int
    enrollment: int
    campaign: int
    prospect: int
    sender: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Held:
    """A touch that did not pass: `cause` says why; `gone` (settled elsewhere), `redecide` (facts changed) and
    `lost_turn` are no causes that a page shows."""

    cause: str
    until: datetime | None = None


ANSWER = 0
"""The step of a touch that is no step: what a member answers in a thread."""


class Seen:
    """What the gate read under lock. `answers`: the touch is a member's answer in a thread. `guided`: a person acts as
    the sender, no connector does."""

    def __init__(self, head: Head, answers: list[list[Row]]) -> None:
        (
            self.turn,
            sender,
            prospect,
            lock,
            enrollment,
            touch,
            self.allowed,
            balance,
            relation,
        ) = answers
        self.sender, self.prospect = sender[0], prospect[0]
        self.holder = lock[0]["enrollment_id"] if lock else None
        self.enrollment, self.touch = enrollment[0], touch[0]
        self.balance = balance[0] if balance else None
        self.relation = relation[0]
        self.other = self.relation["other"]
        self.now = self.relation["now"]
        self.head = head
        self.hours: Hours = allowances.hours_of(self.sender)
        self.work_s = allowances.longest_work_s(self.sender["vendor"] or self.sender["connector"])
        self.terms: Terms = terms.of(self.sender)
        self.answers: bool = self.touch["step_key"] == ANSWER
        self.guided: bool = self.sender["connector"] == "guided"
        self.budgets: list[Allowance] = [allowances.from_row(row) for row in self.allowed]


MUST_BE_THERE = (2, 4, 5)
"""Places in the answers of `reading`: the person, the enrollment and the touch."""


def reading(head: Head, token: int | None) -> list[Statement]:
    """Locks in the one order; then, in a statement of its own, what the locks protect and the clock: the counted
    instant comes after the last lock. Without a token a person acts: the turn is theirs for this transaction."""
    now = clock_sql()
    turn: Statement = (
        f"UPDATE accounts_senderturn SET until = {now} + %s WHERE sender_id = %s AND token = %s AND until > "
        f"{now} RETURNING token",
        (TURN, head.sender, token),
    )
    if token is None:
        turn = ("SELECT token FROM accounts_senderturn WHERE sender_id = %s FOR NO KEY UPDATE", (head.sender,))
    return [
        turn,
        (
            "SELECT c.state AS campaign_state, s.id, s.state, s.zone, s.hours, s.days_off, s.their_hours, s.connector, "
            f"s.inbox_at, s.plan_id, s.name, {seats.COLUMNS}, t.* FROM campaigns_campaign c "
            "JOIN accounts_sender s ON s.id = %s "
            "LEFT JOIN accounts_connection k ON k.id = s.connection_id "
            f"{terms.JOIN.format(day=f'{now}::date')} WHERE c.id = %s FOR SHARE OF c, s",
            (head.sender, head.campaign),
        ),
        (
            "SELECT p.*, c.name AS company, throttle.* FROM prospects_prospect p LEFT JOIN prospects_company c "
            f"ON c.id = p.company_id {companies.LOCK} WHERE p.id = %s FOR NO KEY UPDATE OF p",
            (head.prospect,),
        ),
        (
            "SELECT enrollment_id FROM campaigns_personlock WHERE prospect_id = %s AND released_at IS NULL FOR "
            "NO KEY UPDATE",
            (head.prospect,),
        ),
        (
            "SELECT id, state, version_id, last_touch_at FROM campaigns_enrollment WHERE id = %s FOR NO KEY UPDATE",
            (head.enrollment,),
        ),
        (
            "SELECT id, kind, state, step_key, generation, facts_version, not_before, text, provider_chat FROM "
            "campaigns_touch "
            "WHERE id = %s FOR NO KEY UPDATE",
            (head.touch,),
        ),
        allowances.lock(head.sender, [budget.value for budget in ALLOWANCES[head.kind]]),
        (
            "SELECT b.*, (SELECT coalesce(sum(remaining), 0)::int FROM accounts_creditlot WHERE balance_id = b.id "
            f"AND remaining > 0 AND expires_at <= {now} + %s) AS ending FROM accounts_creditbalance b "
            "WHERE sender_id = %s AND %s ORDER BY cap > 0 DESC, id DESC LIMIT 1 FOR NO KEY UPDATE",
            (credits.ENDING, head.sender, head.kind is Kind.INMAIL),
        ),
        (
            f"SELECT {now} AS now, EXISTS (SELECT 1 FROM campaigns_touch WHERE workspace_id = p.workspace_id "
            "AND prospect_id = p.id AND state IN ('reserved', 'dispatching', 'uncertain')) AS other, "
            "r.provider_id, r.invite_not_before, r.checked_at, r.chat_id, r.invitation_id, r.post_id "
            "FROM prospects_prospect p LEFT JOIN prospects_relationship r ON r.prospect_id = p.id AND r.sender_id = %s "
            "WHERE p.id = %s",
            (head.sender, head.prospect),
        ),
    ]


def why_held(n: Seen) -> Held | None:
    """What stands in the way besides pacing and texts, in the order of causes."""
    t = n.touch
    if t["state"] != "planned" or t["kind"] != n.head.kind:
        return Held("gone")
    if n.answers:
        return _why_no_answer(n)
    if held := _why_halted(n):
        return held
    if n.other:
        return Held("uncertain_open")
    if held := _why_changed(n) or _why_company(n):
        return held
    if t["not_before"] > n.now:
        return Held("not_due", t["not_before"])
    return _why_stale(n) or _why_no_credit(n) or _why_their_hours(n)


def _why_their_hours(n: Seen) -> Held | None:
    """The sender waits for the person's working hours too, and for them it is night."""
    if not n.sender["their_hours"] or not n.prospect["location"]:
        return None
    theirs = their_opening(n.hours, zone_of(n.prospect["location"]), n.head.kind, n.now)
    return Held("outside_hours", theirs.at) if theirs and theirs.at and theirs.at > n.now else None


def why_no_longer(n: Seen) -> Held | None:
    """What came in the way of a touch that a person opened: asked once more before it may leave the house."""
    return _why_halted(n) or _why_changed(n)


def _why_halted(n: Seen) -> Held | None:
    if n.enrollment["state"] != "active" or n.prospect["suppressed_at"] or n.prospect["replied_at"]:
        return Held("ended")
    if n.sender["campaign_state"] != "running":
        return Held("paused_campaign")
    if n.sender["state"] not in ("active", "resting"):
        return Held("paused_sender")
    return None


def _why_changed(n: Seen) -> Held | None:
    if n.holder is not None and n.holder != n.enrollment["id"]:
        return Held("in_conversation")
    if n.touch["facts_version"] != n.prospect["facts_version"]:
        return Held("redecide")
    return None


def _why_company(n: Seen) -> Held | None:
    """A first touch to one more person of a company, where the workspace counts them."""
    if n.holder is not None or n.enrollment["last_touch_at"] is not None:
        return None
    until = companies.full_until(n.prospect, n.now)
    return Held("company_throttle", until) if until is not None else None


def _why_no_answer(n: Seen) -> Held | None:
    """An answer goes to who replied, whatever became of the sequence; never to who wants to hear nothing more."""
    if n.prospect["suppressed_at"]:
        return Held("suppressed")
    if n.sender["state"] not in ("active", "resting"):
        return Held("paused_sender")
    if n.other:
        return Held("uncertain_open")
    if n.holder is not None and n.holder != n.enrollment["id"]:
        return Held("in_conversation")
    return None


def _why_stale(n: Seen) -> Held | None:
    """Facts that age: judged here again, because no version can cover them."""
    kind, cool = n.head.kind, n.relation["invite_not_before"]
    if kind in (Kind.INVITE, Kind.INVITE_NOTE) and cool is not None and cool > n.now:
        return Held("cool_down", cool)
    if n.guided:  # nobody but the person sees this profile and this inbox: they look when they open it
        return None
    if not n.relation["provider_id"]:
        return Held("stale_open_profile", n.now)
    checked = n.relation["checked_at"]
    if kind in NEEDS_PROFILE and (checked is None or n.now - checked > PROFILE_FRESH):
        return Held("stale_open_profile", n.now)
    follow_up = n.enrollment["last_touch_at"] is not None and kind in FOLLOW_UPS
    looked = n.sender["inbox_at"]
    if follow_up and (looked is None or n.now - looked > INBOX_FRESH):
        return Held("stale_inbox", n.now)
    return None


def _why_no_credit(n: Seen) -> Held | None:
    if n.head.kind is not Kind.INMAIL:
        return None
    b = n.balance
    if b is None or b["available"] < 1 or b["blocked"]:
        return Held("no_credit")
    tier = max(n.prospect["tier"], 2)
    return None if credits.spendable(_credits(b, n.terms.grant), tier) > 0 else Held("held_for_tier_3")


def _credits(balance: Row, grant: int) -> Credits:
    found = credits.Balance(balance["available"], balance["reserved"], balance["cap"])
    return Credits(
        available=found.available,
        reserved=found.reserved,
        cap=found.cap,
        held=balance["held"],
        expiring=credits.released(found, grant, balance["ending"]),
    )


def why_released(n: Seen) -> str:
    """What the ledger says beside a held credit that goes to somebody below tier 3: who gets it, and why."""
    if n.balance is None or n.answers:
        return ""
    found, tier = _credits(n.balance, n.terms.grant), max(n.prospect["tier"], 2)
    if not credits.needs_release(found, tier):
        return ""
    who = f"{n.prospect['first_name']} {n.prospect['last_name']}".strip() or n.prospect["slug"]
    return f"Held for tier 3, released to {who} (tier {tier}): {found.expiring} would be lost by the next grant."
