"""A campaign before its launch: planned from a play in one step, then its texts, waits, people and senders changed.

What is typed is kept as it was typed, also when it cannot be sent yet: the launch refuses it, not the editor.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from accounts import history, rights
from accounts.models import History, Member, Sender
from accounts.models.sender import SenderState
from campaigns.building import campaigns
from campaigns.building.choosing import Chosen
from campaigns.models import Campaign, CampaignSender, Enrollment, Step, Variant, Version
from campaigns.models.campaign import CampaignState
from campaigns.running.database import Row, rows
from outreach.engine.plays import DAY, PLAYS, Play
from outreach.language.templates import LONGEST_SOURCE
from prospects.models import Audience

FIELDS: dict[str, tuple[str, ...]] = {
    "approach": ("note", "subject", "text"),
    "inmail": ("subject", "text"),
    "invite": ("note",),
    "message": ("text",),
    "email": ("subject", "text"),
    "comment": ("text",),
    "whatsapp": ("text",),
    "call": ("text",),
    "task": ("text",),
}
"""Which texts an act has, in the order of the page; the others have none."""

LONGEST_WAIT_DAYS = 60

_ONE_NOTE_FOR = timedelta(minutes=10)
"""Saving while typing is one change of history, not one a second."""


class CannotChange(Exception):
    """This cannot be changed, or not to that. The message is one sentence that says what to do."""


def acting(member: Member) -> list[Sender]:
    """The member's own senders that could act for a campaign, in order."""
    found = Sender.objects.filter(owner=member, kind="linkedin").select_related("plan", "connection")
    return list(found.exclude(state__in=(SenderState.ARCHIVED, SenderState.SETTING_UP)).order_by("name", "pk"))


def plays_for(senders: Sequence[Sender]) -> list[Play]:
    """The plays that these senders can be used for: the one without waits only where every one is a practice sender."""
    practice = bool(senders) and all(sender.connector == "simulator" for sender in senders)
    return [play for play in PLAYS.values() if practice or not play.practice]


def suggest_name(play: str, audience: Audience | None, *, now: datetime) -> str:
    """A name nobody has taken yet: `Senior, Fair leads, Nov 2026`, with a number when that one is taken."""
    parts = [PLAYS[play].name, audience.name if audience else "", f"{now:%b %Y}"]
    base = ", ".join(part for part in parts if part)
    if len(base) > campaigns.NAME - 5 and audience is not None:
        room = campaigns.NAME - 10 - len(parts[0]) - len(parts[2])
        base = f"{parts[0]}, {audience.name[:room].rstrip()}…, {parts[2]}"
    taken = set(Campaign.objects.filter(name__startswith=base).values_list("name", flat=True))
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base} ({number})"
    return name


@transaction.atomic
def plan(
    play: str,
    chosen: Chosen,
    senders: Sequence[Sender],
    *,
    name: str,
    audience: Audience | None,
    by: Member,
    seed: int,
    now: datetime,
) -> Campaign:
    """A draft of this play for these people with these senders; both may be nobody yet. Raises CannotLaunch for a play
    or name that cannot be."""
    campaign = campaigns.create(name, play, by=by, seed=seed, now=now, audience=audience)
    _leave_out(campaign, chosen.left_out)
    if senders:
        campaigns.enroll(campaign, chosen.people, senders, by=by, now=now)
    return campaign


@transaction.atomic
def write(campaign: Campaign, key: int, texts: dict[str, str], *, by: Member, now: datetime) -> Step:
    """Keep the texts of a step (its fields of FIELDS) as they were typed. Raises CannotChange for a step that does not
    exist or has no text, and for what no text can be."""
    campaign = _draft(campaign, by)
    step = _step(campaign, key)
    fields = FIELDS.get(step.act, ())
    if not fields:
        raise CannotChange("This step has no text.")
    for field in fields:
        if len(texts.get(field, "")) > LONGEST_SOURCE:
            length = f"{len(texts[field]):,}"
            raise CannotChange(f"The {field} has {length} characters: shorten it to {LONGEST_SOURCE:,}.")
    variant = step.variants.first() or Variant(workspace_id=campaign.workspace_id, step=step)
    before = {field: getattr(variant, field) for field in fields}
    after = {field: _typed(texts[field]) if field in texts else before[field] for field in fields}
    if after == before and variant.pk:
        return step
    for field, text in after.items():
        setattr(variant, field, text)
    variant.save()
    since = History.objects.filter(
        subject=f"campaign:{campaign.pk}", verb="edited", by=by, at__gt=now - _ONE_NOTE_FOR, data__step=key
    )
    if not since.exists():
        history.note(campaign, "edited", by=by, now=now, step=key)
    return step


