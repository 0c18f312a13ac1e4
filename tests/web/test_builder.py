"""The builder: the outline, one step's texts with what becomes of them, the people, the senders, the settings."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django_scopes import scope

from accounts.models import Member
from campaigns.building import campaigns
from campaigns.models import Campaign, Enrollment, Variant
from prospects.models import Prospect
from tests.cast import MONDAY, Tidewell, prospects
from tests.web.test_campaigns import audience, draft, read, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def at_bobs(tidewell: Tidewell, signed_in: Callable[[Member | None], Client]) -> Client:
    return signed_in(tidewell.bob)


def note_of(of: Campaign, key: int = 1) -> str:
    with scope(workspace=of.workspace):
        return str(Variant.objects.get(step__version__campaign=of, step__key=key).note)


@pytest.mark.parametrize(
    ("play", "outline"),
    [
        ("senior", "1 InMail .* Any response Stop, credit returns Silent for 7 to 10 days 2 Invite with a note"),
        ("senior", "Accepted, 1 day later 3 Message .* Silent for 4 days 4 Message .* No answer for 21 days 6 With"),
        ("volume", "1 First contact on the best channel .* Accepted, 1 day later 3 Message"),
        ("ultra", "1 View of the profile 1 day later 2 Like of a post 1 day later 3 InMail"),
    ],
)
def test_the_sequence_is_an_outline_of_what_can_happen(
    play: str, outline: str, tidewell: Tidewell, at_bobs: Client
) -> None:
    made = draft(tidewell, play=play, by="priya")
    assert re.search(outline, read(at_bobs, f"/campaigns/{made.pk}/"))


@pytest.mark.parametrize("play", ["volume", "senior", "ultra", "rehearsal"])
def test_every_step_of_every_play_stands_in_its_outline_once(play: str, tidewell: Tidewell, at_bobs: Client) -> None:
    with scope(workspace=tidewell.workspace):
        made = campaigns.create("All", play, by=tidewell.bob, seed=1, now=MONDAY)
        keys = sorted(made.versions.get().steps.values_list("key", flat=True))
    html = at_bobs.get(f"/campaigns/{made.pk}/").content.decode()
    outline = html.split('id="sequence"')[1].split("</section>")[0]
    assert sorted(int(key) for key in re.findall(r'href="[^"]*/steps/(\d+)/', outline)) == keys
    for key in keys:
        assert at_bobs.get(f"/campaigns/{made.pk}/steps/{key}/").status_code == 200
    assert at_bobs.get(f"/campaigns/{made.pk}/steps/99/").status_code == 404


def test_a_text_is_saved_by_a_plain_form(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    answer = at_bobs.post(
        f"/campaigns/{made.pk}/steps/2/", {"note": "Hi, shall we?", "wait_low": "3", "wait_high": "4"}
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{made.pk}/steps/2/")
    shown = at_bobs.get(answer["Location"]).content.decode()
    assert "Step 2 is saved." in shown and "Hi, shall we?</textarea>" in shown
    assert "No answer for 3 to 4 days" in words(shown)


@pytest.mark.parametrize(
    ("note", "says"),
    [
        ("Hi {{ frist_name }}", "The variable frist_name is not known. Did you mean first_name?"),
        ("Hi {% if company %}there", "is never closed"),
        ("x" * 301, "has up to 301 characters and may have 300, so shorten it by 1."),
        ("{{ company }}", "company is empty for 3 of 3 people"),
    ],
)
def test_a_text_that_cannot_be_sent_is_explained_and_kept(
    note: str, says: str, tidewell: Tidewell, at_bobs: Client
) -> None:
    made = draft(tidewell)
    answer = at_bobs.post(f"/campaigns/{made.pk}/steps/2/", {"note": note})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert says in words(html) and 'aria-invalid="true"' in html
    assert note_of(made, 2) == note
    assert says in read(at_bobs, f"/campaigns/{made.pk}/steps/2/"), "also when one comes back later"
    assert "To settle before launch: step 2" in read(at_bobs, f"/campaigns/{made.pk}/")


def test_a_note_of_201_characters_does_not_fit_a_free_plan(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, by="mara")
    at_bobs.post(f"/campaigns/{made.pk}/steps/1/", {"note": "x" * 201})
    assert "may have 200 on the plan of Mara Okonkwo, so shorten it by 1." in read(
        at_bobs, f"/campaigns/{made.pk}/steps/1/"
    )


def test_a_text_that_no_draft_can_hold_stays_in_its_field(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    before = note_of(made)
    answer = at_bobs.post(f"/campaigns/{made.pk}/steps/1/", {"note": "y" * 20_001})
    html = answer.content.decode()
    assert answer.status_code == 422 and "The note has 20,001 characters: shorten it to 20,000." in html
    assert "y" * 20_001 in html and note_of(made) == before


def test_waits_that_cannot_be_are_refused_in_a_sentence(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    answer = at_bobs.post(f"/campaigns/{made.pk}/steps/2/", {"wait_low": "9", "wait_high": "soon"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "A step waits from 0 to 60 days, the least first" in words(html)
    assert 'name="wait_low" type="number" min="0" max="60" value="9"' in html and 'value="soon"' in html


def test_while_typing_the_check_comes_back_alone_and_the_text_is_kept(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    answer = at_bobs.post(
        f"/campaigns/{made.pk}/steps/1/", {"note": "Hi {{ first_nam }}"}, headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert answer.status_code == 200 and "<html" not in html
    for spot in ('id="saved"', 'id="count-note"', 'id="told-note"', 'id="previews"'):
        assert spot in html
    assert "Did you mean first_name?" in html and "and not ready to send" in html
    assert note_of(made) == "Hi {{ first_nam }}"


def test_a_preview_shows_values_as_text_only(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    with scope(workspace=tidewell.workspace):
        Prospect.objects.update(first_name="<script>alert(1)</script>", last_name="{{ 7|add:7 }}")
    html = at_bobs.get(f"/campaigns/{made.pk}/steps/1/").content.decode()
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_launched_text_can_be_read_and_not_written(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    with scope(workspace=tidewell.workspace):
        campaigns.launch(made, by=tidewell.bob, now=MONDAY)
    before = note_of(made)
    html = at_bobs.get(f"/campaigns/{made.pk}/steps/1/").content.decode()
    assert "This version was launched" in html and "readonly" in html and "hx-post" not in html.split("<form class")[1]
    answer = at_bobs.post(f"/campaigns/{made.pk}/steps/1/", {"note": "Other"})
    assert answer.status_code == 422 and "only a draft can be changed" in answer.content.decode()
    assert note_of(made) == before


def test_a_viewer_reads_the_builder_and_changes_nothing(
    tidewell: Tidewell, signed_in: Callable[[Member | None], Client]
) -> None:
    made = draft(tidewell)
    vera = signed_in(tidewell.vera)
    html = vera.get(f"/campaigns/{made.pk}/steps/1/").content.decode()
    assert "readonly" in html and ">Save<" not in html
    assert vera.post(f"/campaigns/{made.pk}/steps/1/", {"note": "x"}).status_code == 403


def test_an_audience_is_added_once_and_taken_out(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 2)
    fair = audience(tidewell, 3)
    address = f"/campaigns/{made.pk}/audience/"
    added = at_bobs.post(address, {"act": "add", "whom": f"audience:{fair.pk}"}, follow=True).content.decode()
    assert "3 people added." in added and "5 people in this draft" in words(added)
    again = at_bobs.post(address, {"act": "add", "whom": "everybody"}, follow=True).content.decode()
    assert "0 people added, 5 were in already." in again
    gone = at_bobs.post(address, {"act": "remove", "whom": f"audience:{fair.pk}"}, follow=True).content.decode()
    assert "3 people taken out. They stay in Prospects." in gone
    with scope(workspace=tidewell.workspace):
        assert Enrollment.objects.count() == 2


@pytest.mark.parametrize("whom", ["", "audience:0", "tier:9", "audience:x", "somebody"])
def test_nobody_that_can_be_named_is_a_sentence(whom: str, tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell)
    answer = at_bobs.post(f"/campaigns/{made.pk}/audience/", {"act": "add", "whom": whom})
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()


def test_a_sender_on_the_wrong_plan_is_explained_where_it_is_chosen(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, play="senior")
    shown = read(at_bobs, f"/campaigns/{made.pk}/senders/")
    assert "The plan Free has no InMail, and Senior needs it." in shown
    assert "bob@tidewell.example" not in shown, "a mailbox does not act for a LinkedIn play"


def test_senders_are_chosen_and_the_people_shared_anew(tidewell: Tidewell, at_bobs: Client) -> None:
    made = draft(tidewell, 4)
    address = f"/campaigns/{made.pk}/senders/"
    both = [tidewell.senders["bob"].pk, tidewell.senders["priya"].pk]
    assert "2 senders act for this campaign." in words(
        at_bobs.post(address, {"senders": both}, follow=True).content.decode()
    )
    with scope(workspace=tidewell.workspace):
        assert sorted(Enrollment.objects.values_list("sender", flat=True)) == sorted(both * 2)
    answer = at_bobs.post(address, {})
    assert answer.status_code == 422 and "No sender is chosen: choose at least one." in answer.content.decode()


def test_a_name_is_changed_and_a_taken_one_stays_in_its_field(tidewell: Tidewell, at_bobs: Client) -> None:
    made, _ = draft(tidewell), draft(tidewell, name="Winter")
    address = f"/campaigns/{made.pk}/settings/"
    assert "The name is saved." in at_bobs.post(address, {"name": "  Spring   "}, follow=True).content.decode()
    answer = at_bobs.post(address, {"name": "Winter"})
    html = answer.content.decode()
    assert answer.status_code == 422 and 'value="Winter"' in html and "already: choose another name" in html
    assert at_bobs.post(address, {"name": " "}).status_code == 422
    made.refresh_from_db()
    assert made.name == "Spring"


def test_the_builder_costs_the_same_for_3_and_for_300(
    tidewell: Tidewell, at_bobs: Client, query_count: Callable[[Client, str], int]
) -> None:
    made = draft(tidewell, 3)
    pages = [f"/campaigns/{made.pk}/{part}" for part in ("", "steps/2/", "audience/", "senders/", "review/")]
    at_bobs.get(pages[0])
    few = [query_count(at_bobs, page) for page in pages]
    with scope(workspace=tidewell.workspace):
        more = [person.pk for person in prospects(tidewell.workspace, 297)]
        campaigns.enroll(made, more, [tidewell.senders["bob"]], by=tidewell.bob, now=MONDAY)
    assert [query_count(at_bobs, page) for page in pages] == few
