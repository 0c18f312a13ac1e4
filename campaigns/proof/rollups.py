"""The daily tables of the reports say what the rows say, on every day that is not marked to be counted anew."""

from campaigns.models.rollup import COLUMNS
from campaigns.proof.breach import Check, Question, Values, ask, here
from campaigns.running import confirmed

_OF = {"campaign_id": "campaigns_campaignday", "sender_id": "campaigns_senderday"}


def checks(values: Values) -> list[Check]:
    asked = {**values, **confirmed.VALUES}
    return [_equal(key, table, asked) for key, table in _OF.items()]


def _equal(key: str, table: str, values: Values) -> Check:
    noun = table.removeprefix("campaigns_")
    counted = f"WITH {confirmed.recount(key, confirmed.ALL_TIME)}"
    of_c, of_d = (", ".join(f"{side}.{column}" for column in COLUMNS) for side in ("c", "d"))
    unmarked = (
        "NOT EXISTS (SELECT FROM campaigns_rollupmark m WHERE m.workspace_id = {0}.workspace_id AND m.day = {0}.day)"
    )
    return ask(
        f"rollups: each day of a {key.removesuffix('_id')} is equal to a recount",
        "days",
        f"{counted} SELECT count(*) AS n FROM counted",
        [
            Question(
                "It says something else than the rows.",
                f"{counted} SELECT '{noun}:' || d.id AS who FROM {table} d JOIN counted c ON c.{key} = d.{key} "
                f"AND c.day = d.day WHERE ({of_c}) IS DISTINCT FROM ({of_d}) AND {unmarked.format('d')}",
            ),
            Question(
                "It counts a day on which nothing happened.",
                f"{counted} SELECT '{noun}:' || d.id AS who FROM {table} d LEFT JOIN counted c ON c.{key} = d.{key} "
                f"AND c.day = d.day WHERE c.day IS NULL AND {here('d')} AND {unmarked.format('d')}",
            ),
            Question(
                "A day on which something happened is missing.",
                f"{counted} SELECT '{key.removesuffix('_id')}:' || c.{key} || ' day:' || c.day AS who FROM counted c "
                f"LEFT JOIN {table} d ON d.{key} = c.{key} AND d.day = c.day WHERE d.id IS NULL AND "
                f"{unmarked.format('c')}",
            ),
        ],
        values,
    )
