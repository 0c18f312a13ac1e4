"""A small stage for the running path: Tidewell with two practice seats, people who do only what a test tells them, and
hands that move the clock and do the work of the tasks. It is Monday 2 November 2026, 09:00 UTC.

After every test the whole proof runs over what it left behind, with the simulator's own record beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope

from accounts import workspaces
from accounts.models import Connection, Member, Role, Sender, User, Workspace
from campaigns.building import campaigns, sample, seats
from campaigns.building.seats import SeatPlan
from campaigns.models import Campaign, Touch
from campaigns.proof import verify
from campaigns.running import by_hand, facts, house, inbound, planning, sync, turns
from campaigns.running.database import Row, rows
from campaigns.timelapse.driver import GRAIN
from campaigns.timelapse.moments import CALL_AFTER, due_parts, rounded
from campaigns.timelapse.outside import KEY, iso
from outreach import clock
from prospects.models import Prospect
from tests.cast import ALWAYS, MONDAY
from tests.outside import Simulator
from tests.outside import simulator as started
from tests.seen import Seen

SEATS = {
    "bob": (SeatPlan("Bob Moreau", "business", "UTC", "seat-bob", "ACoAA-seat-bob", ALWAYS, False), "business"),
    "priya": (
        SeatPlan("Priya Raman", "sales-navigator-core", "UTC", "seat-priya", "ACoAA-seat-priya", ALWAYS, False),
        "sn_core",
    ),
}
ROLES = {"alice": Role.ADMIN, "mara": Role.MANAGER, "bob": Role.SDR, "vera": Role.VIEWER}
ONLY_WHAT_IS_TOLD: dict[str, Any] = {
    **dict.fromkeys(("first_degree", "third_degree", "open_profile", "inmail_off", "needs_email", "premium"), 0),
    **dict.fromkeys(("decline", "undelivered_when_thin", "note_reply", "inmail_silent_accept"), 0),
    **dict.fromkeys(("inmail_silent_decline", "follow_up", "relation_webhook_hours"), 0),
    **dict.fromkeys(("accept_note", "accept_blank", "dm_reply", "inmail_reply_senior", "inmail_reply"), 0),
    "open_inmail_reply": 0,
    "second_degree": 1.0,
}
ROUNDS = 400


@dataclass
class Stage(Seen):
    """See the module. `proved`: set to False by a test that breaks a promise on purpose."""

    outside: Simulator
    workspace: Workspace
    connection: Connection
    members: dict[str, Member]
    senders: dict[str, Sender]
    unknown: list[dict[str, Any]]
    now: datetime = MONDAY
    slugs: dict[int, str] = field(default_factory=dict)
    campaigns: int = 0
    proved: bool = True

    # -- who is there

    def people(self, count: int, *, tier: int = 1, connected_to: str = "", **script: Any) -> list[int]:
        """So many prospects that the simulator knows, scripted alike. `connected_to`: a sender they are connected
        to."""
        found = [self.unknown.pop() for _ in range(count)]
        made = Prospect.objects.bulk_create(
            Prospect(
                workspace=self.workspace,
                first_name=person["first_name"],
                last_name=person["last_name"],
                slug=person["slug"],
                tier=tier,
                created_at=self.now,
            )
            for person in found
        )
        if connected_to:
            script["degree"] = {self.senders[connected_to].provider_account: 1}
        for person, prospect in zip(found, made, strict=True):
            self.slugs[prospect.pk] = person["slug"]
            if script:
                self.script(prospect.pk, **script)
            if connected_to:
                rows(
                    "INSERT INTO prospects_relationship (workspace_id, prospect_id, sender_id, provider_id, degree, "
                    "connected_at, invitation, invitation_id, chat_id, post_id) VALUES (%s, %s, %s, '', '1', "
                    "%s, '', '', '', '')",
                    (self.workspace.pk, prospect.pk, self.senders[connected_to].pk, self.now - timedelta(days=90)),
                )
        return [prospect.pk for prospect in made]

    def person(self, *, tier: int = 1, connected_to: str = "", **script: Any) -> int:
        return self.people(1, tier=tier, connected_to=connected_to, **script)[0]

    def script(self, prospect: int, **script: Any) -> None:
        """Settle what this person does."""
        self.outside.control("POST", f"/people/{self.slugs[prospect]}", **script)

    def does(self, what: str, prospect: int, sender: str = "bob", **more: Any) -> None:
        """The person, or the sender's owner by hand, does something now (acts of the simulator)."""
        account = self.senders[sender].provider_account
        self.outside.control("POST", "/act", act=what, account_id=account, person=self.slugs[prospect], **more)

    def launch(self, play: str, people: Sequence[int], *senders: str) -> Campaign:
        """A launched campaign for these people with these senders (bob when none is named)."""
        campaign = self.draft(play, people, *senders)
        campaigns.launch(campaign, by=self.members["mara"], now=self.now)
        return campaign

    def draft(self, play: str, people: Sequence[int], *senders: str) -> Campaign:
        mara = self.members["mara"]
        self.campaigns += 1
        made = campaigns.create(f"{play.title()} {self.campaigns}", play, by=mara, seed=7, now=self.now)
        campaigns.enroll(made, people, [self.senders[name] for name in senders or ("bob",)], by=mara, now=self.now)
        return made

    # -- time and work

    def go_to(self, at: datetime) -> None:
        """It is `at` for us and for the simulator; its webhooks until then were answered."""
        clock.turn_to(at)
        self.outside.advance(at)
        self.now = at

    def later(self, **delta: float) -> datetime:
        self.go_to(self.now + timedelta(**delta))
        return self.now

    def decide(self) -> None:
        while planning.decide_due(now=self.now):
            pass

    def take_turns(self) -> list[str]:
        """One claim and its turns; what became of the heads."""
        return [outcome for turn in turns.claim(now=self.now) for outcome in turns.take(turn)]

    def settle(self) -> list[str]:
        """Everything that can be done at this instant; what became of all heads."""
        outcomes: list[str] = []
        for _ in range(ROUNDS):
            found = inbound.work(now=self.now) + planning.decide_due(now=self.now)
            took = self.take_turns()
            outcomes += took
            if not found and not took:
                return outcomes
        raise AssertionError(f"At one instant the work never ends: {outcomes[-20:]}")

    def reach(self, prospect: int, *, within: timedelta = timedelta(days=4)) -> Row:
        """Work on until this person's next touch is sent; its row."""
        before = len(self.sent_to(prospect))
        end = self.now + within
        while self.now <= end:
            self.settle()
            if len(sent := self.sent_to(prospect)) > before:
                return sent[-1]
            self.later(hours=1)
        raise AssertionError(f"Nothing reached prospect {prospect}: {self.touches(prospect)}")

    def pass_time(self, **delta: float) -> None:
        """Live through this time: what falls due is done when it does, and what people do is heard at once. Unlike the
        time-lapse it does not look around every few hours."""
        end = self.now + timedelta(**delta)
        while True:
            self.settle()
            self._by_hand_and_house(due_parts())
            parts = due_parts()
            following = self.outside.next_at()
            ahead = [at for part, at in parts.items() if part != "looks" and at is not None and at > self.now]
            at = rounded(max(min([*ahead, following or end, end]), self.now + GRAIN), GRAIN)
            if at >= end:
                break
            day = self.now.date()
            self.go_to(at)
            if following is not None and following <= at:
                self.hear()
            if day != at.date():
                house.keep_credits(now=at)
        self.go_to(end)

    def _by_hand_and_house(self, parts: dict[str, datetime | None]) -> None:
        due = {part for part, at in parts.items() if at is not None and at <= self.now}
        if "house" in due:
            house.keep(now=self.now)
        if "calls" in due:
            for touch in by_hand.waiting(now=self.now - CALL_AFTER):
                by_hand.done(Touch.objects.get(pk=touch), by=self.members["bob"], now=self.now)
        if due & {"house", "calls"}:
            self.settle()

    def hear(self, *names: str) -> None:
        """Look at the inbox and the connections of these senders, or of all, and work what is found."""
        for name in names or self.senders:
            sync.look_at_relations(self.senders[name].pk, now=self.now)
            sync.look_at_inbox(self.senders[name].pk, now=self.now)

    def keep_house(self) -> None:
        house.keep(now=self.now)


