"""No limit is ever exceeded: every rolling 24 hours, 7 days and UTC month that ends at an act is counted again.

By our clock, an act counts from its counted instant, and a window is as long as its name and the slack by which the
provider may see an act later; by the provider's clock, the window is as long as its name. Both ends of a window are
inside. An act is judged by the cap that was in force when it was counted (by the provider's clock: at any time from the
slack before).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from campaigns.proof.acts import OURS, THEIRS, Acts, our_values, slacks, their_values
from campaigns.proof.breach import Breach, Check, Question, Values, ask, here, merged, named
from campaigns.proof.caps import NO_CAP, force, unrecorded
from campaigns.running.database import rows
from outreach.engine.kinds import Budget


@dataclass(frozen=True, slots=True)
class Window:
    """`column`: which of the caps it is about. `width` None: the UTC month."""

    column: str
    words: str
    width: timedelta | None


WINDOWS = (
    Window("day", "rolling 24 h", timedelta(hours=24)),
    Window("week", "rolling 7 days", timedelta(days=7)),
    Window("month", "UTC month", None),
)


def _counted(window: Window) -> str:
    frame = (
        "PARTITION BY sender_id, budget ORDER BY at RANGE BETWEEN %(width)s::interval PRECEDING AND CURRENT ROW"
        if window.width is not None
        else "PARTITION BY sender_id, budget, date_trunc('month', at AT TIME ZONE 'UTC') ORDER BY at"
    )
    return f"counted AS (SELECT acts.*, count(*) OVER ({frame}) AS n FROM acts)"


def _over(window: Window, acts: str) -> str:
    """Acts that end a window with more than the cap in force. `late`: how much later than counted they may be seen.
    The first condition keeps those that were under every cap there ever was from being looked at closely."""
    return f"""
WITH {force(window.column)}, {acts}, {_counted(window)}
SELECT c.budget, c.who FROM counted c
JOIN bound b ON b.sender_id = c.sender_id AND b.budget = c.budget
WHERE c.n > b.lowest AND (%(only)s::bigint[] IS NULL OR c.sender_id = ANY(%(only)s::bigint[])) AND c.n > coalesce(
  (SELECT max(f.cap) FROM force f
   WHERE f.id = b.id AND f.since <= c.at AND f.until >= c.at - %(late)s::interval), b.standing)
ORDER BY c.at, c.who"""


def _most(window: Window, acts: str) -> str:
    return f"""
WITH {force(window.column)}, {acts}, {_counted(window)}
SELECT b.sender_id, b.budget, b.highest AS cap, coalesce(max(c.n), 0) AS highest, count(c.who) AS acts FROM bound b
LEFT JOIN counted c ON b.sender_id = c.sender_id AND b.budget = c.budget
WHERE b.highest < {NO_CAP} OR b.standing < {NO_CAP} GROUP BY 1, 2, 3 ORDER BY 1, 2"""


def checks(values: Values, theirs: Acts | None = None) -> list[Check]:
    """A check per allowance and window that has a cap, by our clock, and by the provider's when its acts are given."""
    slack = slacks(values)
    note = f"{n} allowances judged by today's caps, no change is on record" if (n := unrecorded(values)) else ""
    ours = {**values, **our_values()}
    found = [check for window in WINDOWS for check in _by_our_clock(window, ours, slack, note)]
    found += [_month_ends(ours, slack), _gaps(ours)]
    if theirs is not None:
        late = max(slack.values(), default=0)
        found += [check for window in WINDOWS for check in _by_their_clock(window, values, theirs, late)]
    return found


def _by_our_clock(window: Window, values: Values, slack: dict[int, int], note: str) -> list[Check]:
    over = _breaches(window, OURS, values, "More acts than the cap were counted in the window that ends with this act.")
    if window.width is not None:
        by_slack: dict[int, list[int]] = {}
        for sender, seconds in slack.items():
            by_slack.setdefault(seconds, []).append(sender)
        for seconds, senders in sorted(by_slack.items()):
            sentence = f"With the {seconds} s that its provider may be late, the window of this act is over the cap."
            wide = {**values, "only": senders, "late": timedelta()}
            over += _breaches(window, OURS, wide, sentence, more=timedelta(seconds=seconds))
    return _checks(window, OURS, values, over, "windows: {budget}, no {window} over its cap", note)


def _by_their_clock(window: Window, values: Values, theirs: Acts, late: int) -> list[Check]:
    values = {**values, **their_values(theirs, late)}
    over = _breaches(
        window, THEIRS, values, "The provider saw more acts than the cap in the window that ends with this one."
    )
    return _checks(window, THEIRS, values, over, "windows: {budget}, no {window} over its cap by the provider's clock")


def _breaches(
    window: Window, acts: str, values: Values, sentence: str, more: timedelta = timedelta()
) -> list[tuple[str, Breach]]:
    width = (window.width or timedelta()) + more
    by_budget: dict[str, list[str]] = {}
    for row in rows(_over(window, acts), {**values, "width": width}):
        by_budget.setdefault(row["budget"], []).append(row["who"])
    return [(budget, breach) for budget, who in by_budget.items() for breach in named(sentence, who)]


