"""What a person has open of a guided sender, and the queue of what they can open next."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from campaigns.running.database import Row, row, rows
from outreach.engine.causes import FOLLOW_UPS
from outreach.engine.kinds import BY_HAND, Kind


@dataclass(frozen=True, slots=True)
class Opened:
    """What a person needs to send it by hand. `address`: the profile, or the mail address or number; "" when none is
    known. `until`: say by then what became of it. `check`: what only the person can see, to be looked at first."""

    touch: int
    kind: Kind
    person: str
    address: str
    subject: str
    text: str
    copied: bool
    until: datetime
    check: tuple[str, ...]


def waiting(sender: int, *, now: datetime) -> list[int]:
    """The touches of this sender that a person can open, in the order of their due time."""
    return [
        found["id"]
        for found in rows(
            "SELECT t.id FROM campaigns_touch t JOIN campaigns_enrollment e ON e.id = t.enrollment_id AND "
            "e.state = 'active' JOIN campaigns_campaign c ON c.id = e.campaign_id AND c.state = 'running' "
            "WHERE t.sender_id = %s AND t.state = 'planned' AND t.guided AND t.kind <> ALL(%s) AND t.not_before <= %s "
            "ORDER BY t.not_before, t.id",
            (sender, sorted(BY_HAND), now),
        )
    ]


def at_hand(sender: int) -> Opened | None:
    """The one touch of this sender that is open, or copied and without its outcome."""
    found = at_work(sender)
    return of(found, found) if found else None


def at_work(sender: int) -> Row | None:
    """The row of `at_hand`, with `opened_by`, the member's id."""
    return row(
        "SELECT t.id, t.kind, t.state, t.reap_at, t.subject, t.text, e.last_touch_at, p.first_name, p.last_name, "
        "p.slug, p.member_id, p.email, p.phone, p.open_profile, (t.evidence ->> 'opened_by')::bigint AS opened_by "
        "FROM campaigns_touch t JOIN campaigns_enrollment e ON e.id = t.enrollment_id "
        "JOIN prospects_prospect p ON p.id = t.prospect_id WHERE t.sender_id = %s AND t.guided "
        "AND t.state IN ('reserved', 'dispatching') ORDER BY t.id LIMIT 1",
        (sender,),
    )


def of(t: Row, prospect: Row) -> Opened:
    """From the row of the touch and that of the person."""
    kind = Kind(t["kind"])
    return Opened(
        touch=t["id"],
        kind=kind,
        person=name_of(prospect),
        address=_address(kind, prospect),
        subject=t["subject"],
        text=t["text"],
        copied=t["state"] == "dispatching",
        until=t["reap_at"],
        check=tuple(_checks(kind, t, prospect)),
    )


def _checks(kind: Kind, t: Row, prospect: Row) -> list[str]:
    """What no connector can look at for this sender."""
    checks = []
    if kind in FOLLOW_UPS and t["last_touch_at"] is not None:
        checks.append("Look first whether they have answered.")
    if kind is Kind.INMAIL and not prospect["open_profile"]:
        checks.append("Look first whether the message is free of charge: then it needs no credit.")
    return checks


def _address(kind: Kind, prospect: Row) -> str:
    if kind is Kind.EMAIL:
        return str(prospect["email"])
    if kind is Kind.WHATSAPP:
        return str(prospect["phone"])
    if prospect["slug"]:
        return f"https://www.linkedin.com/in/{quote(prospect['slug'])}/"
    return f"https://www.linkedin.com/sales/lead/{quote(prospect['member_id'])}" if prospect["member_id"] else ""


def name_of(prospect: Row) -> str:
    """The person as a sentence names them."""
    return f"{prospect['first_name']} {prospect['last_name']}".strip() or prospect["slug"] or prospect["email"]
