"""Why a person did not send what they had opened, and what is known from then on: they saw what no connector sees."""

from datetime import datetime

from campaigns.running import allowances, lanes, relations, reservations, touches
from campaigns.running.database import Row, together
from campaigns.running.refused_by_hand import CannotSay
from outreach.engine.kinds import Kind
from outreach.engine.refusals import Effect, after_refusal

REASONS: dict[str, str] = {
    "not_now": "There was no time for it",
    "no_way": "LinkedIn offered no way to send it",
    "not_open": "It would have cost a credit: they have no Open Profile",
    "is_open": "It would have been free: they have an Open Profile",
    "already_connected": "They are connected already",
    "user_unreachable": "Their profile is gone",
    "limit_exceeded": "LinkedIn said that a limit was reached",
}
"""A code and its words. What is a code of a refusal, too, means the same as from a provider."""

_ONLY: dict[str, frozenset[Kind]] = {
    "not_open": frozenset({Kind.OPEN_INMAIL}),
    "is_open": frozenset({Kind.INMAIL}),
    "already_connected": frozenset({Kind.INVITE, Kind.INVITE_NOTE, Kind.INMAIL, Kind.OPEN_INMAIL}),
}
"""Reasons that only some kinds can have."""


def reasons(kind: Kind) -> dict[str, str]:
    """Those that a touch of this kind can have, in the order of a list to choose from."""
    return {code: words for code, words in REASONS.items() if kind in _ONLY.get(code, frozenset(Kind))}


def require_fits(reason: str, kind: Kind) -> None:
    """Raises CannotSay for what is no reason, or none of this kind."""
    if reason not in reasons(kind):
        raise CannotSay("Choose why it was not sent.")


def settle(t: Row, reason: str, now: datetime) -> None:
    """The touch, locked by `lock_person` in the caller's transaction and opened or copied, was not sent. Before the
    copy nothing of it counts; afterwards its slot does."""
    refused = t["state"] == "dispatching" and reason in ("already_connected", "user_unreachable")
    if t["state"] == "reserved":
        _take_back(t, reason, now)
    elif refused:
        touches.record_refused(t, reason, REASONS[reason], now)
    else:
        touches.record_not_sent(t, reason, now)
    if reason == "already_connected" and not refused:
        relations.accepted(t["prospect_id"], t["sender_id"], "", now, now)
    if reason in ("not_open", "is_open"):
        together(
            (
                "UPDATE prospects_prospect SET open_profile = %s, checked_at = %s, facts_version = facts_version + 1 "
                "WHERE id = %s",
                (reason == "is_open", now, t["prospect_id"]),
            )
        )
    if reason in ("not_open", "is_open", "already_connected", "user_unreachable"):  # another decision: no need to wait
        together(
            (
                "UPDATE campaigns_enrollment SET decide_at = %s WHERE id = %s AND state = 'active'",
                (now, t["enrollment_id"]),
            )
        )


def _take_back(t: Row, reason: str, now: datetime) -> None:
    """Opened and never sent: nothing of it counts, and the step is planned again a little later."""
    together(
        (
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE id = %s AND state = 'active'",
            (now + touches.retry_after(t["attempt"]), t["enrollment_id"]),
        ),
        (
            "UPDATE campaigns_touch SET state = 'cancelled', settled_at = %s, refusal = %s WHERE id = %s",
            (now, reason, t["id"]),
        ),
    )
    reservations.let_go(t, now)
    reservations.give_back([t], now)
    if after_refusal(reason).effect is Effect.REST:
        kind = Kind(t["kind"])
        together(allowances.rest(t["sender_id"], kind, now=now))
        together(*lanes.recompute(t["sender_id"], [lanes.MAIN_BUDGET[kind]]))
