"""The workspaces of a person: choosing, founding, renaming; and the way into the settings."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits, workspaces
from accounts.access import CHOSEN, member_of, member_required, memberships_of, person_required
from accounts.forms import WorkspaceForm
from accounts.limits import Kind, TooMany
from accounts.models import Role, User
from accounts.rights import Scope, Verb, may
from outreach import clock
from outreach.web import toasts


@require_POST
@person_required
def choose(request: HttpRequest) -> HttpResponseBase:
    """Go on in another workspace of one's own."""
    wanted = request.POST.get("workspace", "")
    member = next((m for m in memberships_of(request) if str(m.workspace_id) == wanted), None)
    if member is None:
        raise Http404
    request.session[CHOSEN] = member.workspace_id
    return redirect("home")


@require_http_methods(["GET", "HEAD", "POST"])
@person_required
def found(request: HttpRequest) -> HttpResponseBase:
    """Another workspace, with oneself as its admin."""
    if settings.SIGN_UP == "closed" and not any(m.role == Role.ADMIN for m in memberships_of(request)):
        raise PermissionDenied("New workspaces are founded by admins here: ask one of yours.")
    form = WorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, now = User.objects.get(email=request.user.get_username()), clock.now()
        try:
            limits.take(Kind.FOUND, str(user.pk), now=now)
            made = workspaces.found(form.cleaned_data["name"], user, now=now)
        except (workspaces.BadName, TooMany) as refusal:
            form.add_error("name", str(refusal))
        else:
            request.session[CHOSEN] = made.pk
            toasts.say(request, f"{made.name} is there. You are its admin.")
            return redirect("home")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/workspace_new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Verb.GOVERN)
def workspace(request: HttpRequest) -> HttpResponseBase:
    """Settings › Workspace: its name."""
    me = member_of(request)
    form = WorkspaceForm(request.POST or None, initial={"name": me.workspace.name})
    if request.method == "POST" and form.is_valid():
        try:
            workspaces.rename(form.cleaned_data["name"], by=me, now=clock.now())
        except workspaces.BadName as refusal:
            form.add_error("name", str(refusal))
        else:
            toasts.say(request, "Saved.")
            return redirect("workspace")
    shown = {"form": form, "governs": may(me, Verb.GOVERN) is Scope.ALL}
    return render(request, "accounts/workspace.html", shown, status=422 if request.method == "POST" else 200)


@require_safe
@member_required(Role.VIEWER)
def index(request: HttpRequest) -> HttpResponseBase:
    """To the first page of the settings that this member may see."""
    return redirect("suppression" if may(member_of(request), Verb.GOVERN) is Scope.NONE else "tiers")
