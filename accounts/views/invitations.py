"""The page that an invitation's mail leads to: join as who is signed in, or sign up with its address."""

from datetime import datetime

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import invitations, people, sessions
from accounts.access import CHOSEN
from accounts.forms import JoinForm
from accounts.models import Invitation, Member, User
from outreach import clock
from outreach.web import toasts


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    now = clock.now()
    user = User.objects.get(email=request.user.get_username()) if request.user.is_authenticated else None
    try:
        found = invitations.look_up(token)
    except Invitation.DoesNotExist:
        raise Http404 from None
    try:
        invitations.check(found, user, now=now)
        if user is not None and request.method == "POST":
            return _joined(request, invitations.accept(token, user, now=now))
        if user is None and not invitations.is_known(found):
            return _sign_up(request, token, found, now)
    except invitations.NotGood as refusal:
        return _page(request, found, status=410, sentence=str(refusal))
    if user is None and request.method == "POST":
        return redirect(f"{resolve_url('sign-in')}?next={request.path}")
    return _page(request, found, status=200)


def _sign_up(request: HttpRequest, token: str, found: Invitation, now: datetime) -> HttpResponseBase:
    """For an address that nobody signs in with yet."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            member = invitations.accept_as_new(token, **form.cleaned_data, now=now)
        except people.Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            response = sessions.begin(request, member.user, to=resolve_url("home"))
            _joined(request, member)
            return response
    return _page(request, found, status=422 if request.method == "POST" else 200, form=form)


def _joined(request: HttpRequest, member: Member) -> HttpResponseBase:
    request.session[CHOSEN] = member.workspace_id
    toasts.say(request, f"You belong to {member.workspace.name} now, as {member.get_role_display()}.")
    return redirect("home")


def _page(
    request: HttpRequest, found: Invitation, *, status: int, sentence: str = "", form: JoinForm | None = None
) -> HttpResponseBase:
    shown = {"invitation": found, "sentence": sentence, "form": form}
    return render(request, "accounts/invitation.html", shown, status=status)
