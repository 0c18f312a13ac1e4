"""The only bridge from the database to the engine: a batch of enrollments as frozen facts, in a fixed number of
queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from campaigns.running import allowances, companies, terms
from campaigns.running.database import Row, Statement, rows, together
from outreach.connectors import registry
from outreach.engine import credits
from outreach.engine.facts import (
    Allowance,
    Credits,
    DoneFacts,
    EnrollmentFacts,
    PersonFacts,
    SenderFacts,
    StepFacts,
)
from outreach.engine.kinds import BY_HAND, Degree, Invitation, Kind, Seniority, TouchState
from prospects.zones import zone_of


@dataclass(frozen=True, slots=True)
class Loaded:
    """An enrollment's facts, and the row numbers that the shell needs to act on the decision."""

    facts: EnrollmentFacts
    workspace: int
    campaign: int
    version: int
    prospect: int
    sender: int
    seed: int
    facts_version: int
    guided: bool
    attempts: dict[int, int]


def load(enrollments: Sequence[int], *, now: datetime) -> list[Loaded]:
    """Facts of these enrollments, in id order. Its number of queries does not grow, however many there are."""
    return read(together(*statements(enrollments, now)))


def statements(enrollments: Sequence[int], now: datetime) -> list[Statement]:
    """What `load` asks, for a round trip with something else."""
    return [
        _enrollments(enrollments, now),
        _touches(enrollments),
        _notes(enrollments),
        companies.asking(enrollments, now),
    ]


def read(answers: Sequence[list[Row]]) -> list[Loaded]:
    """The facts in the answers of `statements`."""
    found, done, noted, throttled = answers
    steps = {version: steps_of(version) for version in {row["version_id"] for row in found}}
    by_enrollment: dict[int, list[Row]] = defaultdict(list)
    for touch in done:
        by_enrollment[touch["enrollment_id"]].append(touch)
    notes = {row["sender_id"]: allowances.from_row(row) for row in noted}
    opens = companies.opening(throttled)
    return [_loaded(row, by_enrollment[row["id"]], notes, steps, opens.get(row["id"])) for row in found]


def _loaded(
    row: Row,
    touches: list[Row],
    notes: dict[int, Allowance],
    steps: dict[int, tuple[StepFacts, ...]],
    company_opens_at: datetime | None,
) -> Loaded:
    attempts: dict[int, int] = {}
    for touch in touches:
        if touch["generation"] == row["generation"]:
            attempts[touch["step_key"]] = max(attempts.get(touch["step_key"], 0), touch["attempt"])
    facts = EnrollmentFacts(
        id=row["id"],
        state=row["state"],
        generation=row["generation"],
        entered_at=row["entered_at"],
        campaign_state=row["campaign_state"],
        person=_person(row),
        sender=sender_facts(row),
        steps=steps[row["version_id"]],
        done=tuple(
            _done(touch)
            for touch in touches
            if touch["generation"] == row["generation"] and touch["state"] != "planned"
        ),
        in_conversation_with=row["holder"] if row["holder"] not in (None, row["id"]) else None,
        postponed_until=row["postponed_until"],
        uncertain_open=row["open_in"] not in (None, row["id"]),
        company_opens_at=company_opens_at,
        allowances=(notes[row["sender_id"]],) if row["sender_id"] in notes else (),
    )
    return Loaded(
        facts=facts,
        workspace=row["workspace_id"],
        campaign=row["campaign_id"],
        version=row["version_id"],
        prospect=row["prospect_id"],
        sender=row["sender_id"],
        seed=row["seed"],
        facts_version=row["facts_version"],
        guided=row["connector"] == "guided",
        attempts=attempts,
    )


def _person(row: Row) -> PersonFacts:
    return PersonFacts(
        id=row["prospect_id"],
        tier=row["tier"],
        seniority=Seniority(row["seniority"]),
        degree=Degree(row["degree"] or ""),
        open_profile=row["open_profile"],
        checked_at=row["checked_at"],
        invitation=Invitation(row["invitation"] or ""),
        invited_at=row["invited_at"],
        invite_not_before=row["invite_not_before"],
        connected_at=row["connected_at"],
        inmail_allowed=row["inmail_allowed"],
        has_post=row["has_post"],
        email=row["has_email"],
        phone=row["has_phone"],
        suppressed=row["suppressed_at"] is not None,
        replied_at=row["replied_at"],
        zone=zone_of(row["place"]) if row["place"] else "",
    )


def sender_facts(row: Row) -> SenderFacts:
    """The sender's part of a row of `_enrollments`."""
    plan = terms.of(row)
    vendor = row["vendor"] or row["connector"]
    guided = row["connector"] == "guided"
    cap, available, reserved = row["cap"] or 0, row["available"] or 0, row["reserved"] or 0
    return SenderFacts(
        id=row["sender_id"],
        state=row["sender_state"],
        terms=plan,
        hours=allowances.hours_of(row),
        credits=Credits(
            available=available,
            reserved=reserved,
            cap=cap,
            held=row["held"] or 0,
            expiring=credits.released(credits.Balance(available, reserved, cap), plan.grant, row["ending"]),
            blocked=row["blocked"] or "",
        ),
        kinds=frozenset(Kind) if guided else registry.capabilities(vendor).kinds | BY_HAND,
        guided=guided,
        inbox_at=row["inbox_at"],
        longest_work_s=allowances.longest_work_s(vendor),
    )


def _done(touch: Row) -> DoneFacts:
    return DoneFacts(
        step_key=touch["step_key"],
        attempt=touch["attempt"],
        kind=Kind(touch["kind"]),
        state=TouchState(touch["state"]),
        at=touch["gate_at"] or touch["settled_at"] or touch["planned_at"],
        refusal=touch["refusal"],
    )


