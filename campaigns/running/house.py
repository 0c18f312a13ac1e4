"""Keeping house: what must happen although nobody asks, each part safe to do twice."""

import json
import logging
from datetime import datetime, timedelta

from accounts import ledger, public_holidays
from campaigns.running import allowances, conversations, guided, lanes, planning, reconcile
from campaigns.running.database import row, rows, short_transaction
from outreach.engine import health

log = logging.getLogger(__name__)
JUDGED = 50
OLD_ENOUGH = timedelta(days=7)
PAUSE = timedelta(days=7)
PAUSE_REMEMBERED = timedelta(days=42)


def keep(*, now: datetime) -> None:
    """Let lapse what a person opened and left, reap what hangs, look for what is uncertain, end conversations, renew
    limits, wake who waits for a credit or for a note."""
    guided.lapse(now=now)
    reconcile.reap(now=now)
    reconcile.look(now=now)
    conversations.release_due(now=now)
    lanes.credits_arrived(lanes.senders_to_wake_for_credit(now=now), now=now)
    planning.without_notes(now=now)
    renew_limits(now=now)


def renew_limits(*, now: datetime) -> int:
    """Once a day and when a pause ends: judge health, and put the limits in force into the allowances. How many
    senders."""
    due = rows(
        "SELECT id FROM accounts_sender s WHERE state <> 'archived' AND (limits_on IS NULL OR limits_on < %s OR "
        "EXISTS ("
        "SELECT 1 FROM campaigns_allowance a WHERE a.sender_id = s.id AND a.day_cap = 0 AND a.reason = 'health' "
        "AND a.paused_until <= %s)) ORDER BY id",
        (now.date(), now),
    )
    for sender in due:
        try:
            with short_transaction():
                judge(sender["id"], now=now)
                _renew_days_off(sender["id"], now)
                allowances.refresh([sender["id"]], now=now)
                rows("UPDATE accounts_sender SET limits_on = %s WHERE id = %s", (now.date(), sender["id"]))
        except ValueError:  # its hours cannot be read any more: the others are renewed
            log.exception("The limits of sender %s cannot be renewed", sender["id"])
    return len(due)


def _renew_days_off(sender: int, now: datetime) -> None:
    """A day farther ahead than yesterday the public holidays of the sender's place are known."""
    found = row("SELECT own_days_off, holidays_of FROM accounts_sender WHERE id = %s AND holidays_of <> ''", (sender,))
    if found:
        days = public_holidays.days_off(json.loads(found["own_days_off"]), found["holidays_of"], now)
        rows("UPDATE accounts_sender SET days_off = %s WHERE id = %s", (json.dumps(days), sender))


def judge(sender: int, *, now: datetime) -> None:
    """Pause the sender's invites when too few of the last fifty that had a week to be answered were accepted.
    Invites from before an earlier pause are not held against it again."""
    found = row(
        "SELECT count(*) AS n, count(*) FILTER (WHERE i.response = 'accepted') AS accepted FROM (SELECT "
        "t.response FROM campaigns_touch t "
        "JOIN campaigns_allowance a ON a.sender_id = t.sender_id AND a.budget = 'invites' "
        "WHERE t.sender_id = %s AND t.kind IN ('invite', 'invite_note') AND t.state = 'sent' AND t.gate_at < %s "
        "AND (a.paused_at IS NULL OR t.gate_at > a.paused_at) ORDER BY t.gate_at DESC LIMIT %s) i",
        (sender, now - OLD_ENOUGH, JUDGED),
    )
    if found and health.invite_health(found["accepted"], found["n"]).state == "paused":
        rows(
            "UPDATE campaigns_allowance SET paused_at = %s, paused_until = %s WHERE sender_id = %s AND budget = "
            "'invites' "
            "AND (paused_until IS NULL OR paused_until <= %s)",
            (now, now + PAUSE, sender, now),
        )
    rows(
        "UPDATE campaigns_allowance SET paused_at = NULL, paused_until = NULL WHERE sender_id = %s AND paused_at < %s",
        (sender, now - PAUSE_REMEMBERED),
    )


def keep_credits(*, now: datetime) -> None:
    """Grants, terms and expiries that are due; whoever waits for a credit is woken."""
    with short_transaction():
        changed = {*ledger.apply_terms_due(now=now), *ledger.grant_due(now=now), *ledger.expire_due(now=now)}
    lanes.credits_arrived(changed, now=now)
