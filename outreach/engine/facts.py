"""Frozen inputs of the engine. The shell loads them from the database; nothing here knows how.

Times are timezone-aware UTC datetimes. `None` means unknown or never, as each field says.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from outreach.engine.kinds import Budget, Degree, Invitation, Kind, Seniority, TouchState

Minutes = tuple[int, int]
"""A working interval of one local day, as minutes after local midnight: (start, end), 0 <= start < end <= 1440."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a sender may act: seven local days (Monday first) of intervals, in an IANA zone, minus days off."""

    zone: str
    week: tuple[tuple[Minutes, ...], ...]
    days_off: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """The caps in force for one allowance. None = no cap of that kind. `gap_s`: least seconds between two acts.

    `spread`: share the day's acts evenly over the working hours. `reason`: what set the day cap
    ("plan", "warm_up", "health", "member").
    """

    day: int | None = None
    week: int | None = None
    month: int | None = None
    ceiling: int | None = None
    gap_s: int = 0
    spread: bool = False
    reason: str = "plan"


@dataclass(frozen=True, slots=True)
class Allowance:
    """One budget of one sender. `ring`: counted instants as epoch seconds rounded up, oldest first, trimmed by age.

    `month`: the UTC month of `month_used` as YYYYMM. `outstanding`: units in use now (only `pending` has a ceiling).
    `rest_until`: a rest after the provider said "limit".
    """

    budget: Budget
    limits: Limits
    ring: tuple[int, ...] = ()
    month: int = 0
    month_used: int = 0
    outstanding: int = 0
    rest_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan allows on a given day (one dated row of the plan). Money in cents."""

    plan: str
    grant: int
    cap: int
    renewal: str
    credit_life_days: int | None
    note_chars: int
    notes_month: int | None
    inmail: bool
    product: str
    follow_up: str
    open_month: int
    invites_week: int
    invites_week_ceiling: int
    price_cents: int


@dataclass(frozen=True, slots=True)
class Credits:
    """One sender's credits of one product now. `held`: kept for tier 3. `expiring`: what would be lost by the next
    grant, see engine `released`."""

    available: int = 0
    reserved: int = 0
    cap: int = 0
    held: int = 0
    expiring: int = 0
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """`state`: setting_up, active, paused, resting, disconnected, frozen, archived. `inbox_at`: last complete look
    at the inbox. `kinds`: what the sender's connector can do."""

    id: int
    state: str
    terms: Terms
    hours: Hours
    credits: Credits
    kinds: frozenset[Kind]
    guided: bool = False
    inbox_at: datetime | None = None
    longest_work_s: int = 60


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """One prospect as seen by one sender. `open_profile`: None = unknown. `inmail_allowed`: None = not refused yet.
    `zone`: on whose clock working hours are read as well, "" = the sender's alone."""

    id: int
    tier: int
    seniority: Seniority
    degree: Degree = Degree.UNKNOWN
    open_profile: bool | None = None
    checked_at: datetime | None = None
    invitation: Invitation = Invitation.NONE
    invited_at: datetime | None = None
    invite_not_before: datetime | None = None
    connected_at: datetime | None = None
    inmail_allowed: bool | None = None
    has_post: bool | None = None
    email: bool = False
    phone: bool = False
    suppressed: bool = False
    replied_at: datetime | None = None
    zone: str = ""

    @property
    def connected(self) -> bool:
        return self.degree is Degree.FIRST


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step of a version. `act`: approach, invite, message, inmail, view, follow, like, comment, withdraw, email,
    whatsapp, call, task. `when`: any, connected, not_connected. `wait_min_h`/`wait_max_h`: hours after `after`
    (last_touch, invite, accepted); the exact wait between them is drawn once per enrollment from the seed."""

    key: int
    act: str
    when: str = "any"
    after: str = "last_touch"
    wait_min_h: int = 0
    wait_max_h: int = 0
    has_text: bool = False
    has_note: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class DoneFacts:
    """One past touch of this enrollment. `at`: its counted instant, or when it was closed."""

    step_key: int
    attempt: int
    kind: Kind
    state: TouchState
    at: datetime
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class EnrollmentFacts:
    """All that a decision about one enrollment may look at. `company_opens_at`: nobody else of their company may be
    approached for the first time before (None = they may, or this person was)."""

    id: int
    state: str
    generation: int
    entered_at: datetime
    campaign_state: str
    person: PersonFacts
    sender: SenderFacts
    steps: tuple[StepFacts, ...]
    done: tuple[DoneFacts, ...] = ()
    in_conversation_with: int | None = None
    postponed_until: datetime | None = None
    uncertain_open: bool = False
    company_opens_at: datetime | None = None
    needs_approval: bool = False
    missing_text: str = ""
    allowances: tuple[Allowance, ...] = field(default=())
