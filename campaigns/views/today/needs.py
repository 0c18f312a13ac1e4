"""What goes on only when a person does something, with the page on which they do it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import CreditBalance, Member, Sender
from accounts.models.sender import SenderState
from campaigns.running.waits import Segment, Waits
from campaigns.views.today.behind import people_url
from outreach.engine.causes import ORDER, WORDS, Cause

BROKEN: dict[str, tuple[str, str]] = {
    SenderState.FROZEN: ("bad", "is restricted and frozen: an admin looks at it before it goes on"),
    SenderState.DISCONNECTED: ("bad", "is disconnected: connect it again"),
    SenderState.PAUSED: ("warn", "is paused: resume it when it may go on"),
    SenderState.SETTING_UP: ("warn", "is not set up yet"),
}
"""Senders that stand still until a person does something, the worst first."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that goes on only when a person does something. `act`: the word on its button."""

    tone: str
    words: str
    detail: str
    url: str
    act: str


def needs(member: Member, everybody: Waits, names: dict[int, str]) -> list[Need]:
    """What only a person can set going again, what stops most of it first."""
    return [*_doubts(everybody), *_senders(member, everybody), *_people(everybody, names), *_balances(member)]


def _doubts(everybody: Waits) -> Iterator[Need]:
    if count := len(everybody.undecided):
        one = "Of one touch nobody knows whether it arrived"
        words = _plural(count, one, f"Of {count} touches nobody knows whether they arrived")
        yield Need(
            "warn", words, "Nothing else goes to these people until it is settled.", reverse("uncertain"), "Decide"
        )


def _senders(member: Member, everybody: Waits) -> Iterator[Need]:
    waiting = Counter(reason.sender for reason in everybody.reasons)
    broken = Sender.objects.visible_to(member).filter(state__in=BROKEN).order_by("name", "pk")
    for sender in sorted(broken, key=lambda one: list(BROKEN).index(SenderState(one.state))):
        tone, words = BROKEN[sender.state]
        people = waiting[sender.pk]
        detail = f"{people} {_plural(people, 'person waits', 'people wait')} for it." if people else ""
        yield Need(
            tone,
            f"{sender} {words}",
            f"{sender.state_reason} {detail}".strip(),
            reverse("sender", args=[sender.pk]),
            "Open the sender",
        )


def _people(everybody: Waits, names: dict[int, str]) -> Iterator[Need]:
    """People by campaign whom a text, an approval, a channel or a call keeps waiting."""
    shown = (Cause.DISCONNECTED, Cause.FROZEN)  # said of their sender, once
    found: Counter[tuple[int, Cause]] = Counter()
    for reason in everybody.reasons:
        if everybody.segment(reason) is Segment.NEEDS_YOU and reason.enrollment not in everybody.undecided:
            found[reason.campaign, reason.cause] += reason.cause not in shown
    for (campaign, cause), count in sorted(found.items(), key=lambda item: (ORDER[item[0][1]], -item[1])):
        if not count:
            continue
        by_hand = cause is Cause.QUEUE
        words = "A call or a task waits to be done" if by_hand else WORDS[cause]
        detail = f"{count} {_plural(count, 'person', 'people')} in {names.get(campaign, '')}."
        url = people_url(campaign, show=Segment.NEEDS_YOU) if by_hand else people_url(campaign, cause=cause)
        yield Need("warn", words, detail, url, "See who")


def _balances(member: Member) -> Iterator[Need]:
    held = CreditBalance.objects.filter(workspace=member.workspace_id).exclude(blocked="").select_related("sender")
    for balance in held.order_by("sender__name", "pk"):
        words = f"InMail of {balance.sender} is held until its balance is explained"
        yield Need("warn", words, balance.blocked, reverse("sender", args=[balance.sender_id]), "Open the sender")


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