@transaction.atomic
def set_waits(campaign: Campaign, key: int, low: int, high: int, *, by: Member, now: datetime) -> Step:
    """The least and most days that a step waits. Raises CannotChange."""
    campaign = _draft(campaign, by)
    step = _step(campaign, key)
    if not 0 <= low <= high <= LONGEST_WAIT_DAYS:
        raise CannotChange(f"A step waits from 0 to {LONGEST_WAIT_DAYS} days, the least first: {low} to {high} is not.")
    before = (step.wait_min_h, step.wait_max_h)
    step.wait_min_h, step.wait_max_h = low * DAY, high * DAY
    if (step.wait_min_h, step.wait_max_h) != before:
        step.save(update_fields=["wait_min_h", "wait_max_h"])
        history.note(campaign, "waits set", by=by, now=now, step=key, days=[low, high])
    return step


@transaction.atomic
def rename(campaign: Campaign, name: str, *, by: Member, now: datetime) -> Campaign:
    """Another name, in any state: what was sent does not change. Raises CannotChange."""
    rights.require(by, rights.Verb.BUILD)
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    try:
        name = campaigns.require_name(name, of=campaign)
    except campaigns.CannotLaunch as refusal:
        raise CannotChange(str(refusal)) from None
    if name != campaign.name:
        before, campaign.name = campaign.name, name
        try:
            with transaction.atomic():
                campaign.save(update_fields=["name"])
        except IntegrityError:  # somebody else took the name in this very moment
            raise CannotChange(campaigns.TAKEN.format(name)) from None
        history.note(campaign, "renamed", by=by, now=now, before=before, after=name)
    return campaign


@transaction.atomic
def add_people(campaign: Campaign, chosen: Chosen, *, by: Member, now: datetime) -> int:
    """Enroll these people too, with the draft's senders. How many are new. Raises CannotChange without a sender."""
    campaign = _draft(campaign, by)
    senders = senders_of(campaign)
    if not senders:
        raise CannotChange("No sender acts for this campaign yet: choose one first.")
    _leave_out(campaign, chosen.left_out)
    return campaigns.enroll(campaign, chosen.people, senders, by=by, now=now)


@transaction.atomic
def drop_people(campaign: Campaign, chosen: Chosen | None, *, by: Member, now: datetime) -> list[int]:
    """Take these people, or everybody, out of the draft again. Who it was, so that it can be undone."""
    campaign = _draft(campaign, by)
    leaving = Enrollment.objects.filter(campaign=campaign)
    if chosen is not None:
        leaving = leaving.filter(prospect__in=chosen.people)
    gone = list(leaving.order_by("prospect").values_list("prospect", flat=True))
    leaving.delete()
    if chosen is None:
        Campaign.objects.filter(pk=campaign.pk).update(left_out={})
    if gone:
        history.note(campaign, "people removed", by=by, now=now, people=len(gone))
    return gone


