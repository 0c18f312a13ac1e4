"""Settings › History: each thing that happened as one sentence, and words for everything that is ever written."""

import ast
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from accounts import history, history_lines, history_words, ledger, plans
from accounts.history_lines import Named
from accounts.models import History, Member, Plan
from campaigns.building import campaigns
from tests.cast import MONDAY, Tidewell, campaign, credits, prospects

SignIn = Callable[[Member | None], Client]

APPS = ("accounts", "prospects", "campaigns")
ELSEWHERE: dict[str, set[str]] = {
    "campaigns/running/reconcile.py": {"was_sent", "was_not_sent"},
    "campaigns/running/holding.py": {"held", "stopped", "resumed"},
    "campaigns/running/silences.py": {"suppressed", "suppression_lifted"},
    "prospects/tiers.py": {"tier set"},
    "campaigns/inbox/triage.py": {"done", "reopened", "snoozed", "assigned", "labelled", "outcome set"},
    "prospects/imports/work.py": {"applied", "failed", "cancelled"},
}
"""Verbs that do not stand in the call itself: where they are written, and which they are. They stand in its folder."""
RAW = {"campaigns/running/caps.py": {"caps"}}
"""Files that write history in SQL of their own."""


def files() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for path in sorted(Path(settings.BASE_DIR, app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(settings.BASE_DIR)), path.read_text()


def constants(node: ast.AST) -> list[str] | None:
    """The verbs that an argument can be; None when it does not say."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        both = constants(node.body), constants(node.orelse)
        return None if None in both else [*(both[0] or []), *(both[1] or [])]
    return None


def calls(source: str) -> Iterator[ast.AST]:
    """The verb of each call of history.note and of each History row that is made, wherever it stands in the call."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name == "history.note" and len(node.args) > 1:
            yield node.args[1]
        elif name == "History":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            yield given.get("verb", node)


def written() -> dict[str, set[str]]:
    """Every verb that the code writes, by file."""
    found: dict[str, set[str]] = {}
    for path, source in files():
        if path == "accounts/history.py":
            continue  # the pen itself
        verbs: set[str] = set()
        for node in calls(source):
            said = constants(node)
            verbs |= set(said) if said is not None else ELSEWHERE.get(path, {f"{ast.unparse(node)}?"})
        if "INSERT INTO accounts_history" in source:
            verbs |= RAW.get(path, {"?"})
        if verbs:
            found[path] = verbs
    return found


def test_every_verb_that_is_written_has_words() -> None:
    without = {
        path: sorted(verb for verb in verbs if not history_words.knows(verb)) for path, verbs in written().items()
    }
    assert {path: verbs for path, verbs in without.items() if verbs} == {}, "add them to accounts/history_words.py"


def test_verbs_that_stand_elsewhere_are_still_written_there() -> None:
    sources = dict(files())
    for path, verbs in (ELSEWHERE | RAW).items():
        folder = [source for near, source in sources.items() if Path(near).parent == Path(path).parent]
        for verb in verbs - {"applied", "failed", "cancelled"}:  # states of an import, by their own names
            said = any(f'"{verb}"' in source or f"'{verb}'" in source for source in folder)
            assert path in sources and said, f"{path} writes no {verb} any more"


def test_a_verb_that_nobody_gave_words_is_found() -> None:
    source = "from accounts import history\nhistory.note(x, 'danced', by=b, now=n)\nhistory.note(x, v, by=b, now=n)\n"
    first, second = list(calls(source))
    assert constants(first) == ["danced"] and not history_words.knows("danced")
    assert constants(second) is None


def row(verb: str, subject: str = "campaign:1", by: str = "Bob Moreau", actor: str = "", **data: Any) -> Any:
    member = SimpleNamespace(user=by, pk=7) if by else None
    return SimpleNamespace(verb=verb, subject=subject, by=member, actor=actor, data=data, at=MONDAY)


NAMES = {
    "campaign:1": Named("Dock delays Q4", url="/campaigns/1/"),
    "sender:3": Named("Priya Raman"),
    "sender:4": Named("Alice Lindqvist"),
    "plan:2": Named("Sales Navigator Core"),
    "prospect:9": Named("Ingrid Solheim"),
    "enrollment:5": Named("Ingrid Solheim"),
}


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (row("launched", people=1), "Bob Moreau launched the campaign Dock delays Q4 for 1 person."),
        (row("launched", people=1200), "Bob Moreau launched the campaign Dock delays Q4 for 1,200 people."),
        (row("paused", handed_over=0), "Bob Moreau paused the campaign Dock delays Q4."),
        (
            row("enrolled", people=4, senders=[3, 4]),
            "Bob Moreau put 4 people into the campaign Dock delays Q4 with Priya Raman, Alice Lindqvist.",
        ),
        (
            row("plan changed", "sender:3", was="business", plan="career"),
            "Bob Moreau put the sender Priya Raman on the plan career, before on business.",
        ),
        (
            row("suppressed", "prospect:9", by="", actor="inbound", reason="opted_out"),
            "Parley, on the person’s own words, put Ingrid Solheim on the list of whom nobody contacts: opted out.",
        ),
        (
            row("handed_over", "enrollment:5", was=3, to=4),
            "Bob Moreau handed the sequence of Ingrid Solheim over from Priya Raman to Alice Lindqvist.",
        ),
        (row("joined", "member:7", role="sdr"), "Bob Moreau joined as SDR."),
        (
            row("paused", "sender:3", why="At the fair until Thursday."),
            "Bob Moreau paused the sender Priya Raman: At the fair until Thursday.",
        ),
        (row("paused", "campaign:99"), "Bob Moreau paused the campaign."),
        (row("suppressed", "prospect:99"), "Bob Moreau put somebody who is gone on the list of whom nobody contacts."),
        (row("danced_all night", "plan:2"), "Bob Moreau danced all night the plan Sales Navigator Core."),
    ],
)
def test_what_happened_is_one_sentence(happened: Any, sentence: str) -> None:
    assert history_lines.line(happened, NAMES, zone=UTC).text == sentence


