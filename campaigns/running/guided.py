"""Guided touches: a person acts on linkedin.com, the product prepares and keeps count.

Opening passes the gate and reserves; copying is a second gate, from which on it may have been sent; then the person
says what became of it. Who says nothing loses what was only opened and leaves in doubt what was copied.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from accounts import history
from accounts.models import Member
from campaigns.models import Touch
from campaigns.running import allowances, gate, lanes, opened, planning, reservations, touches, unsent
from campaigns.running.database import Row, again, commit, rows, short_transaction, together
from campaigns.running.obstacles import MUST_BE_THERE, Head, Held, Seen, reading, why_no_longer
from campaigns.running.opened import Opened
from campaigns.running.refused_by_hand import (
    AS_IT_STANDS,
    CannotOpen,
    CannotSay,
    require_guided,
    require_open,
    why_not,
)
from outreach.engine import pacing
from outreach.engine.facts import Allowance
from outreach.engine.kinds import Kind

LEASE = timedelta(minutes=15)
"""How long an opened touch stays reserved, and how long after the copy its outcome is waited for."""


def open(touch: Touch, *, by: Member, now: datetime) -> Opened:
    """Pass the gate: slot and credit are reserved and the text is frozen, for the time of the lease. Opening again what
    one has open answers the same. Raises NotAllowed, NotGuided, CannotOpen."""
    require_guided(touch, by)
    zone = ZoneInfo(touch.sender.zone)
    for _ in range(2):
        found = again(_open, _head(touch), by, now)
        if isinstance(found, Opened):
            return found
        if found.cause != "redecide":
            raise CannotOpen(why_not(found, zone))
        planning.decide_these([touch.enrollment_id], now=now)
    raise CannotOpen("What is known of this person changed, and the step was decided again: take the next one.")


def copy(touch: Touch, *, by: Member, now: datetime) -> bool:
    """The person takes the text, or goes to do it: it counts from this moment, and may have been sent from now on.
    False when it was copied before. Raises NotAllowed, NotGuided, and CannotSay when something came in the way."""
    require_guided(touch, by)
    found = again(_copy, _head(touch), by, now)
    if isinstance(found, Held):
        if found.cause == "redecide":
            planning.decide_these([touch.enrollment_id], now=now)
        raise CannotSay(f"Do not send it. {why_not(found, ZoneInfo(touch.sender.zone))}")
    return found


def done(touch: Touch, *, by: Member, now: datetime) -> bool:
    """It was sent. False when that was known. Raises NotAllowed, NotGuided, CannotSay."""
    require_guided(touch, by)
    return again(_done, touch, by, now)


def not_done(touch: Touch, reason: str, *, by: Member, now: datetime) -> bool:
    """It was not sent, for one of `unsent.REASONS`: the credit comes back, before the copy the slot too, and what the
    person saw is known from now on. False when that was known. Raises NotAllowed, NotGuided, CannotSay."""
    require_guided(touch, by)
    unsent.require_fits(reason, Kind(touch.kind))
    return again(_not_done, touch, reason, by, now)


def skip(touch: Touch, *, by: Member, now: datetime) -> bool:
    """Nobody will do it: the sequence goes on without it. False when that was known. Raises NotAllowed, NotGuided,
    CannotSay."""
    require_guided(touch, by)
    return again(_skip, touch, by, now)


def lapse(*, now: datetime) -> int:
    """Whose time is over: what was never copied is planned as before, what was copied waits in doubt for a person. How
    many."""
    found = rows(
        "SELECT id, state FROM campaigns_touch WHERE state IN ('reserved', 'dispatching') AND guided AND reap_at <= %s "
        "ORDER BY id LIMIT 200",
        (now,),
    )
    return sum(
        again(_lapse, one["id"], now)
        if one["state"] == "reserved"
        else touches.mark_uncertain(one["id"], "It was copied, and nobody said whether it was sent.", now=now)
        for one in found
    )


def _head(touch: Touch) -> Head:
    found = rows(
        "SELECT t.id AS touch, t.workspace_id AS workspace, t.enrollment_id AS enrollment, e.campaign_id AS campaign, "
        "t.prospect_id AS prospect, t.sender_id AS sender, t.kind FROM campaigns_touch t "
        "JOIN campaigns_enrollment e ON e.id = t.enrollment_id WHERE t.id = %s",
        (touch.pk,),
    )[0]
    return Head(**found | {"kind": Kind(found["kind"])})


def _open(head: Head, by: Member, now: datetime) -> Opened | Held:
    with short_transaction():
        answers = together(*reading(head, None))
        if not all(answers[place] for place in MUST_BE_THERE):
            return Held("gone")
        mine = opened.at_work(head.sender)
        prospect = answers[2][0]
        if mine is not None and mine["id"] == head.touch:
            if mine["opened_by"] != by.pk:
                raise CannotOpen(f"{_who(mine)} has this one open: take it up with them, or wait until it lapses.")
            return opened.of(mine, prospect)
        if mine is not None and answers[5][0]["state"] == "planned":
            raise CannotOpen(f"Say first what became of the touch to {opened.name_of(mine)}: one is open at a time.")
        admitted = gate.admit(head, answers)
        if isinstance(admitted, Held):
            return admitted
        n, frozen = admitted
        until = n.now + LEASE
        history.note(Touch(pk=head.touch, workspace_id=head.workspace), "opened_by_hand", by=by, now=now)
        together(
            (
                "UPDATE campaigns_touch SET evidence = evidence || jsonb_build_object('opened_by', %s::bigint) "
                "WHERE id = %s",
                (by.pk, head.touch),
            )
        )
        gate.take_up(n, frozen, "reserved", until, until)
    taken = {"id": head.touch, "kind": head.kind, "state": "reserved", "reap_at": until}
    follows = {"last_touch_at": n.enrollment["last_touch_at"], "subject": frozen.subject, "text": frozen.text}
    return opened.of(taken | follows, n.prospect)


def _copy(head: Head, by: Member, now: datetime) -> bool | Held:
    with short_transaction():
        answers = together(*reading(head, None))
        if not all(answers[place] for place in MUST_BE_THERE):
            return Held("gone")
        n = Seen(head, answers)
        t = rows(
            f"SELECT {touches.COLUMNS}, (evidence ->> 'opened_by')::bigint AS opened_by FROM campaigns_touch "
            "WHERE id = %s",
            (head.touch,),
        )[0]
        if t["state"] in ("dispatching", "uncertain"):
            return False
        if t["state"] != "reserved":
            raise CannotSay(AS_IT_STANDS[t["state"]])
        if t["opened_by"] != by.pk:
            raise CannotSay("Somebody else has this one open: take it up with them, or wait until it lapses.")
        if held := why_no_longer(n):
            reservations.put_back(t, n.now)
            gate.hold(n, held)
            return held
        budgets = [reservations.without(a, t) for a in n.budgets]
        opening = pacing.fits(budgets, n.hours, n.now, longest_work_s=n.work_s)
        if opening.at is None or opening.at > n.now:
            reservations.put_back(t, n.now)
            return Held(opening.cause, opening.at)
        history.note(Touch(pk=head.touch, workspace_id=head.workspace), "copied_by_hand", by=by, now=now)
        _count_from_now(n, [pacing.take(a, n.now, longest_work_s=n.work_s) for a in budgets])
    return True


def _count_from_now(n: Seen, taken: list[Allowance]) -> None:
    ids = (found["id"] for found in n.allowed)
    commit(
        (
            "UPDATE campaigns_touch SET state = 'dispatching', gate_at = %s, due_by = %s, reap_at = %s WHERE id = %s",
            (n.now, n.now + LEASE, n.now + LEASE, n.head.touch),
        ),
        *([allowances.save(zip(ids, taken, strict=True), n.hours, n.now, n.work_s)] if taken else []),
        *lanes.recompute(n.head.sender, [a.budget for a in taken]),
    )


def _done(touch: Touch, by: Member, now: datetime) -> bool:
    with short_transaction():
        t = touches.lock_person(touch.pk)
        if t is None or t["state"] == "sent":
            return False
        require_open(t)
        if t["state"] == "reserved":  # sent without a copy: it counts from its opening
            together(("UPDATE campaigns_touch SET state = 'dispatching' WHERE id = %s", (touch.pk,)))
        history.note(touch, "done_by_hand", by=by, now=now)
        commit(*touches.record_sent(t, touches.Proof(by=f"member:{by.pk}"), now))
    if t["holds_credit"] and t["response_at"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return True


def _not_done(touch: Touch, reason: str, by: Member, now: datetime) -> bool:
    with short_transaction():
        t = touches.lock_person(touch.pk)
        if t is None or t["state"] == "not_sent":
            return False
        require_open(t)
        unsent.require_fits(reason, Kind(t["kind"]))
        history.note(touch, "not_done_by_hand", by=by, now=now, reason=unsent.REASONS[reason].lower())
        unsent.settle(t, reason, now)
    if t["holds_credit"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return True


def _skip(touch: Touch, by: Member, now: datetime) -> bool:
    with short_transaction():
        t = touches.lock_person(touch.pk)
        if t is None or t["state"] == "skipped":
            return False
        if t["state"] in ("dispatching", "uncertain"):
            raise CannotSay("It was copied, so it may have been sent: say first whether it was.")
        if t["state"] == "reserved":
            reservations.put_back(t, now)
        elif t["state"] != "planned":
            require_open(t)
        history.note(touch, "skipped_by_hand", by=by, now=now)
        together(
            (
                "UPDATE campaigns_enrollment SET decide_at = %s WHERE id = %s AND state = 'active'",
                (now, t["enrollment_id"]),
            ),
            (
                "UPDATE campaigns_touch SET state = 'skipped', settled_at = %s, "
                "evidence = evidence || jsonb_build_object('by', %s::text) WHERE id = %s",
                (now, f"member:{by.pk}", touch.pk),
            ),
        )
    if t["holds_credit"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return True


def _lapse(touch: int, now: datetime) -> bool:
    with short_transaction():
        t = touches.lock_person(touch)
        if t is None or not rows(
            "SELECT 1 AS one FROM campaigns_touch WHERE id = %s AND state = 'reserved' AND reap_at <= %s", (touch, now)
        ):
            return False
        reservations.put_back(t, now)
    if t["holds_credit"]:
        lanes.credits_arrived([t["sender_id"]], now=now)
    return True


def _who(mine: Row) -> str:
    found = Member.objects.select_related("user").filter(pk=mine["opened_by"]).first()
    return str(found) if found else "Somebody"
