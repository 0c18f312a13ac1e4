"""From a play to a running campaign: create, enroll, launch, pause, resume, put away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from accounts import history, rights
from accounts.models import Member, Sender
from campaigns.models import Campaign, CampaignSender, Enrollment, Step, Touch, Variant, Version
from campaigns.models.campaign import CampaignState
from campaigns.running.database import rows
from outreach.engine.kinds import NEVER, TouchState
from outreach.engine.plays import PLAYS
from outreach.language.plain import clean
from prospects.models import Audience

NotAllowed = rights.NotAllowed


class CannotLaunch(Exception):
    """A campaign that cannot be launched. The message is one sentence that says what to do."""


PRACTICE = "simulator"
"""The connector of practice senders, the only ones that may write to sample people."""


@dataclass(frozen=True, slots=True)
class Paused:
    """What a pause found. `done`: whether it paused a running campaign. `handed_over`: touches that had passed the
    gate and whose answer was still open; none follows them."""

    done: bool
    handed_over: int = 0

    def __bool__(self) -> bool:
        return self.done


@dataclass(frozen=True, slots=True)
class Resumed:
    """What going on found. `done`: whether the campaign was paused. `people`: whom it goes on with."""

    done: bool
    people: int = 0

    def __bool__(self) -> bool:
        return self.done


def require_practice_seats(campaign: Campaign, senders: Iterable[Sender]) -> None:
    """A play without waits is for practice senders only: real people would get one message right after the other."""
    play = PLAYS.get(campaign.play)
    real = [sender for sender in senders if sender.connector != PRACTICE]
    if play is not None and play.practice and real:
        raise CannotLaunch(
            f"{play.name} is for practice senders only and {real[0].name} is a real one: choose another play or sender."
        )


@transaction.atomic
def create(name: str, play: str, *, by: Member, seed: int, now: datetime, audience: Audience | None = None) -> Campaign:
    """A draft campaign with the steps and texts of a built-in play. Raises CannotLaunch for an unknown play, a name
    that is taken, and none at all."""
    rights.require(by, rights.Verb.BUILD)
    name = require_name(name)
    if play not in PLAYS:
        raise CannotLaunch(f"There is no play {play!r}: choose one of {', '.join(sorted(PLAYS))}.")
    try:
        with transaction.atomic():
            campaign = Campaign.objects.create(
                workspace_id=by.workspace_id,
                name=name,
                play=play,
                owner=by,
                seed=seed,
                created_at=now,
                audience=audience,
            )
    except IntegrityError:  # somebody else took the name in this very moment
        raise CannotLaunch(TAKEN.format(name)) from None
    version = Version.objects.create(workspace_id=by.workspace_id, campaign=campaign, number=1)
    for position, step in enumerate(PLAYS[play].steps, start=1):
        row = Step.objects.create(
            workspace_id=by.workspace_id,
            version=version,
            position=position,
            key=step.key,
            act=step.act,
            when=step.when,
            after=step.after,
            wait_min_h=step.wait_min_h,
            wait_max_h=step.wait_max_h,
            optional=step.optional,
        )
        if step.text or step.note:
            Variant.objects.create(
                workspace_id=by.workspace_id, step=row, subject=step.subject, text=step.text, note=step.note
            )
    history.note(campaign, "created", by=by, now=now, play=play)
    return campaign


def require_name(name: str, *, of: Campaign | None = None) -> str:
    """The name without what nobody sees. Raises CannotLaunch when it is empty, too long, or another campaign's."""
    name = " ".join(clean(name).split())
    if not name:
        raise CannotLaunch("The campaign has no name: give it one.")
    if len(name) > NAME:
        raise CannotLaunch(f"The name has {len(name):,} characters: shorten it to {NAME}.")
    others = Campaign.objects.filter(name=name)
    if (others.exclude(pk=of.pk) if of else others).exists():
        raise CannotLaunch(TAKEN.format(name))
    return name


TAKEN = "There is a campaign called {!r} already: choose another name."

NAME = 120
"""Characters of a campaign's name."""


