"""Setting up senders: seat, plan, allowances, lanes, turn and credits, so that they can act; and changing them."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import history, ledger, plans, public_holidays, rights
from accounts.models import Connection, Member, Plan, Sender, SenderTurn, Workspace
from accounts.models.sender import SenderState
from campaigns.models import Enrollment, Touch
from campaigns.running import allowances
from outreach.engine.facts import Hours
from outreach.engine.kinds import OPEN_STATES
from outreach.engine.windows import dump_hours, parse_hours
from outreach.language.plain import clean

OFFICE: dict[str, Any] = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}


NotAllowed = rights.NotAllowed

LONGEST_NAME = 120

HELD_SHARE = 5
"""One credit in five of the first grant is held for tier 3; a manager moves the line."""


class BadSender(Exception):
    """A sender that cannot be as entered. The message is one sentence; `field` names what it is about."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """How a sender is to be set up. `account` and `provider_id` name the seat at the vendor; hours None = office
    hours."""

    name: str
    plan: str
    zone: str
    account: str = ""
    provider_id: str = ""
    hours: dict[str, Any] | None = None
    spread: bool = True
    anchor_day: int = 1


@transaction.atomic
def connect(*, vendor: str, base_url: str, api_key: str, by: Member, now: datetime) -> Connection:
    """A workspace's connection to a vendor, with a webhook address and secret of its own. Doing it twice is doing
    it once."""
    connection, made = Connection.objects.get_or_create(
        workspace_id=by.workspace_id,
        vendor=vendor,
        base_url=base_url,
        defaults={"api_key": api_key, "hook": secrets.token_urlsafe(32), "hook_secret": secrets.token_urlsafe(32)},
    )
    if made:
        history.note(connection, "connected", by=by, now=now, vendor=vendor)
    return connection


@transaction.atomic
def pause(sender: Sender, *, by: Member, now: datetime, why: str = "") -> bool:
    """From the commit on, nothing of this sender passes the gate."""
    rights.require(by, rights.Verb.STEER, owner=sender.owner_id)
    paused = Sender.objects.filter(pk=sender.pk, state__in=("active", "resting")).update(
        state="paused", state_reason=why or f"Paused by {by}."
    )
    if paused:
        history.note(sender, "paused", by=by, now=now, why=why)
    return bool(paused)


@transaction.atomic
def resume(sender: Sender, *, by: Member, now: datetime) -> bool:
    """A person lets the sender act again, also one that the provider restricted: whoever waited for it is decided
    again."""
    rights.require(by, rights.Verb.STEER, owner=sender.owner_id)
    was = Sender.objects.select_for_update(no_key=True).get(pk=sender.pk).state
    resumed = Sender.objects.filter(pk=sender.pk, state__in=("paused", "frozen", "disconnected")).update(
        state="active", state_reason=""
    )
    if resumed:
        Enrollment.objects.filter(
            sender=sender, state="active", cause__in=("paused_sender", "frozen", "disconnected")
        ).update(decide_at=now)
        history.note(sender, "resumed", by=by, now=now, was=was)
    return bool(resumed)


def handed_over(sender: Sender) -> int:
    """How many touches of this sender are on their way: a pause cannot call them back."""
    return Touch.objects.filter(sender=sender, state__in=sorted(OPEN_STATES)).count()


@transaction.atomic
def add(
    seat: SeatPlan, *, owner: Member, connection: Connection | None, consent: bool = False, by: Member, now: datetime
) -> Sender:
    """A real sender: guided without a connection, automatic with one, for which an admin has read the risk.

    The consent is `by`'s, on record. Raises BadSender and NotAllowed.
    """
    rights.require(by, rights.Verb.GOVERN)
    name = free_name(seat.name, by=by)
    if connection is not None and not seat.account.strip():
        raise BadSender("account", "Enter the id that Unipile gave this LinkedIn account; it stands in its dashboard.")
    if connection is not None and not consent:
        raise BadSender("consent", "Read what can happen and tick the box, or choose the guided way instead.")
    if (
        connection is not None
        and Sender.objects.filter(connection=connection, provider_account=seat.account.strip()).exists()
    ):
        raise BadSender("account", "Another sender acts as this account already: give the id of the account meant.")
    check(seat.plan, seat.zone, seat.hours)
    entered = SeatPlan(
        name,
        seat.plan,
        seat.zone,
        seat.account.strip(),
        seat.provider_id.strip(),
        seat.hours,
        seat.spread,
        seat.anchor_day,
    )
    return set_up(entered, owner=owner, connection=connection, by=by, now=now)


def free_name(name: str, *, by: Member, but: Sender | None = None) -> str:
    """The name without blanks around it, when no other sender of the workspace has it; nobody takes it before this
    transaction ends. Raises BadSender."""
    name = " ".join(clean(name).split())
    if not name:
        raise BadSender("name", "Give the sender a name, for example that of the person whose seat it is.")
    if len(name) > LONGEST_NAME:
        raise BadSender("name", f"A name has at most {LONGEST_NAME} characters, this one has {len(name)}.")
    Workspace.objects.select_for_update(no_key=True).get(pk=by.workspace_id)
    others = Sender.objects.filter(name__iexact=name).exclude(state=SenderState.ARCHIVED)
    if others.exclude(pk=but.pk if but else 0).exists():
        raise BadSender("name", "Another sender has this name: choose one that tells them apart.")
    return name


def suggest(member: Member) -> str:
    """A name for the member's next sender that no other has: their own, else with a number."""
    taken = {name.casefold() for name in Sender.objects.visible_to(member).values_list("name", flat=True)}
    name = (" ".join(str(member.user.name).split()) or "Sender")[: LONGEST_NAME - 5]
    number = 1
    while (found := name if number == 1 else f"{name} {number}").casefold() in taken:
        number += 1
    return found


