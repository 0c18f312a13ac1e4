"""What is counted stands in the counters: rings and months of the allowances, and the counter of pending invites."""

from campaigns.proof.acts import COUNTED_PAIRS, SLOTS, slacks
from campaigns.proof.breach import Check, Question, Values, ask, here
from campaigns.proof.caps import force
from outreach.engine import pacing

_ANSWERED = "('accepted', 'declined', 'lapsed', 'withdrawn')"
_BUDGETS = "a.budget NOT IN ('pending', 'profile_reads')"

# Instants as rings hold them, epoch seconds rounded up: of touches, of what people did by hand, and of the rings.
_INSTANTS = f"""
act AS (
  SELECT t.sender_id, k.budget, ceil(extract(epoch FROM t.gate_at))::bigint AS second, count(*) AS n, min(t.id) AS touch
  FROM campaigns_touch t JOIN unnest(%(kinds)s::text[], %(budgets)s::text[]) k(kind, budget) ON k.kind = t.kind
  WHERE t.gate_at IS NOT NULL AND t.state = ANY(%(slots)s) AND {here("t")} GROUP BY 1, 2, 3
), hand AS (
  SELECT sender_id, budget, second, count(*) AS n FROM (
    SELECT m.sender_id, 'messages' AS budget, ceil(extract(epoch FROM m.at))::bigint AS second
    FROM campaigns_message m WHERE m.by_hand AND {here("m")}
    UNION ALL
    SELECT r.sender_id, 'invites', ceil(extract(epoch FROM r.invited_at))::bigint
    FROM prospects_relationship r WHERE r.invited_at IS NOT NULL AND {here("r")} AND NOT EXISTS (
      SELECT FROM campaigns_touch t
      WHERE t.prospect_id = r.prospect_id AND t.sender_id = r.sender_id AND t.gate_at = r.invited_at)
  ) h GROUP BY 1, 2, 3
), ring AS (
  SELECT a.id, a.sender_id, a.budget, s.second::bigint AS second, count(*) AS n
  FROM campaigns_allowance a, unnest(a.ring) s(second) WHERE {_BUDGETS} AND {here("a")} GROUP BY 1, 2, 3, 4
), reach AS (
  SELECT a.id, a.sender_id, a.budget, coalesce((SELECT max(s) FROM unnest(a.ring) s), 0)
         - %(week)s - coalesce(l.seconds, 0) - 1 AS kept_from
  FROM campaigns_allowance a
  LEFT JOIN unnest(%(slack_senders)s::bigint[], %(slack_seconds)s::int[]) l(sender_id, seconds)
    ON l.sender_id = a.sender_id
  WHERE {_BUDGETS} AND {here("a")}
)"""

_UNIT_STATES = "('reserved', 'dispatching', 'uncertain', 'sent')"

_MONTHS = """
used AS (
  SELECT sender_id, budget, to_char(to_timestamp(second) AT TIME ZONE 'UTC', 'YYYYMM')::int AS month,
         sum(n) FILTER (WHERE ours) AS acts, sum(n) AS with_hand
  FROM (SELECT sender_id, budget, second, n, true AS ours FROM act
        UNION ALL SELECT sender_id, budget, second, n, false FROM hand) x
  GROUP BY 1, 2, 3
)"""


def checks(values: Values) -> list[Check]:
    slack = slacks(values)
    values = {
        **values,
        "kinds": [kind for kind, _ in COUNTED_PAIRS],
        "budgets": [budget for _, budget in COUNTED_PAIRS],
        "slots": SLOTS,
        "slack_senders": list(slack),
        "slack_seconds": list(slack.values()),
        "week": pacing.WEEK_SECONDS,
    }
    return [_rings(values), _pending(values)]


