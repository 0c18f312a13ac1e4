"""Today's first section: who waits for an answer of this member."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Member
from campaigns.inbox import triage
from campaigns.models import Thread
from tests.cast import MONDAY, Tidewell
from tests.web.conversations import HOUR, conversation
from tests.web.test_overview import HOSTILE, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday", "in_tidewell")]


@pytest.fixture
def section(signed_in: Callable[[Member], Client]) -> Callable[[Member], str]:
    """The section as this member's page has it, "" when it has none."""

    def of(member: Member) -> str:
        page = signed_in(member).get("/").content.decode()
        return page.split('id="replies"')[1].split("</section>")[0] if 'id="replies"' in page else ""

    return of


def test_who_waits_longest_stands_first_with_what_they_said(tidewell: Tidewell, section: Callable[..., str]) -> None:
    bob = tidewell.senders["bob"]
    conversation(bob, "What does it cost?", at=MONDAY - HOUR, first_name="Ada", last_name="Late")
    oldest = conversation(bob, "Send it over.", at=MONDAY - 50 * HOUR, first_name="Ben", last_name="Early")
    conversation(tidewell.senders["priya"], "Not for him.", first_name="Cleo", last_name="Elsewhere")
    Member.objects.update(steps_away_at=MONDAY)  # else the next of the first steps is the primary act
    html = section(tidewell.bob)
    read = words(html)
    assert "2 open conversations are yours, all without an answer. The first waits 2 days." in read
    assert read.index("Ben Early") < read.index("Ada Late") and "Cleo" not in read
    assert "to Bob Moreau waits 2 days Send it over." in read and "waits 60 min What does it cost?" in read
    assert f'href="/inbox/{oldest.pk}/"' in html
    assert 'href="/inbox/?show=mine" data-kind="primary">' in html and "Open the inbox" in read


def test_the_number_is_that_of_the_inbox(
    tidewell: Tidewell, section: Callable[..., str], signed_in: Callable[[Member], Client]
) -> None:
    bob, priya = tidewell.senders["bob"], tidewell.senders["priya"]
    kept, given, snoozed, done, _ = [conversation(bob, first_name=f"P{n}", last_name="Q") for n in range(5)]
    triage.assign(given, tidewell.mara, by=tidewell.bob, now=MONDAY)
    triage.assign(kept, tidewell.bob, by=tidewell.bob, now=MONDAY)
    triage.snooze(snoozed, MONDAY + timedelta(days=1), by=tidewell.bob, now=MONDAY)
    triage.done(done, by=tidewell.bob, now=MONDAY)
    conversation(priya, first_name="Ida", last_name="Sol")

    assert "2 open conversations are yours, all" in words(section(tidewell.bob))
    rows = signed_in(tidewell.bob).get("/inbox/?show=mine").content.decode()
    assert rows.count('id="row-') == 2
    html = section(tidewell.mara)
    assert re.search(r'class="btn" href="/inbox/"', html), "where both of hers stand"
    mara = words(html)
    assert "3 open conversations are yours or nobody’s" in mara and "Mine 1" in mara and "Unassigned 2" in mara
    for split, count in (("mine", 1), ("unassigned", 2)):
        rows = signed_in(tidewell.mara).get(f"/inbox/?show={split}").content.decode()
        assert rows.count('id="row-') == count


def test_what_is_answered_does_not_wait(tidewell: Tidewell, section: Callable[..., str]) -> None:
    bob = tidewell.senders["bob"]
    answered = conversation(bob, "Ours was the last word.", first_name="Ada", last_name="Heard")
    Thread.objects.filter(pk=answered.pk).update(answered_at=MONDAY)
    html = section(tidewell.bob)
    assert "1 open conversation is yours. It has an answer; mark done what is settled." in words(html)
    assert "Ada" not in html and "primary" not in html
    conversation(bob, first_name="Ben", last_name="Early")
    assert "2 open conversations are yours, 1 of them without an answer. The first waits 60 min." in words(
        section(tidewell.bob)
    )


def test_one_conversation_is_said_in_the_singular(tidewell: Tidewell, section: Callable[..., str]) -> None:
    conversation(tidewell.senders["bob"])
    assert "1 open conversation is yours and waits for an answer." in words(section(tidewell.bob))


def test_an_empty_inbox_takes_no_room_and_a_viewer_reads_nobody(
    tidewell: Tidewell, section: Callable[..., str]
) -> None:
    assert section(tidewell.bob) == ""
    conversation(tidewell.senders["bob"])
    assert section(tidewell.vera) == "" and section(tidewell.priya) == ""


def test_many_replies_cost_no_more_than_few(
    tidewell: Tidewell, signed_in: Callable[[Member], Client], query_count: Callable[[Client, str], int]
) -> None:
    client, bob = signed_in(tidewell.bob), tidewell.senders["bob"]
    for n in range(3):
        conversation(bob, at=MONDAY - n * HOUR, first_name=f"P{n}", last_name="Q")
    client.get("/")  # a session's first page asks more
    few = query_count(client, "/")
    first = Thread.objects.latest("pk")
    Thread.objects.bulk_create(
        Thread(
            **{f.attname: getattr(first, f.attname) for f in Thread._meta.concrete_fields if f.name != "id"}
            | {"provider_chat": f"copy-{n}"}
        )
        for n in range(297)
    )
    assert query_count(client, "/") == few
    read = words(client.get("/").content.decode())
    assert "300 open conversations are yours, all" in read and "295 more wait for an answer in the inbox." in read


def test_what_a_stranger_wrote_stays_text(tidewell: Tidewell, section: Callable[..., str]) -> None:
    conversation(tidewell.senders["bob"], HOSTILE, first_name=HOSTILE[:40], last_name="X")
    html = section(tidewell.bob)
    assert "<script" not in html and "<img" not in html and html.count("<bdi>&lt;script&gt;") == 2
