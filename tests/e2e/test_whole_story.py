"""The whole story in real browsers, against a whole Parley: an SDR imports people and launches, somebody answers while
she looks at her inbox, the sequence stops and the credit comes back, she answers and books a meeting; her manager finds
that person behind the numbers of the week."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.e2e.visitor import Visitor
from tests.platform.checkouts import Checkout, Running, eventually

pytestmark = pytest.mark.slow

ANSWERS = (
    "Sounds interesting. We look at exactly this before the budget round: what would a first call cover?",
    "Tell me more, this is a subject here. Could you send something I can pass on?",
)
"""What people say to an InMail, each to theirs."""
OURS = "Thank you. Twenty minutes: how you choose today, what a reply costs you, and where it could cost less."
BY_THEMSELVES = (
    "Hello Priya, what does it cost for a team of six?",
    "Not now, maybe next quarter. Feel free to write again in spring.",
    "We met at the fair in Leeds. Who decides this with you?",
)
"""What some write before anything reached them."""

WIDE: ViewportSize = {"width": 1440, "height": 900}
"""List, conversation and person side by side."""

NO_POLLING = """
const timer = window.setTimeout;
window.setTimeout = (run, wait, ...more) => (wait >= 15000 ? 0 : timer.call(window, run, wait, ...more));
"""
"""A page on which nothing is asked for at intervals: what appears by itself was told by the stream of events."""


class Simulator:
    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.address = f"{host}:{int(port) + 100}"

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = httpx2.request(method, f"{self.address}/sim{path}", json=body, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def settle(self, file: Path) -> None:
        """What everybody in this file does: an InMail costs a credit and is answered eight of their hours later."""
        slugs = re.findall(r"https?://[a-z.]*linkedin\.com/in/([\w-]+)", file.read_text(), re.I)
        people = [
            {"slug": slug, "open_profile": False, "inmail": True, "reply": {"after_h": 8, "text": ANSWERS[n % 2]}}
            for n, slug in enumerate(dict.fromkeys(slug.lower() for slug in slugs))
        ]
        self.ask("POST", "/newcomers", {"people": people})

    def known(self) -> list[str]:
        """Ids of those whose profile was read and to whom nothing went yet."""
        record = self.ask("GET", "/accepted?limit=10000")["items"]
        reached = {touch["provider_id"] for touch in record if touch["kind"] != "profile_read"}
        return [touch["provider_id"] for touch in record if touch["provider_id"] not in reached] if reached else []

    def write(self, person: str, text: str) -> None:
        """This person writes to Priya now."""
        self.ask("POST", "/act", {"act": "reply", "account_id": "seat-priya", "person": person, "text": text})

    def accepted(self, text: str) -> list[dict[str, Any]]:
        """What reached the network with exactly this text."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        record = self.ask("GET", "/accepted?limit=10000")["items"]
        return [touch for touch in record if touch["text_sha256"] == digest]


