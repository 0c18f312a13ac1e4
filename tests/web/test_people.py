"""The people of a campaign: where everybody stands, why not yet, and what is done about one of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import Member, Role, Sender
from campaigns.models import Campaign, CampaignSender, Enrollment, Touch
from campaigns.running import holding, silences, touches, waits
from campaigns.views.people import people as campaign_people
from campaigns.views.people.reasons import CHANNELS, ENDS, LIFTERS, SHORT, UNTIL, channel, possible, sentence
from outreach.engine.causes import Cause, Lifter
from outreach.engine.kinds import NEVER, Kind
from outreach.engine.sequence import REACTIONS, Flow
from tests.campaigns.running_world import World, broken, seat
from tests.cast import Tidewell, member
from tests.web.hostile import REFUSED, hostile
from tests.web.test_overview import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monday: datetime) -> Iterator[World]:
    """Ada is first in Bob's queue, Ben and Cleo stand behind her; Dora replied, Emil is held, Fritz is done."""
    w = seat()
    with scope(workspace=w.workspace):
        names = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fritz")
        w.launch("Volume", "volume", [w.person(name) for name in names])
        w.look()
        holding.hold(w.enrollment("Emil"), by=w.bob, now=w.now)
        of = Enrollment.objects.all()
        ended = {"ended_at": w.now, "decide_at": NEVER}
        of.filter(prospect=w.people["Dora"]).update(state="stopped", reason="replied", **ended)
        of.filter(prospect=w.people["Fritz"]).update(state="finished", **ended)
        Touch.objects.filter(prospect__in=[w.people["Dora"], w.people["Fritz"]]).update(state="cancelled")
        yield w


@pytest.fixture
def mara(world: World, signed_in: Callable[[Member], Client]) -> Client:
    return signed_in(world.mara)


def address(w: World, rest: str = "") -> str:
    return f"/campaigns/{w.enrollment('Ada').campaign_id}/people/{rest}"


def names(html: str) -> list[str]:
    """Who is listed, in this order."""
    return re.findall(r'<a class="n clip"[^>]*><bdi>([^<]*)</bdi>', html)


def read(client: Client, at: str) -> str:
    return words(client.get(at).content.decode())


def test_everybody_stands_there_with_why_not_yet_who_goes_next_first(world: World, mara: Client) -> None:
    page = mara.get(address(world)).content.decode()
    assert names(page) == ["Ada", "Ben", "Cleo", "Emil", "Fritz", "Dora"]
    said = words(page)
    assert "First in the queue of Bob Moreau, goes with the next turn" in said
    assert "Place 2 in the queue of Bob Moreau" in said
    assert "Somebody put the sequence on hold" in said and "They replied" in said and "All steps are done" in said
    assert "All 6 Ready 1 Waiting 3 Replied 1 Finished 1" in said and "Needs you 0" not in said
    assert "What 3 people wait for" in said


def test_who_stands_behind_is_told_what_the_queue_waits_for(world: World, mara: Client) -> None:
    ring = [int((world.now - timedelta(hours=20)).timestamp()) + n for n in range(20)]
    with broken("UPDATE campaigns_allowance SET ring = %(ring)s WHERE budget = 'invites'", ring=ring):
        said = read(mara, address(world))
    assert "The day's allowance of Bob Moreau is used up" in said
    assert "Place 2 in the queue of Bob Moreau: the day's allowance is used up" in said
    assert re.search(r"13:0\d UTC in 4 h", said), "on the sender's own clock, with its place"
    assert "Ready 1" not in said


def test_segments_causes_and_names_choose_the_rows(world: World, mara: Client) -> None:
    assert names(mara.get(address(world, "?show=ready")).content.decode()) == ["Ada"]
    assert names(mara.get(address(world, "?show=replied")).content.decode()) == ["Dora"]
    assert names(mara.get(address(world, "?cause=queue")).content.decode()) == ["Ben", "Cleo"]
    assert names(mara.get(address(world, "?q=ad")).content.decode()) == ["Ada"]
    assert names(mara.get(address(world, "?show=finished&q=fri")).content.decode()) == ["Fritz"]
    nobody = read(mara, address(world, "?show=replied&q=Ada"))
    assert "Nobody called “ Ada ” stands here." in nobody and "Look among all 6" in nobody


