"""The main job, live: real clock, Celery workers, simulated people in a hurry, real files, only the command line."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.platform.checkouts import Checkout, Running

Rows = list[dict[str, Any]]
EAGER = {"accept_after_h": 1, "reply": {"after_h": 4, "kind": "interested", "every": True}}
"""Everybody accepts at once and answers gladly: chance is no subject here."""

JOURNEYS = """
SELECT p.slug, e.state, e.reason,
    bool_or(t.kind IN ('invite', 'invite_note') AND t.state = 'sent') AS invited,
    bool_or(t.kind IN ('invite', 'invite_note') AND t.response = 'accepted') AS accepted,
    bool_or(t.kind = 'dm' AND t.state = 'sent') AS messaged,
    bool_or(t.response = 'reply') AS answered
FROM campaigns_enrollment e JOIN campaigns_campaign c ON c.id = e.campaign_id
JOIN prospects_prospect p ON p.id = e.prospect_id LEFT JOIN campaigns_touch t ON t.enrollment_id = e.id
WHERE c.name = %s GROUP BY p.id, e.id ORDER BY p.id"""
RETURNS = "SELECT touch FROM accounts_credittransfer WHERE debit = 'returned'"


@dataclass
class Live:
    """A running copy: its command line, its database, its simulator."""

    checkout: Checkout
    running: Running
    simulator: str

    def manage(self, *arguments: str) -> str:
        done = self.checkout.run("./dev", "manage", *arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """The one sentence with which a command is refused."""
        done = self.checkout.run("./dev", "manage", *arguments)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def rows(self, sql: str, *args: Any) -> Rows:
        lines = (self.checkout.path / "var/running.env").read_text().splitlines()
        address = dict(line.split("=", 1) for line in lines)["DATABASE_URL"]
        with psycopg.connect(address, row_factory=dict_row) as database:
            return database.execute(sql, args).fetchall()

    def until(self, what: str, true: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, (
                f"Not within {seconds} s: {what}.\n{self.everything()}\n{self.running.output}"
            )
            time.sleep(1)

    def everything(self) -> str:
        touches = self.rows(
            "SELECT kind, state, cause, refusal, response, count(*) FROM campaigns_touch GROUP BY 1, 2, 3, 4, 5"
        )
        waiting = self.rows("SELECT state, reason, cause, count(*) FROM campaigns_enrollment GROUP BY 1, 2, 3")
        return "\n".join(map(str, [*touches, *waiting]))

    def sim(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = httpx2.request(method, f"{self.simulator}/sim{path}", json=body, trust_env=False)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def make_eager(self) -> None:
        """Script everybody who was imported."""
        slugs = [row["slug"] for row in self.rows("SELECT slug FROM prospects_prospect WHERE slug <> ''")]
        self.sim("POST", "/newcomers", {"people": [{"slug": slug, **EAGER} for slug in slugs]})


@pytest.fixture
def live(checkout: Checkout, port: int) -> Live:
    running = checkout.start("./dev", "up", PORT=str(port))
    running.await_output("Parley is ready", 90)
    return Live(checkout, running, f"http://127.0.0.1:{port + 100}")


@pytest.mark.slow
def test_two_real_files_go_the_whole_way_from_the_command_line(live: Live) -> None:
    assert re.search(r"Password of all of them: [a-z2-7-]{19}\n", live.running.output)
    who = ("--workspace", "tidewell", "--by", "priya@tidewell.example")
    files = "prospects/samples"

    # A messy export of people nobody knows: invites, InMails, free InMails.
    said = live.manage("import", f"{files}/sales-navigator.csv", *who, "--audience", "Leads")
    assert re.search(r"new +38\n", said) and re.search(r"invalid +2\n", said)
    live.make_eager()
    said = live.manage("launch", *who, "--name", "Leads", "--play", "rehearsal", "--audience", "Leads")
    assert re.search(r"38 by Priya Raman\n", said)

    def somebody(**wanted: Any) -> bool:
        return any(all(row[name] == value for name, value in wanted.items()) for row in live.rows(JOURNEYS, "Leads"))

    live.until("somebody is invited", lambda: somebody(invited=True), 60)
    live.until("an invite is accepted", lambda: somebody(invited=True, accepted=True), 45)
    live.until("who accepted is written to", lambda: somebody(accepted=True, messaged=True), 45)
    live.until(
        "the answer stops the sequence",
        lambda: somebody(accepted=True, messaged=True, answered=True, state="stopped", reason="replied"),
        30,
    )
    live.until("an answered InMail returns its credit", lambda: bool(live.rows(RETURNS)), 60)

    # LinkedIn's own export of whom Priya knows: messages at once.
    said = live.manage("import", f"{files}/connections.csv", *who, "--sender", "Priya Raman", "--audience", "Known")
    assert re.search(r"new +35\n", said)
    live.make_eager()
    said = live.manage("launch", *who, "--name", "Known", "--play", "rehearsal", "--audience", "Known")
    assert re.search(r"34 by Priya Raman\n", said) and "1 have no LinkedIn profile address" in said
    live.until(
        "a connection is written to and answers",
        lambda: any(row["messaged"] and row["state"] == "stopped" for row in live.rows(JOURNEYS, "Known")),
        60,
    )

    # The pages and the command say where everybody is; every promise holds, by the simulator's own record too.
    (status,) = json.loads(live.manage("status", "--workspace", "tidewell", "--json", "--limit", "100"))
    assert status["workspace"] == "tidewell" and status["found"] == 72 and status["states"]["stopped"] >= 2
    assert len(status["people"]) == 72
    unexplained = [person for person in status["people"] if person["state"] == "active" and not person["cause"]]
    assert not unexplained, "everybody who waits has a reason"
    for sender in status["senders"]:
        for room in sender["allowances"]:
            over = {window: used for window, used in room["used"].items() if used > room["caps"][window]}
            assert not over, (sender["name"], room)
    assert "sent touches" in live.manage("verify", "--record")
    record = live.sim("GET", "/accepted?limit=10000")["items"]
    kinds = {touch["kind"] for touch in record}
    assert {"invite_note", "dm", "inmail", "profile_read"} <= kinds
    reached = [(touch["text_sha256"], touch["provider_id"]) for touch in record if touch["text_sha256"]]
    assert len(reached) == len(set(reached)), "nobody got the same text twice"
    assert {touch["account_id"] for touch in record} == {"seat-priya"}, "nobody else's seat was used"

    # What goes wrong says so in one sentence.
    assert "is a campaign called 'Known' already" in live.refused("launch", *who, "--name", "Known", "--play", "volume")
    assert "There is no play 'loud'" in live.refused("launch", *who, "--name", "Other", "--play", "loud")
    assert (
        live.manage("pause", *who, "--campaign", "known") == "Known is paused. 0 already handed over, 0 more will go.\n"
    )
    assert live.running.end() == 0
