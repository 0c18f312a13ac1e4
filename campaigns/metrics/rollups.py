"""Keeps the daily tables equal to a recount, in batches, and reads them with what is not kept yet.

Every change marks its day in its own transaction. Keeping takes marks and counts their days anew in one transaction: a
crash in between leaves both as they were. Whoever reads takes marked days from a recount, so that a number is exact at
any moment, however far behind the keeping is.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from campaigns.models.rollup import COLUMNS
from campaigns.running import confirmed
from campaigns.running.database import Row, Statement, rows, together

BATCH = 5_000
"""Marks taken at a time. A day has many."""

_ALONE = 4_201_106
"""Number of the lock that lets one keep at a time: of two counts of one day, the older must not be written last."""

_TABLES = {"campaign_id": "campaigns_campaignday", "sender_id": "campaigns_senderday"}


def keep(*, limit: int = BATCH) -> int:
    """Count anew the days of the oldest marks. How many marks were taken; 0 too while another process keeps."""
    with transaction.atomic():
        if not rows("SELECT pg_try_advisory_xact_lock(%s) AS mine", (_ALONE,))[0]["mine"]:
            return 0
        taken = rows(
            "DELETE FROM campaigns_rollupmark WHERE id IN (SELECT id FROM campaigns_rollupmark ORDER BY id LIMIT %s) "
            "RETURNING workspace_id, day",
            (limit,),
        )
        days = sorted({(mark["workspace_id"], mark["day"]) for mark in taken})
        if days:
            workspaces, dates = zip(*days, strict=True)
            values = confirmed.VALUES | {"marked": list(workspaces), "days": list(dates)}
            together(*(_written(key, confirmed.SOME_DAYS, values) for key in _TABLES))
    return len(taken)


def rebuild(workspace: int) -> None:
    """Count everything of one workspace anew, from nothing."""
    values = confirmed.VALUES | {"workspaces": [workspace]}
    with transaction.atomic():
        together(
            ("SELECT pg_advisory_xact_lock(%s)", (_ALONE,)),
            ("DELETE FROM campaigns_rollupmark WHERE workspace_id = %s", (workspace,)),
            *((f"DELETE FROM {table} WHERE workspace_id = %s", (workspace,)) for table in _TABLES.values()),
        )
        together(*(_written(key, confirmed.ALL_TIME, values) for key in _TABLES))


def _written(key: str, span: str, values: dict[str, Any]) -> Statement:
    """Put the recount of the span into the table: one statement, which also clears what is no more."""
    table = _TABLES[key]
    names = ", ".join(COLUMNS)
    changed = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS)
    return (
        f"WITH {confirmed.recount(key, span)}, gone AS (DELETE FROM {table} d USING span w "
        "WHERE d.workspace_id = w.workspace_id AND d.day >= w.since::date AND d.day < w.until::date "
        f"AND NOT EXISTS (SELECT FROM counted c WHERE c.{key} = d.{key} AND c.day = d.day)) "
        f"INSERT INTO {table} (workspace_id, day, {key}, {names}) SELECT workspace_id, day, {key}, {names} "
        f"FROM counted ON CONFLICT ({key}, day) DO UPDATE SET {changed}",
        values,
    )


def reading(by: str) -> str:
    """The WITH clauses that end in the relation `read`: (day, <by>, every column) of the days from `first` to `last` of
    one `workspace`. Days that are marked come from a recount, all others from the table."""
    names = ", ".join(f"d.{column}" for column in COLUMNS)
    marked = (
        "marked AS (SELECT DISTINCT workspace_id, day FROM campaigns_rollupmark WHERE workspace_id = %(workspace)s "
        "AND day BETWEEN %(first)s AND %(last)s), span AS (SELECT workspace_id, day::timestamp AT TIME ZONE 'UTC' AS "
        "since, (day + 1)::timestamp AT TIME ZONE 'UTC' AS until FROM marked)"
    )
    return (
        f"{confirmed.recount(by, marked)}, read AS (SELECT d.day, d.{by}, {names} FROM {_TABLES[by]} d "
        "WHERE d.workspace_id = %(workspace)s AND d.day BETWEEN %(first)s AND %(last)s AND NOT EXISTS "
        f"(SELECT FROM marked m WHERE m.day = d.day) UNION ALL SELECT d.day, d.{by}, {names} FROM counted d)"
    )


def daily(workspace: int, first: date, last: date, *, by: str = "sender_id") -> list[Row]:
    """One row per day and sender (or campaign, `by="campaign_id"`) with something in it, from the first day to the
    last: `day`, the key, and every column. Exact at the moment of asking."""
    return rows(
        f"WITH {reading(by)} SELECT * FROM read ORDER BY 1, 2",
        confirmed.VALUES | {"workspace": workspace, "first": first, "last": last},
    )


def recount(workspaces: Sequence[int] | None, *, by: str = "sender_id") -> list[Row]:
    """What the table should hold for these workspaces (None: all), counted from the rows themselves."""
    names = ", ".join(COLUMNS)
    return rows(
        f"WITH {confirmed.recount(by, confirmed.ALL_TIME)} SELECT workspace_id, day, {by}, {names} FROM counted "
        "ORDER BY 2, 3, 1",
        confirmed.VALUES | {"workspaces": None if workspaces is None else list(workspaces)},
    )


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """The first instant of the first day and the first after the last, in UTC."""
    return (
        datetime.combine(first, time(), UTC),
        datetime.combine(last + timedelta(days=1), time(), UTC),
    )