def _enrollments(ids: Sequence[int], now: datetime) -> Statement:
    return (
        "SELECT e.id, e.workspace_id, e.state, e.generation, e.entered_at, e.postponed_until, e.campaign_id, "
        "e.version_id, "
        "e.prospect_id, e.sender_id, c.state AS campaign_state, c.seed, p.tier, p.seniority, p.open_profile, "
        "p.suppressed_at, p.replied_at, p.facts_version, p.email <> '' AS has_email, p.phone <> '' AS has_phone, "
        "r.degree, r.invitation, r.invited_at, r.invite_not_before, r.connected_at, r.inmail_allowed, r.has_post, "
        "r.checked_at, s.state AS sender_state, s.zone, s.hours, s.days_off, s.connector, s.inbox_at, "
        "CASE WHEN s.their_hours THEN p.location ELSE '' END AS place, s.plan_id, k.vendor, t.*, "
        "l.enrollment_id AS holder, o.enrollment_id AS open_in, b.available, b.reserved, b.cap, b.held, b.blocked, "
        "(SELECT coalesce(sum(remaining), 0)::int FROM accounts_creditlot WHERE balance_id = b.id AND remaining > 0 "
        "AND expires_at <= %s) AS ending "
        "FROM campaigns_enrollment e JOIN campaigns_campaign c ON c.id = e.campaign_id "
        "JOIN prospects_prospect p ON p.id = e.prospect_id JOIN accounts_sender s ON s.id = e.sender_id "
        "LEFT JOIN accounts_connection k ON k.id = s.connection_id "
        "LEFT JOIN prospects_relationship r ON r.prospect_id = e.prospect_id AND r.sender_id = e.sender_id "
        "LEFT JOIN campaigns_personlock l ON l.prospect_id = e.prospect_id AND l.released_at IS NULL "
        "LEFT JOIN campaigns_touch o ON o.workspace_id = e.workspace_id AND o.prospect_id = e.prospect_id "
        "AND o.state IN ('reserved', 'dispatching', 'uncertain') "
        "LEFT JOIN accounts_creditbalance b ON b.id = (SELECT b2.id FROM accounts_creditbalance b2 "
        "WHERE b2.sender_id = s.id ORDER BY b2.cap > 0 DESC, b2.id DESC LIMIT 1) "
        f"{terms.JOIN.format(day='%s')} WHERE e.id = ANY(%s) ORDER BY e.id",
        (now + credits.ENDING, now.date(), list(ids)),
    )


def _touches(ids: Sequence[int]) -> Statement:
    return (
        "SELECT enrollment_id, step_key, generation, attempt, kind, state, gate_at, settled_at, planned_at, refusal "
        "FROM campaigns_touch WHERE enrollment_id = ANY(%s) AND step_key > 0 ORDER BY id",
        (list(ids),),
    )


def _notes(ids: Sequence[int]) -> Statement:
    return (
        "SELECT * FROM campaigns_allowance WHERE budget = 'notes_month' AND month_cap IS NOT NULL AND sender_id IN "
        "(SELECT sender_id FROM campaigns_enrollment WHERE id = ANY(%s))",
        (list(ids),),
    )


def steps_of(version: int) -> tuple[StepFacts, ...]:
    """The steps of a version. Kept in memory once it is launched, because a launched version never changes."""
    try:
        return _launched_steps(version)
    except _Draft:
        return _read_steps(version)


class _Draft(Exception):
    """The version is not launched and may change: what is raised is not kept in memory."""


def _require_launched(version: int) -> None:
    if not rows("SELECT 1 FROM campaigns_version WHERE id = %s AND launched_at IS NOT NULL", (version,)):
        raise _Draft


@lru_cache(maxsize=512)
def _launched_steps(version: int) -> tuple[StepFacts, ...]:
    _require_launched(version)
    return _read_steps(version)


def _read_steps(version: int) -> tuple[StepFacts, ...]:
    return tuple(
        StepFacts(
            key=row["key"],
            act=row["act"],
            when=row["when"],
            after=row["after"],
            wait_min_h=row["wait_min_h"],
            wait_max_h=row["wait_max_h"],
            has_text=row["has_text"],
            has_note=row["has_note"],
            optional=row["optional"],
        )
        for row in rows(
            'SELECT s.key, s.act, s."when", s."after", s.wait_min_h, s.wait_max_h, s.optional, '
            "coalesce(bool_or(v.text <> ''), false) AS has_text, coalesce(bool_or(v.note <> ''), false) AS has_note "
            "FROM campaigns_step s LEFT JOIN campaigns_variant v ON v.step_id = s.id WHERE s.version_id = %s "
            "GROUP BY s.id ORDER BY s.position",
            (version,),
        )
    )


def texts_of(version: int, step_key: int) -> list[Row]:
    """The variants of a step, in order."""
    try:
        return list(_launched_texts(version).get(step_key, ()))
    except _Draft:
        return list(_read_texts(version).get(step_key, ()))


@lru_cache(maxsize=512)
def _launched_texts(version: int) -> dict[int, tuple[Row, ...]]:
    _require_launched(version)
    return _read_texts(version)


def _read_texts(version: int) -> dict[int, tuple[Row, ...]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows(
        "SELECT s.key, v.name, v.weight, v.subject, v.text, v.note FROM campaigns_variant v "
        "JOIN campaigns_step s ON s.id = v.step_id WHERE s.version_id = %s ORDER BY v.id",
        (version,),
    ):
        found[row["key"]].append(row)
    return {key: tuple(texts) for key, texts in found.items()}


def forget_versions(versions: Iterable[int] = ()) -> None:
    """Empty the memory of versions: tests make and roll back rows with the same numbers."""
    _launched_steps.cache_clear()
    _launched_texts.cache_clear()