@pytest.mark.parametrize(
    "query",
    ["show=nonsense", "cause=nonsense", "after=live~x~1", "after=over~2026-11-02~9", "q=%00", "after=~~", "q=%25"],
)
def test_an_address_that_makes_no_sense_shows_the_list(world: World, mara: Client, query: str) -> None:
    assert mara.get(address(world, f"?{query}")).status_code == 200


def test_more_people_come_on_request_and_nobody_twice(
    world: World, mara: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_people, "PAGE", 2)
    seen: list[str] = []
    at: str | None = address(world)
    while at:
        page = mara.get(at).content.decode()
        seen += names(page)
        more = re.search(r'<tbody id="more">.*?href="([^"]+)"', page)
        at = address(world) + unescape(more[1]) if more else None
        world.later(seconds=1)
    assert seen == ["Ada", "Ben", "Cleo", "Emil", "Fritz", "Dora"]
    fragment = mara.get(address(world, "?part=more"), headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip().startswith('<tbody id="person-') and "<html" not in fragment


def test_a_row_opens_in_place_and_closes_again(world: World, mara: Client) -> None:
    ada = address(world, f"{world.enrollment('Ada').pk}/")
    opened = mara.get(ada, headers={"HX-Request": "true"})
    assert opened.content.decode().strip().startswith('<tbody id="person-')
    assert "Channels considered" in words(opened.content.decode()) and "HX-Request" in opened["Vary"]
    closed = mara.get(f"{ada}?close", headers={"HX-Request": "true"}).content.decode()
    assert "Channels considered" not in closed and 'aria-expanded="false"' in closed


def test_an_act_answers_with_the_row_a_toast_and_a_way_back(world: World, mara: Client) -> None:
    ada = address(world, f"{world.enrollment('Ada').pk}/")
    done = mara.post(f"{ada}hold/", headers={"HX-Request": "true"})
    said = words(done.content.decode())
    assert done["HX-Trigger"] == "people-changed"
    assert "Ada is left alone until resumed. The planned touch will not go." in said and "Held" in said
    assert f'action="{ada}resume/"' in done.content.decode()
    assert world.enrollment("Ada").state == "held"
    mara.post(f"{ada}resume/")
    assert world.enrollment("Ada").state == "active"
    counts = mara.get(address(world, "?part=standing"), headers={"HX-Request": "true"}).content.decode()
    assert "hx-swap-oob" in counts and "Waiting" in counts


def test_stopping_who_was_held_is_taken_back_to_a_hold(world: World, mara: Client) -> None:
    emil = address(world, f"{world.enrollment('Emil').pk}/")
    page = mara.post(f"{emil}stop/", headers={"HX-Request": "true"}).content.decode()
    assert world.enrollment("Emil").reason == "by_hand"
    undo = re.findall(r'<div class="toast".*?action="([^"]+)"', page, re.DOTALL)[0]
    mara.post(undo)
    assert world.enrollment("Emil").state == "held"


def test_an_act_without_scripts_leads_back_to_where_it_was_pressed(world: World, mara: Client) -> None:
    ada = address(world, f"{world.enrollment('Ada').pk}/")
    done = mara.post(f"{ada}stop/", headers={"Referer": f"http://testserver{address(world)}"})
    assert (done.status_code, done.headers["Location"]) == (302, f"http://testserver{address(world)}")
    assert "Ada is stopped in this campaign." in read(mara, address(world))


def test_what_cannot_be_done_says_why(world: World, mara: Client) -> None:
    dora = address(world, f"{world.enrollment('Dora').pk}/")
    done = mara.post(f"{dora}resume/", headers={"HX-Request": "true"})
    assert "The sequence is over for Dora, so there is nothing to change." in words(done.content.decode())


@pytest.fixture
def second_seat(world: World) -> Sender:
    made = Sender.objects.create(
        workspace=world.workspace,
        owner=world.mara,
        name="Mara's seat",
        hours=world.sender.hours,
        state="active",
        plan=world.sender.plan,
        created_at=world.now,
    )
    CampaignSender.objects.create(workspace=world.workspace, campaign=Campaign.objects.get(), sender=made)
    return made


def test_a_manager_hands_somebody_over_and_takes_it_back(world: World, mara: Client, second_seat: Sender) -> None:
    ada = address(world, f"{world.enrollment('Ada').pk}/")
    assert "Hand over" in read(mara, ada)
    page = mara.post(f"{ada}hand-over/", {"sender": second_seat.pk}, headers={"HX-Request": "true"}).content.decode()
    assert "Mara's seat goes on with Ada instead of Bob Moreau." in words(page)
    assert world.enrollment("Ada").sender == second_seat
    mara.post(unescape(re.findall(r'<div class="toast".*?action="([^"]+)"', page, re.DOTALL)[0]))
    assert world.enrollment("Ada").sender == world.sender


@pytest.mark.parametrize("sender", ["", "x", "999999", "9" * 30])
def test_a_sender_that_is_none_of_ours_is_refused_in_a_sentence(world: World, mara: Client, sender: str) -> None:
    ada = address(world, f"{world.enrollment('Ada').pk}/")
    done = mara.post(f"{ada}hand-over/", {"sender": sender}, headers={"HX-Request": "true"})
    assert "Choose the sender that goes on with this person." in words(done.content.decode())


def test_an_sdr_acts_for_own_senders_and_a_viewer_only_looks(
    world: World, signed_in: Callable[[Member], Client], second_seat: Sender
) -> None:
    ada = address(world, f"{world.enrollment('Ada').pk}/")
    assert "Hand over" not in read(signed_in(world.bob), ada) and "Hold" in read(signed_in(world.bob), ada)
    vera, priya = (
        signed_in(member(world.workspace, name, role))
        for name, role in (("Vera Novak", Role.VIEWER), ("Priya Raman", Role.SDR))
    )
    for client in (vera, priya):
        page = client.get(ada).content.decode()
        assert "Why not yet" in page and "enrollment-hold" not in page and f"{ada}hold/" not in page
        for act in ("hold", "resume", "stop"):
            assert client.post(f"{ada}{act}/").status_code == 403
    assert signed_in(world.bob).post(f"{ada}hand-over/", {"sender": second_seat.pk}).status_code == 403
    assert world.enrollment("Ada").state == "active"


def test_who_needs_a_person_is_counted_and_the_doubt_can_be_decided_here(world: World, mara: Client) -> None:
    (through,) = world.open()
    touches.mark_uncertain(through.head.touch, "The provider did not answer.", now=world.now)
    Touch.objects.filter(pk=through.head.touch).update(look_at=None, looks=3)
    page = mara.get(address(world)).content.decode()
    assert '<a class="btn" data-kind="primary" href="?show=needs_you">1 needs you</a>' in page
    assert f'action="/uncertain/{through.head.touch}/sent/"' in page
    assert names(mara.get(address(world, "?show=needs_you")).content.decode()) == ["Ada"]


def test_a_call_to_make_needs_a_person(world: World) -> None:
    ada = waits.of_campaign(world.workspace.pk, Campaign.objects.get().pk, world.now).reasons[0]
    call = replace(ada, kind=Kind.CALL)
    assert waits.segment(call, frozenset()) is waits.Segment.NEEDS_YOU
    assert sentence(call, "Bob Moreau") == "Waits for Bob Moreau to do it: call"


def test_a_draft_without_people_says_what_to_do(world: World, mara: Client) -> None:
    draft = Campaign.objects.create(
        workspace=world.workspace, name="Draft", play="volume", owner=world.mara, created_at=world.now
    )
    assert "Nobody is in this campaign yet" in read(mara, f"/campaigns/{draft.pk}/people/")


def test_the_list_costs_the_same_for_any_length(
    world: World, mara: Client, query_count: Callable[[Client, str], int]
) -> None:
    mara.get(address(world))
    few = query_count(mara, address(world))
    world.launch("Long", "volume", [world.person(f"P{n}") for n in range(300)])
    world.look()
    long = f"/campaigns/{Campaign.objects.get(name='Long').pk}/people/"
    assert query_count(mara, long) == few <= 16


def test_many_people_are_counted_once_in_a_while_and_the_rows_are_asked_now(
    world: World, mara: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "SMALL", 2)
    asked: list[Any] = []
    ask = waits._ask
    monkeypatch.setattr(waits, "_ask", lambda *args: asked.append(args) or ask(*args))
    mara.get(address(world))
    world.later(seconds=5)
    Sender.objects.update(state="frozen")
    said = read(mara, address(world))
    assert len(asked) == 1 and "Counted at 09:00:00 UTC; the rows are as of now." in said
    assert "Bob Moreau is restricted and frozen" in said
    world.later(seconds=15)
    read(mara, address(world))
    assert len(asked) == 2
    mara.post(address(world, f"{world.enrollment('Emil').pk}/resume/"))
    read(mara, address(world))
    assert len(asked) == 3, "who changed something sees it at once"


def test_every_reason_of_a_stop_has_its_words() -> None:
    stops = {reaction.reason for reaction in REACTIONS.values() if reaction.sequence is Flow.STOP}
    assert set(ENDS) == stops | {silences.REASON, holding.BY_HAND}


def test_every_cause_and_kind_has_its_words(world: World) -> None:
    (one, *_) = waits.of_campaign(world.workspace.pk, Campaign.objects.get().pk, world.now).reasons
    assert set(SHORT) == set(Cause) and set(CHANNELS) == set(Kind) and set(LIFTERS) == set(UNTIL) == set(Lifter)
    for cause in Cause:
        said = sentence(replace(one, cause=cause, position=2, ahead=cause), "Bob", holder="Volume", missing="No text.")
        assert said and "{" not in said and not said.endswith(".")
        assert possible(replace(one, cause=cause, until=None), world.now, world.sender).words
    assert channel(None) is None


def test_the_hostile_prospect_is_only_text(
    monday: datetime, tidewell: Tidewell, signed_in: Callable[[Member], Client]
) -> None:
    foe = hostile(tidewell.workspace, tidewell.bob)
    with scope(workspace=tidewell.workspace):
        Touch.objects.create(
            workspace=tidewell.workspace,
            enrollment=foe.planned,
            prospect=foe.prospect,
            sender=foe.sender,
            kind=Kind.INVITE_NOTE,
            step_key=9,
            state="uncertain",
            facts_version=1,
            planned_at=monday,
            not_before=monday,
            gate_at=monday,
            subject=foe.touch.text,
            text=foe.touch.text,
            evidence={"doubt": foe.touch.text, "seen": [{"at": "x", "saw": foe.touch.text}], "missing": foe.touch.text},
        )
    client = signed_in(tidewell.bob)
    shown = []
    for one in (foe.enrollment, foe.planned):
        people = f"/campaigns/{one.campaign_id}/people/"
        shown += [people, f"{people}{one.pk}/", f"{people}?q=<script>alert(1)</script>"]
    for at in (*shown, "/", "/uncertain/"):
        html = client.get(at).content.decode()
        assert [bad for bad in REFUSED if bad in html] == [], at
        assert "7006652" not in words(html), f"{at}: no template of theirs is worked out"
        assert [said for said in re.findall(r' hx-[a-z-]+="([^"]*)"', html) if "alert" in unescape(said)] == [], at
