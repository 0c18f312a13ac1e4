"""Nobody gets the same touch twice, by our own rows. What the provider says of it is asked in record.py."""

from campaigns.proof.acts import SLOTS
from campaigns.proof.breach import Check, Question, Values, ask, here


def checks(values: Values) -> list[Check]:
    return [
        ask(
            "duplicates: no step went out twice to the same person",
            "touches past the gate",
            f"SELECT count(*) AS n FROM campaigns_touch t WHERE t.gate_at IS NOT NULL AND {here('t')}",
            [
                Question(
                    "More than one attempt of a step is sent, refused or in doubt.",
                    "SELECT string_agg('touch:' || t.id, ' ' ORDER BY t.id) AS who FROM campaigns_touch t "
                    f"WHERE t.state IN ('reserved', 'dispatching', 'uncertain', 'sent', 'refused') AND {here('t')} "
                    "GROUP BY t.enrollment_id, t.step_key, t.generation HAVING count(*) > 1",
                ),
                Question(
                    "Two touches carry the same message of the provider.",
                    "SELECT string_agg('touch:' || t.id, ' ' ORDER BY t.id) AS who FROM campaigns_touch t "
                    f"WHERE t.provider_message <> '' AND {here('t')} "
                    "GROUP BY t.sender_id, t.provider_message HAVING count(*) > 1",
                ),
                Question(
                    "A touch that went out never passed the gate.",
                    "SELECT 'touch:' || t.id AS who FROM campaigns_touch t "
                    f"WHERE t.state = ANY(%(slots)s) AND t.gate_at IS NULL AND {here('t')}",
                ),
            ],
            {**values, "slots": SLOTS},
        )
    ]
