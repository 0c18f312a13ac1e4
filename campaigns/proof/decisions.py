"""Every decision explains itself, and what was frozen at the gate is what was sent."""

from campaigns.proof.breach import Check, Question, Values, ask, here
from outreach.engine.kinds import TEXTS

_GATED = f"t.gate_at IS NOT NULL AND t.state NOT IN ('planned', 'cancelled', 'skipped') AND {here('t')}"


def unified(column: str) -> str:
    """A text column with every line end as LF, as texts are hashed."""
    return f"replace(replace({column}, E'\\r\\n', E'\\n'), E'\\r', E'\\n')"


_HASH = f"encode(sha256(convert_to({unified('t.subject')} || E'\\n' || {unified('t.text')}, 'UTF8')), 'hex')"
"""The hash with which outreach.language.fitting.frozen_hash freezes, computed by the database."""


def checks(values: Values) -> list[Check]:
    values = {**values, "texts": sorted(kind.value for kind in TEXTS)}
    counted = f"SELECT count(*) AS n FROM campaigns_touch t WHERE {_GATED}"
    return [
        ask(
            "decisions: every touch says why, out of which options, by which rules",
            "touches past the gate",
            counted,
            [
                Question(
                    "Its decision lacks why, the options or the version of the rules.",
                    f"SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE {_GATED} AND NOT ("
                    "coalesce(t.decision ->> 'why', '') <> '' AND coalesce(t.decision ->> 'rule', '') <> '' "
                    "AND coalesce(jsonb_typeof(t.decision -> 'options') = 'array' "
                    "AND jsonb_array_length(t.decision -> 'options') > 0, false))",
                )
            ],
            values,
        ),
        ask(
            "texts: what was sent is what was frozen",
            "touches with a text past the gate",
            f"{counted} AND t.kind = ANY(%(texts)s)",
            [
                Question(
                    "The text is not the one that its hash was made of.",
                    f"SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE {_GATED} AND t.kind = ANY(%(texts)s) "
                    f"AND t.text_hash <> {_HASH}",
                ),
                Question(
                    "It carries a text that nobody froze, or a kind with a text went out without one.",
                    f"SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE {_GATED} "
                    "AND (t.kind = ANY(%(texts)s)) IS DISTINCT FROM (t.text <> '' AND t.text_hash <> '')",
                ),
                Question(
                    "The message in the thread says something else than the touch.",
                    "SELECT 'message:' || m.id || ' touch:' || t.id AS who FROM campaigns_message m "
                    f"JOIN campaigns_touch t ON t.id = m.touch_id WHERE {_GATED} AND NOT m.inbound "
                    f"AND {unified('m.text')} <> {unified('t.text')}",
                ),
            ],
            values,
        ),
    ]
