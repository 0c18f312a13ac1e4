"""Replies: who may read and answer them. The conversation is one of Bob's sender."""

from typing import Any

from django_scopes import scope

from campaigns.inbox import answers, triage
from tests.cast import MONDAY, Tidewell
from tests.web.conversations import conversation
from tests.web.matrix import Statuses

READ: Statuses = (302, 200, 200, 200, 403, 200)
OF_BOB: Statuses = (302, 200, 200, 200, 403, 404)
NO_GET: Statuses = (302, 405, 405, 405, 403, 405)
NO_POST: Statuses = (302, 405, 405, 405, 403, 405)
DONE: Statuses = (302, 302, 302, 302, 403, 404)

MATRIX: dict[tuple[str, str], Statuses] = {
    ("events", "get"): (302, 204, 204, 204, 403, 204),  # not a server of events here: pages ask by themselves
    ("events", "post"): NO_POST,
    ("inbox", "get"): READ,
    ("inbox", "post"): NO_POST,
    ("inbox-count", "get"): READ,
    ("inbox-count", "post"): NO_POST,
    ("thread", "get"): OF_BOB,
    ("thread", "post"): NO_POST,
    ("thread-done", "get"): NO_GET,
    ("thread-done", "post"): DONE,
    ("thread-reopen", "get"): NO_GET,
    ("thread-reopen", "post"): DONE,
    ("thread-snooze", "get"): NO_GET,
    ("thread-snooze", "post"): DONE,
    ("thread-assign", "get"): NO_GET,
    ("thread-assign", "post"): DONE,
    ("thread-label", "get"): NO_GET,
    ("thread-label", "post"): DONE,
    ("thread-outcome", "get"): NO_GET,
    ("thread-outcome", "post"): DONE,
    ("thread-here", "get"): NO_GET,
    ("thread-here", "post"): (302, 200, 200, 200, 403, 404),
    ("thread-unread", "get"): NO_GET,
    ("thread-unread", "post"): DONE,
    ("thread-note", "get"): NO_GET,
    ("thread-note", "post"): (302, 422, 422, 422, 403, 404),
    ("thread-draft", "get"): NO_GET,
    ("thread-draft", "post"): (302, 204, 204, 204, 403, 404),
    ("thread-answer", "get"): NO_GET,
    ("thread-answer", "post"): (302, 422, 422, 422, 403, 404),
    ("answer-back", "get"): NO_GET,
    ("answer-back", "post"): DONE,
    ("inbox-undo", "get"): NO_GET,
    ("inbox-undo", "post"): (302, 302, 403, 403, 403, 404),  # only who did it takes it back
}
PAGES = [("inbox", "bob"), ("thread", "bob")]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    with scope(workspace=cast.workspace):
        thread = conversation(cast.senders["bob"])
        queued = answers.answer(thread, "Thank you.", key="k", by=cast.bob, now=MONDAY)
        change = triage.label(thread, "question", by=cast.alice, now=MONDAY)
    one = {"pk": thread.pk}
    names = {name for name, _ in MATRIX if name.startswith("thread")}
    return {
        **dict.fromkeys(names, one),
        "answer-back": {"pk": thread.pk, "answer": queued.pk},
        "inbox-undo": {"pk": change.way_back},
    }
