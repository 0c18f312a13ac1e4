"""A sender's credits on a day to come, if nothing is spent or returned until then: the ledger's own rules, played
forward over grants, lots that expire and terms that begin. Pure, so that a page can show a day before it is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heapify, heappop, heappush

from outreach.engine import credits, periods
from outreach.engine.credits import AVAILABLE, CLIPPED, EXPIRED, FORFEITED, Balance, Lot
from outreach.engine.decisions import Move
from outreach.engine.facts import Terms

Schedule = Mapping[date, Terms]
"""Terms by the day from which they hold."""


@dataclass(slots=True)
class Purse:
    """The balance of one product. `period`: the last one granted. `lots`: those that expire."""

    balance: Balance = field(default_factory=Balance)
    period: str = ""
    lots: list[Lot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Projected:
    """A sender's credits at the end of the first instant of a day, and what that instant took."""

    left: int
    clipped: int
    forfeited: int
    expired: int

    @property
    def lost(self) -> int:
        return self.clipped + self.forfeited


def project(purses: Mapping[str, Purse], schedule: Schedule, anchor_day: int, *, now: datetime, day: date) -> Projected:
    """The credits of all products at 00:00 UTC of `day` under these terms, starting from what there is `now`."""
    state = _State({product: replace(purse, lots=list(purse.lots)) for product, purse in purses.items()}, anchor_day)
    end = _start(day)
    moments = {now, end, *(_start(since) for since in schedule if now < _start(since) < end)}
    for renewal in ("month", "anniversary"):
        keys = periods.due(now.astimezone(UTC).date().isoformat(), renewal, end, anchor_day)
        moments |= {_start(date.fromisoformat(key)) for key in keys}
    moments |= {lot.expires_at for purse in state.purses.values() for lot in purse.lots if lot.expires_at is not None}
    heap = [at for at in moments if at <= end]
    heapify(heap)
    taken: list[Move] = []
    done: datetime | None = None
    while heap:
        at = heappop(heap)
        if at == done:
            continue
        done = at
        taken = state.at(at, schedule)
        for opened in state.opened:
            if at < opened <= end:
                heappush(heap, opened)
        state.opened.clear()
    return Projected(
        left=sum(purse.balance.available + purse.balance.reserved for purse in state.purses.values()),
        clipped=_sum(taken, CLIPPED),
        forfeited=_sum(taken, FORFEITED),
        expired=_sum(taken, EXPIRED),
    )


def terms_on(schedule: Schedule, day: date) -> Terms | None:
    """The terms that hold on a day; None before the first."""
    begun = [since for since in schedule if since <= day]
    return schedule[max(begun)] if begun else None


@dataclass(slots=True)
class _State:
    purses: dict[str, Purse]
    anchor_day: int
    opened: list[datetime] = field(default_factory=list)

    def at(self, at: datetime, schedule: Schedule) -> list[Move]:
        """What happens at this instant, in the ledger's order: grants, terms, expiries. The movements."""
        terms = terms_on(schedule, at.astimezone(UTC).date())
        paying = terms if terms is not None and terms.inmail and terms.cap > 0 else None
        moves: list[Move] = []
        if terms is not None and terms.inmail and terms.product in self.purses:
            moves += self._grant(self.purses[terms.product], terms, schedule, at)
        for product, purse in self.purses.items():
            if not purse.balance.cap:
                continue
            if paying is None or product != paying.product:
                moves += self._apply(purse, credits.forfeit_moves(purse.balance, "end"))
                purse.balance = replace(purse.balance, cap=0)
            else:
                moves += self._recap(purse, paying.cap)
        if paying is not None:
            moves += self._open(paying, at)
        for purse in self.purses.values():
            moves += self._expire(purse, at)
        return moves

    def _grant(self, purse: Purse, now_in_force: Terms, schedule: Schedule, at: datetime) -> list[Move]:
        moves: list[Move] = []
        due = periods.due(purse.period or None, now_in_force.renewal, at, self.anchor_day)
        for period in due:
            purse.period = period
            then = terms_on(schedule, date.fromisoformat(period)) or now_in_force
            if then.inmail and then.product == now_in_force.product:
                moves += self._recap(purse, then.cap)
                moves += self._bring(purse, then, period)
        return moves + (self._recap(purse, now_in_force.cap) if due else [])

    def _open(self, terms: Terms, at: datetime) -> list[Move]:
        purse = self.purses.setdefault(terms.product, Purse())
        if purse.balance.cap:
            return []
        purse.balance = replace(purse.balance, cap=terms.cap)
        period = periods.key(terms.renewal, at, self.anchor_day)
        if period <= purse.period:
            return []
        purse.period = period
        return self._bring(purse, terms, period)

    def _bring(self, purse: Purse, terms: Terms, period: str) -> list[Move]:
        moves = credits.grant_moves(purse.balance, terms.grant, period)
        if terms.credit_life_days is not None:
            expires_at = _start(date.fromisoformat(period)) + timedelta(days=terms.credit_life_days)
            brought = sum(move.amount for move in moves if move.credit == AVAILABLE)
            if brought:
                purse.lots.append(Lot(period, brought, expires_at))
                self.opened.append(expires_at)
        return self._apply(purse, moves)

    def _recap(self, purse: Purse, cap: int) -> list[Move]:
        if purse.balance.cap == cap:
            return []
        moves = credits.cap_moves(purse.balance, cap, "cap")
        purse.balance = replace(purse.balance, cap=cap)
        return self._apply(purse, moves)

    def _expire(self, purse: Purse, at: datetime) -> list[Move]:
        over = [lot for lot in purse.lots if lot.expires_at is not None and lot.expires_at <= at]
        moves = credits.expire_moves(over, at)
        purse.lots = [lot for lot in purse.lots if lot not in over]
        purse.balance = credits.apply(purse.balance, moves)
        return list(moves)

    def _apply(self, purse: Purse, moves: Sequence[Move]) -> list[Move]:
        purse.balance = credits.apply(purse.balance, moves)
        for move in moves:
            if move.debit == AVAILABLE:
                taken = dict(credits.draw(purse.lots, min(move.amount, sum(lot.remaining for lot in purse.lots))))
                purse.lots = [replace(lot, remaining=lot.remaining - taken.get(lot.key, 0)) for lot in purse.lots]
        return list(moves)


def _sum(moves: Sequence[Move], account: str) -> int:
    return sum(move.amount for move in moves if move.credit == account)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
