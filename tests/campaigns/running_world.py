"""A small world in which everything has happened once, made by the product's own verbs: Bob's seat at the simulator
sent invites, messages, an InMail and a free InMail, people accepted and replied, and others wait.

No provider is there: what it would answer is said by `World.send`, and kept as its record.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django_scopes import scope

from accounts.models import Connection, Member, Role, Sender, SenderTurn, Workspace
from campaigns.building import campaigns, seats
from campaigns.building.seats import SeatPlan
from campaigns.models import Campaign, Enrollment, Touch
from campaigns.running import facts, gate, inbound, planning, touches, turns
from campaigns.running.database import Row, rows
from campaigns.running.gate import Dispatch
from outreach import clock
from outreach.connectors.base import Event
from outreach.engine.kinds import LONG_AGO, Kind
from outreach.language import fitting
from prospects.models import Prospect, Relationship
from tests.cast import ALWAYS, MONDAY, member, workspace

SEAT = "seat-bob"


@dataclass
class World:
    """The people by first name, the provider's record, and the hands that move it all."""

    workspace: Workspace
    alice: Member
    mara: Member
    bob: Member
    connection: Connection
    sender: Sender
    people: dict[str, Prospect] = field(default_factory=dict)
    record: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = MONDAY

    def later(self, **by: float) -> datetime:
        """Time passes."""
        self.now += timedelta(**by)
        clock.turn_to(self.now)
        return self.now

    def person(self, name: str, **known: Any) -> Prospect:
        """Somebody whose profile was read just now. `open_profile`, `tier` and `degree` are theirs."""
        degree = known.pop("degree", "2")
        made = Prospect.objects.create(
            workspace=self.workspace,
            first_name=name,
            slug=name.lower(),
            created_at=self.now,
            checked_at=self.now,
            **known,
        )
        Relationship.objects.create(
            workspace=self.workspace,
            prospect=made,
            sender=self.sender,
            provider_id=f"ACoAA-{name.lower()}",
            degree=degree,
            checked_at=self.now,
            connected_at=self.now if degree == "1" else None,
        )
        self.people[name] = made
        return made

    def launch(self, name: str, play: str, people: Sequence[Prospect]) -> Campaign:
        made = campaigns.create(name, play, by=self.mara, seed=7, now=self.now)
        campaigns.enroll(made, [person.pk for person in people], [self.sender], by=self.mara, now=self.now)
        campaigns.launch(made, by=self.mara, now=self.now)
        return Campaign.objects.get(pk=made.pk)

    def look(self) -> None:
        """The inbox was looked at, profiles were read, and what is due is decided."""
        Sender.objects.filter(pk=self.sender.pk).update(inbox_at=self.now)
        Relationship.objects.update(checked_at=self.now)
        Prospect.objects.update(checked_at=self.now)
        planning.decide_due(now=self.now)

    def open(self) -> list[Dispatch]:
        """One round of turns: the heads that pass the gate now."""
        passed = []
        for turn in turns.claim(now=self.now):
            for head in turn.heads:
                through = gate.enter(head, turn.token)
                if isinstance(through, Dispatch):
                    passed.append(through)
            SenderTurn.objects.filter(sender=turn.sender, token=turn.token).update(until=LONG_AGO)
        return passed

    def accept(self, dispatch: Dispatch, after: timedelta = timedelta(seconds=1)) -> dict[str, Any]:
        """The provider takes it, and remembers."""
        out, kind = dispatch.outgoing, dispatch.head.kind
        n = len(self.record) + 1
        act = {
            "n": n,
            "at": (dispatch.gate_at + after).isoformat(),
            "account_id": SEAT,
            "kind": str(kind),
            "provider_id": out.provider_id,
            "slug": out.slug,
            "text_sha256": fitting.text_hash(out.text) if out.text else None,
            "message_id": f"m{n}" if kind in (Kind.DM, Kind.INMAIL, Kind.OPEN_INMAIL) else None,
            "invitation_id": f"i{n}" if kind in (Kind.INVITE, Kind.INVITE_NOTE) else None,
        }
        self.record.append(act)
        return act

    def send(self, rounds: int = 20) -> list[int]:
        """Hand over what may go, two minutes apart, until nothing more goes. The touches."""
        sent = []
        for _ in range(rounds):
            self.look()
            passed = self.open()
            for dispatch in passed:
                act = self.accept(dispatch)
                self.later(seconds=2)
                touches.mark_sent(
                    dispatch.head.touch,
                    touches.Proof(
                        by="answer",
                        message=act["message_id"] or "",
                        chat=f"c-{dispatch.outgoing.provider_id}" if act["message_id"] else "",
                        invitation=act["invitation_id"] or "",
                    ),
                    now=self.now,
                )
                sent.append(dispatch.head.touch)
            if not passed:
                break
            self.later(minutes=2)
        self.look()
        return sent

    def hears(self, event: Event) -> None:
        inbound.store(self.workspace.pk, self.connection.pk, [event], via="webhook", now=self.now)
        inbound.work(now=self.now)
        self.look()

    def accepts(self, name: str) -> None:
        """This person accepts the invite."""
        self.hears(
            Event(
                key=f"relation:{name}",
                kind="relation",
                account=SEAT,
                provider_id=f"ACoAA-{name.lower()}",
                at=self.now,
            )
        )

    def replies(self, name: str, text: str = "Yes, tell me more.") -> None:
        """This person writes."""
        self.hears(
            Event(
                key=f"message:{name}:{self.now}",
                kind="message",
                account=SEAT,
                provider_id=f"ACoAA-{name.lower()}",
                chat_id=f"c-ACoAA-{name.lower()}",
                message_id=f"in-{name}-{self.now:%d%H%M%S}",
                text=text,
                at=self.now,
            )
        )

    def touch(self, name: str, **which: Any) -> Touch:
        """The newest touch to this person."""
        found: Touch = Touch.objects.filter(prospect=self.people[name], **which).latest("id")
        return found

    def enrollment(self, name: str, **which: Any) -> Enrollment:
        found: Enrollment = Enrollment.objects.filter(prospect=self.people[name], **which).latest("id")
        return found


