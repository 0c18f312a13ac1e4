"""One person's page: what we know, what happened over all senders and campaigns, and what can be decided here."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import Member
from campaigns.models import Enrollment, Touch
from campaigns.models.enrollment import EnrollmentState
from campaigns.views.prospects import timeline
from outreach import clock
from prospects.models import Audience, AudienceMember, Intent, Prospect, Relationship, Suppression
from tests.cast import MONDAY, Tidewell, campaign, credits, enroll, prospects
from tests.web import test_overview
from tests.web.hostile import Hostile, hostile
from tests.web.watching import Watched

pytestmark = pytest.mark.django_db


@pytest.fixture
def ingrid(monday: datetime, in_tidewell: object, tidewell: Tidewell) -> Prospect:
    [one] = prospects(tidewell.workspace, 1)
    return one


@pytest.fixture
def their_page(tidewell: Tidewell, ingrid: Prospect, signed_in: Callable[[Member], Client]) -> Callable[..., str]:
    """Ingrid's page as somebody sees it, white space made single."""

    def see(who: str = "bob", query: str = "", **headers: Any) -> str:
        client = signed_in(getattr(tidewell, who))
        return re.sub(r"\s+", " ", client.get(f"/prospects/{ingrid.pk}/{query}", **headers).content.decode())

    return see


def touch(to: Enrollment, **fields: Any) -> Touch:
    values: dict[str, Any] = {
        "kind": "dm",
        "state": "sent",
        "step_key": Touch.objects.count() + 1,
        "facts_version": 1,
        "planned_at": MONDAY,
        "not_before": MONDAY,
        "gate_at": MONDAY,
        "settled_at": MONDAY,
        **fields,
    }
    made: Touch = Touch.objects.create(
        workspace=to.workspace, enrollment=to, prospect=to.prospect, sender=to.sender, **values
    )
    return made


def words(html: str) -> str:
    """What a person reads of it, without the gaps that tags leave before a mark."""
    return re.sub(r" (?=[,.:])", "", test_overview.words(html))


def written(html: str) -> str:
    """What a person reads of the timeline."""
    return words(html.split('id="events"')[1].split("</ol>")[0])


def test_it_says_who_they_are_where_from_and_how_old_each_fact_is(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell
) -> None:
    Prospect.objects.filter(pk=ingrid.pk).update(
        title="VP Supply Chain",
        seniority="vp",
        open_profile=True,
        premium=True,
        checked_at=MONDAY - timedelta(days=9),
        email="ingrid@example.com",
        custom={"Industry": "Food"},
    )
    Relationship.objects.create(
        workspace=tidewell.workspace,
        prospect=ingrid,
        sender=tidewell.senders["bob"],
        degree="1",
        connected_at=MONDAY - timedelta(days=400),
        checked_at=MONDAY - timedelta(days=3),
    )
    audience = Audience.objects.create(workspace=tidewell.workspace, name="Fair", created_at=MONDAY)
    AudienceMember.objects.create(workspace=tidewell.workspace, audience=audience, prospect=ingrid)
    read = words(their_page())
    assert "Ingrid Solheim VP Supply Chain VP Open 9 d Premium" in read
    assert "Bob Moreau 1st, connected 28 Sep 2025, read 3 d" in read
    assert "Added today Audience Fair" in read and "Industry Food" in read
    assert "checked 9 d" in read and "Nothing happened yet." in read


