"""A reply stops everything for that person, and suppressed means suppressed."""

from campaigns.proof.acts import SLOTS
from campaigns.proof.breach import Check, Question, Values, ask, here

_GATED = "t.gate_at IS NOT NULL AND t.state = ANY(%(slots)s)"

_REPLIES = f"""
SELECT h.workspace_id, h.prospect_id, min(m.stored_at) AS stored_at FROM campaigns_message m
JOIN campaigns_thread h ON h.id = m.thread_id
WHERE m.inbound AND m.intent <> 'out_of_office' AND {here("m")} GROUP BY 1, 2"""
"""When the first human reply of each person was stored."""


def checks(values: Values) -> list[Check]:
    values = {**values, "slots": SLOTS}
    return [
        ask(
            "replies: nothing went out after a reply was stored",
            "people who replied",
            f"SELECT count(*) AS n FROM ({_REPLIES}) r",
            [
                Question(
                    "Passed the gate although a reply of this person was stored before.",
                    f"SELECT 'touch:' || t.id || ' prospect:' || t.prospect_id AS who FROM ({_REPLIES}) r JOIN "
                    "campaigns_touch t ON t.prospect_id = r.prospect_id AND t.gate_at > r.stored_at AND t.step_key > "
                    f"0 WHERE {_GATED}",
                ),
                Question(
                    "The person replied, and a sequence for them is not stopped.",
                    f"SELECT 'enrollment:' || e.id || ' prospect:' || e.prospect_id AS who FROM ({_REPLIES}) r "
                    "JOIN campaigns_enrollment e ON e.prospect_id = r.prospect_id "
                    "WHERE e.state IN ('active', 'waiting', 'held') AND e.entered_at <= r.stored_at",
                ),
            ],
            values,
        ),
        ask(
            "replies: nothing is planned for an enrollment that is over",
            "enrollments that are over",
            "SELECT count(*) AS n FROM campaigns_enrollment e WHERE e.state IN ('stopped', 'finished') AND "
            f"{here('e')}",
            [
                Question(
                    "Still planned although its enrollment is stopped or finished.",
                    "SELECT 'touch:' || t.id || ' enrollment:' || e.id AS who FROM campaigns_touch t "
                    "JOIN campaigns_enrollment e ON e.id = t.enrollment_id WHERE t.state IN ('planned', 'reserved') "
                    f"AND t.step_key > 0 AND e.state IN ('stopped', 'finished') AND {here('t')}",
                )
            ],
            values,
        ),
        ask(
            "suppression: nothing went out to suppressed people",
            "suppressed people",
            f"SELECT count(*) AS n FROM prospects_prospect p WHERE p.suppressed_at IS NOT NULL AND {here('p')}",
            [
                Question(
                    "Passed the gate after this person was suppressed.",
                    "SELECT 'touch:' || t.id || ' prospect:' || p.id AS who FROM prospects_prospect p "
                    "JOIN campaigns_touch t ON t.prospect_id = p.id AND t.gate_at > p.suppressed_at "
                    f"WHERE {_GATED} AND {here('p')}",
                )
            ],
            values,
        ),
    ]
