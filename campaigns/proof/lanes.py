"""Nobody is forgotten: no lane or allowance sleeps past its work, and who waits, waits for what still holds."""

from datetime import datetime, timedelta
from typing import Any

from campaigns.proof.breach import Check, Question, Values, ask, here, named
from campaigns.running import allowances
from campaigns.running.database import rows
from campaigns.running.lanes import PAIR_BUDGETS, PAIR_KINDS
from campaigns.running.turns import CLAIM
from outreach.engine import pacing
from outreach.engine.kinds import LONG_AGO, NEVER

_WAITS = f"""
campaigns_touch t JOIN accounts_sender s ON s.id = t.sender_id AND s.state <> 'archived'
LEFT JOIN campaigns_lane l ON l.sender_id = t.sender_id AND l.kind = t.kind
WHERE t.state = 'planned' AND NOT t.guided AND {here("t")}"""

_OPENS = """
greatest((SELECT coalesce(max(a.allowed_at), %(long_ago)s)
    FROM unnest(%(lane_kinds)s::text[], %(lane_budgets)s::text[]) k(kind, budget)
    JOIN campaigns_allowance a ON a.sender_id = l.sender_id AND a.budget = k.budget WHERE k.kind = l.kind),
  CASE WHEN l.kind = 'inmail' AND NOT EXISTS (SELECT FROM accounts_creditbalance b
    WHERE b.sender_id = l.sender_id AND b.available > 0 AND b.blocked = '') THEN %(never)s::timestamptz END)"""

# A cause that only a change lifts holds only while its fact does: whoever changes the fact must wake who waits for it.
_HOLDS = """
CASE x.cause
  WHEN 'paused_campaign' THEN x.campaign_state <> 'running'
  WHEN 'paused_sender' THEN x.sender_state NOT IN ('active', 'resting')
  WHEN 'disconnected' THEN x.sender_state = 'disconnected'
  WHEN 'frozen' THEN x.sender_state = 'frozen'
  WHEN 'uncertain_open' THEN EXISTS (SELECT FROM campaigns_touch o WHERE o.prospect_id = x.prospect_id
    AND o.workspace_id = x.workspace_id AND o.state IN ('reserved', 'dispatching', 'uncertain'))
  WHEN 'in_conversation' THEN EXISTS (SELECT FROM campaigns_personlock k WHERE k.prospect_id = x.prospect_id
    AND k.released_at IS NULL AND k.enrollment_id <> x.id)
  WHEN 'no_credit' THEN NOT EXISTS (SELECT FROM accounts_creditbalance b
    WHERE b.sender_id = x.sender_id AND b.blocked = ''
    AND b.available > x.due_inmails + CASE WHEN x.tier < 3 THEN b.held ELSE 0 END)
  WHEN 'held_for_tier_3' THEN NOT EXISTS (SELECT FROM accounts_creditbalance b
    WHERE b.sender_id = x.sender_id AND b.blocked = '' AND b.available > x.due_inmails + b.held)
  WHEN 'stale_open_profile' THEN EXISTS (SELECT FROM campaigns_allowance a WHERE a.sender_id = x.sender_id
    AND a.budget = 'profile_reads' AND a.allowed_at >= %(never)s)
  ELSE x.cause IN ('needs_approval', 'missing_text', 'no_channel')
END"""

# Active enrollments with nothing that moves by itself: no touch on its way or due some day, no date of a decision.
_STILL = f"""
SELECT e.id, e.workspace_id, e.prospect_id, e.sender_id, c.state AS campaign_state, s.state AS sender_state, p.tier,
  coalesce(nullif(t.cause, ''), e.cause) AS cause,
  (SELECT count(*) FROM campaigns_touch d WHERE d.sender_id = e.sender_id AND d.kind = 'inmail' AND d.state = 'planned'
    AND d.not_before < %(never)s)
  + (SELECT count(*) FROM campaigns_enrollment w WHERE w.sender_id = e.sender_id AND w.state = 'active'
    AND w.cause IN ('no_credit', 'held_for_tier_3') AND w.decide_at < %(never)s) AS due_inmails
FROM campaigns_enrollment e
JOIN campaigns_campaign c ON c.id = e.campaign_id JOIN accounts_sender s ON s.id = e.sender_id
JOIN prospects_prospect p ON p.id = e.prospect_id
LEFT JOIN campaigns_touch t ON t.enrollment_id = e.id AND t.state = 'planned'
WHERE e.state = 'active' AND e.decide_at >= %(never)s AND {here("e")} AND (t.id IS NULL OR t.not_before >= %(never)s)
AND NOT EXISTS (SELECT FROM campaigns_touch o
  WHERE o.enrollment_id = e.id AND o.state IN ('reserved', 'dispatching', 'uncertain'))"""


