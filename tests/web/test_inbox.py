"""The inbox over HTTP: what the list shows and counts, what a conversation tells, and what is done there."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from accounts import ledger
from accounts.models import Member
from campaigns.inbox import answers, triage
from campaigns.models import Answer, Message, Note, Thread, Touch
from campaigns.running import threads
from campaigns.views.inbox import conversation as conversations
from campaigns.views.inbox import snoozes
from outreach.engine.kinds import Kind
from tests.campaigns.test_rollups import sent
from tests.cast import MONDAY, Tidewell
from tests.web.conversations import conversation
from tests.web.hostile import REFUSED, hostile

HTMX = {"HX-Request": "true"}
SignedIn = Callable[[Member | None], Client]


@pytest.fixture(autouse=True)
def _monday(monday: Any, in_tidewell: Any) -> None:
    """It is Monday, and the tests look into Tidewell."""


def row(thread: Thread) -> str:
    return f'id="row-{thread.pk}"'


def names(client: Client, query: str = "") -> list[str]:
    return [line.name for line in client.get(reverse("inbox") + query).context["threads"]]


def counts(client: Client) -> dict[str, str]:
    return {split.words: split.count for split in client.get(reverse("inbox")).context["splits"]}


def post(client: Client, name: str, thread: Thread, query: str = "", **data: Any) -> Any:
    return client.post(reverse(name, args=[thread.pk]) + query, data)


def test_an_sdr_reads_the_replies_of_their_own_senders_and_a_manager_all(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member, mara: Member
) -> None:
    mine = conversation(tidewell.senders["bob"], first_name="Ana")
    hers = conversation(tidewell.senders["priya"], first_name="Ben")
    assert names(signed_in(bob)) == ["Ana Solheim"]
    assert sorted(names(signed_in(mara))) == ["Ana Solheim", "Ben Solheim"]
    assert signed_in(bob).get(reverse("thread", args=[mine.pk])).status_code == 200
    assert signed_in(bob).get(reverse("thread", args=[hers.pk])).status_code == 403


def test_the_list_shows_the_newest_first_with_label_campaign_and_sender(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    conversation(tidewell.senders["bob"], "What does it cost?", at=MONDAY - timedelta(days=2), first_name="Old")
    conversation(tidewell.senders["bob"], first_name="New")
    page = signed_in(bob).get(reverse("inbox"))
    assert [line.name for line in page.context["threads"]] == ["New Solheim", "Old Solheim"]
    assert [line.label for line in page.context["threads"]] == ["Interested", "Question"]
    assert b"Dock delays" in page.content and b"to <bdi>Bob Moreau" in page.content


def test_what_only_we_said_is_no_reply(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    Thread.objects.filter(pk=thread.pk).update(last_inbound_at=None)
    page = signed_in(bob).get(reverse("inbox"))
    assert page.context["threads"] == [] and "No replies yet" in page.content.decode()


def test_splits_count_what_stands_in_them(signed_in: SignedIn, tidewell: Tidewell, bob: Member, mara: Member) -> None:
    seat = tidewell.senders["bob"]
    one, two, three, four = (
        conversation(seat, text) for text in ("Yes, tell me more.", "What does it cost?", "Hm.", "Yes, tell me more.")
    )
    triage.done(one, by=bob, now=MONDAY)
    triage.snooze(two, MONDAY + timedelta(days=1), by=bob, now=MONDAY)
    triage.assign(three, mara, by=bob, now=MONDAY)
    assert counts(signed_in(bob)) == {
        "All open": "2",
        "Interested": "1",
        "Unsure": "1",
        "Mine": "1",
        "Unassigned": "1",
        "Snoozed": "1",
        "Done": "1",
    }
    client = signed_in(bob)
    assert [thread.pk for thread in (one, two)] == [
        client.get(reverse("inbox") + f"?show={show}").context["threads"][0].thread.pk for show in ("done", "snoozed")
    ]
    assert names(signed_in(mara), "?show=mine") == [str(three.prospect)]
    assert names(client, "?show=unassigned") == [str(four.prospect)]


def test_search_finds_by_name_words_and_campaign(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    conversation(tidewell.senders["bob"], "What does it cost?", first_name="Ana")
    conversation(tidewell.senders["bob"], first_name="Ben")
    client = signed_in(bob)
    assert names(client, "?q=ana") == ["Ana Solheim"]
    assert names(client, "?q=tell+more") == ["Ben Solheim"]
    assert len(names(client, "?q=dock")) == 2
    assert "Nothing found" in client.get(reverse("inbox") + "?q=nobody").content.decode()


def test_the_list_goes_on_page_by_page(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    made = [conversation(tidewell.senders["bob"], at=MONDAY - timedelta(hours=n // 2)) for n in range(43)]
    client = signed_in(bob)
    first = client.get(reverse("inbox"))
    rest = client.get(first.context["more"] + "&part=more", headers=HTMX)
    shown = [line.thread.pk for line in [*first.context["threads"], *rest.context["threads"]]]
    assert len(shown) == 43 and set(shown) == {thread.pk for thread in made}
    assert rest.context["more"] == "" and b"<html" not in rest.content


@pytest.mark.parametrize(
    "address", ["?after=nonsense", "?after=2026~x", "?show=nonsense", "?q=%00", "?after=" + "9" * 90]
)
def test_an_address_that_means_nothing_shows_the_list(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member, address: str
) -> None:
    conversation(tidewell.senders["bob"])
    assert len(names(signed_in(bob), address)) == 1


def test_three_and_three_hundred_cost_the_same(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member, query_count: Callable[[Client, str], int]
) -> None:
    client = signed_in(bob)
    thread, *_ = (conversation(tidewell.senders["bob"]) for _ in range(3))
    addresses = [reverse("inbox"), reverse("thread", args=[thread.pk])]
    for address in addresses:
        client.get(address)
    few = [query_count(client, address) for address in addresses]
    for _ in range(60):
        conversation(tidewell.senders["bob"])
    for n in range(60):
        Note.objects.create(workspace=tidewell.workspace, thread=thread, by=bob, at=MONDAY, text=f"Note {n}")
    assert [query_count(client, address) for address in addresses] == few


def test_a_conversation_tells_what_was_said_and_what_the_reply_did(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    thread = conversation(tidewell.senders["bob"])
    page = signed_in(bob).get(reverse("thread", args=[thread.pk])).content.decode()
    assert "Three shifts, one gate" in page and "Interesting, tell me more." in page
    assert "Sequence stopped by this reply." in page
    assert "2 planned touches cancelled: invite, message." in page
    assert "1 credit returned" in page
    assert "Read as interested by the words “<bdi>tell me more</bdi>”" in page
    assert "holds this conversation until" in page


def test_opening_is_reading(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    assert "data-unread" in signed_in(bob).get(reverse("inbox")).content.decode()
    signed_in(bob).get(reverse("thread", args=[thread.pk]))
    assert Thread.objects.get().unread == 0
    post(signed_in(bob), "thread-unread", thread)
    assert Thread.objects.get().unread == 1


def test_done_opens_the_next_one_and_can_be_undone(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    first = conversation(tidewell.senders["bob"], first_name="Ana")
    second = conversation(tidewell.senders["bob"], at=MONDAY - timedelta(hours=2), first_name="Ben")
    client = signed_in(bob)
    answer = client.post(reverse("thread-done", args=[first.pk]), headers=HTMX)
    assert answer.headers["HX-Push-Url"] == reverse("thread", args=[second.pk])
    assert answer.headers["HX-Trigger-After-Settle"] == "thread-opened"
    page = answer.content.decode()
    assert "Ana Solheim is done. Next: Ben Solheim." in page and 'id="thread-title"' in page
    assert row(first) not in page and row(second) in page
    undo = page.split('action="/inbox/undo/')[1].split('"')[0]
    assert client.post(f"/inbox/undo/{undo}").headers["Location"] == reverse("thread", args=[first.pk])
    assert Thread.objects.get(pk=first.pk).state == "open"


def test_done_with_the_last_one_goes_back_to_the_list(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    assert post(client, "thread-done", thread).headers["Location"] == reverse("inbox")
    page = client.get(reverse("inbox")).content.decode()
    assert "All done" in page and "That was the last one here." in page
    assert post(client, "thread-reopen", thread).status_code == 302
    assert Thread.objects.get().state == "open"


def test_the_split_stays_while_one_works_through_it(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    first = conversation(tidewell.senders["bob"], "What does it cost?")
    conversation(tidewell.senders["bob"])
    last = conversation(tidewell.senders["bob"], "How long does it take?", at=MONDAY - timedelta(days=3))
    answer = post(signed_in(bob), "thread-done", first, "?show=question")
    assert answer.headers["Location"] == reverse("thread", args=[last.pk]) + "?show=question"


def test_snooze_assign_label_and_outcome(signed_in: SignedIn, tidewell: Tidewell, bob: Member, mara: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    post(client, "thread-assign", thread, to=mara.pk)
    post(client, "thread-label", thread, label="not_now")
    post(client, "thread-outcome", thread, outcome="meeting", on="2026-11-20")
    now = Thread.objects.get()
    assert (now.assignee_id, now.label, now.outcome, now.outcome_on) == (
        mara.pk,
        "not_now",
        "meeting",
        date(2026, 11, 20),
    )
    page = client.get(reverse("thread", args=[thread.pk])).content.decode()
    assert "Meeting booked" in page and "20 Nov 2026" in page and "Set by <bdi>Bob Moreau</bdi>" in page
    post(client, "thread-snooze", thread, until="3")
    until = Thread.objects.get().snoozed_until
    assert until is not None and until.isoformat() == "2026-11-05T09:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("thread-snooze", {"on": "2020-01-01"}, "Choose a time that is still to come."),
        ("thread-snooze", {"on": "2026-99-99"}, "Choose until when it sleeps."),
        ("thread-assign", {"to": "999999"}, "Choose who answers."),
        ("thread-assign", {"to": "9" * 40}, "Choose who answers."),
        ("thread-label", {"label": "<b>"}, "Choose one of the labels."),
        ("thread-outcome", {"outcome": "meeting"}, "Say on which day the meeting is."),
        ("thread-outcome", {"outcome": "gold"}, "Choose one of the outcomes."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member, name: str, data: dict[str, str], sentence: str
) -> None:
    thread = conversation(tidewell.senders["bob"])
    before = Thread.objects.values().get()
    answer = signed_in(bob).post(reverse(name, args=[thread.pk]), data, headers=HTMX)
    assert answer.status_code == 200 and sentence in answer.content.decode()
    assert Thread.objects.values().get() == before | {"unread": before["unread"]}


def test_an_answer_is_queued_once_shown_and_taken_back(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    for _ in range(2):
        answer = client.post(
            reverse("thread-answer", args=[thread.pk]), {"text": "Thank you.", "key": "once"}, headers=HTMX
        )
        assert answer.status_code == 200
    page = answer.content.decode()
    assert "Queued" in page and "Thank you." in page and Touch.objects.filter(step_key=0).count() == 1
    made = Answer.objects.get()
    assert f'action="{reverse("answer-back", args=[thread.pk, made.pk])}"' in page
    client.post(reverse("answer-back", args=[thread.pk, made.pk]))
    page = client.get(reverse("thread", args=[thread.pk])).content.decode()
    assert "Queued" not in page and ">Thank you.</textarea>" in page


def test_what_was_typed_stays_when_an_answer_is_refused(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    for headers in ({}, HTMX):
        answer = client.post(
            reverse("thread-answer", args=[thread.pk]), {"text": "x" * 8_001, "key": "k"}, headers=headers
        )
        assert answer.status_code == 422 and "shorten it by 1" in answer.content.decode()
        assert "x" * 8_001 in answer.content.decode()


def test_a_draft_is_kept_and_not_brought_back_by_a_late_request(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    draft = reverse("thread-draft", args=[thread.pk])
    assert client.post(draft, {"text": "Thank y", "key": "k"}).status_code == 204
    assert ">Thank y</textarea>" in client.get(reverse("thread", args=[thread.pk])).content.decode()
    post(client, "thread-answer", thread, text="Thank you.", key="k")
    client.post(draft, {"text": "Thank you.", "key": "k"})
    assert answers.draft(thread, bob) == ""


def test_an_answer_that_did_not_go_can_be_written_again(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    made = answers.answer(thread, "Thank you.", key="k", by=bob, now=MONDAY)
    Touch.objects.filter(pk=made.touch_id).update(state="cancelled", refusal="in_conversation")
    client = signed_in(bob)
    page = client.get(reverse("thread", args=[thread.pk])).content.decode()
    assert "Not sent" in page and "Another sender had begun a conversation with this person." in page
    again = client.get(reverse("thread", args=[thread.pk]) + f"?again={made.pk}").content.decode()
    assert ">Thank you.</textarea>" in again


def test_a_note_stands_between_the_messages_and_is_no_answer(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    post(client, "thread-note", thread, text="Ask Anselm about Lyon.")
    page = client.get(reverse("thread", args=[thread.pk])).content.decode()
    assert 'data-dir="note"' in page and "Ask Anselm about Lyon." in page
    assert Touch.objects.filter(step_key=0).count() == 0
    assert "Write the note first." in post(client, "thread-note", thread, text=" ").content.decode()


def test_long_conversations_are_read_page_by_page(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    for n in range(50):
        said = threads.Said(
            workspace=tidewell.workspace.pk,
            sender=thread.sender_id,
            prospect=thread.prospect_id,
            chat=thread.provider_chat,
            message=f"more-{n}",
            text=f"Message number {n}.",
            at=MONDAY + timedelta(seconds=n // 3),
            inbound=True,
            intent="unsure",
        )
        threads.store(said, now=MONDAY)
    client = signed_in(bob)
    first = client.get(reverse("thread", args=[thread.pk]))
    older = client.get(
        reverse("thread", args=[thread.pk]), {"part": "older", "before": first.context["older"]}, headers=HTMX
    )
    said = [one.text for one in [*older.context["said"], *first.context["said"]]]
    assert len(said) == Message.objects.filter(thread=thread).count() and len(set(said)) == len(said)
    assert older.context["older"] == ""


def test_news_bring_the_list_the_splits_and_the_talk_and_leave_what_is_being_written(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    thread = conversation(tidewell.senders["bob"])
    news = signed_in(bob).get(reverse("thread", args=[thread.pk]), {"part": "news"}, headers=HTMX).content.decode()
    assert "innerHTML:#found" in news and "innerHTML:#splits" in news and "innerHTML:#talk" in news
    assert "<textarea" not in news and "<html" not in news


def test_the_navigation_shows_how_many_are_open(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    assert signed_in(bob).get(reverse("inbox-count")).content.strip() == b""
    conversation(tidewell.senders["bob"])
    assert b", 1 open" in signed_in(bob).get(reverse("inbox-count")).content


def test_nobody_undoes_what_another_workspace_did(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member, charlie: Member
) -> None:
    change = triage.done(conversation(tidewell.senders["bob"]), by=bob, now=MONDAY)
    with scopes_disabled():
        answer = signed_in(charlie).post(reverse("inbox-undo", args=[change.way_back]))
    assert answer.status_code == 404 and Thread.objects.get().state == "done"


def test_hostile_words_are_only_words(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    made = hostile(tidewell.workspace, bob)
    triage.note(made.thread, "<script>alert(1)</script>", by=bob, now=MONDAY)
    answers.keep_draft(made.thread, "</textarea><script>alert(1)</script>", by=bob, now=MONDAY)
    client = signed_in(bob)
    for address in (reverse("inbox"), reverse("thread", args=[made.thread.pk])):
        page = client.get(address).content.decode()
        assert [word for word in REFUSED if word in page.replace("<svg class", "").replace("<svg viewBox", "")] == []


def test_times_are_told_where_the_member_is(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"], at=MONDAY - timedelta(hours=10, minutes=30))  # 22:30 on Sunday
    bob.user.zone = "Asia/Tokyo"
    bob.user.save()
    client = signed_in(bob)
    listed = client.get(reverse("inbox"))
    assert listed.context["threads"][0].when == "07:30" and "Times in Asia/Tokyo" in listed.content.decode()
    page = client.get(reverse("thread", args=[thread.pk])).content.decode()
    assert '<div class="day">Today</div>' in page and ">07:30</time>" in page and "22:30" not in page


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        (
            "Europe/Paris",
            "2026-11-02T09:00:00+00:00",  # Monday 10:00
            {"Later today": "13:30 2", "Tomorrow": "09:00 3", "In 3 days": "09:00 5", "On Monday": "09:00 9"},
        ),
        (
            "America/New_York",
            "2026-10-30T23:40:00+00:00",  # Friday 19:40, and the clocks go back on Sunday
            {"Tomorrow": "09:00 31", "On Monday": "09:00 2", "In a week": "09:00 6"},
        ),
    ],
)
def test_a_snooze_offers_exact_moments_where_the_member_is(zone: str, now: str, expected: dict[str, str]) -> None:
    where, at = ZoneInfo(zone), datetime.fromisoformat(now)
    offered = snoozes.choices(at, where)
    told = {one.words: f"{one.at.astimezone(where):%H:%M %-d}" for one in offered}
    assert expected.items() <= told.items() and ("Later today" in told) is ("Later today" in expected)
    assert [one.at for one in offered] == sorted({one.at for one in offered}) and offered[0].at > at


def test_a_snooze_ends_at_the_moment_that_was_chosen(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    bob.user.zone = "Europe/Paris"
    bob.user.save()
    client = signed_in(bob)
    thread = conversation(tidewell.senders["bob"])
    page = client.get(reverse("thread", args=[thread.pk])).content.decode()
    chosen = page.split('name="until" value="')[1].split('"')[0]
    post(client, "thread-snooze", thread, until=chosen)
    now = Thread.objects.get()
    assert now.snoozed_until == datetime.fromisoformat(chosen) and now.state == "snoozed"
    assert "Snoozed until Mon 2 Nov, 13:30" in client.get(reverse("thread", args=[thread.pk])).content.decode()
    post(client, "thread-snooze", thread, on="2026-11-20", at="15:45")
    until = Thread.objects.get().snoozed_until
    assert until is not None and until.isoformat() == "2026-11-20T14:45:00+00:00"


def test_the_label_says_from_which_words_it_was_read(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    thread = conversation(tidewell.senders["bob"])
    client = signed_in(bob)
    address = reverse("thread", args=[thread.pk])
    assert "Set by the rules, from the words “<bdi>tell me more</bdi>”." in client.get(address).content.decode()
    post(client, "thread-label", thread, label="question")
    assert "Set by <bdi>Bob Moreau</bdi>." in client.get(address).content.decode()


def test_the_head_says_how_many_are_open_and_since_when_the_oldest_waits(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    client = signed_in(bob)
    assert client.get(reverse("inbox")).context["waiting"] == ""
    conversation(tidewell.senders["bob"])
    assert client.get(reverse("inbox")).context["waiting"] == "1 open, the oldest waits since 08:00"
    Thread.objects.update(answered_at=MONDAY)
    assert client.get(reverse("inbox")).context["waiting"] == "1 open"


def test_a_search_stands_in_the_address_and_says_how_many_it_found(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    conversation(tidewell.senders["bob"], first_name="Ana")
    found = signed_in(bob).get(reverse("inbox"), {"part": "list", "q": "ana", "show": "mine"}, headers=HTMX)
    assert found.headers["HX-Replace-Url"] == reverse("inbox") + "?show=mine&q=ana"
    assert ">1 found</p>" in found.content.decode()


def test_the_keys_of_the_page_stand_in_its_list_of_keys(signed_in: SignedIn, tidewell: Tidewell, bob: Member) -> None:
    page = signed_in(bob).get(reverse("thread", args=[conversation(tidewell.senders["bob"]).pk])).content.decode()
    listed = page.split('<div class="keys">')[1].split("</footer>")[0]
    declared = {key.lower() for key in re.findall(r'data-hotkey="(\w)"', page)}
    assert declared >= set("jkehalrnumtwx") and declared <= {
        key.lower() for key in re.findall(r"<kbd>(\w)</kbd>", listed)
    }


def test_the_side_says_why_the_message_went_that_way_and_what_the_credits_did(
    signed_in: SignedIn, tidewell: Tidewell, bob: Member
) -> None:
    thread = conversation(tidewell.senders["bob"])
    balance = ledger.open_balance(tidewell.senders["bob"], now=MONDAY - timedelta(days=9))
    assert balance is not None and thread.enrollment is not None
    at = MONDAY - timedelta(days=3)
    touch = sent(thread.enrollment, Kind.INMAIL, at, decision={"why": "worth_a_credit"})
    ledger.reserve(balance.pk, touch=touch.pk, now=at)
    ledger.post(balance.pk, touch=touch.pk, now=at)
    ledger.give_back(balance.pk, touch=touch.pk, sent_at=at, responded_at=MONDAY, now=MONDAY)
    page = signed_in(bob).get(reverse("thread", args=[thread.pk])).content.decode()
    assert "Why InMail, Fri" in page and "Worth a credit, and one is free to spend." in page
    assert [(one.when, one.change) for one in conversations.about(thread, bob, MONDAY)["effects"]] == [
        ("Fri", -1),
        ("today", 1),
    ]
    assert "0 net" in page and "Came back with an answer" in page
