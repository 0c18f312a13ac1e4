"""Today: what needs a person, what waits and why, and the room left."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django_scopes import scope

from accounts.models import CreditBalance, Member, Role, Sender
from accounts.models.sender import SenderState
from campaigns.models import Touch
from campaigns.models.enrollment import EnrollmentState
from campaigns.running import touches
from campaigns.running.waits import Waits
from campaigns.running.why import Reason
from campaigns.views.today.blockers import FIRST, blockers
from campaigns.views.today.overview import SENDERS_A_PAGE
from outreach.engine.causes import LIFTED_BY, WORDS, Cause
from outreach.engine.kinds import NEVER, Budget
from tests.campaigns.running_world import World, broken, seat
from tests.cast import MONDAY, Tidewell, campaign, credits, enroll, member, prospects, sender, use

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


@pytest.fixture
def world(monday: datetime) -> Iterator[World]:
    """Five people in the campaign Volume wait for their first invite in Bob's queue."""
    made = seat()
    with scope(workspace=made.workspace):
        made.launch("Volume", "volume", [made.person(name) for name in ("Ada", "Ben", "Cleo", "Dora", "Emil")])
        made.look()
        yield made


@pytest.fixture
def today(world: World, signed_in: Callable[[Member], Client]) -> Callable[[], str]:
    """What Mara reads of the world's page."""
    client = signed_in(world.mara)
    return lambda: words(client.get("/").content.decode())


def test_who_merely_waits_in_a_queue_is_told_so_and_not_that_nothing_is_in_the_way(
    world: World, today: Callable[[], str]
) -> None:
    read = today()
    assert f"{FIRST} now. Passes by itself 1" in read
    assert f"{WORDS[Cause.QUEUE]} 09:01 UTC, in 2 min. Passes by itself 4 09:01 UTC in 2 min" in read
    assert "Under way 5" in read
    assert read.index(WORDS[Cause.QUEUE]) < read.index(FIRST), "most people first"
    assert "Nothing needs you." in read


@pytest.mark.parametrize(
    ("change", "cause", "when"),
    [
        ("UPDATE campaigns_campaign SET state = 'paused'", Cause.PAUSED_CAMPAIGN, "When an SDR acts"),
        ("UPDATE accounts_sender SET state = 'frozen'", Cause.FROZEN, "When an admin acts"),
        ("UPDATE campaigns_enrollment SET state = 'held'", Cause.STOPPED, "When an SDR acts"),
        ("UPDATE prospects_relationship SET invite_not_before = '2026-11-20Z'", Cause.COOL_DOWN, "20 Nov 00:00 UTC"),
    ],
)
def test_the_cause_is_asked_of_the_rules_and_never_read_from_a_row(
    world: World, today: Callable[[], str], change: str, cause: Cause, when: str
) -> None:
    with broken(change, "UPDATE campaigns_enrollment SET cause = 'gap', cause_until = '2026-11-05Z'"):
        read = today()
    assert re.search(rf"{WORDS[cause]} .*{when}.* 5 ", read) and WORDS[Cause.GAP] not in read
    with broken("UPDATE campaigns_enrollment SET cause = 'frozen'"):
        assert WORDS[Cause.FROZEN] not in today()


def test_a_cause_opens_the_rows_behind_its_number(
    world: World, today: Callable[[], str], signed_in: Callable[[Member], Client]
) -> None:
    client = signed_in(world.mara)
    page = client.get("/").content.decode()
    rows = unescape(re.findall(r'href="(/campaigns/[^"]*cause=queue)"', page)[0])
    behind = words(client.get(rows).content.decode())
    assert "4 people, next to go first" in behind and "Ben" in behind and "Ada" not in behind
    first = unescape(re.findall(r'href="(/campaigns/[^"]*show=ready)"', page)[0])
    assert "Ada" in words(client.get(first).content.decode())