def test_everything_that_happened_is_there_newest_first(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell
) -> None:
    first, second = campaign(tidewell.bob), campaign(tidewell.priya, "Second")
    [one] = enroll(first, tidewell.senders["bob"], [ingrid], EnrollmentState.STOPPED, reason="replied")
    Enrollment.objects.filter(pk=one.pk).update(ended_at=MONDAY + timedelta(hours=9))
    [two] = enroll(second, tidewell.senders["priya"], [ingrid], EnrollmentState.HELD)
    touch(one, kind="invite", gate_at=MONDAY + timedelta(hours=1), response="accepted")
    Touch.objects.update(response_at=MONDAY + timedelta(hours=2))
    balance = credits(tidewell.senders["priya"], 10)
    paid = touch(two, kind="inmail", gate_at=MONDAY + timedelta(hours=3), subject="A question", text="Dear Ingrid")
    for n, (debit, credit) in enumerate((("available", "reserved"), ("reserved", "spent"), ("returned", "available"))):
        balance.transfers.create(
            workspace=tidewell.workspace,
            debit=debit,
            credit=credit,
            amount=1,
            cause=f"{n}:{paid.pk}",
            touch=paid.pk,
            at=MONDAY,
        )
    touch(two, kind="dm", state="refused", gate_at=MONDAY + timedelta(hours=4), refusal="errors/user_unreachable")
    touch(two, kind="dm", state="cancelled", gate_at=None, settled_at=MONDAY + timedelta(hours=5))
    Intent.objects.create(
        workspace=tidewell.workspace, prospect=ingrid, kind="job_change", key="a", at=MONDAY + timedelta(hours=6)
    )
    read = written(their_page("alice"))
    told = [
        "The sequence stopped: they replied 2 Nov 2026, 18:00, Dock delays Q4",
        "Signal: job change 2 Nov 2026, 15:00",
        "Message cancelled 2 Nov 2026, 14:00, Priya Raman, Second",
        "Message refused 2 Nov 2026, 13:00, Priya Raman, Second user unreachable",
        "InMail 1 credit spent and returned 2 Nov 2026, 12:00, Priya Raman, Second Dear Ingrid A question Dear Ingrid",
        "Invite accepted 2 Nov 2026, 11:00, Bob Moreau, Dock delays Q4",
        "Invite 2 Nov 2026, 10:00, Bob Moreau, Dock delays Q4",
        "Entered a campaign 2 Nov 2026, 09:00, Priya Raman, Second",
    ]
    places = [read.find(one) for one in told]
    assert -1 not in places, read + str([one for one, place in zip(told, places, strict=True) if place == -1])
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("who", "reads"), [("vera", False), ("bob", True), ("priya", False), ("mara", True), ("alice", True)]
)
def test_what_was_written_is_read_by_those_who_may_read_the_threads(
    monday: datetime,
    in_tidewell: object,
    tidewell: Tidewell,
    signed_in: Callable[[Member], Client],
    who: str,
    reads: bool,
) -> None:
    made = hostile(tidewell.workspace, tidewell.bob)
    type(made.message).objects.filter(pk=made.message.pk).update(text="Their own words")
    Touch.objects.filter(pk=made.touch.pk).update(text="Our own words")
    page = signed_in(getattr(tidewell, who)).get(f"/prospects/{made.prospect.pk}/").content.decode()
    assert ("Their own words" in page) is reads and ("Our own words" in page) is reads
    assert ("What was written is shown to those who may read" in page) is not reads
    assert "Reply to" in page, "that they answered is no secret"


def test_older_events_come_by_keyset_each_once(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "A_PAGE", 4)
    [one] = enroll(campaign(tidewell.bob), tidewell.senders["bob"], [ingrid], EnrollmentState.HELD)
    for n in range(5):
        touch(one, gate_at=MONDAY + timedelta(hours=n % 2), text=f"text {n}")
    for n in range(5):
        Intent.objects.create(workspace=tidewell.workspace, prospect=ingrid, kind=f"k{n}", key=str(n), at=MONDAY)
    seen: list[str] = []
    query = ""
    for _ in range(4):
        told = timeline.of(ingrid, tidewell.bob, cursor=query)
        seen += [event.cursor for event in told.events]
        query = told.older
        if not query:
            break
    assert len(seen) == len(set(seen)) == 11 and not query
    first = their_page()
    [older] = re.findall(r'href="/prospects/\d+/(\?before=[^"]+)"', first)
    fragment = their_page("bob", older, headers={"HX-Request": "true"}).strip()
    assert fragment.startswith("<li") and 'id="further" hx-swap-oob="true"' in fragment
    assert "Back to the newest" in their_page("bob", older), "without a script it is a page of its own"
    assert written(their_page("bob", "?before=nonsense")) == written(first)


def test_the_page_costs_the_same_for_any_history(
    ingrid: Prospect,
    tidewell: Tidewell,
    signed_in: Callable[[Member], Client],
    query_count: Callable[[Client, str], int],
) -> None:
    client = signed_in(tidewell.mara)
    [one] = enroll(campaign(tidewell.bob), tidewell.senders["bob"], [ingrid], EnrollmentState.ACTIVE)
    for n in range(3):
        touch(one, text=f"t{n}")
    address = f"/prospects/{ingrid.pk}/"
    client.get(address)
    few = query_count(client, address)
    for n in range(60):
        touch(one, text=f"u{n}")
        Intent.objects.create(workspace=tidewell.workspace, prospect=ingrid, kind="post", key=str(n), at=MONDAY)
    for n in range(10):
        enroll(campaign(tidewell.bob, f"Campaign {n}"), tidewell.senders["bob"], [ingrid])
    assert query_count(client, address) == few <= 20


def test_why_not_yet_stands_beside_each_campaign(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell
) -> None:
    enroll(campaign(tidewell.bob), tidewell.senders["bob"], [ingrid], EnrollmentState.ACTIVE)
    paused = campaign(tidewell.bob, "Paused", "paused")
    enroll(paused, tidewell.senders["bob"], [ingrid], EnrollmentState.ACTIVE)
    read = words(their_page())
    assert "Paused Active by Bob Moreau The campaign is paused" in read