@transaction.atomic
def enroll(
    campaign: Campaign, prospects: Sequence[int], senders: Sequence[Sender], *, by: Member, now: datetime
) -> int:
    """Put prospects into the campaign, shared evenly among the senders in the order given; a sender whose first-degree
    connection somebody is gets them, and sample people go to practice senders only. Suppressed people, and people who
    are in the campaign, are passed over. How many. Raises CannotLaunch without a sender, and for a campaign that is
    over."""
    rights.require(by, rights.Verb.BUILD)
    # Shared with gates, against a launch: whoever is enrolled while it runs is active, or would never be decided for.
    found = rows("SELECT state FROM campaigns_campaign WHERE id = %s FOR SHARE", (campaign.pk,))
    campaign.state = found[0]["state"]
    if campaign.state in (CampaignState.FINISHED, CampaignState.ARCHIVED):
        raise CannotLaunch(f"{campaign.name} is {campaign.get_state_display().lower()}: choose another campaign.")
    if not senders:
        raise CannotLaunch("No sender acts for this campaign: choose at least one.")
    require_practice_seats(campaign, senders)
    CampaignSender.objects.bulk_create(
        [CampaignSender(workspace_id=campaign.workspace_id, campaign=campaign, sender=sender) for sender in senders],
        ignore_conflicts=True,
    )
    version = campaign.versions.latest("number")
    state = "waiting" if campaign.state == CampaignState.DRAFT else "active"
    ids = [sender.pk for sender in senders]
    with connection.cursor() as cursor:
        cursor.execute(
            _ENROLL,
            {
                "workspace": campaign.workspace_id,
                "campaign": campaign.pk,
                "version": version.pk,
                "prospects": list(prospects),
                "senders": ids,
                "practice": [sender.pk for sender in senders if sender.connector == PRACTICE],
                "state": state,
                "now": now,
                "decide_at": now if state == "active" else NEVER,
            },
        )
        made = cursor.rowcount
        cursor.execute(RELATE, {"campaign": campaign.pk})
    history.note(campaign, "enrolled", by=by, now=now, people=made, senders=ids)
    return int(made)


_ENROLL = """
INSERT INTO campaigns_enrollment (workspace_id, campaign_id, version_id, prospect_id, sender_id, state, reason,
generation, entered_at, decide_at, cause)
SELECT %(workspace)s, %(campaign)s, %(version)s, p.id,
    coalesce(knows.sender_id, may.senders[1 + (row_number() OVER (PARTITION BY p.sample ORDER BY p.id) - 1) %%
    cardinality(may.senders)]), %(state)s, '', 1, %(now)s, %(decide_at)s, ''
FROM prospects_prospect p
CROSS JOIN LATERAL (SELECT CASE WHEN p.sample THEN %(practice)s::bigint[] ELSE %(senders)s::bigint[] END AS senders) may
LEFT JOIN LATERAL (SELECT r.sender_id FROM prospects_relationship r WHERE r.prospect_id = p.id AND r.degree = '1'
    AND r.sender_id = ANY(may.senders) ORDER BY r.sender_id LIMIT 1) knows ON true
WHERE p.workspace_id = %(workspace)s AND p.id = ANY(%(prospects)s) AND p.suppressed_at IS NULL
    AND cardinality(may.senders) > 0
ORDER BY p.id ON CONFLICT (campaign_id, prospect_id) DO NOTHING"""

RELATE = """
INSERT INTO prospects_relationship (workspace_id, prospect_id, sender_id, provider_id, degree, invitation,
invitation_id, chat_id, post_id)
SELECT e.workspace_id, e.prospect_id, e.sender_id, '', '', '', '', '', '' FROM campaigns_enrollment e
WHERE e.campaign_id = %(campaign)s ORDER BY e.id ON CONFLICT (prospect_id, sender_id) DO NOTHING"""