def test_what_needs_a_person_comes_first_and_names_its_page(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    (through,) = world.open()
    touches.mark_uncertain(through.head.touch, "The provider did not answer.", now=world.now)
    Touch.objects.filter(pk=through.head.touch).update(look_at=None, looks=3)
    Touch.objects.filter(state="planned", enrollment=world.enrollment("Emil")).update(
        cause="missing_text", not_before=NEVER
    )
    Sender.objects.create(
        workspace=world.workspace,
        owner=world.bob,
        name="Bob's second seat",
        hours={},
        state=SenderState.DISCONNECTED,
        state_reason="The session ended.",
        created_at=world.now,
    )
    page = signed_in(world.mara).get("/").content.decode()
    read = words(page.split('id="needs"')[1].split("</section>")[0])
    assert "Of one touch nobody knows whether it arrived" in read
    assert "Bob's second seat is disconnected: connect it again The session ended." in read
    assert f"{WORDS[Cause.MISSING_TEXT]} 1 person in Volume. See who" in read
    assert '<a class="btn" href="/uncertain/" data-kind="primary">Decide</a>' in page
    assert page.count('data-kind="primary"') == 1


def test_a_broken_sender_is_named_with_those_who_wait_for_it(world: World, today: Callable[[], str]) -> None:
    Sender.objects.update(state=SenderState.FROZEN, state_reason="LinkedIn restricted this seat.")
    read = today()
    assert "Bob Moreau is restricted and frozen: an admin looks at it before it goes on" in read
    assert "LinkedIn restricted this seat. 5 people wait for it." in read
    assert "See who" not in read, "said once, of the sender"


def test_a_balance_that_must_be_explained_needs_a_person(world: World, today: Callable[[], str]) -> None:
    CreditBalance.objects.update(blocked="LinkedIn shows 2 credits fewer.")
    assert "InMail of Bob Moreau is held until its balance is explained LinkedIn shows 2 credits fewer." in today()


def test_a_viewer_sees_what_needs_a_person_and_has_nothing_to_press(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    CreditBalance.objects.update(blocked="LinkedIn shows 2 credits fewer.")
    vera = member(world.workspace, "Vera Novak", Role.VIEWER)
    page = signed_in(vera).get("/").content.decode()
    assert "held until its balance is explained" in words(page) and 'data-kind="primary"' not in page


def test_every_cause_can_be_shown() -> None:
    reasons = tuple(
        Reason(n, cause, None, None, None, WORDS[cause], LIFTED_BY[cause], campaign=1) for n, cause in enumerate(Cause)
    )
    shown = blockers(Waits(MONDAY, reasons, frozenset()), {1: "Volume"}, MONDAY)
    assert {one.words for one in shown} == set(WORDS.values())
    assert all(one.ahead and one.lifter and one.where[0].count == 1 for one in shown)


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
    assert "Pending 184 of 700 unanswered, open now" in read
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
    prospects(tidewell.workspace, 1)
    assert "Nobody is in a campaign yet" in overview()
    enroll(campaign(tidewell.bob), tidewell.senders["bob"], prospects(tidewell.workspace, 1))
    assert "yet" not in words(overview()).split("Room left")[0].replace("Why not yet", "")


def test_the_page_costs_the_same_for_any_length(
    world: World, signed_in: Callable[[Member], Client], query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(world.mara)
    client.get("/")  # a session's first page asks more
    few = query_count(client, "/")
    for n in range(30):
        credits(sender(world.bob, f"Seat {n:02}", "business"), 5)
    world.launch("Second", "volume", [world.person(f"P{n}") for n in range(300)])
    world.look()
    assert query_count(client, "/") == few <= 16


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


def plain(response: HttpResponse) -> str:
    """The answer without the tokens of its forms, which differ each time."""
    return re.sub(r'(csrfmiddlewaretoken" value=")[^"]*', r"\1", response.content.decode())


def test_refresh_brings_the_sheet_alone(monday: datetime, bob: Member, signed_in: Callable[[Member], Client]) -> None:
    client = signed_in(bob)
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert fragment.content.decode().strip().startswith('<div class="sheet" id="overview">')
    assert "HX-Request" in fragment.headers["Vary"]
    assert plain(fragment) in plain(client.get("/"))


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
