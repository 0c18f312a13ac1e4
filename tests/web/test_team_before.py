"""The Team page beside the days before, and how long answers take, theirs and ours."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from campaigns.metrics import funnel, timing
from campaigns.metrics.funnel import Cut
from campaigns.models import Enrollment, Message, Thread
from campaigns.views.team import asked, bars
from outreach.engine.kinds import Kind
from tests.campaigns.test_rollups import sent, writes
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects

SignedIn = Callable[[Member | None], Client]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _monday(monday: Any, in_tidewell: Any) -> None:
    """It is Monday, and the tests look into Tidewell."""


@pytest.fixture
def people(tidewell: Tidewell) -> list[Enrollment]:
    return enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 160))


def cut(of: Tidewell, **more: Any) -> Cut:
    return Cut(of.workspace.pk, (MONDAY - 6 * DAY).date(), MONDAY.date(), **more)


def ask(query: str) -> asked.Asked:
    return asked.read(QueryDict(query), 1, MONDAY)


def page(client: Client, query: str = "") -> str:
    return client.get(reverse("team") + query).content.decode()


def said(of: Enrollment, at: Any, *, inbound: bool, intent: str = "interested") -> None:
    message = writes(of, at, intent)
    if not inbound:
        Message.objects.filter(pk=message.pk).update(inbound=False)
    Thread.objects.filter(pk=message.thread_id).update(last_at=at, last_inbound_at=MONDAY)


# --- the days before --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("period=7", date(2026, 10, 20), date(2026, 10, 26)),
        ("period=month", date(2026, 10, 1), date(2026, 10, 2)),
        ("from=2026-10-31&to=2026-10-31", date(2026, 10, 30), date(2026, 10, 30)),
    ],
)
def test_as_many_days_are_compared_and_of_a_month_the_same_days(query: str, first: date, last: date) -> None:
    before = ask(query).before
    assert (before.first, before.last) == (first, last)


def test_a_long_month_is_compared_with_all_of_a_short_one() -> None:
    before = asked.read(QueryDict("period=month"), 1, MONDAY.replace(month=3, day=31)).before
    assert (before.first, before.last) == (date(2026, 2, 1), date(2026, 2, 28))


def test_the_days_before_are_counted_as_they_stood_when_they_were_as_old(
    tidewell: Tidewell, people: list[Enrollment]
) -> None:
    """Ten were asked each Monday; five answer after two days. On Monday this week's have not answered yet."""
    for n, one in enumerate(people[:10]):
        sent(one, Kind.DM, MONDAY - 7 * DAY - HOUR)
        if n < 5:
            writes(one, MONDAY - 5 * DAY)
    before = cut(tidewell)
    before = Cut(before.workspace, before.first - 7 * DAY, before.last - 7 * DAY)
    assert funnel.read(before).total.replied == 5
    stood, by_sender = funnel.as_it_stood(before, MONDAY - 7 * DAY)
    assert (stood.sent, stood.replied) == (10, 0) and set(by_sender) == {tidewell.senders["bob"].pk}
    assert funnel.as_it_stood(before, MONDAY - 5 * DAY)[0].replied == 5


def test_acceptances_and_meetings_count_from_when_they_came(tidewell: Tidewell, people: list[Enrollment]) -> None:
    sent(people[0], Kind.INVITE, MONDAY - 4 * DAY, response="accepted", response_at=MONDAY - 2 * DAY)
    sent(people[1], Kind.DM, MONDAY - 4 * DAY)
    met = writes(people[1], MONDAY - 3 * DAY)
    Thread.objects.filter(pk=met.thread_id).update(outcome="meeting", outcome_at=MONDAY - DAY)
    stood = [funnel.as_it_stood(cut(tidewell), MONDAY - n * DAY)[0] for n in (3, 2, 1)]
    assert [(one.replied, one.accepted, one.meetings) for one in stood] == [(1, 0, 0), (1, 1, 0), (1, 1, 1)]