def test_new_terms_say_what_was_and_what_is() -> None:
    before = {"cap": 150, "price_cents": 9900, "grant": 50}
    happened = row(
        "terms added", "plan:2", valid_from="2026-12-01", before=before, cap=100, price_cents=11_999, grant=50
    )
    assert history_lines.line(happened, NAMES, zone=UTC).text == (
        "Bob Moreau saved terms of the plan Sales Navigator Core from 1 December 2026: roll-over cap 150 → 100, "
        "price a month $99 → $119.99."
    )


def test_what_people_wrote_is_kept_apart_from_our_words() -> None:
    happened = row("suppressed", "prospect:9", reason="{subject} <b>x</b>")
    parts = history_lines.line(happened, NAMES, zone=UTC).parts
    assert [part.text for part in parts if part.foreign] == ["Ingrid Solheim", "{subject} <b>x</b>"]


@pytest.fixture
def alice_at(monday: datetime, in_tidewell: object, signed_in: SignIn, alice: Member) -> Client:
    return signed_in(alice)


def lines(client: Client, **asked: str) -> list[str]:
    return [entry.line.text for entry in client.get(reverse("history"), asked).context["entries"]]


@pytest.mark.django_db
def test_newest_first_with_filters_in_the_address(alice_at: Client, tidewell: Tidewell) -> None:
    made = campaign(tidewell.bob)
    other = campaign(tidewell.priya, "Retail COOs")
    campaigns.pause(made, by=tidewell.bob, now=MONDAY)
    campaigns.pause(other, by=tidewell.mara, now=MONDAY)
    assert lines(alice_at)[:2] == [
        "Mara Okonkwo paused the campaign Retail COOs.",
        "Bob Moreau paused the campaign Dock delays Q4.",
    ]
    assert lines(alice_at, by=f"{tidewell.bob.pk}") == ["Bob Moreau paused the campaign Dock delays Q4."]
    assert len(lines(alice_at, what="paused")) == 2
    assert lines(alice_at, about=f"campaign:{other.pk}") == ["Mara Okonkwo paused the campaign Retail COOs."]
    page = alice_at.get(reverse("history"), {"by": f"{tidewell.bob.pk}", "what": "launched"})
    assert "Nothing matches" in page.content.decode()
    assert [(chip.label, chip.words) for chip in page.context["chips"]] == [("By", "Bob Moreau"), ("What", "launched")]
    assert page.context["chips"][0].off == f"{reverse('history')}?what=launched"


