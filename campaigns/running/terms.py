"""A sender's plan terms in force on a day, joined to whatever is read of the sender, so that they cost no query."""

from dataclasses import fields

from campaigns.running.database import Row
from outreach.engine.facts import Terms

JOIN = (
    "LEFT JOIN LATERAL (SELECT x.code AS t_plan, y.grant AS t_grant, y.cap AS t_cap, y.renewal AS t_renewal, "
    "y.credit_life_days AS t_credit_life_days, y.note_chars AS t_note_chars, y.notes_month AS t_notes_month, "
    "y.inmail AS t_inmail, y.product AS t_product, y.follow_up AS t_follow_up, y.open_month AS t_open_month, "
    "y.invites_week AS t_invites_week, y.invites_week_ceiling AS t_invites_week_ceiling, y.price_cents AS "
    "t_price_cents "
    "FROM accounts_planterms y JOIN accounts_plan x ON x.id = y.plan_id "
    "WHERE y.plan_id = s.plan_id AND y.valid_from <= {day} ORDER BY y.valid_from DESC LIMIT 1) t ON true"
)
"""Joins the terms of sender s that are in force on {day}, an SQL expression. Columns t_<field of Terms>."""

_TERMS_FIELDS = tuple(field.name for field in fields(Terms))

NONE = Terms("none", 0, 0, "month", None, 300, 0, False, "premium", "none", 0, 0, 0, 0)
"""A sender without a plan (a mailbox) has no LinkedIn terms."""


def of(row: Row) -> Terms:
    """The terms that `JOIN` joined to a sender; a sender without a plan (a mailbox) has none of LinkedIn's."""
    if row["t_plan"] is None:
        return NONE
    return Terms(*[row[f"t_{name}"] for name in _TERMS_FIELDS])