@transaction.atomic
def launch(campaign: Campaign, *, by: Member, now: datetime) -> int:
    """Start the campaign: its version is frozen, and everybody in it is decided for. How many people. Raises
    CannotLaunch."""
    rights.require(by, rights.Verb.LAUNCH, owner=campaign.owner_id)
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state != CampaignState.DRAFT:
        raise CannotLaunch(f"{campaign.name} is {campaign.get_state_display().lower()}: only a draft can be launched.")
    waiting = Enrollment.objects.filter(campaign=campaign, state="waiting")
    senders = Sender.objects.filter(pk__in=waiting.values("sender")).select_related("plan")
    if not waiting.exists():
        raise CannotLaunch("Nobody is enrolled: import prospects and enroll them first.")
    for sender in senders:
        if sender.state in ("archived", "setting_up"):
            raise CannotLaunch(f"The sender {sender.name} is {sender.get_state_display().lower()}: choose another one.")
    require_practice_seats(campaign, senders)
    campaign.versions.filter(launched_at=None).update(launched_at=now)
    campaign.state, campaign.launched_at = CampaignState.RUNNING, now
    campaign.save(update_fields=["state", "launched_at"])
    launched = waiting.update(state="active", entered_at=now, decide_at=now)
    history.note(campaign, "launched", by=by, now=now, people=launched)
    return int(launched)


@transaction.atomic
def pause(campaign: Campaign, *, by: Member, now: datetime) -> Paused:
    """From the commit on, nothing of this campaign passes the gate: the gate reads the state under lock. The lock waits
    for gates that are passing, so what they handed over is counted."""
    rights.require(by, rights.Verb.STEER, owner=campaign.owner_id)
    done = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.RUNNING).update(state=CampaignState.PAUSED)
    if not done:
        return Paused(False)
    handed_over = Touch.objects.filter(enrollment__campaign=campaign, state=TouchState.DISPATCHING).count()
    history.note(campaign, "paused", by=by, now=now, handed_over=handed_over)
    return Paused(True, handed_over)


@transaction.atomic
def resume(campaign: Campaign, *, by: Member, now: datetime) -> Resumed:
    """Go on: everybody whom the pause held back is decided again."""
    rights.require(by, rights.Verb.STEER, owner=campaign.owner_id)
    done = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.PAUSED).update(state=CampaignState.RUNNING)
    if not done:
        return Resumed(False)
    _wake(campaign, now)
    people = Enrollment.objects.filter(campaign=campaign, state="active").count()
    history.note(campaign, "resumed", by=by, now=now, people=people)
    return Resumed(True, people)


WOKEN_AT_ONCE = 2_000
"""People of a campaign that goes on who are woken by one statement: none of them takes long, however many they are."""


def _wake(campaign: Campaign, now: datetime) -> None:
    """Whoever waits for the end of the pause is due a decision."""
    after = 0
    while True:
        woken = rows(
            "WITH held AS (SELECT id FROM campaigns_enrollment WHERE campaign_id = %(campaign)s AND state = 'active' "
            f"AND cause = 'paused_campaign' AND id > %(after)s ORDER BY id LIMIT {WOKEN_AT_ONCE:d} FOR NO KEY UPDATE), "
            "woken AS (UPDATE campaigns_enrollment SET decide_at = %(now)s WHERE id IN (SELECT id FROM held)) "
            "SELECT count(*) AS n, max(id) AS last FROM held",
            {"campaign": campaign.pk, "after": after, "now": now},
        )[0]
        if woken["n"] < WOKEN_AT_ONCE:
            return
        after = woken["last"]


@transaction.atomic
def archive(campaign: Campaign, *, by: Member, now: datetime) -> bool:
    """Put a draft away. Whether it was one. It keeps its people and texts, see `restore`."""
    rights.require(by, rights.Verb.LAUNCH, owner=campaign.owner_id)
    done = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT).update(state=CampaignState.ARCHIVED)
    if done:
        history.note(campaign, "archived", by=by, now=now)
    return bool(done)


@transaction.atomic
def restore(campaign: Campaign, *, by: Member, now: datetime) -> bool:
    """Bring back a draft that was put away. Whether it was one."""
    rights.require(by, rights.Verb.LAUNCH, owner=campaign.owner_id)
    archived = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.ARCHIVED, launched_at=None)
    done = archived.update(state=CampaignState.DRAFT)
    if done:
        history.note(campaign, "restored", by=by, now=now)
    return bool(done)
