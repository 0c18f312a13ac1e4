"""The page "Where everyone is"."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from accounts.models import Member
from accounts.models.sender import SenderState
from campaigns.models.enrollment import EnrollmentState
from campaigns.views.overview import SENDERS_A_PAGE
from outreach.engine.causes import WORDS, Cause
from outreach.engine.kinds import Budget
from tests.cast import MONDAY, Tidewell, campaign, credits, enroll, prospects, sender, use

pytestmark = pytest.mark.django_db

HOSTILE = """<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7|add:7 }}\u202egnp.exe"""


@pytest.fixture
def overview(monday: datetime, tidewell: Tidewell, signed_in: Callable[[Member], Client]) -> Callable[[], str]:
    """The page as Vera sees it, white space made single."""
    client = signed_in(tidewell.vera)
    return lambda: re.sub(r"\s+", " ", client.get("/").content.decode())


def words(html: str) -> str:
    """What a person reads of it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_people_are_counted_by_state(overview: Callable[[], str], tidewell: Tidewell) -> None:
    into, by = campaign(tidewell.bob), tidewell.senders["bob"]
    people = prospects(tidewell.workspace, 1300)
    enroll(into, by, people[:1200])
    enroll(into, by, people[1200:1230], EnrollmentState.HELD)
    enroll(into, by, people[1230:1231], EnrollmentState.STOPPED, reason="opted_out")
    enroll(into, by, people[1231:1240], EnrollmentState.STOPPED, reason="replied")
    read = words(overview())
    assert "1,240 people in 1 campaign. As of Mon 2 Nov, 09:00 UTC." in read
    assert "Active 1,200 in their sequence" in read
    assert "Held 30 left alone until resumed" in read
    assert "Stopped 10 9 replied, 1 asked not to be contacted" in read
    assert "Finished" not in read, "no counts of zero"


def test_every_cause_has_its_count_its_time_and_who_can_lift_it(
    overview: Callable[[], str], tidewell: Tidewell
) -> None:
    into, by = campaign(tidewell.bob), tidewell.senders["bob"]
    people = prospects(tidewell.workspace, 40)
    enroll(into, by, people[:20], cause=Cause.WEEK_CAP, cause_until=MONDAY + timedelta(hours=22))
    enroll(into, by, people[20:21], cause=Cause.WEEK_CAP, cause_until=MONDAY + timedelta(hours=3))
    enroll(into, by, people[21:30], EnrollmentState.WAITING, cause=Cause.NEEDS_APPROVAL)
    enroll(into, by, people[30:32])
    read = words(overview())
    assert f"{WORDS[Cause.WEEK_CAP]} 12:00 UTC, in 3 h. Passes by itself 21 12:00 UTC in 3 h" in read
    assert f"{WORDS[Cause.NEEDS_APPROVAL]} when somebody acts. A manager 9 when somebody acts" in read
    assert "the next step is being decided 2" in read
    assert "Under way 32" in read
    assert read.index(WORDS[Cause.WEEK_CAP]) < read.index(WORDS[Cause.NEEDS_APPROVAL]), "most people first"


def test_every_cause_can_be_shown(overview: Callable[[], str], tidewell: Tidewell) -> None:
    into, by = campaign(tidewell.bob), tidewell.senders["bob"]
    for cause, person in zip(Cause, prospects(tidewell.workspace, len(Cause)), strict=True):
        enroll(into, by, [person], cause=cause)
    read = unescape(overview())
    assert [sentence for sentence in WORDS.values() if sentence not in read] == []


def test_a_sender_shows_what_is_used_of_each_cap_and_what_comes_next(
    overview: Callable[[], str], tidewell: Tidewell
) -> None:
    bob = tidewell.senders["bob"]
    use(bob, Budget.INVITES, 71, every=timedelta(hours=2))
    use(bob, Budget.PENDING, 184)
    use(bob, Budget.OPEN_INMAIL, 14)
    read = words(overview())
    assert "Bob Moreau Active Premium Business . London, Mon to Fri 09:00 to 17:30." in read
    assert "Invites 12 of 20 24 h, open now Invites 71 of 100 7 days" in read
    assert "Pending 184 of 700 invites, open now" in read
    assert "Free InMail 14 of 800 this month" in read


def test_a_budget_that_a_sender_cannot_use_is_not_shown(overview: Callable[[], str], tidewell: Tidewell) -> None:
    mail = words(overview().split("bob@tidewell.example")[1])
    assert "E-mail 0 of 50" in mail and "Invites" not in mail and "No InMail credits" not in mail
    mara = words(overview().split("<bdi>Mara Okonkwo</bdi>")[1].split("<bdi>Priya")[0])
    assert "Notes 0 of 5" in mara and "Free InMail 0 of 30" in mara
    assert not re.search(r"(?<!Free )InMail \d+ of", mara), "her plan has no InMail"
    assert "No InMail credits" in mara


