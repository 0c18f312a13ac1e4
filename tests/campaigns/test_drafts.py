"""Drafts: planned from a play, their texts kept as typed, their people shared among their senders."""

from datetime import timedelta

import pytest
from django_scopes import scope

from accounts.models import History, Member
from accounts.rights import NotAllowed
from campaigns.building import campaigns, choosing, crowds, drafts, fits, previews
from campaigns.building.campaigns import CannotLaunch
from campaigns.building.choosing import Chosen
from campaigns.building.drafts import CannotChange
from campaigns.models import Campaign, CampaignSender, Enrollment, Touch, Variant
from campaigns.running import facts, texts
from outreach.engine.kinds import Kind
from prospects.models import Audience, AudienceMember, Prospect, Relationship
from tests.cast import (
    MONDAY,
    Tidewell,
    alice,
    bob,
    campaign,
    charlie,
    enroll,
    in_tidewell,
    mara,
    monday,
    priya,
    prospects,
    tidewell,
    vera,
)

__all__ = ["alice", "bob", "charlie", "in_tidewell", "mara", "monday", "priya", "tidewell", "vera"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_tidewell", "monday")]


def draft(cast: Tidewell, people: int = 6, *senders: str, play: str = "volume", name: str = "Autumn") -> Campaign:
    """A draft of Bob's for so many new people."""
    made = [person.pk for person in prospects(cast.workspace, people)]
    return drafts.plan(
        play,
        Chosen(made, {}),
        [cast.senders[one] for one in senders or ("bob",)],
        name=name,
        audience=None,
        by=cast.bob,
        seed=7,
        now=MONDAY,
    )


def shares(of: Campaign) -> dict[str, int]:
    return {
        name: Enrollment.objects.filter(campaign=of, sender__name=name).count()
        for name in Enrollment.objects.filter(campaign=of).values_list("sender__name", flat=True).distinct()
    }


def test_a_name_is_suggested_that_nobody_has(tidewell: Tidewell) -> None:
    fair = Audience.objects.create(workspace=tidewell.workspace, name="Fair", created_at=MONDAY)
    assert drafts.suggest_name("senior", fair, now=MONDAY) == "Senior, Fair, Nov 2026"
    draft(tidewell, name="Senior, Fair, Nov 2026")
    assert drafts.suggest_name("senior", fair, now=MONDAY) == "Senior, Fair, Nov 2026 (2)"
    fair.name = "x" * 120
    assert len(drafts.suggest_name("ultra", fair, now=MONDAY)) <= campaigns.NAME


def test_the_rehearsal_is_offered_only_where_every_sender_is_a_practice_seat(tidewell: Tidewell) -> None:
    keys = [play.key for play in drafts.plays_for([tidewell.senders["bob"]])]
    assert keys == ["volume", "senior", "ultra"]
    tidewell.senders["bob"].connector = "simulator"
    assert "rehearsal" in [play.key for play in drafts.plays_for([tidewell.senders["bob"]])]
    assert "rehearsal" not in [play.key for play in drafts.plays_for([])]


def test_what_is_typed_is_kept_even_when_it_cannot_be_sent(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    drafts.write(made, 1, {"note": "Hi {{ frist_name\r\n"}, by=tidewell.bob, now=MONDAY)
    variant = Variant.objects.get(step__version__campaign=made, step__key=1)
    assert variant.note == "Hi {{ frist_name\n"
    assert variant.text, "the other texts of the step stay"


def test_saving_while_typing_is_one_line_of_history(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    for n in range(5):
        drafts.write(made, 1, {"note": f"Hi {n}"}, by=tidewell.bob, now=MONDAY + timedelta(seconds=n))
    drafts.write(made, 1, {"note": "Hi 4"}, by=tidewell.bob, now=MONDAY + timedelta(hours=1))
    assert History.objects.filter(subject=f"campaign:{made.pk}", verb="edited").count() == 1
    drafts.write(made, 1, {"note": "Hi 9"}, by=tidewell.bob, now=MONDAY + timedelta(hours=1))
    assert History.objects.filter(subject=f"campaign:{made.pk}", verb="edited").count() == 2


def test_what_no_text_can_be_is_refused(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    with pytest.raises(CannotChange, match=r"The note has 20,001 characters: shorten it to 20,000"):
        drafts.write(made, 1, {"note": "x" * 20_001}, by=tidewell.bob, now=MONDAY)
    with pytest.raises(CannotChange, match="has no step 99"):
        drafts.write(made, 99, {"note": "x"}, by=tidewell.bob, now=MONDAY)
    with pytest.raises(CannotChange, match="This step has no text"):
        drafts.write(made, 6, {"note": "x"}, by=tidewell.bob, now=MONDAY)
    drafts.write(made, 1, {"note": "a\0b\ud800c"}, by=tidewell.bob, now=MONDAY)
    assert Variant.objects.get(step__version__campaign=made, step__key=1).note == "abc"


def test_a_launched_campaign_is_not_changed(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    campaigns.launch(made, by=tidewell.bob, now=MONDAY)
    for change in (
        lambda: drafts.write(made, 1, {"note": "x"}, by=tidewell.bob, now=MONDAY),
        lambda: drafts.set_waits(made, 2, 1, 2, by=tidewell.bob, now=MONDAY),
        lambda: drafts.drop_people(made, None, by=tidewell.bob, now=MONDAY),
        lambda: drafts.choose_senders(made, [tidewell.senders["priya"]], by=tidewell.bob, now=MONDAY),
    ):
        with pytest.raises(CannotChange, match="Autumn is running: only a draft can be changed"):
            change()
    assert Enrollment.objects.filter(campaign=made).count() == 6


def test_a_viewer_changes_nothing(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    with pytest.raises(NotAllowed):
        drafts.write(made, 1, {"note": "x"}, by=tidewell.vera, now=MONDAY)
    with pytest.raises(NotAllowed):
        drafts.rename(made, "Mine", by=tidewell.vera, now=MONDAY)


def test_other_senders_share_the_people_anew_and_connections_go_to_who_knows_them(tidewell: Tidewell) -> None:
    made = draft(tidewell, 6)
    assert shares(made) == {"Bob Moreau": 6}
    known = Enrollment.objects.filter(campaign=made).order_by("prospect").values_list("prospect", flat=True)[:4]
    Relationship.objects.filter(prospect__in=list(known)).delete()
    Relationship.objects.bulk_create(
        Relationship(workspace=tidewell.workspace, prospect_id=pk, sender=tidewell.senders["priya"], degree="1")
        for pk in known
    )
    both = [tidewell.senders["bob"], tidewell.senders["priya"]]
    drafts.choose_senders(made, both, by=tidewell.bob, now=MONDAY)
    assert shares(made) == {"Bob Moreau": 1, "Priya Raman": 5}
    assert set(CampaignSender.objects.filter(campaign=made).values_list("sender__name", flat=True)) == {
        "Bob Moreau",
        "Priya Raman",
    }
    drafts.choose_senders(made, both[1:], by=tidewell.bob, now=MONDAY)
    assert shares(made) == {"Priya Raman": 6}
    with pytest.raises(CannotChange, match="No sender is chosen"):
        drafts.choose_senders(made, [], by=tidewell.bob, now=MONDAY)
    with pytest.raises(CannotChange, match="cannot act for a campaign"):
        drafts.choose_senders(made, [tidewell.senders["mail"]], by=tidewell.bob, now=MONDAY)


def test_people_are_added_once_and_taken_out_again(tidewell: Tidewell) -> None:
    made = draft(tidewell, 3)
    fair = Audience.objects.create(workspace=tidewell.workspace, name="Fair", created_at=MONDAY)
    more = prospects(tidewell.workspace, 4)
    AudienceMember.objects.bulk_create(
        AudienceMember(workspace=tidewell.workspace, audience=fair, prospect=person) for person in more
    )
    Prospect.objects.filter(pk=more[0].pk).update(replied_at=MONDAY)
    chosen = choosing.choose(audience=fair)
    assert chosen.total == 4
    assert drafts.add_people(made, chosen, by=tidewell.bob, now=MONDAY) == 3
    assert drafts.add_people(made, chosen, by=tidewell.bob, now=MONDAY) == 0
    made.refresh_from_db()
    assert made.left_out == {choosing.REPLIED: 1}
    assert drafts.drop_people(made, chosen, by=tidewell.bob, now=MONDAY) == [person.pk for person in more[1:]]
    assert Enrollment.objects.filter(campaign=made).count() == 3
    assert len(drafts.drop_people(made, None, by=tidewell.bob, now=MONDAY)) == 3
    made.refresh_from_db()
    assert made.left_out == {}


def test_whoever_is_added_to_a_paused_campaign_goes_on_when_it_does(tidewell: Tidewell) -> None:
    made = draft(tidewell, 2)
    campaigns.launch(made, by=tidewell.bob, now=MONDAY)
    campaigns.pause(made, by=tidewell.bob, now=MONDAY)
    more = [person.pk for person in prospects(tidewell.workspace, 2)]
    assert campaigns.enroll(made, more, [tidewell.senders["bob"]], by=tidewell.bob, now=MONDAY) == 2
    assert set(Enrollment.objects.filter(campaign=made).values_list("state", flat=True)) == {"active"}


def test_nobody_is_added_to_what_is_put_away(tidewell: Tidewell) -> None:
    made = draft(tidewell, 2)
    assert campaigns.archive(made, by=tidewell.bob, now=MONDAY)
    assert not campaigns.archive(made, by=tidewell.bob, now=MONDAY), "twice is once"
    with pytest.raises(CannotLaunch, match="Autumn is archived: choose another campaign"):
        campaigns.enroll(made, [], [tidewell.senders["bob"]], by=tidewell.bob, now=MONDAY)
    assert campaigns.restore(made, by=tidewell.bob, now=MONDAY)
    made.refresh_from_db()
    assert made.state == "draft" and made.enrollments.count() == 2


def test_a_pause_counts_what_was_handed_over(tidewell: Tidewell) -> None:
    made = campaign(tidewell.bob)
    bob = tidewell.senders["bob"]
    entered = enroll(made, bob, prospects(tidewell.workspace, 4))
    for one, state in zip(entered, ("dispatching", "dispatching", "planned", "sent"), strict=True):
        Touch.objects.create(
            workspace=tidewell.workspace,
            enrollment=one,
            prospect=one.prospect,
            sender=bob,
            kind=Kind.INVITE,
            step_key=1,
            state=state,
            facts_version=1,
            planned_at=MONDAY,
            not_before=MONDAY,
            **({} if state == "planned" else {"gate_at": MONDAY, "due_by": MONDAY, "reap_at": MONDAY}),
            **({"settled_at": MONDAY} if state == "sent" else {}),
        )
    paused = campaigns.pause(made, by=tidewell.bob, now=MONDAY)
    assert paused and paused.handed_over == 2
    assert not campaigns.pause(made, by=tidewell.bob, now=MONDAY)
    resumed = campaigns.resume(made, by=tidewell.bob, now=MONDAY)
    assert resumed and resumed.people == 4
    with pytest.raises(NotAllowed):
        campaigns.pause(made, by=tidewell.priya, now=MONDAY)


def test_waits_are_days_the_least_first(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    assert drafts.set_waits(made, 2, 3, 5, by=tidewell.bob, now=MONDAY).wait_max_h == 120
    for low, high in ((5, 3), (-1, 3), (0, 61)):
        with pytest.raises(CannotChange, match="from 0 to 60 days"):
            drafts.set_waits(made, 2, low, high, by=tidewell.bob, now=MONDAY)


def test_a_draft_that_changes_is_read_anew_and_what_was_launched_is_remembered(tidewell: Tidewell) -> None:
    made = draft(tidewell)
    version = drafts.version_of(made).pk
    assert facts.steps_of(version)[1].wait_min_h == 7 * 24
    assert facts.texts_of(version, 1)[0]["note"].startswith("Hi")
    drafts.set_waits(made, 2, 3, 5, by=tidewell.bob, now=MONDAY)
    drafts.write(made, 1, {"note": "New"}, by=tidewell.bob, now=MONDAY)
    assert facts.steps_of(version)[1].wait_min_h == 3 * 24
    assert facts.texts_of(version, 1)[0]["note"] == "New"


# -- what becomes of a text


def field(of: Campaign, key: int, name: str) -> fits.Field:
    checked = next(checked for step, _, checked in previews.check_all(of, now=MONDAY) if step.key == key)
    return next(one for one in checked.fields if one.name == name)


def test_a_note_is_measured_after_rendering_for_the_longest_name(tidewell: Tidewell) -> None:
    made = draft(tidewell, 5)
    longest = Prospect.objects.order_by("pk").last()
    assert longest is not None
    Prospect.objects.filter(pk=longest.pk).update(first_name="M" * 40)
    drafts.write(made, 1, {"note": "{{ first_name }}" + "x" * 260}, by=tidewell.bob, now=MONDAY)
    fits = field(made, 1, "note")
    assert (fits.longest, fits.limit, fits.state, fits.problems) == (300, 300, "near", [])
    drafts.write(made, 1, {"note": "{{ first_name }}" + "x" * 261}, by=tidewell.bob, now=MONDAY)
    over = field(made, 1, "note")
    assert over.state == "over"
    assert over.problems == [
        "Too long for 1 of 5 people once names are filled in: the note has up to 301 characters and may have 300, so "
        "shorten it by 1."
    ]


def test_a_free_plan_allows_a_shorter_note(tidewell: Tidewell) -> None:
    made = draft(tidewell, 4, "mara")
    drafts.write(made, 1, {"note": "x" * 201}, by=tidewell.bob, now=MONDAY)
    over = field(made, 1, "note")
    assert (over.longest, over.limit) == (201, 200)
    assert over.problems == [
        "Too long for 4 of 4 people once names are filled in: the note has up to 201 characters and may have 200 on "
        "the plan of Mara Okonkwo, so shorten it by 1."
    ]


@pytest.mark.parametrize(
    ("note", "says"),
    [
        ("Hi {{ frist_name }}", "The variable frist_name is not known. Did you mean first_name?"),
        ("Hi {{ first_name", "{{ is never closed: add }}."),
        ("Hi {first_name}", "{first_name} would be sent as it stands: write {{ first_name }}."),
        (
            "At {{ company }}",
            'company is empty for 3 of 3 people: give it a fallback, as in {{ company | default: "your',
        ),
    ],
)
def test_what_cannot_be_sent_is_one_sentence(tidewell: Tidewell, note: str, says: str) -> None:
    made = draft(tidewell, 3)
    drafts.write(made, 1, {"note": note}, by=tidewell.bob, now=MONDAY)
    (problem,) = field(made, 1, "note").problems
    assert says in problem


def test_a_variable_without_a_fallback_that_everybody_has_is_only_a_hint(tidewell: Tidewell) -> None:
    made = draft(tidewell, 3)
    drafts.write(made, 1, {"note": "Hi {{ first_name }}"}, by=tidewell.bob, now=MONDAY)
    one = field(made, 1, "note")
    assert one.problems == [] and "first_name has no fallback" in one.hints[0]


def test_columns_of_imported_files_are_variables_too(tidewell: Tidewell) -> None:
    made = draft(tidewell, 3)
    Prospect.objects.update(custom={"Dock count": "12"})
    drafts.write(made, 1, {"note": "You have {{ dock_count }} docks"}, by=tidewell.bob, now=MONDAY)
    assert field(made, 1, "note").problems == []


def test_three_people_are_shown_the_longest_and_one_without_a_company_among_them(tidewell: Tidewell) -> None:
    made = draft(tidewell, 9)
    people = list(Prospect.objects.order_by("pk"))
    Prospect.objects.filter(pk=people[4].pk).update(first_name="Maximiliana Theodora")
    checked = previews.check_all(made, now=MONDAY)[0][2]
    assert [preview.why for preview in checked.previews] == ["typical", "longest of 9", "no company on file"]
    assert checked.previews[1].person.id == people[4].pk
    note = next(paper for paper in checked.previews[1].papers if paper.label == "Note")
    assert [part.text for part in note.parts if part.filled] == ["Maximiliana Theodora"]
    assert "".join(part.text for part in note.parts).startswith("Hi Maximiliana Theodora, I have a question")


def test_what_is_previewed_is_what_is_sent(tidewell: Tidewell) -> None:
    """Preview and gate fill in the same text: the parts of a preview add up to what `fill` freezes."""
    made = draft(tidewell, 1)
    step, variant = drafts.steps_of(drafts.version_of(made))[0]
    among = crowds.crowd(made, now=MONDAY)
    (shown,) = previews.check(step, variant, among).previews
    for paper, kind in zip([shown.papers[0], shown.papers[-1]], (Kind.INVITE_NOTE, Kind.INMAIL), strict=True):
        frozen = texts.fill(kind, variant, shown.person.values, note_chars=300)
        assert "".join(part.text for part in paper.parts) == frozen.text


def test_of_many_people_the_longest_and_those_with_gaps_are_tried(tidewell: Tidewell) -> None:
    made = draft(tidewell, 30)
    people = list(Prospect.objects.order_by("pk"))
    Prospect.objects.filter(pk=people[29].pk).update(first_name="M" * 80)
    Prospect.objects.filter(pk=people[28].pk).update(first_name="")
    drafts.write(made, 2, {"note": "{{ first_name }}" + "x" * 240}, by=tidewell.bob, now=MONDAY)
    _, _, checked = next(one for one in previews.check_all(made, now=MONDAY, most=5) if one[0].key == 2)
    assert checked.read < 30 and checked.people == 30
    assert any("first_name is empty for at least 1 of 30 people" in sentence for sentence in checked.fields[0].problems)
    assert any("Too long for at least 1 of 30 people" in sentence for sentence in checked.fields[0].problems)


def test_drafts_of_another_workspace_are_not_there(tidewell: Tidewell, charlie: Member) -> None:
    draft(tidewell)
    with scope(workspace=charlie.workspace):
        assert not Campaign.objects.exists()
