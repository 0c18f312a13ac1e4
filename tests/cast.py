"""The cast: workspace Tidewell with Alice (admin), Mara (manager), Bob and Priya (SDRs) and Vera (viewer), its senders;
and Charlie, whose workspace is Otherside. It is Monday 2 November 2026, 09:00 UTC, when they come.

Everything is made from the models and the rules, so that a test that fails here fails for its own reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope, scopes_disabled

from accounts import catalogue, plans
from accounts.models import Connection, CreditBalance, CreditTransfer, Member, Plan, Role, Sender, User, Workspace
from accounts.models.credit import LedgerAccount
from accounts.models.sender import SenderState
from campaigns.models import Allowance, Campaign, Enrollment, Touch, Version
from campaigns.models.campaign import CampaignState
from campaigns.models.enrollment import EnrollmentState
from outreach import clock
from outreach.engine.kinds import Budget
from outreach.engine.limits import in_force
from prospects.models import Prospect

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
OFFICE: dict[str, Any] = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
FAR_TOUCH = 10**9
"""The first of the touches for which a credit is set aside that no test looks at."""
ALWAYS: dict[str, Any] = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True, slots=True)
class Tidewell:
    """The workspace, its members and its senders."""

    workspace: Workspace
    alice: Member
    mara: Member
    bob: Member
    priya: Member
    vera: Member
    senders: dict[str, Sender]


def person(name: str, email: str = "") -> User:
    """A user of that full name, made once, without a password."""
    email = email or f"{name.split()[0].lower()}@example.com"
    return User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)


def workspace(name: str) -> Workspace:
    made = Workspace.objects.create(name=name, slug=name.lower(), created_at=MONDAY)
    catalogue.install(made, now=MONDAY)
    return made


def member(of: Workspace, name: str, role: Role) -> Member:
    with scopes_disabled():
        return Member.objects.create(workspace=of, user=person(name), role=role, joined_at=MONDAY)


def sender(owner: Member, name: str, plan: str | None, **fields: Any) -> Sender:
    """An active sender with its allowances, nothing used of them yet. `plan`: a code of the catalogue."""
    values = {"zone": "Europe/London", "hours": OFFICE, "state": SenderState.ACTIVE, "created_at": MONDAY, **fields}
    with scope(workspace=owner.workspace):
        bought = Plan.objects.get(code=plan) if plan else None
        made = Sender.objects.create(workspace=owner.workspace, owner=owner, name=name, plan=bought, **values)
        terms = plans.terms_on(bought or Plan.objects.get(code="free"), MONDAY.date())
        age = (MONDAY.date() - made.warm_from).days if made.warm_from else None
        rows = [
            Allowance(
                workspace=owner.workspace,
                sender=made,
                budget=budget,
                day_cap=caps.day,
                week_cap=caps.week,
                month_cap=caps.month,
                ceiling=caps.ceiling,
                gap_s=caps.gap_s,
                spread=caps.spread,
                reason=caps.reason,
            )
            for budget in Budget
            for caps in [in_force(budget, terms, age_days=age)]
        ]
        Allowance.objects.bulk_create(rows)
    return made


def connection(of: Workspace, hook: str = "tidewell-hook") -> Connection:
    """A connection to the vendor, with the address and the secret of its webhook."""
    with scope(workspace=of):
        return Connection.objects.create(
            workspace=of,
            vendor="unipile",
            base_url="http://127.0.0.1:9",
            api_key="a-key",
            hook=hook,
            hook_secret="a-secret",
        )


def use(
    of: Sender, budget: Budget, times: int, *, until: datetime = MONDAY, every: timedelta = timedelta(hours=1)
) -> None:
    """So many acts of a budget, the last of them at `until`; of pending invites, so many that wait."""
    with scope(workspace=of.workspace):
        row = Allowance.objects.get(sender=of, budget=budget)
        if budget is Budget.PENDING:
            row.outstanding = times
        else:
            row.ring = sorted(int((until - n * every).timestamp()) for n in range(times))
            row.month, row.month_used = until.year * 100 + until.month, times
        row.save()


def credits(of: Sender, granted: int, *, reserved: int = 0, held: int = 0, cap: int = 150) -> CreditBalance:
    """A grant, of which some credits are set aside for touches."""
    with scope(workspace=of.workspace):
        balance = CreditBalance.objects.create(
            workspace=of.workspace,
            sender=of,
            product="premium",
            available=granted - reserved,
            reserved=reserved,
            held=held,
            cap=cap,
        )
        moves: list[tuple[LedgerAccount, LedgerAccount, int, str, int | None]] = [
            (LedgerAccount.GRANT, LedgerAccount.AVAILABLE, granted, "grant:2026-11", None)
        ]
        moves += [
            (LedgerAccount.AVAILABLE, LedgerAccount.RESERVED, 1, f"reserve:{n}", n)
            for n in range(FAR_TOUCH, FAR_TOUCH + reserved)
        ]
        CreditTransfer.objects.bulk_create(
            CreditTransfer(
                workspace=of.workspace,
                balance=balance,
                debit=debit,
                credit=credit,
                amount=amount,
                cause=cause,
                touch=touch,
                at=MONDAY,
            )
            for debit, credit, amount, cause, touch in moves
        )
    return balance


def campaign(owner: Member, name: str = "Dock delays Q4", state: str = CampaignState.RUNNING) -> Campaign:
    """A campaign with a first version and no steps."""
    with scope(workspace=owner.workspace):
        made = Campaign.objects.create(
            workspace=owner.workspace, name=name, play="volume", owner=owner, state=state, created_at=MONDAY
        )
        Version.objects.create(workspace=owner.workspace, campaign=made, number=1, launched_at=MONDAY)
    return made


def prospects(of: Workspace, count: int, *, first_name: str = "Ingrid", last_name: str = "Solheim") -> list[Prospect]:
    with scope(workspace=of):
        had = Prospect.objects.count()
        return Prospect.objects.bulk_create(
            Prospect(
                workspace=of,
                first_name=first_name,
                last_name=last_name,
                slug=f"person-{had + n}",
                created_at=MONDAY,
            )
            for n in range(count)
        )


def enroll(
    into: Campaign, by: Sender, people: Sequence[Prospect], state: str = EnrollmentState.ACTIVE, **fields: Any
) -> list[Enrollment]:
    with scope(workspace=into.workspace):
        version = Version.objects.get(campaign=into)
        return Enrollment.objects.bulk_create(
            Enrollment(
                workspace=into.workspace,
                campaign=into,
                version=version,
                prospect=prospect,
                sender=by,
                state=state,
                entered_at=MONDAY,
                **fields,
            )
            for prospect in people
        )


def touch(of: Enrollment, kind: str = "invite", **fields: Any) -> Touch:
    """A touch of this enrollment, of the step after those that have one; planned on Monday unless told otherwise."""
    with scope(workspace=of.workspace):
        made = unsaved_touch(of, kind, **{"step_key": Touch.objects.filter(enrollment=of).count() + 1} | fields)
        made.save(force_insert=True)
        return made


def unsaved_touch(of: Enrollment, kind: str, **fields: Any) -> Touch:
    values = {"step_key": 1, "planned_at": MONDAY} | fields
    return Touch(
        workspace_id=of.workspace_id,
        enrollment=of,
        prospect_id=of.prospect_id,
        sender_id=of.sender_id,
        kind=kind,
        **{"not_before": values["planned_at"], "facts_version": 1} | values,
    )


@pytest.fixture
def monday(settings: Any, db: None) -> datetime:
    """It is Monday 2 November 2026, 09:00 UTC, wherever our clock is read."""
    settings.PARLEY_CLOCK = "virtual"
    clock.turn_to(MONDAY)
    return MONDAY


@pytest.fixture
def tidewell(db: None) -> Tidewell:
    made = workspace("Tidewell")
    alice = member(made, "Alice Lindqvist", Role.ADMIN)
    mara = member(made, "Mara Okonkwo", Role.MANAGER)
    bob = member(made, "Bob Moreau", Role.SDR)
    priya = member(made, "Priya Raman", Role.SDR)
    vera = member(made, "Vera Novak", Role.VIEWER)
    senders = {
        "bob": sender(bob, "Bob Moreau", "business"),
        "priya": sender(priya, "Priya Raman", "sales-navigator-core"),
        "alice": sender(alice, "Alice Lindqvist", "sales-navigator-core", hours=ALWAYS, zone="UTC"),
        "mara": sender(mara, "Mara Okonkwo", "free"),
        "mail": sender(bob, "bob@tidewell.example", None, kind="mailbox"),
    }
    return Tidewell(made, alice, mara, bob, priya, vera, senders)


@pytest.fixture
def in_tidewell(tidewell: Tidewell) -> Iterator[Workspace]:
    """The scope of Tidewell, for tests that query by themselves."""
    with scope(workspace=tidewell.workspace):
        yield tidewell.workspace


@pytest.fixture
def alice(tidewell: Tidewell) -> Member:
    return tidewell.alice


@pytest.fixture
def mara(tidewell: Tidewell) -> Member:
    return tidewell.mara


@pytest.fixture
def bob(tidewell: Tidewell) -> Member:
    return tidewell.bob


@pytest.fixture
def priya(tidewell: Tidewell) -> Member:
    return tidewell.priya


@pytest.fixture
def vera(tidewell: Tidewell) -> Member:
    return tidewell.vera


@pytest.fixture
def charlie(db: None) -> Member:
    """An admin of another workspace."""
    return member(workspace("Otherside"), "Charlie Dupont", Role.ADMIN)