def test_a_sender_that_may_not_act_says_why_and_not_when(overview: Callable[[], str], tidewell: Tidewell) -> None:
    bob = tidewell.senders["bob"]
    bob.state, bob.state_reason = SenderState.FROZEN, "LinkedIn restricted this seat on Friday."
    bob.save()
    shown = words(overview().split("<bdi>Bob Moreau</bdi>")[1].split("<bdi>Mara")[0])
    assert "Frozen LinkedIn restricted this seat on Friday." in shown and "open now" not in shown


def test_an_archived_sender_is_gone(overview: Callable[[], str], tidewell: Tidewell) -> None:
    tidewell.senders["bob"].state = SenderState.ARCHIVED
    tidewell.senders["bob"].save()
    assert "<bdi>Bob Moreau</bdi>" not in overview()


def test_credits_are_pips_while_they_can_be_counted_and_a_figure_above(
    overview: Callable[[], str], tidewell: Tidewell
) -> None:
    credits(tidewell.senders["bob"], 12, reserved=1, held=3, cap=45)
    credits(tidewell.senders["priya"], 61)
    html = overview()
    bob, priya = html.split("<bdi>Priya Raman</bdi>")
    assert "12 1 reserved, 3 held for tier 3, cap 45" in words(bob)
    assert (bob.count('class="half"'), bob.count('class="free"'), bob.count('class="core"')) == (1, 8, 3)
    assert "61 cap 150" in words(priya) and 'class="pips"' not in priya


def test_a_new_workspace_says_how_to_begin(overview: Callable[[], str], tidewell: Tidewell) -> None:
    assert "Nobody is imported yet" in overview()
    assert "./dev manage import FILE --workspace tidewell --by vera@example.com" in overview()
    prospects(tidewell.workspace, 1)
    read = overview()
    assert "Nobody is in a campaign yet" in read and "./dev manage launch" in read
    enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 1))
    assert "./dev manage" not in overview()


def test_the_page_costs_the_same_for_any_length(
    monday: datetime,
    tidewell: Tidewell,
    signed_in: Callable[[Member], Client],
    query_count: Callable[[Client, str], int],
) -> None:
    client = signed_in(tidewell.mara)
    into = campaign(tidewell.bob)
    enroll(into, tidewell.senders["bob"], prospects(tidewell.workspace, 3), cause=Cause.GAP)
    few = query_count(client, "/")
    for n in range(30):
        credits(sender(tidewell.bob, f"Seat {n:02}", "business"), 5)
    for cause, person in zip(list(Cause) * 10, prospects(tidewell.workspace, 300), strict=True):
        enroll(into, tidewell.senders["bob"], [person], cause=cause)
    assert query_count(client, "/") == few <= 12


def test_many_senders_come_in_pages(
    monday: datetime, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    for n in range(30):
        sender(tidewell.bob, f"Seat {n:02}", "business")
    client = signed_in(tidewell.bob)
    first, second = (client.get("/", {"page": n}).content.decode() for n in (1, 2))
    assert first.count('class="strips"') == SENDERS_A_PAGE and second.count('class="strips"') == 10
    assert "1 to 25 of 35 senders" in first and "26 to 35 of 35 senders" in second
    assert "26 to 35" in client.get("/?page=9999").content.decode(), "a page that is gone shows the last"
    assert "1 to 25" in client.get("/?page=' OR 1=1").content.decode()


def test_refresh_brings_the_sheet_alone(monday: datetime, bob: Member, signed_in: Callable[[Member], Client]) -> None:
    client = signed_in(bob)
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert fragment.content.decode().strip().startswith('<div class="sheet" id="overview">')
    assert "HX-Request" in fragment.headers["Vary"]
    assert fragment.content in client.get("/").content


def test_a_hostile_name_is_only_a_name(overview: Callable[[], str], tidewell: Tidewell) -> None:
    bob = tidewell.senders["bob"]
    bob.name, bob.state_reason = HOSTILE, HOSTILE
    bob.save()
    assert bob.plan is not None
    bob.plan.name = HOSTILE[:80]
    bob.plan.save()
    tidewell.workspace.name = HOSTILE
    tidewell.workspace.save()
    tidewell.vera.user.name = HOSTILE
    tidewell.vera.user.save()
    balance = credits(bob, 5)
    balance.blocked = HOSTILE
    balance.save()
    html = overview()
    assert "<script>alert" not in html and "<img" not in html and "14\u202e" not in html
    assert html.count("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;") >= 6