@contextmanager
def kept(blocker: Any) -> Iterator[None]:
    """A transaction in which a whole module's tests may read, on the virtual clock; nothing of it stays."""
    with blocker.unblock(), override_settings(PARLEY_CLOCK="virtual"):
        outer = transaction.atomic()
        outer._from_testcase = True  # as Django's TestCase says it, so that short transactions may begin inside
        with outer:
            clock.turn_to(MONDAY)
            yield
            transaction.set_rollback(True)


@contextmanager
def broken(*statements: str, **values: Any) -> Iterator[None]:
    """The world after these statements, with no trigger, index or constraint in their way; afterwards it is whole."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for table in ("campaigns_touch", "accounts_credittransfer", "accounts_history"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for index in ("touch_one_live_per_step", "touch_one_ahead_per_enrollment", "touch_one_open_per_person"):
                cursor.execute(f"DROP INDEX {index}")
            for index in ("touch_provider_id_once", "personlock_one_live", "credittransfer_returned_once"):
                cursor.execute(f"DROP INDEX {index}")
            for statement in statements:
                cursor.execute(statement, values)
        yield
        transaction.set_rollback(True)


def copied(table: str, where: str, **changed: str) -> str:
    """The statement that inserts a copy of the rows that `where` names, with these columns as given (SQL)."""
    columns = [
        row["name"]
        for row in rows(
            "SELECT quote_ident(column_name) AS name FROM information_schema.columns WHERE table_name = %s "
            "AND column_name <> 'id' AND is_generated = 'NEVER' ORDER BY ordinal_position",
            (table,),
        )
    ]
    taken = [changed.get(column, column) for column in columns]
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(taken)} FROM {table} WHERE {where}"


def only(sql: str, **values: Any) -> Row:
    """The one row of a statement."""
    (found,) = rows(sql, values)
    return found


def seat(**plan: Any) -> World:
    """Tidewell, with a sender of Bob's that acts around the clock on a seat of the simulator."""
    facts.forget_versions()
    tidewell = workspace("Tidewell")
    alice, mara, bob = (
        member(tidewell, name, role)
        for name, role in (
            ("Alice Lindqvist", Role.ADMIN),
            ("Mara Okonkwo", Role.MANAGER),
            ("Bob Moreau", Role.SDR),
        )
    )
    values: dict[str, Any] = {
        "plan": "sales-navigator-core",
        "zone": "UTC",
        "account": SEAT,
        "provider_id": "ACoAA-bob",
        "hours": ALWAYS,
        "spread": False,
    }
    with scope(workspace=tidewell):
        simulator = seats.connect(
            vendor="simulator", base_url="http://127.0.0.1:9", api_key="key", by=alice, now=MONDAY
        )
        made = seats.set_up(
            SeatPlan(name="Bob Moreau", **{**values, **plan}), owner=bob, connection=simulator, by=alice, now=MONDAY
        )
    return World(tidewell, alice, mara, bob, simulator, made)


def lived_in(w: World) -> World:
    """Ingrid waits with an invite, Jonas accepted and got a message, Kofi accepted, got one and replied; Lena answered
    an InMail, Milan got one and is silent; Nora has an Open Profile; Rosa, a connection, asked not to be contacted;
    Olu, Pia and Quinn wait in this order for their first invite; a second campaign waits for Ingrid."""
    names = ("Ingrid", "Jonas", "Kofi", "Nora", "Rosa")
    volume = [w.person(name, open_profile=name == "Nora", degree="1" if name == "Rosa" else "2") for name in names]
    senior = [w.person(name, tier=3, open_profile=False) for name in ("Lena", "Milan")]
    w.launch("Volume", "volume", volume)
    w.launch("Senior", "senior", senior)
    w.send()
    w.launch("Second", "volume", [w.people["Ingrid"]])
    w.later(hours=5)
    w.accepts("Jonas")
    w.accepts("Kofi")
    w.replies("Lena")
    w.later(hours=25)
    w.send()
    w.later(hours=3)
    w.replies("Kofi")
    w.replies("Rosa", "Stop. Please remove me from your list.")
    w.later(hours=1)
    w.launch("Third", "volume", [w.person(name) for name in ("Olu", "Pia", "Quinn")])
    w.look()
    return w


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Tidewell after everything has happened once, for a whole module's tests."""
    with kept(django_db_blocker):
        made = seat()
        with scope(workspace=made.workspace):
            yield lived_in(made)
