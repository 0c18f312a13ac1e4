"""The list of conversations equals a recount of their messages, in whatever order what was said becomes known."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Member
from campaigns.models import Thread
from campaigns.proof import inbox
from campaigns.proof.breach import Check
from campaigns.running import threads
from campaigns.running.database import rows
from campaigns.running.threads import Said
from outreach.language.replies import Intent
from tests.cast import MONDAY, Tidewell, bob, in_tidewell, prospects, tidewell

__all__ = ["bob", "in_tidewell", "tidewell"]

WORDS = st.tuples(
    st.integers(0, 5),  # the message's number: the same one may be told twice
    st.integers(0, 4),  # when it was written
    st.booleans(),
    st.sampled_from([intent.value for intent in Intent]),
)


def recount(of: Tidewell) -> Check:
    [check] = inbox.checks({"workspaces": [of.workspace.pk]})
    return check


def said(of: Tidewell, person: int, number: int, hour: int, inbound: bool, intent: str) -> Said:
    return Said(
        workspace=of.workspace.pk,
        sender=of.senders["bob"].pk,
        prospect=person,
        chat=f"chat-{person}",
        message=f"message-{person}-{number}",
        text=f"Number {number}:\n what  was said.",
        at=MONDAY + timedelta(hours=hour),
        inbound=inbound,
        intent=intent if inbound else "",
    )


@pytest.mark.usefixtures("in_tidewell")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(WORDS, max_size=8), member_says=st.integers(0, 8))
def test_whatever_the_order_the_list_says_what_a_recount_says(
    tidewell: Tidewell, bob: Member, told: list[Any], member_says: int
) -> None:
    [person] = prospects(tidewell.workspace, 1)
    for place, (number, hour, inbound, intent) in enumerate(told):
        threads.store(said(tidewell, person.pk, number, hour, inbound, intent), now=MONDAY)
        if place == member_says:
            Thread.objects.filter(prospect=person).update(label="interested", label_by=bob, state="open")
    check = recount(tidewell)
    assert check.ok, check.breaches
    assert check.counted == Thread.objects.count()


@pytest.mark.parametrize(
    "change",
    [
        "last_at = last_at + interval '1 hour'",
        "last_inbound_at = NULL",
        "asked_at = NULL",
        "answered_at = now()",
        "unread = 9",
        "label = 'not_now'",
        "preview = 'Something else'",
    ],
)
@pytest.mark.usefixtures("in_tidewell")
def test_a_list_that_says_something_else_is_found(tidewell: Tidewell, change: str) -> None:
    [person] = prospects(tidewell.workspace, 1)
    threads.store(said(tidewell, person.pk, 1, 1, True, "question"), now=MONDAY)
    assert recount(tidewell).ok
    rows(f"UPDATE campaigns_thread SET {change}")
    assert len(recount(tidewell).breaches) >= 1
