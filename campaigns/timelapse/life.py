"""The past of the sample workspace: weeks of outreach by four senders, up to this moment.

People come in files, as they do for everybody; campaigns of all plays are launched one after the other; whoever answers
is answered by the simulator's people as their tempers have it. Everything follows from the seed but the instants, which
count back from `end`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django_scopes import scope

from accounts.models import Member, Sender
from campaigns.building import choosing, drafts, exports, review, sample
from campaigns.running import planning
from campaigns.timelapse import triaging
from campaigns.timelapse.cast import Cast, import_files
from campaigns.timelapse.driver import Happening
from campaigns.timelapse.outside import Outside, iso
from prospects import imports, tiers
from prospects.models import Audience, Prospect

DAYS = 47
PEOPLE = 320
SENDERS = 4
KNOWN = 0.03
"""Share of the people whom a sender is connected to from the start."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A file of new people, imported on a day under this name. `share`: of all people who are nobody's connections."""

    day: float
    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Launch:
    """A campaign and its day. `wave`: for the people of this file, "" = connections. `tiers`: which of them."""

    day: float
    name: str
    play: str
    wave: str
    by: str
    senders: Sequence[str]
    tiers: Sequence[int] = (1, 2, 3)


WAVES = (
    Wave(0.1, "Finance leads", 0.28),
    Wave(12.2, "Heads of operations", 0.24),
    Wave(27.2, "Autumn conference", 0.18),
    Wave(38.2, "Manufacturing", 0.18),
    Wave(43.2, "Logistics", 0.12),
)

EVERYBODY = ("bob", "priya", "alice", "mara")

LAUNCHES = (
    Launch(0.3, "Finance leads, first contact", "volume", "Finance leads", "mara", ("bob", "priya", "mara"), (1,)),
    Launch(0.4, "People we know", "volume", "", "bob", EVERYBODY),
    Launch(1.2, "Finance leads, senior", "senior", "Finance leads", "mara", ("bob", "priya", "alice"), (2, 3)),
    Launch(13.2, "Operations", "volume", "Heads of operations", "mara", EVERYBODY, (1, 2)),
    Launch(14.1, "Operations, boardrooms", "ultra", "Heads of operations", "alice", ("alice", "priya"), (3,)),
    Launch(27.4, "After the conference", "senior", "Autumn conference", "bob", ("bob", "priya", "alice"), (2, 3)),
    Launch(27.6, "Conference visitors", "volume", "Autumn conference", "bob", ("bob", "priya", "mara"), (1,)),
    Launch(38.4, "Manufacturing, round one", "volume", "Manufacturing", "mara", EVERYBODY, (1, 2)),
    Launch(43.4, "Logistics, round one", "senior", "Logistics", "bob", ("bob", "priya", "alice"), (1, 2, 3)),
)

REHEARSAL = "Live: Priya around the clock"
"""Launched at the very end on Priya's seat: with no waits between its steps, so that there is something to watch."""

REHEARSED = 0.2
"""Share of the people who are left to it."""

LAST_MINUTES = timedelta(minutes=6)
"""So long before the end it begins: some answers are on their way when the clock becomes the real one."""

EAGER = 0.7
"""Share of its people who accept and answer for certain, each after a time of their own."""

ANSWERS = ("interested", "question", "not_now", "interested", "out_of_office", "question", "not_interested")

FOUNDERS_DAY = 13.0
FOUNDERS = 14
"""So many of a file are put at the top tier by hand, on this day."""


def begin(
    outside: Outside, *, seed: int, people: int, days: int, end: datetime, password: str | None, folder: Path
) -> tuple[Cast, list[Happening]]:
    """Found both workspaces as they were on the first day. What is there, and what will happen, in order."""
    start = end - timedelta(days=days)
    samples = sample.SEATS[:SENDERS]
    with transaction.atomic():
        workspace = sample.found(now=start, password=password)
        connection, seats = sample.seat_all(
            workspace, base_url=outside.simulator_url, api_key=outside.key, now=start, samples=samples
        )
        sample.found_neighbour(now=start, password=password)
    order = sample.simulator_seed(
        seed, people, samples, start=iso(start), rates={"first_degree": KNOWN}, options={"newcomers": True}
    )
    sample.plant(outside.simulator_url, order, anew=True)
    sample.hook(connection, outside.web_url, now=start)
    cast = Cast(workspace, connection, seats)
    return cast, _happenings(cast, outside, seed, start, end, folder)


