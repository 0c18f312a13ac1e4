"""Facts for the engine's tests: ordinary people and senders, of which each test changes what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from outreach.engine.facts import (
    Credits,
    DoneFacts,
    EnrollmentFacts,
    Hours,
    PersonFacts,
    SenderFacts,
    StepFacts,
    Terms,
)
from outreach.engine.kinds import Degree, Invitation, Kind, Seniority, TouchState

NOW = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def terms(**changes: Any) -> Terms:
    """Sales Navigator Core as shipped."""
    given: dict[str, Any] = {
        "plan": "sn_core",
        "grant": 50,
        "cap": 150,
        "renewal": "month",
        "credit_life_days": None,
        "note_chars": 300,
        "notes_month": None,
        "inmail": True,
        "product": "sales_navigator",
        "follow_up": "paid",
        "open_month": 800,
        "invites_week": 100,
        "invites_week_ceiling": 200,
        "price_cents": 9900,
    }
    return Terms(**given | changes)


FREE = terms(plan="free", grant=0, cap=0, note_chars=200, notes_month=5, inmail=False, product="", price_cents=0)


def sender(**changes: Any) -> SenderFacts:
    """Priya: active, 20 credits, a connector that can do everything."""
    week = ((((9 * 60, 17 * 60)),),) * 5 + ((), ())
    given: dict[str, Any] = {
        "id": 1,
        "state": "active",
        "terms": terms(),
        "hours": Hours("Europe/Berlin", week),
        "credits": Credits(available=20, cap=150),
        "kinds": frozenset(Kind),
        "inbox_at": NOW,
    }
    return SenderFacts(**given | changes)


def person(**changes: Any) -> PersonFacts:
    """Somebody of tier 1 in second degree, without an Open Profile, read an hour ago."""
    given: dict[str, Any] = {
        "id": 7,
        "tier": 1,
        "seniority": Seniority.MANAGER,
        "degree": Degree.SECOND,
        "open_profile": False,
        "checked_at": NOW - timedelta(hours=1),
    }
    return PersonFacts(**given | changes)


def step(act: str, key: int = 1, **changes: Any) -> StepFacts:
    return StepFacts(key=key, act=act, **{"has_text": True, "has_note": True} | changes)


def enrollment(*steps: StepFacts, **changes: Any) -> EnrollmentFacts:
    """An active enrollment that was entered now."""
    given: dict[str, Any] = {
        "id": 11,
        "state": "active",
        "generation": 1,
        "entered_at": NOW,
        "campaign_state": "running",
        "person": person(),
        "sender": sender(),
        "steps": steps,
    }
    return EnrollmentFacts(**given | changes)


def done(
    key: int,
    kind: Kind,
    at: datetime = NOW,
    state: TouchState = TouchState.SENT,
    refusal: str = "",
    attempt: int = 1,
) -> DoneFacts:
    return DoneFacts(step_key=key, attempt=attempt, kind=kind, state=state, at=at, refusal=refusal)


ACTS = (
    "approach",
    "invite",
    "message",
    "inmail",
    "view",
    "follow",
    "like",
    "comment",
    "withdraw",
    "email",
    "whatsapp",
    "call",
    "task",
)

instants = st.integers(-100 * 24 * 60, 100 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
maybe_instants = st.none() | instants

people = st.builds(
    PersonFacts,
    id=st.integers(1, 9),
    tier=st.integers(1, 3),
    seniority=st.sampled_from(Seniority),
    degree=st.sampled_from(Degree),
    open_profile=st.sampled_from((None, True, False)),
    checked_at=maybe_instants,
    invitation=st.sampled_from(Invitation),
    invited_at=maybe_instants,
    invite_not_before=maybe_instants,
    connected_at=maybe_instants,
    inmail_allowed=st.sampled_from((None, True, False)),
    has_post=st.sampled_from((None, True, False)),
    email=st.booleans(),
    phone=st.booleans(),
    suppressed=st.sampled_from((False, False, False, True)),
    replied_at=st.none() | st.none() | instants,
)

credit_facts = st.builds(
    Credits,
    available=st.integers(0, 60),
    reserved=st.integers(0, 3),
    cap=st.just(150),
    held=st.integers(0, 60),
    expiring=st.integers(0, 60),
    blocked=st.sampled_from(("", "", "below")),
)

senders = st.builds(
    sender,
    state=st.sampled_from(("active", "active", "active", "paused", "resting", "disconnected", "frozen")),
    terms=st.sampled_from((terms(), FREE, terms(follow_up="none"), terms(open_month=0))),
    credits=credit_facts,
    kinds=st.just(frozenset(Kind)) | st.frozensets(st.sampled_from(Kind)),
)


@st.composite
def steps(draw: st.DrawFn, key: int = 1, acts: tuple[str, ...] = ACTS) -> StepFacts:
    low = draw(st.integers(0, 300))
    return StepFacts(
        key=key,
        act=draw(st.sampled_from(acts)),
        when=draw(st.sampled_from(("any", "connected", "not_connected"))),
        after=draw(st.sampled_from(("last_touch", "invite", "accepted"))),
        wait_min_h=low,
        wait_max_h=low + draw(st.integers(0, 100)),
        has_text=draw(st.booleans()),
        has_note=draw(st.booleans()),
        optional=draw(st.booleans()),
    )


@st.composite
def enrollments(draw: st.DrawFn) -> EnrollmentFacts:
    plan = tuple(draw(steps(key=key)) for key in range(1, draw(st.integers(0, 6)) + 1))
    touched = draw(st.lists(st.sampled_from(plan), max_size=4)) if plan else []
    return enrollment(
        *plan,
        id=draw(st.integers(1, 99)),
        state=draw(st.sampled_from(("waiting", "active", "active", "active", "held", "stopped", "finished"))),
        entered_at=draw(instants),
        campaign_state=draw(st.sampled_from(("running", "running", "running", "paused", "archived"))),
        person=draw(people),
        sender=draw(senders),
        done=tuple(
            DoneFacts(
                step_key=each.key,
                attempt=place,
                kind=draw(st.sampled_from(Kind)),
                state=draw(st.sampled_from(TouchState)),
                at=draw(instants),
                refusal=draw(st.sampled_from(("", "already_connected", "limit_exceeded", "too_many_characters"))),
            )
            for place, each in enumerate(touched)
        ),
        in_conversation_with=draw(st.sampled_from((None, None, 100))),
        postponed_until=draw(maybe_instants),
        needs_approval=draw(st.sampled_from((False, False, True))),
        missing_text=draw(st.sampled_from(("", "", "first_name"))),
    )
