"""What each sender of a draft would do first: the planner's decisions over the facts of this moment, counted, priced
and dated. Nothing is guessed but the dates, which are rough, see `pace`."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import batched

from accounts.models import Sender
from campaigns.building import drafts, pace
from campaigns.models import Campaign
from campaigns.running import allowances, facts, queues
from campaigns.running.database import rows
from campaigns.running.lanes import MAIN_BUDGET
from outreach.engine import credits
from outreach.engine.causes import Cause
from outreach.engine.channels import standing
from outreach.engine.decisions import Decision, Send, Skip, Wait
from outreach.engine.facts import Allowance, DoneFacts, EnrollmentFacts, SenderFacts
from outreach.engine.kinds import ALLOWANCES, Budget, Kind, TouchState
from outreach.engine.planner import decide, notes_left

BATCH = 1_000
"""Enrollments whose facts are read at once."""

_FOR_A_CREDIT = (Cause.NO_CREDIT, Cause.HELD_FOR_TIER_3)
_INVITES = (Kind.INVITE, Kind.INVITE_NOTE)


@dataclass(slots=True)
class Credits:
    """One sender's InMail credits against what the first touches need. `covered`: of the needed, how many can be paid
    now; `unread`: of the needed, how many have a profile that was never read and may turn out to be open, thus free."""

    needed: int = 0
    available: int = 0
    held: int = 0
    reserved: int = 0
    covered: int = 0
    unread: int = 0
    blocked: str = ""

    @property
    def short(self) -> int:
        return max(0, self.needed - self.covered)

    @property
    def spendable(self) -> int:
        return max(0, self.available - self.held)


@dataclass(slots=True)
class Share:
    """What one sender does. `channels`: people by the kind of their first touch; `waits`: people whose first touch
    waits for something, by cause; `none`: people whom this play cannot reach now. `notes`: noted invites its plan
    leaves this month, None when unlimited. `first`: when the first touch can go; `done_early`, `done_late`: when the
    last of them is done by the caps, alone or behind what is planned already."""

    sender: Sender
    plan: str
    people: int = 0
    channels: Counter[Kind] = field(default_factory=Counter)
    waits: Counter[Cause] = field(default_factory=Counter)
    none: int = 0
    credits: Credits = field(default_factory=Credits)
    notes: int | None = None
    note_chars: int = 300
    first: datetime | None = None
    done_early: date | None = None
    done_late: date | None = None

    @property
    def without_note(self) -> int:
        """Invites that go without their note, because the month's notes do not reach."""
        return 0 if self.notes is None else max(0, self.channels[Kind.INVITE_NOTE] - self.notes)


def shares_of(campaign: Campaign, ids: Sequence[int], now: datetime) -> list[Share]:
    """One per sender of the draft, also of those without people."""
    senders = {sender.pk: sender for sender in drafts.senders_of(campaign)}
    shares: dict[int, Share] = {}
    seats: dict[int, SenderFacts] = {}
    needing: dict[int, Counter[int]] = defaultdict(Counter)
    due: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for some in batched(ids, BATCH):
        for one in facts.load(some, now=now):
            f = replace(one.facts, state="active", campaign_state="running", entered_at=now)
            share = shares.get(one.sender)
            if share is None:
                share = shares[one.sender] = Share(senders.get(one.sender) or Sender.objects.get(pk=one.sender), "")
                seats[one.sender] = f.sender
                share.notes = notes_left(f, now)
            share.people += 1
            decision, kind = _first(f, now, one.seed)
            if isinstance(decision, Send):
                share.channels[decision.kind] += 1
                due[one.sender, _queue(decision.kind)].append(max(now, decision.not_before))
            elif isinstance(decision, Wait):
                share.waits[Cause(decision.cause)] += 1
            else:
                share.none += 1
            if kind is Kind.INMAIL:
                needing[one.sender][min(3, standing(f.person))] += 1
                share.credits.unread += f.person.open_profile is None
    for pk, sender in senders.items():
        shares.setdefault(pk, Share(sender, ""))
    for pk, share in shares.items():
        share.plan = share.sender.plan.name if share.sender.plan else ""
        if pk in seats:
            share.note_chars = seats[pk].terms.note_chars
            _price(share, seats[pk], needing[pk])
    _date(shares, seats, due, now)
    return sorted(shares.values(), key=lambda share: (-share.people, share.sender.name, share.sender.pk))