@transaction.atomic
def choose_senders(campaign: Campaign, senders: Sequence[Sender], *, by: Member, now: datetime) -> None:
    """These senders act and no other: everybody enrolled is shared among them anew. Raises CannotChange for nobody, or
    for one that cannot act; CannotLaunch for a play that is not for them."""
    campaign = _draft(campaign, by)
    if not senders:
        raise CannotChange("No sender is chosen: choose at least one.")
    for sender in senders:
        if sender.kind != "linkedin" or sender.state in (SenderState.ARCHIVED, SenderState.SETTING_UP):
            raise CannotChange(f"{sender.name} cannot act for a campaign: choose another sender.")
    campaigns.require_practice_seats(campaign, senders)
    ids = [sender.pk for sender in senders]
    practice = [sender.pk for sender in senders if sender.connector == campaigns.PRACTICE]
    if not practice and Enrollment.objects.filter(campaign=campaign, prospect__sample=True).exists():
        raise CannotChange("Sample people are in this campaign: keep a practice sender, or take the sample people out.")
    before = sorted(CampaignSender.objects.filter(campaign=campaign).values_list("sender", flat=True))
    CampaignSender.objects.filter(campaign=campaign).exclude(sender__in=ids).delete()
    CampaignSender.objects.bulk_create(
        [CampaignSender(workspace_id=campaign.workspace_id, campaign=campaign, sender=sender) for sender in senders],
        ignore_conflicts=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, {"campaign": campaign.pk, "senders": ids, "practice": practice})
        cursor.execute(campaigns.RELATE, {"campaign": campaign.pk})
    if sorted(ids) != before:
        history.note(campaign, "senders chosen", by=by, now=now, senders=sorted(ids))


_SHARE = """
UPDATE campaigns_enrollment e SET sender_id = s.sender_id FROM (
    SELECT w.id, coalesce(knows.sender_id, may.senders[1 + (row_number() OVER (PARTITION BY p.sample
        ORDER BY w.prospect_id) - 1) %% cardinality(may.senders)]) AS sender_id
    FROM campaigns_enrollment w JOIN prospects_prospect p ON p.id = w.prospect_id
    CROSS JOIN LATERAL (SELECT CASE WHEN p.sample THEN %(practice)s::bigint[] ELSE %(senders)s::bigint[] END
        AS senders) may
    LEFT JOIN LATERAL (SELECT r.sender_id FROM prospects_relationship r WHERE r.prospect_id = w.prospect_id
        AND r.degree = '1' AND r.sender_id = ANY(may.senders) ORDER BY r.sender_id LIMIT 1) knows ON true
    WHERE w.campaign_id = %(campaign)s AND w.state = 'waiting') s
WHERE e.id = s.id AND e.sender_id <> s.sender_id"""


def senders_of(campaign: Campaign) -> list[Sender]:
    """Who acts for the campaign, in order."""
    found = Sender.objects.filter(pk__in=CampaignSender.objects.filter(campaign=campaign).values("sender"))
    return list(found.select_related("plan", "connection", "owner__user").order_by("name", "pk"))


def version_of(campaign: Campaign) -> Version:
    """The campaign's newest version: of a draft, the one that can be changed."""
    return campaign.versions.latest("number")


def steps_of(version: Version) -> list[tuple[Step, Row]]:
    """The steps in order, each with its texts as they stand (empty where none is written)."""
    texts = {
        row["step_id"]: row
        for row in rows(
            "SELECT DISTINCT ON (v.step_id) v.step_id, v.name, v.weight, v.subject, v.text, v.note "
            "FROM campaigns_variant v JOIN campaigns_step s ON s.id = v.step_id WHERE s.version_id = %s "
            "ORDER BY v.step_id, v.id",
            (version.pk,),
        )
    }
    none = {"name": "A", "weight": 1, "subject": "", "text": "", "note": ""}
    return [(step, texts.get(step.pk, {**none, "step_id": step.pk})) for step in version.steps.order_by("position")]


def _draft(campaign: Campaign, by: Member) -> Campaign:
    """The campaign, locked. Raises CannotChange when it is no draft any more."""
    rights.require(by, rights.Verb.BUILD)
    locked: Campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if locked.state != CampaignState.DRAFT:
        raise CannotChange(f"{locked.name} is {locked.get_state_display().lower()}: only a draft can be changed.")
    return locked


def _leave_out(campaign: Campaign, left_out: dict[str, int]) -> None:
    for reason, n in left_out.items():
        campaign.left_out[reason] = max(n, campaign.left_out.get(reason, 0))
    campaign.save(update_fields=["left_out"])


def _step(campaign: Campaign, key: int) -> Step:
    step = version_of(campaign).steps.filter(key=key).first()
    if step is None:
        raise CannotChange(f"This campaign has no step {key}.")
    return step


def _typed(text: str) -> str:
    """What was typed, as the database can hold it: line ends as LF, without NUL and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "ignore").decode("utf-8")