def check(plan: str, zone: str, hours: dict[str, Any] | None) -> None:
    if not Plan.objects.filter(code=plan).exists():
        raise BadSender("plan", "Choose one of the plans of this workspace.")
    _read_hours(hours or OFFICE, zone)


def _read_hours(hours: dict[str, Any], zone: str, days_off: Iterable[date] = ()) -> Hours:
    try:
        read = parse_hours(hours, zone=zone, days_off=days_off)
    except ValueError as wrong:
        raise BadSender("zone" if "time zone" in str(wrong) else "hours", str(wrong)) from None
    if not any(read.week):
        raise BadSender("hours", "Give at least one day working hours; to let the sender rest, pause it instead.")
    return read


@transaction.atomic
def edit(
    sender: Sender,
    *,
    name: str,
    zone: str,
    hours: dict[str, Any],
    days_off: Iterable[date],
    invites_week: int | None,
    spread: bool,
    holidays_of: str = "",
    their_hours: bool = False,
    by: Member,
    now: datetime,
) -> bool:
    """What its owner may change: name, place, working hours, days off, the place whose public holidays it keeps, how
    many invites a week (None = as the plan says), whether acts are shared over the day, and whether they wait for the
    prospect's working hours. Whether anything changed. Raises BadSender and NotAllowed.

    The limits in force are put into the allowances at once, and whoever waited for an hour is decided again.
    """
    rights.require(by, rights.Verb.STEER, owner=sender.owner_id)
    row = Sender.objects.select_for_update(no_key=True).get(pk=sender.pk)
    read = _read_hours(hours, zone, days_off)
    most = _most_invites(row, now)
    if invites_week is not None and not 0 <= invites_week <= most:
        raise BadSender("invites_week", f"At most {most} invites a week on this plan: an admin can raise its ceiling.")
    dumped = dump_hours(read)
    own: list[str] = [day.isoformat() for day in sorted(read.days_off)]
    try:
        all_days = public_holidays.days_off(own, holidays_of, now)
    except public_holidays.UnknownPlace as unknown:
        raise BadSender("holidays_of", str(unknown)) from None
    fresh = {
        "name": free_name(name, by=by, but=row),
        "zone": zone,
        "hours": {day: spans for day, spans in dumped.items() if day not in ("zone", "days_off")},
        "own_days_off": own,
        "holidays_of": holidays_of,
        "their_hours": their_hours,
        "week_override": invites_week,
        "spread": spread,
    }
    changed: dict[str, Any] = {field: {"was": getattr(row, field), "is": value} for field, value in fresh.items()}
    changed = {field: both for field, both in changed.items() if both["was"] != both["is"]}
    if not changed:
        return False
    for field in changed:
        setattr(row, field, fresh[field])
        setattr(sender, field, fresh[field])
    row.days_off = sender.days_off = all_days
    row.save(update_fields=[*changed, "days_off"])
    what = ", ".join(FIELDS[field] for field in changed)
    history.note(row, "edited", by=by, now=now, what=what, **changed)
    Enrollment.objects.filter(sender=row, state="active", cause__in=_OF_LIMITS).update(decide_at=now)
    allowances.refresh([row.pk], now=now)
    return True


FIELDS = {
    "name": "name",
    "zone": "time zone",
    "hours": "working hours",
    "own_days_off": "days off",
    "holidays_of": "public holidays",
    "their_hours": "the prospect's working hours",
    "week_override": "invites a week",
    "spread": "spread over the day",
}
"""What an owner may change, in words."""

_OF_LIMITS = ("outside_hours", "holiday", "day_cap", "week_cap", "gap", "queue")
"""Causes that other hours or another weekly number may lift."""


def _most_invites(sender: Sender, now: datetime) -> int:
    if sender.plan is None:
        return 0
    return plans.terms_on(sender.plan, now.date()).invites_week_ceiling


@transaction.atomic
def set_up(seat: SeatPlan, *, owner: Member, connection: Connection | None, by: Member, now: datetime) -> Sender:
    """A sender that can act at once: guided without a connection, automatic with one (the consent is `by`'s, on
    record)."""
    hours = parse_hours(seat.hours or OFFICE, zone=seat.zone)
    sender, made = Sender.objects.get_or_create(
        workspace_id=owner.workspace_id,
        name=seat.name,
        defaults={
            "owner": owner,
            "plan": Plan.objects.get(code=seat.plan),
            "zone": seat.zone,
            "hours": {day: spans for day, spans in dump_hours(hours).items() if day not in ("zone", "days_off")},
            "state": "active",
            "connector": connection.vendor if connection else "guided",
            "connection": connection,
            "provider_account": seat.account,
            "provider_id": seat.provider_id,
            "consent_by": by if connection else None,
            "consent_at": now if connection else None,
            "spread": seat.spread,
            "anchor_day": seat.anchor_day,
            "created_at": now,
        },
    )
    if made:
        SenderTurn.objects.create(workspace_id=owner.workspace_id, sender=sender)
        allowances.set_up(sender, now=now)
        balance = ledger.open_balance(sender, now=now, by=by)
        if balance is not None:
            ledger.hold_credits(balance, balance.available // HELD_SHARE, by=by, now=now)
        allowances.refresh([sender.pk], now=now)
        plan = sender.plan and sender.plan.name
        history.note(sender, "set_up", by=by, now=now, connector=sender.connector, plan=plan)
    return sender
