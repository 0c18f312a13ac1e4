"""The optional throttle of a workspace: so many people of one company get their first touch within so many days, over
all its senders and campaigns. The gate counts under a lock of the company; the planner counts without one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts import history, rights
from accounts.models import Member, Workspace
from campaigns.models import CompanyThrottle
from campaigns.running.database import Row, Statement, rows
from outreach.engine import companies

MOST_PEOPLE, MOST_DAYS = 1000, 365

_APPROACHED = """
SELECT array_agg(first.at) FROM (SELECT min(t.gate_at) AS at FROM prospects_prospect o
    JOIN campaigns_touch t ON t.prospect_id = o.id AND t.gate_at IS NOT NULL AND t.step_key > 0
    AND t.state IN ('reserved', 'dispatching', 'uncertain', 'sent')
    WHERE o.company_id = {p}.company_id AND o.id <> {p}.id GROUP BY t.enrollment_id) first"""
"""When the others of the company of `{p}` were approached, once per sequence."""


class BadThrottle(Exception):
    """These numbers are no throttle. The message is one sentence that says what to do; `field`: of which number."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


LOCK = (
    "LEFT JOIN LATERAL (SELECT w.people, w.days FROM campaigns_companythrottle w JOIN prospects_company o "
    "ON o.id = p.company_id WHERE w.workspace_id = p.workspace_id FOR NO KEY UPDATE OF o) throttle ON true"
)
"""Of a statement that locks the person `p`: locks their company before, where the workspace has a throttle."""


def full_until(prospect: Row, now: datetime) -> datetime | None:
    """Until when this person, nobody's yet, must wait for their company; None when they need not. In the caller's
    transaction, which read the person with `LOCK`."""
    if prospect["people"] is None:
        return None
    [found] = rows(
        f"SELECT ({_APPROACHED.format(p='p')}) AS approached FROM prospects_prospect p WHERE p.id = %s",
        (prospect["id"],),
    )
    within = timedelta(days=prospect["days"])
    return companies.opens_at(found["approached"] or (), prospect["people"], within, now)


def asking(enrollments: Sequence[int], now: datetime) -> Statement:
    """Of these enrollments those without a touch, where a throttle counts: when the others of their company were
    approached. `now` travels with each row, for `opening`."""
    return (
        f"SELECT e.id, w.people, w.days, %s::timestamptz AS now, ({_APPROACHED.format(p='p')}) AS "
        "approached FROM campaigns_enrollment e "
        "JOIN campaigns_companythrottle w ON w.workspace_id = e.workspace_id "
        "JOIN prospects_prospect p ON p.id = e.prospect_id AND p.company_id IS NOT NULL "
        "WHERE e.id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM campaigns_touch t WHERE t.enrollment_id = e.id "
        "AND t.step_key > 0 AND t.state IN ('reserved', 'dispatching', 'uncertain', 'sent'))",
        (now, list(enrollments)),
    )


def opening(answer: Sequence[Row]) -> dict[int, datetime]:
    """By enrollment: from when on they may be approached, for whom must wait."""
    found = {}
    for row in answer:
        within = timedelta(days=row["days"])
        at = companies.opens_at(row["approached"] or (), row["people"], within, row["now"])
        if at is not None:
            found[row["id"]] = at
    return found


def throttle(people: int | None, days: int | None, *, by: Member, now: datetime) -> bool:
    """Approach at most so many people of one company for the first time within so many days; None and None: as many as
    the senders can. False when that was so. Who waits for it is decided again. Raises NotAllowed, BadThrottle."""
    rights.require(by, rights.Verb.APPROVE)
    _require_whole(people, days)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=by.workspace_id)
        known = CompanyThrottle.objects.filter(workspace=by.workspace_id).first()
        if (known and (known.people, known.days)) == (None if people is None else (people, days)):
            return False
        if known is not None:
            known.delete()
        if people is None or days is None:
            history.note(by, "company throttle lifted", by=by, now=now)
        else:
            CompanyThrottle.objects.create(workspace_id=by.workspace_id, people=people, days=days)
            history.note(by, "company throttle set", by=by, now=now, people=people, days=days)
        rows(
            "UPDATE campaigns_enrollment SET decide_at = %s WHERE id IN (SELECT id FROM campaigns_enrollment "
            "WHERE workspace_id = %s AND state = 'active' AND cause = 'company_throttle' ORDER BY id "
            "FOR NO KEY UPDATE)",
            (now, by.workspace_id),
        )
    return True


def _require_whole(people: int | None, days: int | None) -> None:
    if people is None and days is None:
        return
    if people is None or not 1 <= people <= MOST_PEOPLE:
        raise BadThrottle("people", f"Give a number of people from 1 to {MOST_PEOPLE}, or leave both fields empty.")
    if days is None or not 1 <= days <= MOST_DAYS:
        raise BadThrottle("days", f"Give a number of days from 1 to {MOST_DAYS}, or leave both fields empty.")
