"""Two members in one conversation: each sees the other, and nobody answers over somebody else without knowing it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Sender
from campaigns.inbox import answers, presence
from campaigns.models import Answer, Message, Presence, Thread, Touch
from outreach import clock
from prospects.models import Prospect
from tests.cast import MONDAY, Tidewell
from tests.web.conversations import conversation

HTMX = {"HX-Request": "true"}
SECOND = timedelta(seconds=1)
SignedIn = Callable[[Member | None], Client]


@pytest.fixture(autouse=True)
def _monday(monday: Any, in_tidewell: Any) -> None:
    """It is Monday, and the tests look into Tidewell."""


@pytest.fixture
def thread(tidewell: Tidewell) -> Thread:
    return conversation(tidewell.senders["bob"], first_name="Ana")


def page(client: Client, of: Thread) -> str:
    return client.get(reverse("thread", args=[of.pk])).content.decode()


def here(client: Client, of: Thread) -> str:
    return client.post(reverse("thread-here", args=[of.pk])).content.decode()


def write(client: Client, of: Thread, text: str) -> None:
    client.post(reverse("thread-draft", args=[of.pk]), {"text": text, "key": "a-form"})


def send(client: Client, of: Thread, text: str = "Thank you.", **data: Any) -> Any:
    return client.post(
        reverse("thread-answer", args=[of.pk]), {"text": text, "key": f"of {text}", **data}, headers=HTMX
    )


def carried(by: Member, thread: Thread, text: str = "Hello from a colleague.") -> None:
    """The answer of this member went out."""
    made = answers.answer(thread, text, key=f"of {text}", by=by, now=MONDAY)
    Touch.objects.filter(pk=made.touch_id).update(state="sent", gate_at=MONDAY, settled_at=MONDAY)
    Message.objects.create(
        workspace_id=thread.workspace_id,
        thread=thread,
        sender_id=thread.sender_id,
        provider_message=f"carried {text}",
        inbound=False,
        text=text,
        at=MONDAY,
        stored_at=MONDAY,
        touch=made.touch,
    )


def test_who_has_a_conversation_open_is_seen_there_by_the_others(
    signed_in: SignedIn, bob: Member, mara: Member, thread: Thread
) -> None:
    assert "is reading this" not in here(signed_in(bob), thread)
    here(signed_in(mara), thread)
    assert "<bdi>Bob Moreau</bdi></b> is reading this." in page(signed_in(mara), thread)
    assert "<bdi>Mara Okonkwo</bdi></b> is reading this." in here(signed_in(bob), thread)


def test_who_writes_is_seen_writing_until_they_stop(
    signed_in: SignedIn, bob: Member, mara: Member, thread: Thread
) -> None:
    write(signed_in(mara), thread, "Dear Ana")
    assert "Mara Okonkwo</bdi></b> is answering." in here(signed_in(bob), thread)
    clock.turn_to(MONDAY + presence.WRITES)
    assert "Mara Okonkwo</bdi></b> is reading this." in here(signed_in(bob), thread)


def test_who_went_elsewhere_or_away_is_not_seen_any_more(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member, mara: Member, thread: Thread
) -> None:
    other = conversation(tidewell.senders["bob"])
    here(signed_in(mara), thread)
    here(signed_in(mara), other)
    assert here(signed_in(bob), thread).strip() == ""
    here(signed_in(mara), thread)
    clock.turn_to(MONDAY + presence.STAYS)
    assert here(signed_in(bob), thread).strip() == ""


def test_only_what_colleagues_see_change_is_told(tidewell: Tidewell, bob: Member, thread: Thread) -> None:
    other = conversation(tidewell.senders["bob"])
    assert presence.come(thread, by=bob, now=MONDAY) == {thread.pk}
    assert presence.come(thread, by=bob, now=MONDAY + SECOND) == set()
    assert presence.come(thread, by=bob, now=MONDAY + SECOND, writes=True) == {thread.pk}
    assert presence.come(thread, by=bob, now=MONDAY + 2 * SECOND, writes=True) == set()
    assert presence.come(other, by=bob, now=MONDAY + 3 * SECOND) == {thread.pk, other.pk}
    assert presence.come(thread, by=bob, now=MONDAY + 2 * presence.STAYS) == {thread.pk}


def test_what_says_nothing_any_more_is_forgotten(bob: Member, mara: Member, thread: Thread) -> None:
    presence.come(thread, by=bob, now=MONDAY)
    presence.come(thread, by=mara, now=MONDAY + timedelta(hours=1))
    assert presence.forget(now=MONDAY + timedelta(hours=1, seconds=1)) == 1
    assert Presence.objects.get().member == mara


def test_the_second_who_answers_is_told_before_anything_goes_out(
    signed_in: SignedIn, bob: Member, mara: Member, thread: Thread
) -> None:
    client = signed_in(bob)
    seen = client.get(reverse("thread", args=[thread.pk])).context["seen"]
    carried(mara, thread)
    told = send(client, thread, "Mine too.", seen=seen)
    html = told.content.decode()
    assert told.status_code == 409 and Answer.objects.count() == 1
    assert "Mara Okonkwo wrote to Ana Solheim while you were writing" in html and "Nothing was sent yet." in html
    assert ">Mine too.</textarea>" in html and "Send anyway" in html and "Hello from a colleague." in html
    assert send(client, thread, "Mine too.", seen=told.context["seen"], despite="1").status_code == 200
    assert Answer.objects.filter(by=bob).count() == 1


def test_who_answers_while_another_is_writing_is_asked_once(
    signed_in: SignedIn, bob: Member, mara: Member, thread: Thread
) -> None:
    write(signed_in(mara), thread, "Dear Ana")
    client = signed_in(bob)
    seen = client.get(reverse("thread", args=[thread.pk])).context["seen"]
    told = send(client, thread, seen=seen)
    assert told.status_code == 409 and Answer.objects.count() == 0
    assert "Mara Okonkwo is answering Ana Solheim at this moment" in told.content.decode()
    assert send(client, thread, seen=seen, despite="1").status_code == 200
    assert Answer.objects.get().by == bob


def test_saying_so_again_does_not_cover_what_came_since(
    signed_in: SignedIn, bob: Member, mara: Member, thread: Thread
) -> None:
    client = signed_in(bob)
    seen = client.get(reverse("thread", args=[thread.pk])).context["seen"]
    carried(mara, thread)
    assert send(client, thread, seen=seen, despite="1").status_code == 409
    assert Answer.objects.filter(by=bob).count() == 0


def test_two_answers_of_one_member_are_no_surprise(signed_in: SignedIn, bob: Member, thread: Thread) -> None:
    client = signed_in(bob)
    seen = client.get(reverse("thread", args=[thread.pk])).context["seen"]
    carried(bob, thread)
    assert send(client, thread, seen=seen).status_code == 200


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "disconnected"}, "Bob Moreau is disconnected: connect the sender again, then send this."),
        ({"state": "frozen"}, "Bob Moreau was restricted by LinkedIn: an admin lifts that, then send this."),
        ({"state": "paused"}, "Bob Moreau is not active: let the sender act again, then send this."),
        ({"connection": None}, "Bob Moreau sends by hand: answer on LinkedIn, and it appears here."),
        ({}, "Ana Solheim must not be contacted: lift that first."),
    ],
)
def test_what_keeps_an_answer_from_going_is_said_before_and_after_and_the_text_stays(
    signed_in: SignedIn, bob: Member, thread: Thread, change: dict[str, Any], sentence: str
) -> None:
    if change:
        Sender.objects.filter(pk=thread.sender_id).update(**change)
    else:
        Prospect.objects.filter(pk=thread.prospect_id).update(suppressed_at=MONDAY)
    client = signed_in(bob)
    shown = page(client, thread)
    assert sentence in shown and 'data-kind="primary"' not in shown, "sending is not the next act"
    refused = send(client, thread, "Dear Ana, thank you.")
    assert refused.status_code == 422 and Answer.objects.count() == 0
    assert refused.content.decode().count(sentence) == 1
    assert ">Dear Ana, thank you.</textarea>" in refused.content.decode()