def _happenings(
    cast: Cast, outside: Outside, seed: int, start: datetime, end: datetime, folder: Path
) -> list[Happening]:
    """Files and launches, each as far into the time as its day says of DAYS."""
    people = outside.people()
    rest = [person for person in people if all(degree != 1 for degree in person["degree"].values())]
    known = [person for person in people if any(degree == 1 for degree in person["degree"].values())]
    last, rest = rest[: round(len(rest) * REHEARSED)], rest[round(len(rest) * REHEARSED) :]

    def at(day: float) -> datetime:
        return start + (end - start) * (day / DAYS)

    def within(do: Callable[[datetime], None]) -> Callable[[datetime], None]:
        def doing(now: datetime) -> None:
            with scope(workspace=cast.workspace):
                do(now)

        return doing

    found = [
        Happening(
            at(0), within(lambda now: import_files(known, cast.senders, by=_member("bob"), now=now, folder=folder))
        )
    ]
    before = 0.0
    for wave in WAVES:
        mine = rest[round(before * len(rest)) : round((before + wave.share) * len(rest))]
        before += wave.share
        found.append(Happening(at(wave.day), within(_importing(wave.name, mine, folder))))
    found += [Happening(at(launch.day), within(_launching(launch, seed))) for launch in LAUNCHES]
    found.append(Happening(at(FOUNDERS_DAY), within(_raise_founders)))
    mornings = [start.replace(hour=8, minute=10) + timedelta(days=day) for day in range(1, (end - start).days + 1)]
    found += [Happening(morning, within(triaging.morning)) for morning in mornings if start < morning < end]
    ending = end - LAST_MINUTES
    found.append(Happening(ending, within(_importing(REHEARSAL, last, folder))))
    rehearsal = Launch(DAYS, REHEARSAL, "rehearsal", REHEARSAL, "priya", ("priya",))
    found.append(Happening(ending, lambda now: _make_eager(outside, last)))
    found.append(Happening(ending, within(_launching(rehearsal, seed))))
    return sorted(found, key=lambda happening: happening.at)


def _make_eager(outside: Outside, people: list[dict[str, Any]]) -> None:
    """Most of them accept within a day and a half and answer within one: minutes on the live simulator's clock."""
    for number, person in enumerate(people[: round(len(people) * EAGER)]):
        answer = {"after_h": 5 + number * 7 % 20, "kind": ANSWERS[number % len(ANSWERS)], "to_note": True}
        outside.control("POST", f"/people/{person['slug']}", accept_after_h=3 + number * 11 % 30, reply=answer)


def _raise_founders(now: datetime) -> None:
    """Mara puts those who decide at the top tier, by their titles."""
    wave = Audience.objects.get(name="Heads of operations").members.values("prospect")
    chosen = Prospect.objects.filter(pk__in=wave, title__iregex=r"\y(chief|c[efo]o|founder|president|vp)\y")
    tiers.put(
        list(chosen.order_by("pk").values_list("pk", flat=True)[:FOUNDERS]),
        3,
        by=_member("mara"),
        now=now,
        changed=planning.facts_changed,
    )


def _importing(name: str, people: list[dict[str, Any]], folder: Path) -> Callable[[datetime], None]:
    def doing(now: datetime) -> None:
        path = folder / f"{name.lower().replace(' ', '-').replace(':', '')}.csv"
        path.write_bytes(exports.sales_navigator_csv(people))
        imports.apply(path, by=_member("mara"), sender=None, audience=name, name=path.name, now=now)

    return doing


def _launching(launch: Launch, seed: int) -> Callable[[datetime], None]:
    def doing(now: datetime) -> None:
        audience = Audience.objects.filter(name=launch.wave).first()
        among = Prospect.objects.filter(tier__in=launch.tiers)
        if audience is None:
            among = among.filter(relationships__degree="1").distinct()
        else:
            among = among.filter(pk__in=audience.members.values("prospect"))
        chosen = choosing.choose(among=set(among.values_list("pk", flat=True)))
        if not chosen.people:
            return
        by = _member(launch.by)
        senders = [_sender(name) for name in launch.senders]
        campaign = drafts.plan(
            launch.play, chosen, senders, name=launch.name, audience=audience, by=by, seed=seed, now=now
        )
        review.launch(campaign, by=by, now=now, word=review.WORD)

    return doing


def _member(name: str) -> Member:
    return Member.objects.get(user__email=sample.email(name))


def _sender(name: str) -> Sender:
    return Sender.objects.get(owner__user__email=sample.email(name))