def _checks(
    window: Window, acts: str, values: Values, over: Sequence[tuple[str, Breach]], name: str, note: str = ""
) -> list[Check]:
    counted: dict[str, int] = {}
    for row in _highest(window, acts, values):
        counted[row["budget"]] = counted.get(row["budget"], 0) + row["acts"]
    return [
        Check(
            name.format(budget=budget.value, window=window.words),
            counted[budget.value],
            merged(breach for of, breach in over if of == budget.value),
            "acts",
            note,
        )
        for budget in Budget
        if budget.value in counted
    ]


def _highest(window: Window, acts: str, values: Values) -> list[dict[str, Any]]:
    return rows(_most(window, acts), {**values, "width": window.width or timedelta()})


def _month_ends(values: Values, slack: dict[int, int]) -> Check:
    """What is counted in the last moments of a month may be seen in the next."""
    values = {**values, "slack_senders": list(slack), "slack_seconds": list(slack.values())}
    capped = f"""
WITH {force("month")}, {OURS}
SELECT a.who, a.at, a.sender_id FROM acts a JOIN bound b ON b.sender_id = a.sender_id AND b.budget = a.budget
WHERE coalesce((SELECT max(f.cap) FROM force f WHERE f.id = b.id AND a.at BETWEEN f.since AND f.until),
               b.standing) < {NO_CAP}"""
    return ask(
        "windows: nothing with a monthly cap in the last moments of a UTC month",
        "acts",
        f"SELECT count(*) AS n FROM ({capped}) a",
        [
            Question(
                "Counted so late in a month that the provider could see it in the next.",
                f"SELECT a.who FROM ({capped}) a JOIN unnest(%(slack_senders)s::bigint[], %(slack_seconds)s::int[]) "
                "s(sender_id, seconds) ON s.sender_id = a.sender_id WHERE a.at >= (date_trunc('month', a.at AT TIME "
                "ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' - make_interval(secs => s.seconds)",
            )
        ],
        values,
    )


def _gaps(values: Values) -> Check:
    return ask(
        "windows: no two acts closer than the gap",
        "acts",
        f"WITH {OURS} SELECT count(*) AS n FROM acts",
        [
            Question(
                "Counted sooner after the act before it than the gap allows.",
                f"WITH {OURS} SELECT who FROM (SELECT acts.*, lag(at) OVER (PARTITION BY sender_id, budget ORDER BY "
                "at, who) AS before FROM acts) x JOIN campaigns_allowance a ON a.sender_id = x.sender_id AND "
                "a.budget = x.budget WHERE x.at - x.before < make_interval(secs => a.gap_s)",
            )
        ],
        values,
    )


def uses(values: Values, theirs: Acts | None = None) -> list[dict[str, Any]]:
    """Per sender, allowance and window with a cap: the largest cap that was in force, and the highest use in any such
    window, by our clock (without the slack) and by the provider's when its acts are given."""
    names = {
        row["id"]: row["name"] for row in rows(f"SELECT s.id, s.name FROM accounts_sender s WHERE {here('s')}", values)
    }
    found: list[tuple[int, int, dict[str, Any]]] = []
    for window in WINDOWS:
        ours = _highest(window, OURS, {**values, **our_values()})
        seen = _highest(window, THEIRS, {**values, **their_values(theirs, 0)}) if theirs is not None else []
        at_provider = {(row["sender_id"], row["budget"]): row["highest"] for row in seen}
        for row in ours:
            use = {
                "sender": names[row["sender_id"]],
                "allowance": row["budget"],
                "window": window.words,
                "cap": row["cap"] if row["cap"] < NO_CAP else None,
                "highest": row["highest"],
            }
            if theirs is not None:
                use["highest_at_provider"] = at_provider.get((row["sender_id"], row["budget"]), 0)
            found.append((row["sender_id"], _PLACE[row["budget"]], use))
    found += _pending(values, names)
    return [use for _, _, use in sorted(found, key=lambda one: one[:2])]


_PLACE = {budget.value: place for place, budget in enumerate(Budget)}


def _pending(values: Values, names: dict[int, str]) -> list[tuple[int, int, dict[str, Any]]]:
    """Pending invites are a counter: what it stands at now, and its ceiling."""
    return [
        (
            row["sender_id"],
            _PLACE["pending"],
            {
                "sender": names[row["sender_id"]],
                "allowance": "pending",
                "window": "now",
                "cap": row["highest"],
                "highest": row["outstanding"],
            },
        )
        for row in rows(
            f"WITH {force('ceiling')} SELECT b.sender_id, b.highest, a.outstanding FROM bound b "
            f"JOIN campaigns_allowance a ON a.id = b.id WHERE b.budget = 'pending' AND b.highest < {NO_CAP} ORDER BY 1",
            values,
        )
    ]
