"""The caps that were in force at an instant: those that campaigns.running.caps wrote down, else those of today."""

from campaigns.proof.breach import Values, here, number

NO_CAP = 2_147_483_647
"""Stands for "no cap" where caps are compared."""

COLUMNS = {"day": "day_cap", "week": "week_cap", "month": "month_cap", "ceiling": "ceiling"}


def force(window: str) -> str:
    """Common table expressions over `window` (day, week, month, ceiling): `force`, each cap with the time in which it
    held, and `bound`, per allowance the cap that stands now, the lowest and the highest there ever was."""
    return f"""
force AS (
  SELECT a.id, a.sender_id, a.budget, h.at AS since,
         lead(h.at, 1, 'infinity') OVER (PARTITION BY a.id ORDER BY h.id) AS until,
         coalesce((h.data ->> '{window}')::int, {NO_CAP}) AS cap
  FROM campaigns_allowance a
  JOIN accounts_history h ON h.workspace_id = a.workspace_id AND h.subject = 'allowance:' || a.id AND h.verb = 'caps'
  WHERE {here("a")}
), bound AS (
  SELECT a.id, a.sender_id, a.budget, coalesce(a.{COLUMNS[window]}, {NO_CAP}) AS standing,
         least(coalesce(a.{COLUMNS[window]}, {NO_CAP}), min(f.cap)) AS lowest,
         greatest(coalesce(a.{COLUMNS[window]}, {NO_CAP}), max(f.cap)) AS highest
  FROM campaigns_allowance a LEFT JOIN force f ON f.id = a.id WHERE {here("a")} GROUP BY a.id
)"""


def unrecorded(values: Values) -> int:
    """How many allowances have a cap and no record of its changes: theirs are judged by the cap that stands now."""
    return number(
        "SELECT count(*) AS n FROM campaigns_allowance a "
        "WHERE coalesce(a.day_cap, a.week_cap, a.month_cap, a.ceiling) IS NOT NULL "
        f"AND {here('a')} AND NOT EXISTS (SELECT FROM accounts_history h WHERE h.workspace_id = a.workspace_id "
        "AND h.subject = 'allowance:' || a.id AND h.verb = 'caps')",
        values,
    )