def test_noise_is_not_shown_as_a_change_and_a_change_is(
    signed_in: SignedIn, tidewell: Tidewell, people: list[Enrollment]
) -> None:
    for n, one in enumerate(people):
        before = n < 80
        at = MONDAY - (9 if before else 2) * DAY
        sent(one, Kind.DM, at)
        if n % 80 < (8 if before else 10):
            writes(one, at + HOUR)
    client = signed_in(tidewell.mara)
    html = page(client, "?period=7")
    assert "8 before, no clear change" in html and "Was 10%, no clear change" in html
    assert 'class="delta"' not in html and "20 Oct to 26 Oct 2026" in html
    for one in people[100:130]:
        writes(one, MONDAY - 2 * DAY + HOUR)
    html = page(client, "?period=7")
    assert '<span class="delta" data-dir="up">+32</span> from 8' in html
    assert '<span class="delta" data-dir="up">+40 points</span> likely +26 to +52. Was 10%' in html


def test_the_comparison_can_be_taken_away_and_brought_back(
    signed_in: SignedIn, tidewell: Tidewell, people: list[Enrollment]
) -> None:
    for one, days in ((people[0], 2), (people[1], 9)):
        sent(one, Kind.DM, MONDAY - days * DAY)
    client = signed_in(tidewell.mara)
    assert 'href="?period=7&amp;compare=no" aria-label="Remove the comparison"' in page(client, "?period=7")
    html = page(client, "?period=7&compare=no")
    assert "before, no clear change" not in html
    assert '<a class="chip" data-add href="?period=7">' in html and "Compare with 20 Oct to 26 Oct 2026" in html


def test_without_a_touch_before_there_is_nothing_to_compare(
    signed_in: SignedIn, tidewell: Tidewell, people: list[Enrollment]
) -> None:
    sent(people[0], Kind.DM, MONDAY - DAY)
    html = page(signed_in(tidewell.mara), "?period=7")
    assert "Compared with" not in html and "no clear change" not in html


# --- how long answers take --------------------------------------------------------------------------------------------


def test_each_reply_is_in_one_length_of_time(tidewell: Tidewell, people: list[Enrollment]) -> None:
    waits = (10 * HOUR, HOUR, timedelta(minutes=59), 4 * HOUR, DAY, 3 * DAY, 5 * DAY)
    for one, wait in zip(people, waits, strict=False):
        sent(one, Kind.DM, MONDAY - 6 * DAY)
        writes(one, MONDAY - 6 * DAY + wait)
    sent(people[20], Kind.DM, MONDAY - 6 * DAY)
    writes(people[20], MONDAY - 5 * DAY, "out_of_office")
    found = timing.replies(cut(tidewell))
    assert list(found.counts.values()) == [1, 1, 2, 1, 2, 0] and found.median == 10 * HOUR
    drawn = bars.delays(ask("period=7"), found)
    assert [bar.label for bar in drawn.bars if bar.middle] == ["4 to 24 h"] and drawn.median == "10 h"


def test_nobody_replied_is_said(signed_in: SignedIn, tidewell: Tidewell, people: list[Enrollment]) -> None:
    sent(people[0], Kind.DM, MONDAY - DAY)
    assert timing.replies(cut(tidewell)).median is None
    assert "Nobody replied to these touches yet." in page(signed_in(tidewell.mara))


def test_how_long_a_person_waits_for_us(tidewell: Tidewell, people: list[Enrollment]) -> None:
    """From the first of the words that follow each other, to ours; machines' notes need no answer."""
    ana, ben, cleo, dan = people[:4]
    at = MONDAY - 2 * DAY
    said(ana, at, inbound=True)
    said(ana, at + HOUR, inbound=True)
    said(ana, at + 3 * HOUR, inbound=False)
    said(ben, at, inbound=True)
    said(ben, at + 5 * HOUR, inbound=False)
    said(cleo, at, inbound=True)
    said(dan, at, inbound=True, intent="out_of_office")
    found = timing.ours(cut(tidewell))
    expected = timing.Ours(4 * HOUR, answered=2, waits=1)
    assert found == {None: expected, tidewell.bob.pk: expected}
    assert timing.ours(cut(tidewell, sdr=tidewell.priya.pk)) == {None: timing.Ours(None, 0, 0)}


def test_weeks_without_a_movement_keep_their_place() -> None:
    weeks = bars.weeks(
        ask("period=30"),
        [bars.Week(date(2026, 10, 5), 0, 10, 2, 0), bars.Week(date(2026, 10, 26), 50, 5, 0, 3)],
    )
    assert [bar.label for bar in weeks.bars] == ["5 Oct", "26 Oct"]
    assert [bar.label for bar in weeks.drawn] == ["5 Oct", "12 Oct", "19 Oct", "26 Oct"]
    assert bars.weeks(ask("period=30"), []) == bars.Weeks((), ())
