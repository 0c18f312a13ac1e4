"""Before the launch: who is reached by whom, on which first channel, when, for how many credits, what is in the way.

Nothing is guessed: every first step is decided by the planner over the facts of this moment, as it will be after the
launch. Only the dates are rough, see `pace`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts import history, plans, rights, verification
from accounts.models import Connection, Member, Plan
from campaigns.building import campaigns, choosing, drafts, practice, previews
from campaigns.building.campaigns import CannotLaunch
from campaigns.building.shares import Share, shares_of
from campaigns.models import Campaign, Enrollment
from campaigns.models.campaign import CampaignState
from campaigns.running.database import rows
from outreach.engine.causes import Cause
from outreach.engine.kinds import NEVER, Kind
from outreach.engine.plays import PLAYS

WORD = "launch"
"""What a large launch asks to be typed."""

PEOPLE_ASKED = 100
CREDITS_ASKED = 20
"""A launch for more people, or for more credits, asks for the word first."""


class NeedsWord(CannotLaunch):
    """The launch is large, and the word was not typed."""


class Grew(CannotLaunch):
    """More people are in the draft than the one who launches has seen."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it cannot be launched, and which page mends it: people, senders, account, or step with its key."""

    sentence: str
    where: str
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """The draft as it would be launched now."""

    people: int
    shares: tuple[Share, ...]
    left_out: dict[str, int]
    elsewhere: int
    refusals: tuple[Refusal, ...]

    @property
    def channels(self) -> list[tuple[Kind, int]]:
        """First channels with people, most people first."""
        return sum((share.channels for share in self.shares), Counter()).most_common()

    @property
    def waits(self) -> list[tuple[Cause, int]]:
        return sum((share.waits for share in self.shares), Counter()).most_common()

    @property
    def none(self) -> int:
        return sum(share.none for share in self.shares)

    @property
    def needed(self) -> int:
        return sum(share.credits.needed for share in self.shares)

    @property
    def short(self) -> int:
        return sum(share.credits.short for share in self.shares)

    @property
    def first(self) -> Share | None:
        """The share whose first touch goes first."""
        known = [share for share in self.shares if share.first is not None]
        return min(known, key=lambda share: share.first or NEVER, default=None)

    @property
    def done(self) -> tuple[date, date] | None:
        """Between which days the last first touch is done, counted from caps."""
        early = [share.done_early for share in self.shares if share.done_early is not None]
        late = [share.done_late for share in self.shares if share.done_late is not None]
        return (max(early), max(late)) if early and late else None

    @property
    def needs_word(self) -> bool:
        return self.people > PEOPLE_ASKED or self.needed > CREDITS_ASKED


@dataclass(frozen=True, slots=True)
class Launched:
    """`done`: False when somebody launched it before. `people`: whom it runs with."""

    done: bool
    people: int


def look(campaign: Campaign, *, by: Member, now: datetime) -> Review:
    """The draft as `by` would launch it at `now`. In the workspace's scope. Writes nothing."""
    waiting = Enrollment.objects.filter(campaign=campaign, state="waiting")
    gone = waiting.filter(choosing.unreachable("prospect__")).count()
    ids = list(waiting.exclude(choosing.unreachable("prospect__")).order_by("pk").values_list("pk", flat=True))
    shares = shares_of(campaign, ids, now)
    left_out = dict(campaign.left_out)
    if gone:
        left_out["were in the draft and cannot be contacted any more"] = gone
    return Review(
        people=len(ids),
        shares=tuple(shares),
        left_out=left_out,
        elsewhere=_elsewhere(campaign),
        refusals=tuple(_refusals(campaign, ids, shares, by, now)),
    )


@transaction.atomic
def launch(campaign: Campaign, *, by: Member, now: datetime, word: str = "", seen: int | None = None) -> Launched:
    """Launch the draft after the same look that the review page shows. Doing it twice is doing it once.

    `word`: what was typed, asked for when the launch is large; `seen`: how many people the one who launches has seen.
    Raises CannotLaunch with the first thing in the way, NeedsWord and Grew; NotAllowed.
    """
    rights.require(by, rights.Verb.LAUNCH, owner=campaign.owner_id)
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state in (CampaignState.RUNNING, CampaignState.PAUSED):
        return Launched(False, campaign.enrollments.count())
    if campaign.state != CampaignState.DRAFT:
        raise CannotLaunch(f"{campaign.name} is {campaign.get_state_display().lower()}: only a draft can be launched.")
    found = look(campaign, by=by, now=now)
    if found.refusals:
        raise CannotLaunch(found.refusals[0].sentence)
    if seen is not None and found.people > seen:
        raise Grew(f"{found.people - seen:,} more people are in the draft than you saw: look again, then launch.")
    if found.needs_word and word.strip().lower() != WORD:
        raise NeedsWord(f"This launch is for {_people(found.people)}: type {WORD} to confirm it.")
    leaving = Enrollment.objects.filter(choosing.unreachable("prospect__"), campaign=campaign, state="waiting")
    if n := leaving.count():
        leaving.delete()
        history.note(campaign, "people left out", by=by, now=now, people=n)
    return Launched(True, campaigns.launch(campaign, by=by, now=now))