# -- the tier


def test_a_tier_set_meanwhile_is_shown_beside_ones_own(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    address = f"/prospects/{ingrid.pk}/tier/"
    assert signed_in(tidewell.mara).post(address, {"tier": "3", "seen": "1"}).status_code == 302
    bob = signed_in(tidewell.bob)
    answer = bob.post(address, {"tier": "2", "seen": "1"})
    read = words(answer.content.decode())
    assert answer.status_code == 409 and "Mara Okonkwo set tier 3 meanwhile, and you chose tier 2." in read
    assert Prospect.objects.get(pk=ingrid.pk).tier == 3
    answer = bob.post(address, {"tier": "2", "seen": "1"}, headers={"HX-Request": "true"})
    fragment = answer.content.decode()
    assert answer.status_code == 409
    assert fragment.strip().startswith("<form") and "Set it all the same" in fragment
    assert 'name="seen" value="3"' in fragment
    bob.post(address, {"tier": "2", "seen": "3"}, headers={"HX-Request": "true"})
    assert Prospect.objects.get(pk=ingrid.pk).tier == 2
    assert "put Ingrid Solheim into tier 2" in written(their_page())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_browser_shows_both_tiers_where_the_form_stands(watch: Callable[..., Watched], tidewell: Tidewell) -> None:
    [one] = prospects(tidewell.workspace, 1)
    bobs = watch(tidewell.bob)
    page = bobs.open(f"/prospects/{one.pk}/")
    with scope(workspace=tidewell.workspace):
        Prospect.objects.filter(pk=one.pk).update(tier=3)
    page.get_by_label("Tier").select_option("2")
    page.locator("#tier").get_by_role("button", name="Save").click()
    page.get_by_text("An import set tier 3 meanwhile, and you chose tier 2.").wait_for()
    assert page.locator("#tier").get_by_role("button", name="Set it all the same").is_visible()
    assert page.locator("#alerts").text_content() == ""
    assert all("409" in trouble for trouble in bobs.troubles)  # what the browser itself writes into its console
    bobs.troubles.clear()


# -- do not contact


def test_do_not_contact_stops_all_and_tells_what_it_stopped(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    [one] = enroll(campaign(tidewell.bob), tidewell.senders["bob"], [ingrid], EnrollmentState.ACTIVE)
    touch(one, state="planned", gate_at=None, settled_at=None)
    bob = signed_in(tidewell.bob)
    answer = bob.post(f"/prospects/{ingrid.pk}/do-not-contact/", {"reason": "Asked by phone"}, follow=True)
    read = words(answer.content.decode())
    assert "Ingrid Solheim will not be contacted any more. 1 planned touch cancelled in 1 campaign." in read
    assert "This person must not be contacted. Since today, said by Bob Moreau: Asked by phone." in read
    one.refresh_from_db()
    assert (one.state, one.reason) == ("stopped", "do_not_contact")
    assert "Say why this person must not be contacted." in words(
        bob.post(f"/prospects/{ingrid.pk}/do-not-contact/", {"reason": " "}, follow=True).content.decode()
    )


def test_an_admin_allows_contact_again_with_a_reason(
    their_page: Callable[..., str], ingrid: Prospect, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    signed_in(tidewell.bob).post(f"/prospects/{ingrid.pk}/do-not-contact/", {"reason": "Asked by phone"})
    assert "Allow contact again" not in their_page("mara") and "Allow contact again" in their_page("alice")
    address = f"/prospects/{ingrid.pk}/allow/"
    assert signed_in(tidewell.mara).post(address, {"reason": "Came back"}).status_code == 403
    alice = signed_in(tidewell.alice)
    assert "Say why this person may be contacted" in words(alice.post(address, follow=True).content.decode())
    clock.turn_to(MONDAY + timedelta(days=1))
    told = words(alice.post(address, {"reason": "Came back"}, follow=True).content.decode())
    assert "Ingrid Solheim may be contacted again." in told and Suppression.objects.count() == 0
    assert "Alice Lindqvist lets Ingrid Solheim be contacted again: Came back" in written(their_page())


def test_nothing_of_the_hostile_prospect_is_more_than_text(
    monday: datetime, in_tidewell: object, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    made: Hostile = hostile(tidewell.workspace, tidewell.bob)
    page = signed_in(tidewell.alice).get(f"/prospects/{made.prospect.pk}/").content.decode()
    assert "<script>alert" not in page and "<img" not in page and "<svg onload" not in page and "<b hx-get" not in page
    assert not re.search(r'href="\s*javascript', page)
    assert not re.search(r'hx-[a-z-]+="[^"]*(&lt;|script)', page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10
