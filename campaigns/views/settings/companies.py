"""Settings › Companies: how many people of one company are approached within so many days."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import member_of, member_required
from accounts.rights import Verb
from campaigns.models import CompanyThrottle
from campaigns.running import companies
from campaigns.running.companies import BadThrottle
from outreach import clock
from outreach.web import toasts
from outreach.web.numbers import whole


@member_required(Verb.APPROVE)
@require_http_methods(["GET", "HEAD", "POST"])
def companies_page(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    known = CompanyThrottle.objects.filter(workspace=member.workspace_id).first()
    typed = {"people": known.people, "days": known.days} if known else {"people": "", "days": ""}
    problems: dict[str, str] = {}
    if request.method == "POST":
        typed = {field: request.POST.get(field, "").strip()[:20] for field in ("people", "days")}
        numbers = {field: _number(text) for field, text in typed.items()}
        try:
            changed = companies.throttle(numbers["people"], numbers["days"], by=member, now=clock.now())
        except BadThrottle as refusal:
            problems[refusal.field] = str(refusal)
        else:
            toasts.say(request, "Saved. Whoever waits for it is decided again." if changed else "It was so already.")
            return redirect("companies")
    page = {"typed": typed, "problems": problems, "on": known is not None}
    return render(request, "campaigns/companies.html", page, status=422 if problems else 200)


def _number(text: str) -> int | None:
    """None for an empty field; 0, which no throttle allows, for what is no number."""
    return (whole(text) or 0) if text else None