def introduce(campaign: Campaign) -> list[str]:
    """Practice seats know whom their own files say that they know: the simulator must know it too. What went wrong, in
    sentences; the launch holds nevertheless. Talks to the simulator, so never inside a transaction."""
    senders = Enrollment.objects.filter(campaign=campaign, sender__connector=practice.VENDOR).values("sender")
    people = list(Enrollment.objects.filter(campaign=campaign).values_list("prospect", flat=True))
    try:
        for connection in Connection.objects.filter(senders__in=senders).distinct():
            practice.introduce(connection, people)
    except practice.OutOfReach as problem:
        return [str(problem)]
    return []


# -- what is in the way


def _refusals(
    campaign: Campaign, ids: Sequence[int], shares: Sequence[Share], by: Member, now: datetime
) -> list[Refusal]:
    """One sentence each, what has to be settled first comes first."""
    found: list[Refusal] = []
    if not shares:
        found.append(Refusal("No sender acts for this campaign: choose at least one.", "senders"))
    if not ids:
        found.append(Refusal("Nobody is enrolled: import prospects and enroll them first.", "people"))
    for share in shares:
        if share.sender.state in ("archived", "setting_up") and share.people:
            words = share.sender.get_state_display().lower()
            found.append(Refusal(f"The sender {share.sender.name} is {words}: choose another one.", "senders"))
    found += _wrong_plans(campaign, shares, now)
    try:
        campaigns.require_practice_seats(campaign, [share.sender for share in shares])
    except CannotLaunch as refusal:
        found.append(Refusal(str(refusal), "senders"))
    if ids and not found:
        found += _out_of_reach(shares)
    for step, _, checked in previews.check_all(campaign, now=now):
        found += [
            Refusal(f"Step {step.position}, {label.lower()}: {sentence}", "step", step.key)
            for label, sentence in checked.problems
        ]
    try:
        verification.require_verified(by)
    except verification.Unverified as refusal:
        found.append(Refusal(str(refusal), "account"))
    return found


def _wrong_plans(campaign: Campaign, shares: Sequence[Share], now: datetime) -> list[Refusal]:
    """Senders whose plan cannot do what the play is made of."""
    version = drafts.version_of(campaign)
    if not version.steps.filter(act="inmail").exists():
        return []
    able = plans_with_inmail(now)
    play = PLAYS[campaign.play].name if campaign.play in PLAYS else campaign.play
    return [
        Refusal(
            (
                f"{share.sender.name} is on the plan {share.plan}, which has"
                if share.plan
                else f"{share.sender.name} has"
            )
            + f" no InMail, and {play} needs it: choose another sender or play.",
            "senders",
        )
        for share in shares
        if share.sender.plan_id not in able
    ]


def plans_with_inmail(now: datetime) -> set[int]:
    """The workspace's plans that include InMail on this day, by id. In the workspace's scope."""
    return {
        plan
        for plan, terms in plans.terms_by_plan(now.date(), list(Plan.objects.values_list("pk", flat=True))).items()
        if terms.inmail
    }


def _out_of_reach(shares: Sequence[Share]) -> list[Refusal]:
    """Nobody would be touched: every first step needs a credit that is not there, or has no channel at all."""
    people = sum(share.people for share in shares)
    sent = sum(share.channels.total() for share in shares)
    no_credit = sum(share.waits[Cause.NO_CREDIT] for share in shares)
    held = sum(share.waits[Cause.HELD_FOR_TIER_3] for share in shares)
    if sent or not people:
        return []
    if no_credit + held == people:
        if held == people:
            words = "every credit left is held for tier 3: ask a manager to move the line, or choose another play."
        else:
            words = "none is left to spend: wait for the next grant, or choose another sender or play."
        return [Refusal(f"Every first touch needs an InMail credit, and {words}", "senders")]
    if sum(share.none for share in shares) == people:
        return [Refusal("None of these people can be reached by this play: choose another play.", "people")]
    return []


def _elsewhere(campaign: Campaign) -> int:
    """How many of the draft's people are under way in another campaign: whoever touches them first goes on alone."""
    found = rows(
        "SELECT count(DISTINCT e.prospect_id) AS n FROM campaigns_enrollment e JOIN campaigns_enrollment o "
        "ON o.prospect_id = e.prospect_id AND o.campaign_id <> e.campaign_id AND o.state IN ('active', 'held') "
        "JOIN campaigns_campaign c ON c.id = o.campaign_id AND c.state IN ('running', 'paused') "
        "WHERE e.campaign_id = %s",
        (campaign.pk,),
    )
    return int(found[0]["n"])


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"
