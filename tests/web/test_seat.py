"""The member's own seat in the frame: what it used of today, its credits, and its pause."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts.models import Member, Sender
from campaigns.models import Touch
from outreach.engine.kinds import Budget, Kind
from tests.cast import MONDAY, Tidewell, campaign, credits, enroll, prospects, sender, use
from tests.web.test_overview import HOSTILE, words
from tests.web.watching import Watched

pytestmark = pytest.mark.django_db

type SignIn = Callable[[Member | None], Client]


def read(client: Client) -> str:
    return words(client.get(reverse("seat")).content.decode())


def test_it_says_what_is_used_of_today_and_what_is_left_of_the_credits(
    tidewell: Tidewell, monday: datetime, signed_in: SignIn
) -> None:
    use(tidewell.senders["bob"], Budget.INVITES, 6, every=timedelta(minutes=20))
    credits(tidewell.senders["bob"], 12, reserved=1, held=3, cap=45)
    page = signed_in(tidewell.bob).get(reverse("seat")).content.decode()
    assert "Your seat , Bob Moreau Active Invites today 6 of 20 InMail credits 12" in words(page)
    assert page.count("<g ") == 12, "one pip for each credit"
    assert f'href="{reverse("sender", args=[tidewell.senders["bob"].pk])}"' in page


def test_what_is_planned_is_drawn_as_far_as_the_day_has_room(
    tidewell: Tidewell, monday: datetime, signed_in: SignIn
) -> None:
    bob = tidewell.senders["bob"]
    use(bob, Budget.INVITES, 15, every=timedelta(minutes=20))
    with scope(workspace=tidewell.workspace):
        for one in enroll(campaign(tidewell.bob), bob, prospects(tidewell.workspace, 8)):
            Touch.objects.create(
                workspace=tidewell.workspace,
                enrollment=one,
                prospect=one.prospect,
                sender=bob,
                kind=Kind.INVITE,
                state="planned",
                step_key=1,
                facts_version=1,
                planned_at=MONDAY,
                not_before=MONDAY,
            )
    page = signed_in(tidewell.bob).get(reverse("seat")).content.decode()
    assert 'aria-label="15 of 20 used, 5 planned"' in page
    assert 'class="plan" width="100%"' in page and 'class="used" width="75%"' in page


def test_who_owns_no_sender_has_no_box(
    tidewell: Tidewell, charlie: Member, monday: datetime, signed_in: SignIn
) -> None:
    for member in (tidewell.vera, charlie):
        assert signed_in(member).get(reverse("seat")).status_code == 204


def test_a_put_away_sender_is_nobodys_seat(tidewell: Tidewell, monday: datetime, signed_in: SignIn) -> None:
    with scope(workspace=tidewell.workspace):
        Sender.objects.filter(owner=tidewell.priya).update(state="archived")
    assert signed_in(tidewell.priya).get(reverse("seat")).status_code == 204


def test_the_seat_comes_before_the_mailbox_and_the_others_are_counted(
    tidewell: Tidewell, monday: datetime, signed_in: SignIn
) -> None:
    read_by_bob = read(signed_in(tidewell.bob))
    assert "Bob Moreau" in read_by_bob and "1 more" in read_by_bob
    assert "more" not in read(signed_in(tidewell.priya))


def test_pausing_leads_back_to_the_page_it_was_done_on(tidewell: Tidewell, monday: datetime, signed_in: SignIn) -> None:
    client, bob = signed_in(tidewell.bob), tidewell.senders["bob"]
    assert "Pause my seat" in read(client)
    answer = client.post(reverse("sender-pause", args=[bob.pk]), headers={"Referer": "http://testserver/prospects/"})
    assert answer["Location"] == "http://testserver/prospects/"
    assert "Paused" in (now := read(client)) and "Resume my seat" in now and "Pause my seat" not in now


def test_it_takes_the_same_queries_for_one_sender_and_for_many(
    tidewell: Tidewell, monday: datetime, signed_in: SignIn, query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(tidewell.priya)
    credits(tidewell.senders["priya"], 5)
    read(client)  # the first visit also notes the session
    few = query_count(client, reverse("seat"))
    for number in range(30):
        credits(sender(tidewell.priya, f"Seat {number}", "business"), 9)
    assert query_count(client, reverse("seat")) == few


def test_a_hostile_name_is_text(tidewell: Tidewell, monday: datetime, signed_in: SignIn) -> None:
    with scope(workspace=tidewell.workspace):
        Sender.objects.filter(owner=tidewell.priya).update(name=HOSTILE[:120])
    page = signed_in(tidewell.priya).get(reverse("seat")).content.decode()
    assert "<script>" not in page and "&lt;script&gt;" in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_it_stands_in_the_frame_after_the_page_and_pauses_from_there(
    watch: Callable[..., Watched], tidewell: Tidewell, monday: datetime
) -> None:
    page = watch(tidewell.bob).open("/prospects/")
    box = page.get_by_role("region", name="Your seat today")
    box.get_by_text("0 of 20").wait_for()
    box.get_by_role("button", name="Pause my seat").click()
    page.get_by_text("Bob Moreau is paused.").wait_for()
    assert page.url.endswith("/prospects/")
    page.get_by_role("region", name="Your seat today").get_by_role("button", name="Resume my seat").wait_for()
