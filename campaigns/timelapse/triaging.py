"""What the people of the sample workspace do with the replies: they answer, book meetings, put off, and put away."""

from datetime import datetime, timedelta

from accounts.models import Member
from campaigns.inbox import answers, triage
from campaigns.models import Thread
from campaigns.models.thread import Outcome, ThreadState
from outreach.language.replies import Intent

LATE = timedelta(hours=20)
"""A reply is answered on the second morning: some always lie in the inbox."""

MEETING_IN = timedelta(days=4)

ANSWERS = {
    Intent.INTERESTED: "Thank you, I am glad to hear that. Would half an hour early next week suit you?",
    Intent.QUESTION: "A good question. In short: every reply is counted with what it cost. Shall I send an example?",
    Intent.UNSURE: "Thank you for your answer. May I ask what you would like to know first?",
}


def morning(now: datetime) -> None:
    """Whoever owns a sender goes through its threads, the oldest first. In the workspace's scope."""
    threads = (
        Thread.objects.filter(state=ThreadState.OPEN, asked_at__lt=now - LATE)
        .select_related("sender__owner__user", "prospect")
        .order_by("pk")
    )
    for thread in threads:
        _triage(thread, thread.sender.owner, now)
    for thread in Thread.objects.filter(outcome=Outcome.MEETING, outcome_on__lt=now.date()).order_by("pk"):
        _after_the_meeting(thread, thread.sender.owner, now)


def _triage(thread: Thread, by: Member, now: datetime) -> None:
    match thread.label:
        case Intent.NOT_NOW:
            triage.snooze(thread, now + timedelta(days=30), by=by, now=now)
        case Intent.INTERESTED | Intent.QUESTION | Intent.UNSURE if thread.asked_at and thread.asked_at > (
            thread.answered_at
        ):
            _answer(thread, by, now)
        case Intent.INTERESTED if not thread.outcome:
            triage.outcome(thread, Outcome.LOST, by=by, now=now)
            triage.done(thread, by=by, now=now)
        case Intent.NOT_INTERESTED | Intent.STOP:
            triage.done(thread, by=by, now=now)
        case _:
            pass


def _answer(thread: Thread, by: Member, now: datetime) -> None:
    """An answer to the first words; whoever writes again has a meeting booked, two of three of them."""
    if thread.label == Intent.INTERESTED and thread.pk % 3:
        triage.outcome(thread, Outcome.MEETING, on=(now + MEETING_IN).date(), by=by, now=now)
        triage.note(thread, "Wants to see it with their own numbers.", by=by, now=now)
    try:
        answers.answer(thread, ANSWERS[Intent(thread.label)], key=f"morning-{thread.pk}-{now:%j}", by=by, now=now)
    except answers.CannotAnswer:
        triage.done(thread, by=by, now=now)


def _after_the_meeting(thread: Thread, by: Member, now: datetime) -> None:
    what = (Outcome.WON, Outcome.HELD, Outcome.HELD, Outcome.LOST)[thread.pk % 4]
    triage.outcome(thread, what, on=None if what != Outcome.HELD else thread.outcome_on, by=by, now=now)
    if what != Outcome.HELD and thread.state != ThreadState.DONE:
        triage.done(thread, by=by, now=now)
