"""The acts that limits are judged by: ours, counted from the gate's instant, and those of the provider's own record."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.proof.breach import Values, here
from campaigns.running import allowances
from campaigns.running.database import rows
from campaigns.running.lanes import PAIR_BUDGETS, PAIR_KINDS
from outreach.engine import pacing

SLOTS = ["reserved", "dispatching", "uncertain", "sent", "refused", "not_sent"]
"""States of a touch whose slot is used up: once past the gate it stays counted, whatever became of it."""

COUNTED_PAIRS = [(kind, budget) for kind, budget in zip(PAIR_KINDS, PAIR_BUDGETS, strict=True) if budget != "pending"]


@dataclass(slots=True)
class Acts:
    """Acts by the provider's record, as columns: who (touch:id or accepted:n), sender, budget, instant."""

    who: list[str] = field(default_factory=list)
    sender: list[int] = field(default_factory=list)
    budget: list[str] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)

    def add(self, who: str, sender: int, budget: str, at: datetime) -> None:
        self.who.append(who)
        self.sender.append(sender)
        self.budget.append(budget)
        self.at.append(at)


# Touches past the gate, once per budget that they use up; profile reads have no touch, their ring is all there is.
OURS = f"""
acts AS (
  SELECT 'touch:' || t.id AS who, t.sender_id, k.budget, t.gate_at AS at
  FROM campaigns_touch t JOIN unnest(%(kinds)s::text[], %(budgets)s::text[]) k(kind, budget) ON k.kind = t.kind
  WHERE t.gate_at IS NOT NULL AND t.state = ANY(%(slots)s) AND {here("t")}
  UNION ALL
  SELECT 'allowance:' || a.id || '@' || s.second, a.sender_id, a.budget, to_timestamp(s.second)
  FROM campaigns_allowance a, unnest(a.ring) s(second) WHERE a.budget = 'profile_reads' AND {here("a")}
)"""

THEIRS = """
acts AS (
  SELECT * FROM unnest(%(who)s::text[], %(act_senders)s::bigint[], %(act_budgets)s::text[], %(ats)s::timestamptz[])
  AS x(who, sender_id, budget, at)
)"""


def slacks(values: Values) -> dict[int, int]:
    """By sender: seconds by which its provider may see an act later than we count it."""
    return {
        row["id"]: pacing.slack_s(allowances.longest_work_s(row["vendor"] or row["connector"]))
        for row in rows(
            "SELECT s.id, s.connector, c.vendor FROM accounts_sender s LEFT JOIN accounts_connection c "
            f"ON c.id = s.connection_id WHERE {here('s')} ORDER BY s.id",
            values,
        )
    }


def our_values() -> dict[str, Any]:
    return {
        "kinds": [kind for kind, _ in COUNTED_PAIRS],
        "budgets": [budget for _, budget in COUNTED_PAIRS],
        "slots": SLOTS,
        "late": timedelta(),
        "width": timedelta(),
        "only": None,
    }


def their_values(theirs: Acts, late: int) -> dict[str, Any]:
    return {
        "who": theirs.who,
        "act_senders": theirs.sender,
        "act_budgets": theirs.budget,
        "ats": theirs.at,
        "late": timedelta(seconds=late),
        "width": timedelta(),
        "only": None,
    }
