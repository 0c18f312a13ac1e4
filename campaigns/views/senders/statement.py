"""The credit statement: a month of one sender's credits on a page, or as a file for a spreadsheet."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import plans
from accounts.access import member_of, member_required
from accounts.ledger import LedgerRefusal
from accounts.models import CreditBalance, CreditLot, Member, Sender
from accounts.rights import Scope, Verb, may
from campaigns.building import seat_credits, statements
from campaigns.building.statements import Statement
from campaigns.views.senders.purses import grant_words, purse
from outreach import clock
from outreach.web import toasts
from outreach.web.csv import download

COLUMNS = ("When (UTC)", "Entry", "Cause", "Person", "Campaign", "By", "Change", "Left", "Set aside", "Note")


@member_required(Verb.SEE)
@require_safe
def statement(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, refused: str = "", typed: dict[str, str] | None = None) -> HttpResponse:
    member, now = member_of(request), clock.now()
    sender = _sender(member, pk)
    balances = _balances(sender)
    balance = _chosen(balances, request)
    asked = request.GET.get("month", "")
    month = statements.month_of(asked, now)
    page: dict[str, Any] = {
        "sender": sender,
        "balances": balances,
        "balance": balance,
        "wrong_month": bool(asked) and month is None,
        "may_approve": may(member, Verb.APPROVE) is Scope.ALL,
        "refused": refused,
        "typed": typed or {},
        "key": uuid4(),
    }
    if balance is not None:
        month = month or now.astimezone(UTC).date().replace(day=1)
        months = statements.months(balance, now)
        one = statements.of(balance, month, now=now)
        terms = plans.terms_by_plan(now.astimezone(UTC).date(), [sender.plan_id]) if sender.plan_id else {}
        page |= {
            "month": month,
            "months": months,
            "earlier": next((m for m in months if m < month), None),
            "later": next((m for m in reversed(months) if m > month), None),
            "statement": one,
            "lines": one.lines[::-1],
            "is_now": month == now.astimezone(UTC).date().replace(day=1),
            "purse": purse(balance),
            "grant": grant_words(balance, sender, terms.get(sender.plan_id or 0), now),
            "lots": _lots(balance),
            "differences": (differences := statements.differences(balance)),
            "difference": next((one for one in differences if one.open), None),
        }
    return render(request, "campaigns/statement.html", page, status=422 if refused else 200)


@member_required(Verb.SEE)
@require_safe
def statement_file(request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    member, now = member_of(request), clock.now()
    sender = _sender(member, pk)
    balance = _chosen(_balances(sender), request)
    month = statements.month_of(request.GET.get("month", ""), now) or now.astimezone(UTC).date().replace(day=1)
    if balance is None:
        raise Http404("This sender has no credits.")
    one = statements.of(balance, month, now=now)
    present = month == now.astimezone(UTC).date().replace(day=1)
    lots = _lots(balance) if present else ()
    return download(f"credits-{sender.pk}-{month:%Y-%m}.csv", COLUMNS, _rows(one, balance if present else None, lots))


def _lots(balance: CreditBalance) -> QuerySet[CreditLot]:
    """Credits that expire, the first to go first."""
    found: QuerySet[CreditLot] = CreditLot.objects.filter(balance=balance, remaining__gt=0)
    return found.order_by("expires_at", "id")


def _rows(one: Statement, now: CreditBalance | None, lots: Iterable[CreditLot]) -> Iterator[tuple[Any, ...]]:
    """Opening balance, every movement, closing balance; of the present month what is held, and what expires when."""
    yield (_minute(one.start), "Opening balance", *[""] * 5, one.opening, one.opening_aside, "")
    for line in one.lines:
        person, campaign = (found[1] if found else "" for found in (line.person, line.campaign))
        yield (
            _minute(line.at),
            line.entry,
            line.cause,
            person,
            campaign,
            line.by,
            line.change,
            line.left,
            line.aside,
            line.note,
        )
    yield (_minute(one.until), "Closing balance", *[""] * 5, one.closing, one.closing_aside, "")
    if now is not None:
        yield (_minute(one.until), "Held for tier 3", *[""] * 5, now.held, "", "")
    for lot in lots:
        if lot.expires_at is not None:
            yield (_minute(lot.expires_at), "Expires", *[""] * 5, lot.remaining, "", "")


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@member_required(Verb.APPROVE)
@require_POST
def statement_adjust(request: HttpRequest, pk: int) -> HttpResponse:
    """A person explains a difference: so many credits more or fewer, and why."""
    member = member_of(request)
    sender = _sender(member, pk)
    balance = _chosen(_balances(sender), request)
    if balance is None:
        raise Http404("This sender has no credits.")
    typed = {name: request.POST.get(name, "").replace("\0", "") for name in ("amount", "why")}
    try:
        amount = _signed(typed["amount"])
        booked = seat_credits.explain(
            balance, amount, typed["why"][:300], key=_key(request), by=member, now=clock.now()
        )
    except LedgerRefusal as refused:
        return _page(request, pk, str(refused), typed)
    toasts.say(request, f"Booked: {amount:+d}, with your name." if booked else "This correction was booked before.")
    return redirect("statement", pk)


@member_required(Verb.APPROVE)
@require_POST
def statement_look(request: HttpRequest, pk: int) -> HttpResponse:
    """LinkedIn is asked for its balance once more."""
    member = member_of(request)
    balance = _chosen(_balances(_sender(member, pk)), request)
    if balance is None:
        raise Http404("This sender has no credits.")
    try:
        seat_credits.ask_again(balance, by=member, now=clock.now())
    except LedgerRefusal as refused:
        toasts.say(request, str(refused), tone="bad")
    else:
        toasts.say(request, "LinkedIn is asked within a minute. If both agree, InMail goes on by itself.")
    return redirect("statement", pk)


def _signed(text: str) -> int:
    """The number of credits as typed: 3, +3, -3 or −3. Raises LedgerRefusal."""
    try:
        amount = int(text.strip().replace("\u2212", "-"))
    except ValueError:
        amount = 0
    if not amount or abs(amount) > 10_000:
        raise LedgerRefusal("Give a whole number of credits, such as -1 or 2.")
    return amount


def _key(request: HttpRequest) -> str:
    try:
        return str(UUID(request.POST.get("key", "")))
    except ValueError:
        return str(uuid4())


def _sender(member: Member, pk: int) -> Sender:
    found: Sender = get_object_or_404(Sender.objects.visible_to(member).select_related("plan", "owner__user"), pk=pk)
    return found


def _balances(sender: Sender) -> list[CreditBalance]:
    """The one that the plan pays for first."""
    return list(CreditBalance.objects.filter(sender=sender).order_by("-cap", "-id"))


def _chosen(balances: list[CreditBalance], request: HttpRequest) -> CreditBalance | None:
    asked = request.POST.get("product") or request.GET.get("product")
    return next((one for one in balances if one.product == asked), next(iter(balances), None))