def checks(values: Values, now: datetime) -> list[Check]:
    values = {
        **values,
        "now": now,
        "claim": CLAIM,
        "long_ago": LONG_AGO,
        "lane_kinds": PAIR_KINDS,
        "lane_budgets": PAIR_BUDGETS,
    }
    return [_lanes(values), _allowances(values, now), _enrollments(values)]


def _lanes(values: Values) -> Check:
    return ask(
        "lanes: none sleeps past the work in it",
        "touches in lanes",
        f"SELECT count(*) AS n FROM {_WAITS}",
        [
            Question(
                "Planned where nobody looks: its sender has no lane of this kind, or no turn.",
                f"SELECT 'touch:' || t.id || ' sender:' || t.sender_id AS who FROM {_WAITS} AND (l.id IS NULL OR NOT "
                "EXISTS (SELECT FROM accounts_senderturn u WHERE u.sender_id = t.sender_id))",
            ),
            Question(
                "The lane sleeps although this touch is due earlier: a wake-up was lost.",
                f"SELECT 'touch:' || t.id || ' lane:' || l.id AS who FROM {_WAITS} AND t.not_before < %(never)s "
                "AND l.due_hint > greatest(t.not_before, t.leased_until, %(now)s) + %(claim)s",
            ),
            Question(
                "The lane is closed although its allowances and credits are open earlier: a wake-up was lost.",
                f"SELECT 'lane:' || l.id AS who FROM campaigns_lane l WHERE {here('l')} "
                f"AND l.allowed_at > greatest({_OPENS}, %(now)s)",
            ),
        ],
        values,
    )


def _allowances(values: Values, now: datetime) -> Check:
    """When each allowance opens, asked of the rules anew."""
    found = rows(
        "SELECT a.*, s.zone, s.hours, s.days_off, s.connector, c.vendor FROM campaigns_allowance a "
        "JOIN accounts_sender s ON s.id = a.sender_id LEFT JOIN accounts_connection c ON c.id = s.connection_id "
        f"WHERE {here('a')} ORDER BY a.id",
        values,
    )
    late = [f"allowance:{row['id']}" for row in found if row["allowed_at"] > max(_opens_at(row, now), now)]
    return Check(
        "lanes: no allowance stays closed longer than its rules say",
        len(found),
        named("The rules open this allowance earlier than its row says.", late),
        "allowances",
    )


def _opens_at(row: dict[str, Any], now: datetime) -> datetime:
    opening = pacing.opens_at(
        allowances.from_row(row),
        allowances.hours_of(row),
        now,
        longest_work_s=allowances.longest_work_s(row["vendor"] or row["connector"]),
    )
    return NEVER if opening.at is None else opening.at + timedelta(seconds=1)


def _enrollments(values: Values) -> Check:
    return ask(
        "lanes: nobody waits for something that is over",
        "active enrollments",
        f"SELECT count(*) AS n FROM campaigns_enrollment e WHERE e.state = 'active' AND {here('e')}",
        [
            Question(
                "Nothing will ever move this enrollment: no touch ahead, no decision due, and its cause no longer "
                "holds.",
                "SELECT 'enrollment:' || x.id || CASE WHEN x.cause = '' THEN '' ELSE ' cause:' || x.cause END AS who "
                f"FROM ({_STILL}) x WHERE NOT {_HOLDS}",
            ),
            Question(
                "It waits for a launch although its campaign is running.",
                "SELECT 'enrollment:' || e.id AS who FROM campaigns_enrollment e JOIN campaigns_campaign c ON c.id = "
                f"e.campaign_id WHERE e.state = 'waiting' AND c.state = 'running' AND {here('e')}",
            ),
        ],
        values,
    )
