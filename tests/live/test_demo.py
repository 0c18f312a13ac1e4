"""`./dev up` on empty data, for somebody who tries Parley out: pages at once, weeks of outreach soon, then life.

What is killed comes back; what is interrupted begins anew; whoever signs up meanwhile is not disturbed.
"""

import os
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.platform.checkouts import Checkout, Running, processes

pytestmark = pytest.mark.slow

READY_S = 90
"""On a quiet machine with two cores; a busy one gets FACTOR times as long."""
REPLY_S = 120
FACTOR = float(os.environ.get("PARLEY_PATIENCE", "1"))

PLACES = "SELECT id, state, percent, extract(epoch FROM ended_at - began_at) AS took FROM accounts_sample"
NEWCOMER = """
from accounts import workspaces
from accounts.models import User
from outreach import clock
user = User.objects.create_user("ada@example.com", "a long enough password", name="Ada Quist")
print("founded", workspaces.found("Nordlys", user, now=clock.now()).pk)
"""


class Demo:
    """A copy of the checkout that is being started."""

    def __init__(self, checkout: Checkout, port: int) -> None:
        self.checkout, self.port = checkout, port
        self.home, self.simulator = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 100}"
        self.begin()

    def begin(self) -> None:
        self.running: Running = self.checkout.start("./dev", "up", PORT=str(self.port), SAMPLE="full")
        self.running.await_output("Parley is ready", 60 * FACTOR)
        self.first_page = time.monotonic()

    def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        lines = (self.checkout.path / "var/running.env").read_text().splitlines()
        address = dict(line.split("=", 1) for line in lines)["DATABASE_URL"]
        with psycopg.connect(address, row_factory=dict_row) as database:
            return database.execute(sql, args).fetchall()

    def number(self, sql: str) -> int:
        (found,) = self.rows(f"SELECT ({sql}) AS n")
        return int(found["n"] or 0)

    def page(self, path: str) -> str:
        answer = httpx2.get(self.home + path, trust_env=False, timeout=30)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def until(self, what: str, true: Callable[[], Any], seconds: float, since: float | None = None) -> float:
        """Wait for it; how many seconds after `since` (now when None) it came."""
        begun = time.monotonic() if since is None else since
        while not true():
            waited = time.monotonic() - begun
            assert waited < seconds * FACTOR, f"Not within {seconds * FACTOR} s: {what}.\n{self.running.output}"
            assert self.running.process.poll() is None, self.running.output
            time.sleep(0.3)
        return time.monotonic() - begun

    def is_whole(self) -> bool:
        return "the sample workspace is there" in self.running.output

    def manage(self, *arguments: str) -> str:
        done = self.checkout.run("./dev", "manage", *arguments, timeout=120 * FACTOR)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def demo(checkout: Checkout, port: int) -> Demo:
    return Demo(checkout, port)


