"""Lock-step: one driver does the work of all tasks in a fixed order, and time jumps to the next moment that either the
database or the simulator has something for. Same seed, same run."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django_scopes import scope, scopes_disabled

from accounts.models import Member
from campaigns.building import sample
from campaigns.models import Touch
from campaigns.running import by_hand, house, inbound, planning, sync, turns
from campaigns.timelapse.cast import Cast
from campaigns.timelapse.moments import CALL_AFTER, next_in_database, rounded
from campaigns.timelapse.outside import Outside
from outreach import clock
from outreach.connectors.base import ConnectorError

GRAIN = timedelta(seconds=30)
"""Time moves in steps of at least this much; the live tick comes every few seconds."""

MOST_ROUNDS = 10_000


class Stuck(Exception):
    """At one instant the work never ends. The message names what is found again and again."""


@dataclass
class Lapse:
    """A running time-lapse: the instant, and what it did so far."""

    outside: Outside
    cast: Cast
    now: datetime
    end: datetime
    steps: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        """Until the end. Raises Stuck."""
        simulator_next = self.outside.next_at()
        self._settle()
        while True:
            ahead = [at for at in (next_in_database(), simulator_next) if at is not None]
            at = rounded(max(min(ahead, default=self.end), self.now + GRAIN), GRAIN)
            if at > self.end:
                break
            self.now = at
            self.steps += 1
            clock.turn_to(at)
            simulator_next = self.outside.advance(at)
            self._settle()
            simulator_next = self.outside.next_at()
        clock.turn_to(self.end)
        self.outside.advance(self.end)
        self.now = self.end
        inbound.work(now=self.end)

    def _settle(self) -> None:
        """Do everything that is due at this instant, in one order, until nothing is left."""
        now = self.now
        house.keep(now=now)
        house.keep_credits(now=now)
        for sender, what in sync.due(now=now):
            try:
                sync.LOOKS[what](sender, now=now)
            except ConnectorError as error:
                sync.failed(sender, what, error)
        self._work_by_hand()
        for _ in range(MOST_ROUNDS):
            found = inbound.work(now=now) + planning.decide_due(now=now)
            claimed = turns.claim(now=now)
            for turn in claimed:
                for outcome in turns.take(turn):
                    self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            if not found and not claimed:
                return
        raise Stuck(f"At {now:%Y-%m-%d %H:%M:%S} the work never ends: {self.outcomes}")

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
