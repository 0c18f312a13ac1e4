"""One live conversation per person, one open touch per person, and nobody is held for ever."""

from campaigns.proof.breach import Check, Question, Values, ask, here

# Each touch past the gate with the time in which it was open. Doubt is open until somebody settles it.
_OPEN = f"""
SELECT t.id, t.prospect_id, t.gate_at, coalesce(
  CASE WHEN t.state NOT IN ('reserved', 'dispatching', 'uncertain') THEN t.settled_at END, 'infinity') AS until
FROM campaigns_touch t
WHERE t.gate_at IS NOT NULL AND t.state NOT IN ('planned', 'cancelled', 'skipped') AND {here("t")}"""

_SPANS = f"""
SELECT l.id, l.prospect_id, l.taken_at, coalesce(l.released_at, 'infinity') AS until
FROM campaigns_personlock l WHERE {here("l")}"""


def checks(values: Values) -> list[Check]:
    return [
        ask(
            "conversations: at most one open touch per person at any time",
            "touches past the gate",
            f"SELECT count(*) AS n FROM ({_OPEN}) t",
            [
                Question(
                    "Passed the gate while another touch to this person was open.",
                    "SELECT 'touch:' || id || ' prospect:' || prospect_id AS who FROM (SELECT o.*, max(until) OVER "
                    "(PARTITION BY prospect_id ORDER BY gate_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 "
                    f"PRECEDING) AS before FROM ({_OPEN}) o) x WHERE before > gate_at",
                )
            ],
            values,
        ),
        ask(
            "conversations: at most one per person at any time",
            "conversations",
            f"SELECT count(*) AS n FROM ({_SPANS}) l",
            [
                Question(
                    "Taken while another conversation with this person was live.",
                    "SELECT 'personlock:' || id || ' prospect:' || prospect_id AS who FROM (SELECT s.*, max(until) "
                    "OVER (PARTITION BY prospect_id ORDER BY taken_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 "
                    f"PRECEDING) AS before FROM ({_SPANS}) s) x WHERE before > taken_at",
                ),
                Question(
                    "Nobody would ever end it: its sequence is over, and no time is set for its release.",
                    "SELECT 'personlock:' || l.id || ' enrollment:' || e.id AS who FROM campaigns_personlock l "
                    "JOIN campaigns_enrollment e ON e.id = l.enrollment_id WHERE l.released_at IS NULL "
                    f"AND l.release_at >= %(never)s AND e.state IN ('stopped', 'finished') AND {here('l')}",
                ),
            ],
            values,
        ),
        ask(
            "conversations: every touch was inside its own",
            "touches past the gate",
            f"SELECT count(*) AS n FROM ({_OPEN}) t",
            [
                Question(
                    "Its enrollment did not hold the conversation when it passed the gate.",
                    "SELECT 'touch:' || t.id || ' enrollment:' || t.enrollment_id AS who FROM campaigns_touch t "
                    f"WHERE t.id IN (SELECT id FROM ({_OPEN}) o) AND NOT EXISTS (SELECT FROM campaigns_personlock l "
                    "WHERE l.prospect_id = t.prospect_id AND l.enrollment_id = t.enrollment_id "
                    "AND t.gate_at BETWEEN l.taken_at AND coalesce(l.released_at, 'infinity'))",
                )
            ],
            values,
        ),
    ]