def test_empty_data_become_weeks_of_outreach_and_then_life_goes_on(demo: Demo) -> None:
    # A page at once, which says how far the sample is; nobody of it is there before it is whole.
    assert "being played at high speed" in demo.page("/sign-in/")
    demo.until("the percent grows", lambda: demo.rows(PLACES)[0]["percent"] >= 3, 60)
    assert demo.number("SELECT count(*) FROM accounts_workspace") == 0
    assert "% are done" in demo.page("/sign-in/sample/")

    # Killed in the middle: nothing of it is left, and the next start begins anew.
    everything = demo.running.descendants()
    demo.running.process.kill()
    demo.running.process.wait()
    end = time.monotonic() + 20
    while set(everything) & set(processes()) and time.monotonic() < end:
        time.sleep(0.2)
    assert not set(everything) & set(processes()), "something outlived the supervisor"
    demo.begin()
    assert demo.number("SELECT count(*) FROM accounts_workspace") == 0

    # Somebody signs up meanwhile. Their background work is done, on the real clock.
    assert "founded" in demo.manage("shell", "-v", "0", "-c", NEWCOMER)
    (mine,) = demo.rows("SELECT * FROM accounts_workspace")
    plans = demo.rows("SELECT * FROM accounts_plan ORDER BY id")
    member = demo.rows("SELECT * FROM accounts_member")

    took = demo.until("the sample is whole", demo.is_whole, READY_S, demo.first_page)
    assert f"{demo.page('/sign-in/').count('@tidewell.example')}" != "0"
    assert demo.rows("SELECT * FROM accounts_workspace WHERE slug = 'nordlys'") == [mine]
    assert demo.rows("SELECT * FROM accounts_plan WHERE workspace_id = %s ORDER BY id", mine["id"]) == plans
    assert demo.rows("SELECT * FROM accounts_member WHERE workspace_id = %s", mine["id"]) == member
    assert demo.number("SELECT count(*) FROM accounts_virtualclock") == 0, "the virtual clock is not taken over"

    # Weeks of it, several campaigns of all plays, four senders, replies of all tempers, credits both ways, meetings.
    span = demo.number("SELECT extract(day FROM max(gate_at) - min(gate_at)) FROM campaigns_touch WHERE state = 'sent'")
    assert span >= 45, span
    plays = {row["play"] for row in demo.rows("SELECT DISTINCT play FROM campaigns_campaign")}
    assert {"volume", "senior", "ultra"} <= plays and demo.number("SELECT count(*) FROM campaigns_campaign") >= 6
    assert demo.number("SELECT count(DISTINCT sender_id) FROM campaigns_touch WHERE state = 'sent'") == 4
    assert 250 <= demo.number("SELECT count(DISTINCT prospect_id) FROM campaigns_enrollment") <= 350
    tempers = {row["intent"] for row in demo.rows("SELECT DISTINCT intent FROM campaigns_message WHERE inbound")}
    assert {"interested", "question", "not_now", "not_interested", "out_of_office", "stop"} <= tempers
    for ends in ("credit = 'spent'", "debit = 'returned'"):
        assert demo.number(f"SELECT count(*) FROM accounts_credittransfer WHERE {ends}") > 5
    assert demo.number("SELECT count(*) FROM campaigns_thread WHERE outcome IN ('meeting', 'held', 'won')") >= 2

    # Log-ins, and one of them opens.
    password = re.search(r"Password of all of them: ([a-z2-7-]{19})\n", demo.running.output)
    assert password and password[1] in demo.page("/sign-in/")
    with httpx2.Client(base_url=demo.home, trust_env=False, follow_redirects=True, timeout=30) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/sign-in/").text)
        assert token
        given = {"username": "mara@tidewell.example", "password": password[1], "csrfmiddlewaretoken": token[1]}
        assert "Mara Okonkwo" in browser.post("/sign-in/", data=given).text

    # Life goes on: a reply arrives, nothing that was promised is broken, by the simulator's record of past and present.
    since = "SELECT ended_at FROM accounts_sample"
    fresh = f"SELECT count(*) FROM campaigns_message WHERE inbound AND stored_at > ({since})"
    came = demo.until("a reply arrives", lambda: demo.number(fresh), REPLY_S, demo.first_page)
    demo.until("a background task is done", lambda: demo.number("SELECT count(*) FROM campaigns_proofrun"), 60)
    demo.until(
        "the promises are recomputed",
        lambda: demo.number("SELECT count(*) FROM campaigns_proofrun WHERE ended_at IS NOT NULL"),
        60,
    )
    assert demo.number("SELECT sum(broken) FROM campaigns_proofrun") == 0, demo.rows("SELECT * FROM campaigns_proofrun")
    said = demo.manage("verify", "--record")
    assert "NO " not in said and "provider" in said
    print(f"the sample was whole {took:.0f} s after the first page, a reply came after {came:.0f} s")

    # What is killed comes back; a second start finds the sample and makes none; an end leaves nothing behind.
    for words in (("celery", "worker"), ("outreach.simulator",)):
        os.kill(demo.running.part(*words), signal.SIGKILL)
    demo.until("the simulator is back", lambda: _answers(f"{demo.simulator}/sim/clock"), 30)
    replies = demo.number("SELECT count(*) FROM campaigns_message WHERE inbound")
    everything = demo.running.descendants()
    assert demo.running.end(seconds=40 * FACTOR) == 0, demo.running.output
    assert not set(everything) & set(processes())
    demo.begin()
    assert "being made ready" not in demo.running.output
    assert demo.number("SELECT count(*) FROM campaigns_message WHERE inbound") >= replies
    assert demo.number("SELECT count(*) FROM accounts_workspace") == 3
    assert demo.running.end(seconds=40 * FACTOR) == 0


@pytest.mark.whole
def test_without_a_sample_there_is_nothing(checkout: Checkout, port: int) -> None:
    running = checkout.start("./dev", "up", "--no-sample", PORT=str(port), SAMPLE="full")
    running.await_output("Parley is ready", 60 * FACTOR)
    count = "from accounts.models import Workspace; print('workspaces:', Workspace.objects.count())"
    assert "workspaces: 0" in checkout.run("./dev", "manage", "shell", "-v", "0", "-c", count).stdout
    assert running.end(seconds=40 * FACTOR) == 0
    said = checkout.run("./dev", "up", SAMPLE="big")
    assert said.returncode == 1 and "SAMPLE is 'big': choose one of full, small, none." in said.stderr


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False, timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False
