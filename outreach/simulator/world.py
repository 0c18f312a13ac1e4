"""Everything the simulator knows, in memory, and how it gets there: from a seed, or back from its journal."""

import os
import sys
from dataclasses import asdict
from typing import Any

from outreach.simulator import chance, invitations, ledger, newcomers, posts, seats, tempers
from outreach.simulator.agenda import Agenda
from outreach.simulator.clock import DAY, Clock, read_instant
from outreach.simulator.conversations import Chat, Message
from outreach.simulator.conversations import add as add_message
from outreach.simulator.faults import Faults
from outreach.simulator.hooks import Hook
from outreach.simulator.invitations import Invitation
from outreach.simulator.journal import Journal, Tables
from outreach.simulator.ledger import Entry
from outreach.simulator.options import Options, read_options
from outreach.simulator.people import People, Person
from outreach.simulator.rates import Rates, read_rates
from outreach.simulator.seats import Seat
from outreach.simulator.touches import Touch


class World:
    """People, seats and all that passed between them."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.clock = clock
        self._empty()
        tables = journal.load()
        if "meta" in tables:
            self._restore(tables)

    def _empty(self) -> None:
        self.seed = 0
        self.hooks_made = 0
        self.started_at = self.clock.now()
        self.rates = Rates()
        self.options = Options()
        self.agenda = Agenda(self.journal)
        self.faults = Faults(self.journal)
        self.people = People(0, 0, self.rates)
        self.seats: dict[str, Seat] = {}
        self.invitations: dict[str, Invitation] = {}
        self.chats: dict[str, Chat] = {}
        self.messages: dict[str, Message] = {}
        self.entries: list[Entry] = []
        self.touches: list[Touch] = []
        self.hooks: dict[str, Hook] = {}
        self.posts = posts.Posts(self)
        self.webhooks_delivered = 0
        self.webhooks_given_up = 0

    # -- a new world

    def plant(self, order: dict[str, Any]) -> None:
        """Forget everything and start from this seed. Raises ValueError with one sentence when the order is wrong."""
        seed, count = order.get("seed", 0), order.get("people", 1000)
        if not isinstance(seed, int) or not isinstance(count, int) or count < 0:
            raise ValueError("seed and people are whole numbers.")
        rates = read_rates(order.get("rates") or {})
        options = read_options(Options(), order.get("options") or {})
        start = read_instant(order["start"]) if order.get("start") else None
        given = order.get("accounts") or []
        for account in given:
            seats.check_order(account)
        ids = [str(a.get("id") or _account_id(seed, n)) for n, a in enumerate(given)]
        if len(set(ids)) < len(ids):
            raise ValueError("Two accounts have the same id; give each its own.")
        if self.clock.mode == "manual" and start is not None:
            self.clock.at = start
        self._empty()
        self.journal.rewrite({})
        self.seed, self.rates, self.options = seed, rates, options
        self.started_at = start if start is not None else self.clock.now()
        self.people = People(seed, count, rates)
        self.keep_meta()
        for account_id, account in zip(ids, given, strict=True):
            self.add_seat(account_id, account)
        self.posts.index()

    def add_seat(self, account_id: str, order: dict[str, Any]) -> Seat:
        """Link one more account. Raises ValueError with one sentence when the order is wrong."""
        seats.check_order(order)
        seat = seats.from_order(self.seed, account_id, order, self.started_at, len(self.seats) + 1)
        self.seats[seat.id] = seat
        self._befriend(seat)
        self.keep_seat(seat)
        product = seat.terms.product
        if product is not None:
            seat.balances[product] = 0
            credits = order.get("credits")
            amount = seat.monthly_grant if credits is None else int(credits)
            ledger.book(self, seat, product, "grant", max(0, min(amount, seat.balance_cap)), f"plan {seat.plan} began")
            ledger.plan_next_grant(self, seat, self.clock.now())
        return seat

    def _befriend(self, seat: Seat) -> None:
        """The connections a seat starts with, spread over the three years before."""
        for person in self.people.everyone:
            if tempers.starts_connected(self, seat, person):
                before = chance.number(self.seed, "connected on", seat.id, person.slug) % (1000 * DAY)
                seat.connected[person.index] = self.started_at - DAY - before
        seat.relations = sorted((at, index) for index, at in seat.connected.items())

    # -- what is kept

    def keep_meta(self) -> None:
        """The seed and the switches."""
        row = [
            self.seed,
            self.people.seeded,
            self.started_at,
            self.hooks_made,
            self.rates.as_dict(),
            asdict(self.options),
        ]
        self.journal.put("meta", "world", row)

    def keep_clock(self) -> None:
        """The instant of a manual clock."""
        self.journal.put("clock", "at", [self.clock.at])

    def keep_seat(self, seat: Seat) -> None:
        self.journal.put("seat", seat.id, seat.row())

    def keep_message(self, message: Message) -> None:
        self.journal.put("message", message.id, message.row())

    def keep_person(self, person: Person) -> None:
        """What a test has changed about a person."""
        facts = [person.open_profile, person.inmail, person.needs_email, person.blocks, person.script]
        self.journal.put("person", person.slug, facts)

    def connect(self, seat: Seat, person: Person) -> None:
        """Make them first-degree now, and keep it."""
        at = self.clock.now()
        seat.connect(person.index, at)
        self.journal.put("connection", f"{seat.id} {person.index}", [seat.id, person.index, at])

    def disconnect(self, seat: Seat, person: Person) -> None:
        """They are no longer connected."""
        if seat.connected.pop(person.index, None) is not None:
            seat.relations = [entry for entry in seat.relations if entry[1] != person.index]
            self.journal.put("connection", f"{seat.id} {person.index}", [seat.id, person.index, None])

    def commit(self) -> None:
        """Everything noted since the last commit goes to disk in one line.

        When the disk does not take it, the simulator stops: what it knows must never be ahead of what it keeps.
        """
        try:
            self.journal.commit()
        except OSError as trouble:
            print(f"simulator: the journal cannot be written ({trouble}); stopping.", file=sys.stderr, flush=True)
            os._exit(1)

    # -- back from disk

    def _restore(self, tables: Tables) -> None:
        seed, count, started_at, hooks_made, rates, options = tables["meta"]["world"]
        self.seed, self.started_at, self.hooks_made = seed, started_at, hooks_made
        self.rates, self.options = read_rates(rates), Options(**options)
        played_until = tables.get("clock", {}).get("at")
        if played_until is not None and self.clock.mode == "manual":
            self.clock.at = played_until[0]
        elif self.clock.mode == "manual":
            self.clock.at = started_at
        self.people = People(seed, count, self.rates)
        for index, (slug, given_id, facts) in sorted(tables.get("newcomer", {}).items(), key=lambda item: int(item[0])):
            self.people.add(newcomers.make(seed, int(index), slug, given_id, facts, self.rates.as_dict()))
        for slug, (open_profile, inmail, needs_email, blocks, script) in tables.get("person", {}).items():
            person = self.people.by_slug(slug)
            assert person is not None
            person.open_profile, person.inmail, person.needs_email = open_profile, inmail, needs_email
            person.blocks, person.script = blocks, script
        for row in tables.get("seat", {}).values():
            seat = seats.from_row(row)
            self.seats[seat.id] = seat
            self._befriend(seat)
        for account_id, index, at in tables.get("connection", {}).values():
            seat = self.seats[account_id]
            if at is None:
                seat.connected.pop(index, None)
            else:
                seat.connected[index] = at
        for seat in self.seats.values():
            seat.relations = sorted((at, index) for index, at in seat.connected.items())
        for row in sorted(tables.get("touch", {}).values(), key=lambda row: int(row[0])):
            touch = Touch(*row)
            self.touches.append(touch)
            self.seats[touch.account_id].count(touch.kind, touch.at)
        for row in tables.get("invitation", {}).values():
            invitations.add(self, Invitation(*row))
        for row in tables.get("chat", {}).values():
            chat = Chat(*row)
            self.chats[chat.id] = self.seats[chat.account_id].chats[chat.id] = chat
        for row in tables.get("message", {}).values():
            add_message(self, Message(*row))
        for _, row in sorted(tables.get("entry", {}).items(), key=lambda item: int(item[0])):
            entry = Entry(*row)
            self.entries.append(entry)
            self.seats[entry.account_id].balances[entry.product] = entry.balance
        self._drop_old_products()
        for row in tables.get("hook", {}).values():
            self.hooks[row[0]] = Hook(*row)
        self.agenda.restore(tables.get("agenda", {}))
        if played_until is not None and self.clock.mode != "manual":
            self._go_on_live(played_until[0])
        for item in self.agenda.of_kind("reply"):
            self.chats[item.args[0]].answer_due = True
        self.faults.restore(tables.get("fault", {}))
        self.posts.index()
        self.posts.restore(tables.get("engagement", {}))

    def _go_on_live(self, since: int) -> None:
        """A state that was played on a manual clock up to `since` goes on with a running one: what people and the
        vendor still keep others waiting for takes as long as it does on this clock, counted from now; grants stay on
        their day."""
        now = self.clock.now()
        for kind in ("accept", "decline", "reply", "silent", "webhook"):
            for item in self.agenda.of_kind(kind):
                self.agenda.move(item, now + self.clock.stretch(max(0, item.at - since)))
        self.journal.put("clock", "at", None)
        self.commit()

    def _drop_old_products(self) -> None:
        for seat in self.seats.values():
            seat.balances = {p: b for p, b in seat.balances.items() if p == seat.terms.product}


def _account_id(seed: int, number: int) -> str:
    return chance.token(22, seed, "account", number)