@pytest.mark.django_db
def test_what_no_member_did_can_be_asked_for(alice_at: Client, tidewell: Tidewell) -> None:
    history.note(tidewell.senders["bob"], "paused", by=None, now=MONDAY, why="logged out")
    assert lines(alice_at, by="parley", what="paused") == ["Parley paused the sender Bob Moreau: logged out."]


@pytest.mark.django_db
def test_older_ones_follow_without_a_gap_or_a_repetition(alice_at: Client, tidewell: Tidewell) -> None:
    for n in range(120):
        history.note(tidewell.senders["bob"], "paused", by=tidewell.bob, now=MONDAY + timedelta(seconds=n), why=f"n{n}")
    seen: list[str] = []
    address = f"{reverse('history')}?what=paused"
    while address:
        page = alice_at.get(address)
        seen += [entry.line.text for entry in page.context["entries"]]
        address = page.context["following"]
    assert seen == [f"Bob Moreau paused the sender Bob Moreau: n{n}." for n in range(119, -1, -1)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [{"by": "x"}, {"before": "nonsense"}, {"before": "9" * 30}, {"about": "x:y:z"}, {"about": "campaign:99999999999"}],
)
def test_a_broken_filter_breaks_nothing(alice_at: Client, asked: dict[str, str]) -> None:
    assert alice_at.get(reverse("history"), asked).status_code == 200


@pytest.mark.django_db
def test_it_costs_the_same_for_3_and_300(alice_at: Client, tidewell: Tidewell, query_count: Any) -> None:
    def happen(count: int) -> None:
        for person in prospects(tidewell.workspace, count):
            history.note(person, "suppressed", by=tidewell.bob, now=MONDAY, reason="x")
            history.note(tidewell.senders["bob"], "paused", by=tidewell.bob, now=MONDAY)

    happen(3)
    address = f"{reverse('history')}?by={tidewell.bob.pk}"
    alice_at.get(address)
    few = query_count(alice_at, address)
    happen(297)
    assert query_count(alice_at, address) == few


@pytest.mark.django_db
def test_every_kind_of_subject_has_a_name(alice_at: Client, tidewell: Tidewell) -> None:
    balance = credits(tidewell.senders["bob"], 12)
    ledger.adjust(balance, -1, by=tidewell.alice, now=MONDAY, note="a trial")
    allowance = tidewell.senders["bob"].allowances.get(budget="invites")
    history.note(allowance, "caps", by=None, now=MONDAY, day=20, week=100, month=None)
    core = Plan.objects.get(code="sales-navigator-core")
    plans.copy(core, "Mine", by=tidewell.alice, now=MONDAY)
    found = lines(alice_at)
    assert "Alice Lindqvist adjusted the InMail credits of Bob Moreau by -1: a trial." in found
    assert "Parley set the limits of invites of Bob Moreau: 20 in 24 hours, 100 in 7 days." in found
    assert "Alice Lindqvist made the plan Mine as a copy of Sales Navigator Core." in found
    assert "Parley added the plan Free, one of LinkedIn’s own." in found


@pytest.mark.django_db
def test_another_workspace_is_another_history(alice_at: Client, charlie: Member, tidewell: Tidewell) -> None:
    with scope(workspace=charlie.workspace):
        theirs = campaign(charlie, "Secret plan")
        campaigns.pause(theirs, by=charlie, now=MONDAY)
    assert not any("Secret plan" in line for line in lines(alice_at))
    page = alice_at.get(reverse("history"), {"about": f"campaign:{theirs.pk}"}).content.decode()
    assert "Secret plan" not in page and "Nothing matches" in page


@pytest.mark.django_db
def test_hostile_words_are_read_as_text(alice_at: Client, tidewell: Tidewell) -> None:
    history.note(tidewell.senders["bob"], "paused", by=tidewell.bob, now=MONDAY, why="<script>alert(1)</script>{{7*7}}")
    page = alice_at.get(reverse("history")).content.decode()
    assert "<script>alert" not in page and "{{7*7}}" in page
    assert History.objects.filter(verb="paused").exists()
