"""The built-in subscription tiers. Each workspace gets its own copy, which its admins edit from then on.

Numbers: LinkedIn Help (InMail credits, invitations) where it gives any, otherwise common practice; prices as entered
by your admin, shipped as list prices in US dollars a month.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django_scopes import scope

from accounts import history
from accounts.models import Member, Plan, PlanTerms, Workspace
from accounts.models.plan import FollowUp, Renewal

SINCE = date(2020, 1, 1)
"""The catalogue holds from before anybody's first day, so that periods already running have terms."""

OPEN_MONTH = 800
"""Free InMails to Open Profiles a month; LinkedIn publishes no number, vendors work with this one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One built-in tier. Credits a month and most kept; `note_chars`, `notes_month` (None = unlimited) of invites."""

    code: str
    name: str
    grant: int
    cap: int
    price_cents: int
    product: str = "premium"
    renewal: str = Renewal.ANNIVERSARY
    follow_up: str = FollowUp.NONE
    note_chars: int = 300
    notes_month: int | None = None


# A second InMail to a silent person costs another credit in Sales Navigator; LinkedIn's pages contradict each other on
# Premium and say nothing on Recruiter, so those ship with none.
CATALOGUE: tuple[Entry, ...] = (
    Entry("free", "Free", 0, 0, 0, note_chars=200, notes_month=5),
    Entry("career", "Premium Career", 5, 15, 40_00),
    Entry("business", "Premium Business", 15, 45, 60_00),
    Entry(
        "sales-navigator-core",
        "Sales Navigator Core",
        50,
        150,
        99_00,
        product="sales_navigator",
        renewal=Renewal.MONTH,
        follow_up=FollowUp.PAID,
    ),
    Entry(
        "sales-navigator-advanced",
        "Sales Navigator Advanced",
        50,
        150,
        159_99,
        product="sales_navigator",
        renewal=Renewal.MONTH,
        follow_up=FollowUp.PAID,
    ),
    Entry("recruiter-lite", "Recruiter Lite", 30, 120, 170_00, product="recruiter"),
)


@transaction.atomic
def install(workspace: Workspace, *, now: datetime, by: Member | None = None) -> None:
    """Give the workspace the built-in plans that it does not have. What its admins changed stays as it is."""
    with scope(workspace=workspace):
        had = set(Plan.objects.values_list("code", flat=True))
        Plan.objects.bulk_create(
            [Plan(workspace=workspace, code=e.code, name=e.name) for e in CATALOGUE if e.code not in had],
            ignore_conflicts=True,
        )
        without = {plan.code: plan for plan in Plan.objects.filter(terms=None)}
        entries = [e for e in CATALOGUE if e.code in without]
        PlanTerms.objects.bulk_create([_terms(e, without[e.code]) for e in entries], ignore_conflicts=True)
        for entry in entries:
            history.note(without[entry.code], "installed", by=by, now=now)


def _terms(entry: Entry, plan: Plan) -> PlanTerms:
    return PlanTerms(
        workspace_id=plan.workspace_id,
        plan=plan,
        valid_from=SINCE,
        grant=entry.grant,
        cap=entry.cap,
        renewal=entry.renewal,
        product=entry.product,
        inmail=entry.grant > 0,
        follow_up=entry.follow_up,
        note_chars=entry.note_chars,
        notes_month=entry.notes_month,
        open_month=OPEN_MONTH,
        price_cents=entry.price_cents,
    )
