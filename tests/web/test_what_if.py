"""What if: the decision on supposed facts is shown beside the one on the real ones, and nothing is written."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import Member
from campaigns.running import why
from campaigns.running.database import rows
from campaigns.running.what_if import Outcome, Supposed, Used, as_it_is, suppose
from campaigns.running.why import Case
from outreach.engine.causes import Cause
from outreach.engine.decisions import Send
from outreach.engine.kinds import Degree, Kind
from tests.campaigns.running_world import World, broken, seat
from tests.web.test_overview import words
from tests.web.watching import LOOKS, Watched, serious, too_wide

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monday: datetime) -> Iterator[World]:
    """Ada waits for an invite by Bob; Olga, who is senior, for an InMail."""
    w = seat()
    with scope(workspace=w.workspace):
        w.launch("Volume", "volume", [w.person("Ada")])
        w.launch("Senior", "senior", [w.person("Olga", tier=3, open_profile=False)])
        w.look()
        yield w


def case(w: World, name: str) -> Case:
    cases, _ = why.stand(w.workspace.pk, w.now, [w.enrollment(name).pk])
    return cases[0]


def outcome(w: World, name: str, **changed: object) -> Outcome:
    """What would be decided about this person with these facts changed."""
    found = case(w, name)
    facts = {name: getattr(as_it_is(found), name) for name in Supposed.__dataclass_fields__}
    return suppose(found, Supposed(**(facts | changed)), w.now)


def kind(found: Outcome) -> Kind | None:
    return found.decision.kind if isinstance(found.decision, Send) else None


def test_as_it_is_nothing_changes(world: World) -> None:
    for name in ("Ada", "Olga"):
        found = outcome(world, name)
        assert found.decision == case(world, name).decision and found.cause is Cause.QUEUE


def test_each_fact_changes_the_decision_as_the_rules_say(world: World) -> None:
    assert kind(outcome(world, "Olga")) is Kind.INMAIL
    assert kind(outcome(world, "Olga", degree=Degree.FIRST)) is Kind.DM
    assert kind(outcome(world, "Olga", open_profile=True)) is Kind.OPEN_INMAIL
    assert kind(outcome(world, "Olga", tier=1)) is Kind.INVITE_NOTE
    assert outcome(world, "Olga", credits=0).cause is Cause.NO_CREDIT
    assert kind(outcome(world, "Ada", degree=Degree.FIRST)) is Kind.DM


@pytest.mark.parametrize(("used", "cause"), [(Used.DAY, Cause.DAY_CAP), (Used.WEEK, Cause.WEEK_CAP)])
def test_caps_that_are_used_up_let_it_wait_until_they_open(world: World, used: Used, cause: Cause) -> None:
    found = outcome(world, "Ada", used=used)
    assert (kind(found), found.cause) == (Kind.INVITE_NOTE, cause)
    assert found.until is not None and found.until > world.now


def test_used_up_caps_may_be_supposed_away(world: World) -> None:
    ring = [int(world.now.timestamp()) - 3600] * 20
    with broken("UPDATE campaigns_allowance SET ring = %(ring)s WHERE budget = 'invites'", ring=ring):
        assert outcome(world, "Ada").cause is Cause.DAY_CAP
        assert outcome(world, "Ada", used=Used.NOTHING).cause is Cause.QUEUE


# --- the page -------------------------------------------------------------------------------------------------------


def at(w: World, name: str, query: str = "") -> str:
    enrollment = w.enrollment(name)
    return f"/campaigns/{enrollment.campaign_id}/people/{enrollment.pk}/{query}"


def test_the_page_asks_with_the_facts_as_they_are(world: World, signed_in: Callable[[Member], Client]) -> None:
    html = signed_in(world.mara).get(at(world, "Olga")).content.decode()
    assert "What if" in html and '<option value="2" selected>2nd degree</option>' in html
    assert '<option value="3" selected>Tier 3</option>' in html and '<option value="no" selected>' in html


def test_what_is_supposed_is_answered_in_words_with_every_option(
    world: World, signed_in: Callable[[Member], Client]
) -> None:
    client = signed_in(world.mara)
    said = words(client.get(at(world, "Olga", "?open_profile=yes")).content.decode())
    assert "Then: Free InMail, with the sender's next turn" in said
    assert "Lost: no credit is spent on an Open Profile" in said
    said = words(client.get(at(world, "Olga", "?used=day")).content.decode())
    assert re.search(r"Then: InMail, but not now: the day's allowance is used up, until \w+ \d\d:\d\d", said)
    said = words(client.get(at(world, "Olga", "?tier=3")).content.decode())
    assert "Nothing would be decided otherwise" in said


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?credits=-1", "Give a whole number from 0 to 10,000."),
        ("?credits=99999999999999999999", "Give a whole number from 0 to 10,000."),
        ("?credits=", "Give a whole number from 0 to 10,000."),
        ("?credits=%3Cscript%3Ealert(1)%3C/script%3E", "Give a whole number from 0 to 10,000."),
        ("?tier=4", "Choose one of the list."),
        ("?degree=%00&used=day", "Choose one of the list."),
    ],
)
def test_nonsense_gets_one_sentence_beside_its_field(
    world: World, signed_in: Callable[[Member], Client], query: str, sentence: str
) -> None:
    answer = signed_in(world.mara).get(at(world, "Ada", query))
    html = answer.content.decode()
    assert answer.status_code == 200 and html.count(sentence) == 1 and "Then:" not in words(html)
    assert "<script>alert" not in html


def everything() -> dict[str, str]:
    """A fingerprint of the rows of each table, but for sessions."""
    tables = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%%session%%'")
    whole = "SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) AS of FROM {} t"
    return {table["tablename"]: rows(whole.format(table["tablename"]))[0]["of"] for table in tables}


def test_no_row_changes_whatever_is_supposed(world: World, signed_in: Callable[[Member], Client]) -> None:
    client = signed_in(world.mara)
    client.get(at(world, "Olga"))
    before = everything()
    for query in (
        "?degree=1",
        "?open_profile=yes&tier=2",
        "?credits=0",
        "?used=month",
        "?used=nothing&degree=out",
        "?tier=x",
    ):
        assert client.get(at(world, "Olga", query)).status_code == 200
    assert everything() == before and len(before) > 30


@pytest.mark.django_db(transaction=True)
def test_it_is_used_with_the_keyboard_on_a_phone_and_fits(watch: Callable[..., Watched], world: World) -> None:
    page = watch(world.mara, **LOOKS["phone"]).open(at(world, "Olga"))
    page.get_by_label("Open Profile", exact=True).focus()
    page.keyboard.type("Open")
    page.keyboard.press("Tab")
    page.keyboard.type("Tier 2")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**tier=2**")
    assert "Free InMail, with the sender's next turn" in page.locator("#what-if").inner_text()
    assert not too_wide(page) and serious(page) == []
