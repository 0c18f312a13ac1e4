"""Lock-step: one driver does the work of all tasks in a fixed order, and time jumps to the next moment that either the
database or the simulator has something for. Same seed, same run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django_scopes import scope, scopes_disabled

from accounts.models import Member
from campaigns.building import sample
from campaigns.models import Touch
from campaigns.running import by_hand, house, inbound, planning, sync, turns
from campaigns.timelapse.cast import Cast
from campaigns.timelapse.moments import CALL_AFTER, due_parts, rounded
from campaigns.timelapse.outside import Outside
from outreach import clock
from outreach.connectors.failures import ConnectorError

GRAIN = timedelta(seconds=30)
"""Time moves in steps of at least this much; the live tick comes every few seconds."""

MOST_ROUNDS = 10_000


class Stuck(Exception):
    """At one instant the work never ends. The message names what is found again and again."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that people do at an instant: they import a file, launch a campaign."""

    at: datetime
    do: Callable[[datetime], None]


@dataclass
class Lapse:
    """A running time-lapse: the instant, and what it did so far. `happenings`: in their order. `tell` hears after each
    step which instant it is."""

    outside: Outside
    cast: Cast
    now: datetime
    end: datetime
    happenings: list[Happening] = field(default_factory=list)
    tell: Callable[[datetime], None] = lambda at: None
    steps: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        """Until the end. Raises Stuck."""
        house.keep(now=self.now)
        self._look_around()
        while True:
            self._let_happen()
            ahead = [at for at in (*self._settle().values(), self.outside.next_at()) if at is not None]
            ahead += [self.happenings[0].at] if self.happenings else []
            at = rounded(max(min(ahead, default=self.end), self.now + GRAIN), GRAIN)
            if at > self.end:
                break
            self._move(at)
        self._move(self.end)
        inbound.work(now=self.end)

    def _move(self, at: datetime) -> None:
        """It is `at` now, for us and for the simulator; its webhooks until then have been answered."""
        clock.turn_to(at)
        self.outside.advance(at)
        if at.date() != self.now.date():
            house.keep_credits(now=at)
        self.now = at
        self.steps += 1
        self.tell(at)

    def _let_happen(self) -> None:
        while self.happenings and self.happenings[0].at <= self.now:
            self.happenings.pop(0).do(self.now)

    def _settle(self) -> dict[str, datetime | None]:
        """Do everything that is due at this instant, in one order, until nothing is left. When what is next due."""
        now = self.now
        for _ in range(MOST_ROUNDS):
            parts = due_parts()
            due = {part for part, at in parts.items() if at is not None and at <= now}
            if not due:
                return parts
            if "inbound" in due:
                inbound.work(now=now)
            if "house" in due:
                house.keep(now=now)
            if "looks" in due:
                self._look_around()
            if "calls" in due:
                self._work_by_hand()
            if "decide" in due:
                planning.decide_due(now=now)
            if "lanes" in due:
                self._tick()
        raise Stuck(f"At {now:%Y-%m-%d %H:%M:%S} the work never ends: {due_parts()} {self.outcomes}")

    def _tick(self) -> None:
        for turn in turns.claim(now=self.now):
            for outcome in turns.take(turn):
                self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _look_around(self) -> None:
        for sender, what in sync.due(now=self.now):
            try:
                sync.LOOKS[what](sender, now=self.now)
            except ConnectorError as error:
                sync.failed(sender, what, error)

    def _work_by_hand(self) -> None:
        """The SDR makes the calls that wait."""
        waiting = by_hand.waiting(now=self.now - CALL_AFTER)
        if not waiting:
            return
        with scope(workspace=self.cast.workspace):
            bob = Member.objects.get(user__email=sample.email("bob"))
        for touch in waiting:
            with scopes_disabled():
                by_hand.done(Touch.objects.get(pk=touch), by=bob, now=self.now)