def _rings(values: Values) -> Check:
    """A ring may have lost what no window reaches, and may hold what people did by hand."""
    return ask(
        "counters: the rings hold every act and nothing else",
        "instants",
        f"WITH {_INSTANTS} SELECT coalesce(sum(n), 0)::bigint AS n FROM ring",
        [
            Question(
                "A touch is not counted in its allowance's ring.",
                f"WITH {_INSTANTS} SELECT 'allowance:' || r.id || ' touch:' || t.touch AS who FROM act t "
                "JOIN reach r ON r.sender_id = t.sender_id AND r.budget = t.budget LEFT JOIN ring g "
                "ON g.id = r.id AND g.second = t.second WHERE t.second > r.kept_from AND t.n > coalesce(g.n, 0)",
            ),
            Question(
                "A ring counts an instant at which nothing was done.",
                f"WITH {_INSTANTS} SELECT 'allowance:' || g.id || '@' || g.second AS who FROM ring g "
                "LEFT JOIN act t USING (sender_id, budget, second) LEFT JOIN hand h USING (sender_id, budget, second) "
                "WHERE g.n > coalesce(t.n, 0) + coalesce(h.n, 0)",
            ),
            Question(
                "A touch uses up an allowance that its sender does not have.",
                "SELECT 'touch:' || t.id AS who FROM campaigns_touch t JOIN unnest(%(kinds)s::text[], "
                "%(budgets)s::text[]) k(kind, budget) ON k.kind = t.kind WHERE t.gate_at IS NOT NULL AND t.state = "
                f"ANY(%(slots)s) AND {here('t')} AND NOT EXISTS (SELECT FROM campaigns_allowance a WHERE a.sender_id "
                "= t.sender_id AND a.budget = k.budget)",
            ),
            Question(
                "The month's counter is not what was done in that month, or stands at a month that is over.",
                f"WITH {_INSTANTS}, {_MONTHS} SELECT DISTINCT 'allowance:' || a.id AS who FROM campaigns_allowance a "
                "LEFT JOIN used u ON u.sender_id = a.sender_id AND u.budget = a.budget AND u.month = a.month WHERE "
                f"{_BUDGETS} AND {here('a')} AND (a.month_used < coalesce(u.acts, 0) OR a.month_used > "
                "coalesce(u.with_hand, 0) OR EXISTS (SELECT FROM used n WHERE n.sender_id = a.sender_id AND n.budget "
                "= a.budget AND n.month > a.month AND n.acts > 0))",
            ),
        ],
        values,
    )


def _pending(values: Values) -> Check:
    return ask(
        "counters: pending invites are counted once each",
        "pending invites",
        f"SELECT count(*) AS n FROM campaigns_touch t WHERE t.holds_pending AND {here('t')}",
        [
            Question(
                "The counter is not the number of touches that hold a unit of it.",
                "SELECT 'allowance:' || a.id || ' sender:' || a.sender_id AS who FROM campaigns_allowance a "
                f"WHERE a.budget = 'pending' AND {here('a')} AND a.outstanding <> "
                "(SELECT count(*) FROM campaigns_touch t WHERE t.sender_id = a.sender_id AND t.holds_pending)",
            ),
            Question(
                "More invites are pending than the ceiling ever allowed.",
                f"WITH {force('ceiling')} SELECT 'allowance:' || a.id AS who FROM bound b JOIN campaigns_allowance a "
                "ON a.id = b.id WHERE a.budget = 'pending' AND a.outstanding > b.highest",
            ),
            Question(
                "It holds a unit of the pending ceiling although it is settled or answered.",
                f"SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE t.holds_pending AND {here('t')} AND "
                f"(t.state NOT IN {_UNIT_STATES} OR t.kind NOT IN ('invite', 'invite_note') OR t.response IN "
                f"{_ANSWERED})",
            ),
            Question(
                "An invite that still waits for its answer holds no unit of the pending ceiling.",
                "SELECT 'touch:' || t.id AS who FROM campaigns_touch t JOIN prospects_relationship r "
                "ON r.prospect_id = t.prospect_id AND r.sender_id = t.sender_id AND r.invitation = 'pending' "
                f"AND r.invited_at = t.gate_at WHERE NOT t.holds_pending AND t.state = 'sent' AND {here('t')} "
                "AND t.kind IN ('invite', 'invite_note')",
            ),
        ],
        values,
    )