def _first(f: EnrollmentFacts, now: datetime, seed: int) -> tuple[Decision, Kind | None]:
    """The decision about the first step that is not passed over, and the kind it needs a credit for, if any."""
    decision = decide(f, now, seed)
    for attempt in range(len(f.steps)):
        if not isinstance(decision, Skip):
            break
        done = DoneFacts(decision.step_key, attempt + 1, decision.kind, TouchState.SKIPPED, now)
        f = replace(f, done=(*f.done, done))
        decision = decide(f, now, seed)
    paid = isinstance(decision, Send) and decision.kind is Kind.INMAIL
    lacking = isinstance(decision, Wait) and decision.cause in _FOR_A_CREDIT
    return decision, Kind.INMAIL if paid or lacking else None


def _price(share: Share, seat: SenderFacts, needing: Counter[int]) -> None:
    """Credits go to tier 3 first; what is held for it, tier 2 does not get."""
    c, mine = seat.credits, share.credits
    mine.needed, mine.available, mine.held, mine.reserved = needing.total(), c.available, c.held, c.reserved
    mine.blocked = c.blocked
    top = min(needing[3], credits.spendable(c, 3))
    rest = sum(n for tier, n in needing.items() if tier < 3)
    mine.covered = top + max(0, min(rest, credits.spendable(c, 2), c.available - top))


def _queue(kind: Kind) -> str:
    return MAIN_BUDGET[kind] or kind.value


def _date(
    shares: dict[int, Share],
    seats: dict[int, SenderFacts],
    due: dict[tuple[int, str], list[datetime]],
    now: datetime,
) -> None:
    """First touch and the range of the last, per sender, from its allowances and what is planned already."""
    budgets: dict[int, dict[Budget, Allowance]] = defaultdict(dict)
    for row in rows("SELECT * FROM campaigns_allowance WHERE sender_id = ANY(%s)", (list(seats),)):
        budgets[row["sender_id"]][Budget(row["budget"])] = allowances.from_row(row)
    ahead: Counter[tuple[int, str]] = Counter()
    for row in rows(
        "SELECT sender_id, kind, count(*) AS n FROM campaigns_touch WHERE state = 'planned' AND sender_id = ANY(%s) "
        "GROUP BY sender_id, kind",
        (list(seats),),
    ):
        ahead[row["sender_id"], _queue(Kind(row["kind"]))] += row["n"]
    for (pk, name), moments in due.items():
        share, seat = shares[pk], seats[pk]
        kinds = [kind for kind in share.channels if _queue(kind) == name]
        # The month's notes do not hold anybody up: without one left, the invite goes without its note.
        needed = {budget for kind in kinds for budget in ALLOWANCES[kind]} - {Budget.NOTES_MONTH}
        mine = {budget: a for budget, a in budgets[pk].items() if budget in needed}
        queue = queues.Queue(seat.hours, seat.longest_work_s, mine)
        plain = Kind.INVITE if kinds[0] in _INVITES else kinds[0]
        start = min(moments)
        opens = queues.opening(queue, plain, max(now, start)).at
        if opens is None:
            continue
        share.first = min(filter(None, (share.first, opens)))
        caps = list(mine.values())
        n = len(moments)
        if plain is Kind.INMAIL:  # who has no credit waits for the next grant, and has no date yet
            n = max(0, n - share.credits.short)
        early = pace.done_on(n, caps, seat.hours, opens)
        late = pace.done_on(n + ahead[pk, name], caps, seat.hours, opens) if early else None
        share.done_early = max(filter(None, (share.done_early, early)), default=None)
        share.done_late = max(filter(None, (share.done_late, late)), default=None)
