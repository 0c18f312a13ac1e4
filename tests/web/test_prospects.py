"""The list of prospects, its filters, what is done to those selected, and one person added by hand."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import History, Member
from campaigns.building import matches
from campaigns.building.selections import Selection
from campaigns.models import Enrollment
from outreach import clock
from outreach.engine.kinds import Seniority
from prospects.models import Audience, AudienceMember, Company, Prospect, Relationship, Suppression
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects, sender
from tests.web.hostile import hostile
from tests.web.test_overview import words
from tests.web.watching import Watched

pytestmark = pytest.mark.django_db


@pytest.fixture
def bobs(monday: datetime, tidewell: Tidewell, signed_in: Callable[[Member], Client]) -> Client:
    return signed_in(tidewell.bob)


def read(client: Client, address: str = "/prospects/", **headers: Any) -> str:
    return re.sub(r"\s+", " ", client.get(address, **headers).content.decode())


def named(page: str) -> list[str]:
    """The people of the list, in order."""
    return re.findall(r'<a class="n" href="/prospects/\d+/"><bdi>(.*?)</bdi>', page)


def everybody(tidewell: Tidewell) -> dict[str, Prospect]:
    """Four people of all sorts."""
    halden = Company.objects.create(workspace=tidewell.workspace, name="Halden Foods")
    rows = [
        {"first_name": "Ingrid", "tier": 2, "seniority": Seniority.VP, "company": halden, "title": "VP Supply Chain"},
        {"first_name": "Jonas", "tier": 1, "open_profile": True, "checked_at": MONDAY - timedelta(days=19)},
        {"first_name": "Kofi", "tier": 3, "open_profile": False, "checked_at": MONDAY - timedelta(days=1)},
        {"first_name": "Lena_100%", "tier": 1, "suppressed_at": MONDAY, "email": "lena@example.com"},
    ]
    return {
        str(row["first_name"]): Prospect.objects.create(
            workspace=tidewell.workspace, slug=str(row["first_name"]).lower(), created_at=MONDAY, **row
        )
        for row in rows
    }


def test_the_list_says_who_is_there_and_what_is_known(bobs: Client, tidewell: Tidewell, in_tidewell: object) -> None:
    people = everybody(tidewell)
    for of, degree in (("priya", "1"), ("bob", "2")):
        Relationship.objects.create(
            workspace=tidewell.workspace, prospect=people["Ingrid"], sender=tidewell.senders[of], degree=degree
        )
    page = words(read(bobs))
    assert "4 people. 1 may not be contacted." in page
    assert "Ingrid VP Supply Chain Halden Foods Tier 2 VP 1st Unknown Never" in page, "the best degree of our senders"
    assert "Jonas Tier 1 Open 19 d Never" in page and "Kofi Tier 3 Not open 1 d Never" in page
    assert "Lena_100% may not be contacted Tier 1" in page
    assert named(read(bobs))[0] == "Kofi", "the highest tier first"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ingrid", {"Ingrid"}),
        ("q=supply+halden", {"Ingrid"}),
        ("q=lena%40example", {"Lena_100%"}),
        ("q=_1", {"Lena_100%"}),
        ("q=%25", {"Lena_100%"}),
        ("q=%5C", set()),
        ("q=nobody", set()),
        ("tier=3", {"Kofi"}),
        ("seniority=vp", {"Ingrid"}),
        ("degree=1", {"Ingrid"}),
        ("degree=2", {"Jonas"}),
        ("degree=unknown", {"Kofi", "Lena_100%"}),
        ("open=yes", {"Jonas"}),
        ("open=no", {"Kofi"}),
        ("open=unknown", {"Ingrid", "Lena_100%"}),
        ("open=old", {"Jonas"}),
        ("contact=no", {"Lena_100%"}),
        ("contact=yes&tier=1", {"Jonas"}),
        ("touched=never&tier=3", {"Kofi"}),
        ("tier=9&degree=x&audience=%27&after=%00", {"Ingrid", "Jonas", "Kofi", "Lena_100%"}),
    ],
)
def test_filters_narrow(bobs: Client, tidewell: Tidewell, in_tidewell: object, query: str, found: set[str]) -> None:
    people = everybody(tidewell)
    for who, of, degree in (("Ingrid", "priya", "1"), ("Ingrid", "bob", "3"), ("Jonas", "bob", "2")):
        Relationship.objects.create(
            workspace=tidewell.workspace, prospect=people[who], sender=tidewell.senders[of], degree=degree
        )
    assert set(named(read(bobs, f"/prospects/?{query}"))) == found


def test_a_campaign_and_an_audience_narrow_and_only_our_own(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, charlie: Member, signed_in: Callable[[Member], Client]
) -> None:
    people = everybody(tidewell)
    into = campaign(tidewell.bob)
    enroll(into, tidewell.senders["bob"], [people["Kofi"]])
    audience = Audience.objects.create(workspace=tidewell.workspace, name="Fair", created_at=MONDAY)
    AudienceMember.objects.create(workspace=tidewell.workspace, audience=audience, prospect=people["Jonas"])
    assert named(read(bobs, f"/prospects/?campaign={into.pk}")) == ["Kofi"]
    page = read(bobs, f"/prospects/?audience={audience.pk}")
    assert named(page) == ["Jonas"] and "<bdi>Fair</bdi>" in page
    stranger = read(signed_in(charlie), f"/prospects/?audience={audience.pk}&campaign={into.pk}")
    assert named(stranger) == [] and "Fair" not in stranger and "Dock delays" not in stranger


def test_chips_take_their_own_filter_off(bobs: Client, tidewell: Tidewell, in_tidewell: object) -> None:
    everybody(tidewell)
    page = unescape(read(bobs, "/prospects/?q=o&tier=3&open=no"))
    assert 'href="?q=o&open=no&sort=-tier" aria-label="Remove filter Tier"' in page
    assert '<span>Open Profile</span><b class="clip"><bdi>Not open</bdi>' in page
    assert '<span>Tier</span><b class="clip"><bdi>3</bdi>' in page
    assert named(page) == ["Kofi"]


def test_a_list_without_a_match_says_which_filter_to_drop(
    bobs: Client, tidewell: Tidewell, in_tidewell: object
) -> None:
    everybody(tidewell)
    page = words(read(bobs, "/prospects/?tier=3&q=ingrid"))
    assert "Nobody matches these 2 filters" in page
    assert "Tier: 3 brings back 1" in page and "Search: ingrid brings back 1" in page


def test_an_empty_workspace_says_how_to_begin(bobs: Client, vera: Member, signed_in: Callable[..., Client]) -> None:
    page = read(bobs)
    assert "Nobody is here yet" in page and 'href="/prospects/import/"' in page
    assert 'href="/prospects/import/samples/connections.csv"' in page
    assert "/prospects/import/" not in read(signed_in(vera)).split("<main")[1]


@pytest.mark.parametrize("sort", [f"{minus}{name}" for name in matches.SORTS for minus in ("", "-")])
def test_pages_by_keyset_show_everybody_once_in_every_order(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "A_PAGE", 4)
    for n, one in enumerate(prospects(tidewell.workspace, 11, last_name="")):
        Prospect.objects.filter(pk=one.pk).update(
            first_name=f"P{n % 3}",
            tier=1 + n % 3,
            seniority=list(Seniority)[n % 4],
            checked_at=MONDAY if n % 2 else None,
        )
    seen: list[int] = []
    address = f"/prospects/?sort={sort}"
    for _ in range(3):
        page = read(bobs, address)
        seen += [int(pk) for pk in re.findall(r'name="person" value="(\d+)"', page)]
        more = re.search(r'href="(\?[^"]*after=\d+)"', page)
        if more is None:
            break
        address = f"/prospects/{unescape(more[1])}"
    assert len(seen) == len(set(seen)) == 11
    if sort == "-tier":
        tiers = dict(Prospect.objects.values_list("pk", "tier"))
        assert [tiers[pk] for pk in seen] == sorted((tiers[pk] for pk in seen), reverse=True)


def test_more_rows_come_alone_with_their_pager(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "A_PAGE", 2)
    people = prospects(tidewell.workspace, 3)
    fragment = read(bobs, f"/prospects/?after={people[1].pk}&sort=-tier", headers={"HX-Request": "true"}).strip()
    assert fragment.startswith("<tr>") and fragment.count("<tr>") == 1
    assert 'id="pager" hx-swap-oob="true"' in fragment and "Those are all 3." in fragment


def test_a_search_as_one_types_brings_the_list_and_the_count(
    bobs: Client, tidewell: Tidewell, in_tidewell: object
) -> None:
    everybody(tidewell)
    answer = bobs.get("/prospects/?q=kofi&tier=", headers={"HX-Request": "true", "HX-Target": "list"})
    fragment = re.sub(r"\s+", " ", answer.content.decode())
    assert fragment.strip().startswith('<div class="stack" data-gap="12" id="list">')
    assert '<span class="sr" id="found" role="status" hx-swap-oob="true">1 person' in fragment
    assert answer.headers["HX-Push-Url"] == "/prospects/?q=kofi", "the address that one may pass on"
    assert "HX-Target" in answer.headers["Vary"]


def test_the_list_costs_the_same_for_any_length(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, query_count: Callable[[Client, str], int]
) -> None:
    everybody(tidewell)
    bobs.get("/prospects/")  # what is read once per process is read
    few = query_count(bobs, "/prospects/")
    into = campaign(tidewell.bob)
    enroll(into, tidewell.senders["bob"], prospects(tidewell.workspace, 300))
    for n in range(30):
        Audience.objects.create(workspace=tidewell.workspace, name=f"List {n}", created_at=MONDAY)
    assert query_count(bobs, "/prospects/") == few <= 6


# -- what is done to those selected


def act(client: Client, what: str, **form: Any) -> str:
    """Post the form of the list; what the page says afterwards."""
    answer = client.post(f"/prospects/{what}/", form, follow=True)
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_a_tier_is_set_for_many_and_can_be_taken_back(bobs: Client, tidewell: Tidewell, in_tidewell: object) -> None:
    people = everybody(tidewell)
    ticked = [people["Ingrid"].pk, people["Jonas"].pk]
    version = people["Ingrid"].facts_version
    told = bobs.post("/prospects/tier/", {"person": ticked, "tier": "3", "where": "tier=1"}, follow=True)
    assert "2 people set to tier 3." in words(told.content.decode())
    assert told.redirect_chain[-1][0] == "/prospects/?tier=1", "back to the list as it was filtered"
    assert set(Prospect.objects.filter(tier=3).values_list("pk", flat=True)) == {*ticked, people["Kofi"].pk}
    people["Ingrid"].refresh_from_db()
    assert people["Ingrid"].facts_version == version + 1
    [noted] = History.objects.filter(subject=f"prospect:{people['Ingrid'].pk}", verb="tier set")
    assert (noted.data, noted.by) == ({"before": 2, "after": 3}, tidewell.bob)
    undo = re.search(r'action="(/prospects/undo/tiers/\d+/)"', told.content.decode())
    assert undo is not None
    Prospect.objects.filter(pk=people["Jonas"].pk).update(tier=2)  # somebody else decided meanwhile
    clock.turn_to(MONDAY + timedelta(seconds=20))
    assert "Undone: 1 person as before." in words(bobs.post(undo[1], follow=True).content.decode())
    assert Prospect.objects.get(pk=people["Ingrid"].pk).tier == 2
    assert Prospect.objects.get(pk=people["Jonas"].pk).tier == 2


def test_undo_is_for_whoever_did_it_and_only_at_once(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, signed_in: Callable[[Member], Client]
) -> None:
    people = everybody(tidewell)
    told = bobs.post("/prospects/do-not-contact/", {"person": [people["Kofi"].pk]}, follow=True).content.decode()
    assert "1 person will not be contacted any more. Nothing was planned." in words(told)
    undo = re.search(r'action="(/prospects/undo/do-not-contact/\d+/)"', told)
    assert undo is not None
    answer = signed_in(tidewell.mara).post(undo[1], follow=True).content.decode()
    assert "Only who said it can take it back" in words(answer)
    assert Suppression.objects.count() == 1
    clock.turn_to(MONDAY + timedelta(seconds=29))
    assert "Undone: 1 person may be contacted" in words(bobs.post(undo[1], follow=True).content.decode())
    assert "That was undone already." in words(bobs.post(undo[1], follow=True).content.decode())
    assert Suppression.objects.count() == 0
    told = bobs.post("/prospects/do-not-contact/", {"person": [people["Jonas"].pk]}, follow=True).content.decode()
    undo = re.search(r'action="(/prospects/undo/do-not-contact/\d+/)"', told)
    assert undo is not None
    clock.turn_to(MONDAY + timedelta(seconds=61))
    assert "It is too late to take this back" in words(bobs.post(undo[1], follow=True).content.decode())
    assert Suppression.objects.count() == 1


def test_everybody_who_matches_is_chosen_unless_their_number_grew(
    bobs: Client, tidewell: Tidewell, in_tidewell: object
) -> None:
    everybody(tidewell)
    seen = {"where": "tier=1", "everybody": "1", "expected": "2", "tier": "2"}
    prospects(tidewell.workspace, 1)
    assert "3 people match now and you saw 2" in act(bobs, "tier", **seen)
    assert Prospect.objects.filter(tier=1).count() == 3, "nothing is half applied"
    assert "3 people set to tier 2." in act(bobs, "tier", **seen | {"expected": "3"})
    assert "Nobody is selected" in act(bobs, "tier", tier="2")
    assert "Choose tier 1, 2 or 3." in act(bobs, "tier", person=[Prospect.objects.earliest("pk").pk], tier="7")


def test_people_of_another_workspace_are_never_acted_on(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, charlie: Member
) -> None:
    [theirs] = prospects(charlie.workspace, 1)
    for what in ("tier", "do-not-contact", "enroll"):
        assert "Nobody is selected" in act(bobs, what, person=[theirs.pk], tier="3")
    assert History.objects.filter(verb__in=("tier set", "suppressed")).count() == 0


def test_those_selected_go_into_a_draft_or_into_a_new_audience(
    bobs: Client, tidewell: Tidewell, in_tidewell: object
) -> None:
    people = everybody(tidewell)
    draft = campaign(tidewell.bob, state="draft")
    draft.seats.create(workspace=tidewell.workspace, sender=tidewell.senders["bob"])
    ticked = [people["Ingrid"].pk, people["Lena_100%"].pk]
    told = act(bobs, "enroll", person=ticked, campaign=draft.pk)
    assert "1 person added to Dock delays Q4. 1 person were in it already" in told
    assert list(Enrollment.objects.values_list("prospect", flat=True)) == [people["Ingrid"].pk]
    running = campaign(tidewell.bob, "Running")
    assert bobs.post("/prospects/enroll/", {"person": ticked, "campaign": running.pk}).status_code == 404
    answer = bobs.post("/prospects/enroll/", {"person": ticked, "campaign": ""})
    made = Audience.objects.get()
    assert made.name.startswith("2 people, ") and made.members.count() == 2
    assert answer.headers["Location"].endswith(f"audience={made.pk}")


# -- one by hand


def typed(**fields: str) -> dict[str, str]:
    return {
        "name": "Ingrid Solheim",
        "profile": "https://www.linkedin.com/in/Ingrid-Solheim/?trk=x",
        "email": "",
        "company": "Halden Foods",
        "title": "VP Supply Chain",
        "tier": "",
        **fields,
    }


def test_a_person_added_by_hand_is_spelt_as_an_import_would(
    bobs: Client, tidewell: Tidewell, in_tidewell: object
) -> None:
    Company.objects.create(workspace=tidewell.workspace, name="HALDEN foods")
    answer = bobs.post("/prospects/new/", typed(email=" Ingrid@Example.COM "))
    made = Prospect.objects.get()
    assert answer.headers["Location"] == f"/prospects/{made.pk}/"
    assert (made.first_name, made.last_name, made.slug) == ("Ingrid", "Solheim", "ingrid-solheim")
    assert (made.email, made.seniority, made.tier) == ("ingrid@example.com", "vp", 2)
    assert Company.objects.count() == 1 and made.company is not None


@pytest.mark.parametrize("fields", [{}, {"profile": "", "email": "i@example.com"}])
def test_somebody_who_is_there_is_not_added_again(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, fields: dict[str, str]
) -> None:
    bobs.post("/prospects/new/", typed(email="i@example.com"))
    answer = bobs.post("/prospects/new/", typed(**fields))
    page = answer.content.decode()
    assert answer.status_code == 422 and Prospect.objects.count() == 1
    assert "Ingrid Solheim is in the list already" in words(page)
    assert f'href="/prospects/{Prospect.objects.get().pk}/"' in page
    assert 'value="Halden Foods"' in page, "what was typed stays"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " - "}, "Give the person's name."),
        ({"profile": "https://example.com/in/ingrid"}, "This address does"),
        ({"profile": "javascript:alert(1)"}, "Only web addresse"),
        ({"email": "ingrid@"}, "This is not a valid e-mail address"),
        ({"profile": ""}, "Give a profile link or an e-mail address"),
        ({"tier": "4"}, "Choose tier 1, 2 or 3."),
        ({"title": "x" * 301}, "longer than 300 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    bobs: Client, tidewell: Tidewell, in_tidewell: object, fields: dict[str, str], sentence: str
) -> None:
    answer = bobs.post("/prospects/new/", typed(**fields))
    assert answer.status_code == 422 and Prospect.objects.count() == 0 and Company.objects.count() == 0
    assert sentence in unescape(answer.content.decode()).split('class="error"', 1)[1]


def test_who_must_not_be_contacted_is_not_added_anew(bobs: Client, tidewell: Tidewell, in_tidewell: object) -> None:
    bobs.post("/prospects/new/", typed())
    act(bobs, "do-not-contact", person=[Prospect.objects.get().pk])
    Prospect.objects.all().delete()
    page = bobs.post("/prospects/new/", typed()).content.decode()
    assert "This person must not be contacted" in page and Prospect.objects.count() == 0


def test_nothing_of_the_hostile_prospect_is_more_than_text(
    bobs: Client, tidewell: Tidewell, in_tidewell: object
) -> None:
    made = hostile(tidewell.workspace, tidewell.bob)
    for address in (
        "/prospects/",
        f"/prospects/?q=%3Cscript%3E&audience={made.audience.pk}",
        "/prospects/?tier=1&q=<b>",
    ):
        page = bobs.get(address).content.decode()
        assert "<script>alert" not in page and "<img" not in page and "<svg onload" not in page
        assert "hx-get=/sign-out/" not in page.replace("&lt;b hx-get=/sign-out/", "")
        assert not re.search(r'hx-[a-z-]+="[^"]*(&lt;|script)', page)


def test_a_selection_reads_what_it_writes() -> None:
    one = Selection.read({"q": " a  b ", "tier": "2", "campaign": "7", "open": "maybe"})
    assert one.address() == "q=a+b&tier=2&campaign=7"
    assert one.without("tier").address(sort="-open") == "q=a+b&campaign=7&sort=-open"


def test_who_is_in_talks_and_what_was_last(bobs: Client, tidewell: Tidewell, in_tidewell: object) -> None:
    made = hostile(tidewell.workspace, tidewell.bob)
    [row] = matches.page(Selection(), tidewell.bob, MONDAY).people
    assert row["holder"] == made.sender.name and row["touch_at"] == MONDAY
    assert "Replied today" in words(read(bobs))


def test_a_sender_of_another_person_is_no_degree_of_theirs(tidewell: Tidewell, in_tidewell: object) -> None:
    people = everybody(tidewell)
    other = sender(tidewell.bob, "Another", "business")
    Relationship.objects.create(workspace=tidewell.workspace, prospect=people["Kofi"], sender=other, degree="3")
    rows = {row["first_name"]: row["degree"] for row in matches.page(Selection(), tidewell.bob, MONDAY).people}
    assert rows["Kofi"] == "3" and rows["Jonas"] is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_searching_and_ticking_in_a_browser(
    tidewell: Tidewell, watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "A_PAGE", 3)
    with scope(workspace=tidewell.workspace):
        prospects(tidewell.workspace, 4, first_name="Anna")
        prospects(tidewell.workspace, 1, first_name="Kofi")
        hostile(tidewell.workspace, tidewell.bob)
    page = watch(tidewell.bob).open("/prospects/")
    rows, bulk = page.locator("#rows tr"), page.get_by_role("region", name="What to do with those selected")
    assert rows.count() == 3 and not bulk.is_visible()
    page.get_by_role("link", name="Show more").click()
    page.get_by_text("Those are all 6.").wait_for()
    assert rows.count() == 6 and page.url.endswith("/prospects/"), "the address stays"
    page.get_by_label("Search prospects").press_sequentially("anna")
    page.get_by_role("status").get_by_text("4 people").wait_for()
    page.wait_for_url("**/prospects/?q=anna")
    assert page.get_by_label("Search prospects").evaluate("e => e === document.activeElement")
    page.get_by_label("Select this page").check()
    assert bulk.get_by_text("3 selected").is_visible()
    bulk.get_by_label("all 4").check()
    assert bulk.get_by_text("4 selected").is_visible()
    bulk.get_by_label("Tier", exact=True).select_option("3")
    bulk.get_by_role("button", name="Set tier").click()
    page.get_by_text("4 people set to tier 3.").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Undone: 4 people as before.").wait_for()
    with scope(workspace=tidewell.workspace):
        assert Prospect.objects.filter(tier=1).count() == 5