def build(outside: Simulator) -> Stage:
    """The stage, with everybody in the simulator unknown to us yet."""
    clock.turn_to(MONDAY)
    facts.forget_versions()
    users = {name: User.objects.create_user(sample.email(name), None, name=name.title()) for name in ROLES}
    workspace = workspaces.found("Tidewell", users["alice"], now=MONDAY, sample=True)
    with scope(workspace=workspace):
        alice = Member.objects.get(user=users["alice"])
        for name, role in list(ROLES.items())[1:]:
            workspaces.join(workspace, users[name], role, by=alice, now=MONDAY)
        members = {name: Member.objects.get(user=user) for name, user in users.items()}
        connection = seats.connect(
            vendor="simulator", base_url=outside.simulator_url, api_key=KEY, by=alice, now=MONDAY
        )
        senders = {
            name: seats.set_up(seat, owner=members["bob"], connection=connection, by=alice, now=MONDAY)
            for name, (seat, _) in SEATS.items()
        }
    accounts = [
        {"id": seat.account, "name": seat.name, "plan": plan, "provider_id": seat.provider_id, "billing_day": 1}
        for seat, plan in SEATS.values()
    ]
    order = {"seed": 7, "people": 80, "accounts": accounts, "start": iso(MONDAY), "rates": ONLY_WHAT_IS_TOLD}
    sample.plant(outside.simulator_url, order, anew=True)
    return Stage(outside, workspace, connection, members, senders, outside.people())


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One simulator process for all tests that leave it alive."""
    with started(MONDAY) as outside:
        yield outside


@pytest.fixture
def stage(db: None, settings: Any, simulator: Simulator) -> Iterator[Stage]:
    yield from prove(settings, simulator)


def prove(settings: Any, outside: Simulator) -> Iterator[Stage]:
    """A stage for one test, and the proof of what the test left behind."""
    settings.PARLEY_CLOCK = "virtual"
    outside.client.delete(f"{outside.simulator_url}/sim/faults")
    made = build(outside)
    with scope(workspace=made.workspace):
        yield made
        if made.proved:
            broken = verify(record=outside.accepted(), now=made.now).sentences()
            assert not broken, "\n".join(broken)
