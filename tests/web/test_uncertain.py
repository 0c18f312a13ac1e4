"""Touches in doubt: the evidence of each look, and a person's word."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import Connection, Member, Role
from campaigns.models import Touch
from campaigns.running import reconcile, touches
from tests.campaigns.running_world import World, seat
from tests.campaigns.test_doubt import in_doubt
from tests.cast import member
from tests.stage import Stage, simulator, stage
from tests.web.test_overview import HOSTILE, words

__all__ = ["simulator", "stage"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monday: datetime) -> Iterator[World]:
    """Nobody knows whether the invite to Ada arrived; three looks found nothing."""
    w = seat()
    with scope(workspace=w.workspace):
        w.launch("Volume", "volume", [w.person("Ada"), w.person("Ben")])
        w.look()
        (through,) = w.open()
        touches.mark_uncertain(through.head.touch, "The provider did not answer within 60 s.", now=w.later(minutes=1))
        for _ in touches.LOOKS:
            reconcile._looked(
                reconcile.rows("SELECT * FROM campaigns_touch WHERE id = %s", (through.head.touch,))[0],
                doubt().looks + 1,
                None,
                reconcile.NOTHING,
                w.later(minutes=10),
            )
        yield w


def doubt() -> Touch:
    found: Touch = Touch.objects.get(prospect__first_name="Ada")
    return found


def read(client: Client) -> str:
    return words(client.get("/uncertain/").content.decode())


def test_the_evidence_says_what_was_sent_when_and_what_each_look_saw(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    said = read(signed_in(world.bob))
    assert "Invite with note Ada Needs you By Bob Moreau in Volume , 09:00 UTC." in said
    assert "09:00 It was handed over to the provider, once. 09:01 The provider did not answer within 60 s." in said
    for at in ("09:11", "09:21", "09:31"):
        assert f"{at} Parley looked. Nothing was found." in said
    assert "3 of 3 looks found nothing" in said
    assert "What was sent" in said and doubt().text.split(",")[0] in said


def test_it_was_sent_goes_on_from_there(world: World, signed_in: Callable[[Member], Client]) -> None:
    client = signed_in(world.bob)
    client.post(f"/uncertain/{doubt().pk}/sent/")
    assert (doubt().state, doubt().evidence["by"]) == ("sent", f"member:{world.bob.pk}")
    said = read(client)
    assert "Invite with note to Ada: counted as sent." in said and "Everything is settled" in said
    client.post(f"/uncertain/{doubt().pk}/not-sent/")
    assert doubt().state == "sent" and "was settled already" in read(client)


def test_it_was_not_plans_the_step_again(world: World, signed_in: Callable[[Member], Client]) -> None:
    signed_in(world.mara).post(f"/uncertain/{doubt().pk}/not-sent/")
    assert doubt().state == "not_sent"
    world.later(minutes=2)
    world.look()
    assert Touch.objects.filter(prospect=world.people["Ada"], state="planned", attempt=2).exists()


def test_an_sdr_decides_for_own_senders_a_manager_for_all_and_a_viewer_looks(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    priya = member(world.workspace, "Priya Raman", Role.SDR)
    vera = member(world.workspace, "Vera Novak", Role.VIEWER)
    for by in (priya, vera):
        client = signed_in(by)
        assert "It was sent" not in read(client) and "or a manager can say what happened" in read(client)
        assert client.post(f"/uncertain/{doubt().pk}/sent/").status_code == 403
    assert doubt().state == "uncertain"
    assert "It was sent" in read(signed_in(world.mara))


def test_what_is_still_looked_for_says_when(world: World, signed_in: Callable[[Member], Client]) -> None:
    Touch.objects.filter(pk=doubt().pk).update(look_at=world.now + timedelta(minutes=10), looks=1)
    said = read(signed_in(world.bob))
    assert "Being looked for" in said and "Parley looks again in 10 min." in said


def test_without_doubt_the_page_says_so(world: World, signed_in: Callable[[Member], Client]) -> None:
    touches.mark_sent(doubt().pk, touches.Proof(by="poll"), now=world.now)
    assert "Everything is settled" in read(signed_in(world.bob))


def test_the_list_costs_the_same_for_any_length_and_comes_in_pages(
    world: World, signed_in: Callable[[Member], Client], query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(world.bob)
    client.get("/uncertain/")
    few = query_count(client, "/uncertain/")
    world.launch("Long", "volume", [world.person(f"P{n}") for n in range(60)])
    world.look()
    Touch.objects.filter(state="planned").update(state="dispatching", gate_at=world.now)
    Touch.objects.filter(state="dispatching").update(state="uncertain", look_at=None, looks=3)
    assert query_count(client, "/uncertain/") == few
    page = client.get("/uncertain/").content.decode()
    assert page.count('id="doubt-') == 2 * 25 and "Show the next ones" in page
    after = page.split("?after=")[1].split('"')[0]
    assert client.get(f"/uncertain/?after={after}").content.decode().count('id="doubt-') == 2 * 25
    assert client.get("/uncertain/?after=nonsense").status_code == 200


def test_nobody_is_shown_twice_when_those_that_wait_for_a_person_stand_first(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    world.launch("Long", "volume", [world.person(f"P{n}") for n in range(40)])
    world.look()
    Touch.objects.filter(state="planned").update(state="dispatching", gate_at=world.now)
    Touch.objects.filter(state="dispatching").update(state="uncertain", look_at=None, looks=3)
    in_doubt = list(Touch.objects.filter(state="uncertain").order_by("pk").values_list("pk", flat=True))
    Touch.objects.filter(pk__in=in_doubt[10:30]).update(look_at=world.now)
    client, shown, after = signed_in(world.bob), [], "0"
    while after:
        page = client.get(f"/uncertain/?after={after}").content.decode()
        shown += [int(pk) for pk in re.findall(r'<article class="card" id="doubt-(\d+)"', page)]
        after = next(iter(re.findall(r"\?after=(\d+)", page)), "")
    assert sorted(shown) == in_doubt


def test_hostile_words_stay_words(world: World, signed_in: Callable[[Member], Client]) -> None:
    ada = world.people["Ada"]
    ada.first_name = HOSTILE
    ada.save()
    Touch.objects.filter(prospect=ada).update(
        text=HOSTILE, subject=HOSTILE, evidence={"doubt": HOSTILE, "seen": [{"at": "no time", "saw": HOSTILE}]}
    )
    html = signed_in(world.bob).get("/uncertain/").content.decode()
    assert "<script>alert" not in html and "<img" not in html


def test_each_look_is_kept_with_what_it_saw(stage: Stage) -> None:
    person = stage.person(tier=3)
    in_doubt(stage, "senior", person, "priya", arrived=False)
    here = Connection.objects.get().base_url
    for address in (here, "http://127.0.0.1:9", "http://127.0.0.1:9", here):
        Connection.objects.update(base_url=address)
        stage.later(minutes=11)
        reconcile.look(now=stage.now)
    seen = json.loads(stage.touch(person)["evidence"])["seen"]
    assert [one["saw"] for one in seen[::2]] == [reconcile.NOTHING] * 2
    assert seen[1]["saw"].startswith("The look failed: "), "of a failure that goes on, the last one"
    assert (len(seen), seen[1]["at"]) == (3, (stage.now - timedelta(minutes=11)).isoformat())