def test_from_a_file_to_a_meeting_and_what_it_cost(
    visit: Callable[[], Visitor], samples: Path, parley: tuple[Checkout, Running, str]
) -> None:
    simulator = Simulator(parley[2])
    priya = visit()
    page = priya.sign_in("Priya Raman")
    launch(priya, samples / "sales-navigator.csv", simulator)

    # Time passes before the open inbox. Nothing is pressed and nothing is asked for: rows come by themselves.
    page.set_viewport_size(WIDE)
    page.add_init_script(NO_POLLING)
    priya.open("/inbox/")
    page.evaluate("window.stayed = true")
    eventually(lambda: len(simulator.known()) >= len(BY_THEMSELVES), 60, lambda: "too few profiles are read")
    for person, text in zip(simulator.known(), BY_THEMSELVES, strict=False):
        simulator.write(person, text)
    for text in BY_THEMSELVES:
        expect(page.locator(".thread-row", has_text=text)).to_be_visible()
    row = page.locator(".thread-row", has_text=re.compile("|".join(map(re.escape, ANSWERS)))).first
    expect(row).to_be_visible()
    name = row.locator("b").inner_text()
    row = page.locator(".thread-row", has_text=name)  # somebody else may answer any moment
    expect(page.locator(".side-nav .nav-item", has_text="Inbox").locator(".n")).to_have_text(re.compile("^[4-9]"))
    expect(page.locator("#splits a", has_text="All open").locator(".n")).to_have_text(re.compile("^[4-9]"))
    assert page.evaluate("window.stayed"), "the page was not loaded anew"

    # What the answer did: the sequence stopped, what was planned is off, the credit is back.
    row.click()
    talk = page.locator("#talk")
    expect(page.locator("#thread-title")).to_have_text(name)
    expect(talk).to_contain_text("1 planned touch cancelled: invite with note.")
    stopped = talk.locator(".event", has_text="Sequence stopped by this reply.")
    returned = talk.locator(".event", has_text="1 credit returned")
    expect(stopped.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(returned.locator("time")).to_have_text(stopped.locator("time").inner_text())
    thread = page.url

    answer(page)
    eventually(lambda: len(simulator.accepted(OURS)) == 1, 60, lambda: "the answer never reached the network")
    (sent,) = simulator.accepted(OURS)
    assert (sent["account_id"], sent["kind"]) == ("seat-priya", "dm")
    expect(talk.locator(".msg[data-dir=out]", has_text=OURS).locator(".badge")).to_have_count(0)
    book(page)
    assert page.evaluate("window.stayed"), "all of it on one page"
    page.go_back()
    expect(page.locator("#splits")).to_be_visible()
    expect(page.locator(".side-nav")).to_be_visible()
    page.go_forward()
    expect(page.locator("#thread-title")).to_have_text(name)
    priya.picture("inbox", thread, width=WIDE["width"])

    statement(priya, name)
    priya.open("/")
    expect(page.locator("#replies")).to_contain_text("open conversations are yours")
    expect(page.locator("#replies .thread-row").first).to_contain_text(re.compile("waits [0-9]+ min"))
    priya.picture("today-replies")

    mara = visit()
    behind_the_numbers(mara, name)


def launch(priya: Visitor, file: Path, simulator: Simulator) -> None:
    """From the file to a running campaign that begins with InMails."""
    priya.open("/prospects/import/")
    priya.give("File", file)
    priya.press_primary()
    priya.page.locator("main [data-kind=primary]", has_text="Import ").wait_for()
    priya.press_primary()
    simulator.settle(file)
    priya.page.locator("main [data-kind=primary]", has_text="campaign").wait_for()
    priya.press_primary()
    priya.press(priya.page.get_by_role("radio", name="Senior"))
    assert priya.press_primary() == "Make the draft"
    priya.press_primary()
    assert priya.press_primary() == "Launch"
    if (word := priya.page.get_by_label("Type", exact=False)).count() and word.first.is_visible():
        word.first.fill("launch")
        priya.press_primary()
    priya.page.get_by_role("heading", name="What").first.wait_for()


def answer(page: Page) -> None:
    """By keys alone: R, the text, Ctrl and Enter."""
    page.keyboard.press("r")
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.insert_text(OURS)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#talk")).to_contain_text(OURS)
    expect(page.get_by_label("Your reply")).to_have_value("")


def book(page: Page) -> None:
    """A meeting on a day of next week, by its key."""
    day = datetime.now(UTC).date() + timedelta(days=8)
    page.get_by_label("Day of the meeting").fill(day.isoformat())
    page.locator("#talk-scroll").focus()
    page.keyboard.press("m")
    expect(page.locator("#person section p").first).to_have_text(f"Meeting booked {day.day} {day:%b %Y}")


def statement(priya: Visitor, name: str) -> None:
    """The credit statement has the InMail to this person and, after it, its credit back."""
    page = priya.page
    priya.press(page.locator("#person").get_by_role("link", name="Priya Raman"))
    priya.press(page.locator("main a[href$='/credits/']").first)
    lines = page.locator(".ledger tbody tr", has_text=name)
    returned = lines.filter(has_text="Returned")
    expect(returned).to_have_count(1)
    expect(returned.locator(".amount")).to_have_text("+1")
    expect(lines.filter(has_text="Spent")).to_have_count(1)


def behind_the_numbers(mara: Visitor, name: str) -> None:
    """The manager's week: the meetings and replies of Priya, and who stands behind them."""
    page = mara.sign_in("Mara Okonkwo")
    mara.open("/team/?period=7")
    mara.picture("team")
    person = page.locator("#people tbody tr", has_text="Priya Raman")
    columns = page.locator("#people thead th").all_inner_texts()
    for column in ("Human replies", "Meetings"):
        number = person.locator("td, th").nth(columns.index(column)).locator("a.n").first
        read = int(number.inner_text())
        mara.press(number)
        rows = int(page.locator("#found b").inner_text())
        assert rows >= read >= 1, "others go on answering meanwhile"
        expect(page.locator("tbody tr")).to_have_count(rows)
        expect(page.locator("tbody tr", has_text=name)).to_have_count(1)
        page.go_back()
