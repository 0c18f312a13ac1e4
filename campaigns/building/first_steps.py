"""The first five steps of a workspace, from an empty page to a running campaign: which are done, what comes next."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists
from django.urls import reverse

from accounts import verification
from accounts.models import Member, Sender
from accounts.rights import Scope, Verb, may
from campaigns.models import Campaign
from prospects.models import Prospect


@dataclass(frozen=True, slots=True)
class FirstStep:
    """`act`: the word on its button. `next`: nothing before it is open, so its button is the page's."""

    label: str
    words: str
    act: str
    url: str
    done: bool
    next: bool = False


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """The list as this member sees it. `samples`: invented people are loaded."""

    steps: tuple[FirstStep, ...]
    samples: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)


def of(member: Member) -> FirstSteps | None:
    """The list of this member, in their workspace's scope; None when it is done, put away, or not theirs to do."""
    if member.steps_away_at is not None or may(member, Verb.BUILD) in (Scope.NONE, Scope.READ):
        return None
    # one question for all: what this workspace has
    people = Prospect.objects.visible_to(member)
    campaigns = Campaign.objects.visible_to(member)
    has = Member.objects.filter(pk=member.pk).values_list(
        Exists(Sender.objects.visible_to(member)),
        Exists(people),
        Exists(campaigns),
        Exists(campaigns.filter(launched_at__isnull=False)),
        Exists(people.filter(sample=True)),
    )[0]
    sender, imported, planned, launched, samples = has
    draft = campaigns.filter(state="draft").order_by("-pk").first() if planned and not launched else None
    steps = (
        FirstStep(
            "Confirm your e-mail address",
            "We sent you a message with a link. Until you follow it you can do everything but launch.",
            "Send it again",
            reverse("verify-again"),
            verification.is_verified(member.user),
        ),
        FirstStep(
            "Add a sender",
            "A practice sender talks to the built-in simulator, so that nobody real hears from you while you try.",
            "Add a sender",
            reverse("sender-new"),
            sender,
        ),
        FirstStep(
            "Import people",
            "LinkedIn’s own Connections.csv, a Sales Navigator export or any list with names and profile links.",
            "Import people",
            reverse("import-new"),
            imported,
        ),
        FirstStep(
            "Plan a campaign",
            "Choose a play: by volume, senior people first, or the few who matter most. Its texts are yours to change.",
            "Plan a campaign",
            reverse("campaign-new"),
            planned,
        ),
        FirstStep(
            "Launch it",
            "Before anything goes out one page says how many, by whom, when first, and what it costs.",
            "Review and launch",
            reverse("campaign-review", args=[draft.pk]) if draft else reverse("campaigns"),
            launched,
        ),
    )
    if all(step.done for step in steps):
        return None
    first = next((n for n, step in enumerate(steps) if n and not step.done), None)
    return FirstSteps(
        tuple(
            FirstStep(step.label, step.words, step.act, step.url, step.done, next=n == first)
            for n, step in enumerate(steps)
        ),
        samples,
    )


def put_away(member: Member, *, now: datetime) -> None:
    """Do not show this member the list any more."""
    Member.objects.filter(pk=member.pk, steps_away_at=None).update(steps_away_at=now)


def bring_back(member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(steps_away_at=None)
