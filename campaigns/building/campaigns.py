"""From a play to a running campaign: create, enroll, launch, pause, resume."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from accounts import history, rights
from accounts.models import Member, Sender
from campaigns.models import Campaign, CampaignSender, Enrollment, Step, Variant, Version
from campaigns.models.campaign import CampaignState
from outreach.engine.kinds import NEVER
from outreach.engine.plays import PLAYS

NotAllowed = rights.NotAllowed


class CannotLaunch(Exception):
    """A campaign that cannot be launched. The message is one sentence that says what to do."""


def _require_practice_seats(campaign: Campaign, senders: Iterable[Sender]) -> None:
    """A play without waits is for practice seats only: real people would get one message right after the other."""
    play = PLAYS.get(campaign.play)
    real = [sender for sender in senders if sender.connector != "simulator"]
    if play is not None and play.practice and real:
        raise CannotLaunch(
            f"{play.name} is for practice seats only and {real[0].name} is a real one: choose another play or sender."
        )


@transaction.atomic
def create(name: str, play: str, *, by: Member, seed: int, now: datetime) -> Campaign:
    """A draft campaign with the steps and texts of a built-in play. Raises CannotLaunch for an unknown play."""
    rights.require(by, rights.Verb.BUILD)
    if play not in PLAYS:
        raise CannotLaunch(f"There is no play {play!r}: choose one of {', '.join(sorted(PLAYS))}.")
    if Campaign.objects.filter(name=name).exists():
        raise CannotLaunch(f"There is a campaign called {name!r} already: choose another name.")
    campaign = Campaign.objects.create(
        workspace_id=by.workspace_id, name=name, play=play, owner=by, seed=seed, created_at=now
    )
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


@transaction.atomic
def enroll(
    campaign: Campaign, prospects: Sequence[int], senders: Sequence[Sender], *, by: Member, now: datetime
) -> int:
    """Put prospects into the campaign, shared evenly among the senders in the order given; a sender whose first-degree
    connection somebody is gets them. Suppressed people, and people who are in the campaign, are passed over. How
    many."""
    rights.require(by, rights.Verb.BUILD)
    if not senders:
        raise CannotLaunch("No sender acts for this campaign: choose at least one.")
    _require_practice_seats(campaign, senders)
    CampaignSender.objects.bulk_create(
        [CampaignSender(workspace_id=campaign.workspace_id, campaign=campaign, sender=sender) for sender in senders],
        ignore_conflicts=True,
    )
    version = campaign.versions.latest("number")
    state = "active" if campaign.state == CampaignState.RUNNING else "waiting"
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
                "state": state,
                "now": now,
                "decide_at": now if state == "active" else NEVER,
            },
        )
        made = cursor.rowcount
        cursor.execute(_RELATE, {"campaign": campaign.pk})
    history.note(campaign, "enrolled", by=by, now=now, people=made, senders=ids)
    return int(made)


_ENROLL = """
INSERT INTO campaigns_enrollment (workspace_id, campaign_id, version_id, prospect_id, sender_id, state, reason,
generation, entered_at, decide_at, cause)
SELECT %(workspace)s, %(campaign)s, %(version)s, p.id,
    coalesce(knows.sender_id, (%(senders)s::bigint[])[1 + (row_number() OVER (ORDER BY p.id) - 1) %%
    cardinality(%(senders)s::bigint[])]), %(state)s, '', 1, %(now)s, %(decide_at)s, ''
FROM prospects_prospect p
LEFT JOIN LATERAL (SELECT r.sender_id FROM prospects_relationship r WHERE r.prospect_id = p.id AND r.degree = '1'
    AND r.sender_id = ANY(%(senders)s) ORDER BY r.sender_id LIMIT 1) knows ON true
WHERE p.workspace_id = %(workspace)s AND p.id = ANY(%(prospects)s) AND p.suppressed_at IS NULL
ORDER BY p.id ON CONFLICT (campaign_id, prospect_id) DO NOTHING"""

_RELATE = """
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
    _require_practice_seats(campaign, senders)
    campaign.versions.filter(launched_at=None).update(launched_at=now)
    campaign.state, campaign.launched_at = CampaignState.RUNNING, now
    campaign.save(update_fields=["state", "launched_at"])
    launched = waiting.update(state="active", entered_at=now, decide_at=now)
    history.note(campaign, "launched", by=by, now=now, people=launched)
    return int(launched)


@transaction.atomic
def pause(campaign: Campaign, *, by: Member, now: datetime) -> bool:
    """From the commit on, nothing of this campaign passes the gate: the gate reads the state under lock."""
    rights.require(by, rights.Verb.STEER, owner=campaign.owner_id)
    paused = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.RUNNING).update(state=CampaignState.PAUSED)
    if paused:
        history.note(campaign, "paused", by=by, now=now)
    return bool(paused)


@transaction.atomic
def resume(campaign: Campaign, *, by: Member, now: datetime) -> bool:
    """Go on: everybody whom the pause held back is decided again."""
    rights.require(by, rights.Verb.STEER, owner=campaign.owner_id)
    resumed = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.PAUSED).update(state=CampaignState.RUNNING)
    if resumed:
        Enrollment.objects.filter(campaign=campaign, state="active", cause="paused_campaign").update(decide_at=now)
        history.note(campaign, "resumed", by=by, now=now)
    return bool(resumed)
