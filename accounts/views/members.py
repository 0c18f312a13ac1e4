"""Settings › Members: who is here, as what, and who is invited."""

from collections.abc import Callable

from django.db.models import Count, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import invitations, limits, mail, members, verification
from accounts.access import member_of, member_required
from accounts.forms import InvitationForm
from accounts.models import Invitation, Member, Role
from accounts.models.sender import SenderState
from accounts.rights import Scope, Verb, may
from outreach import clock
from outreach.web import mailbox, toasts

_ROLES = (
    (Role.SDR, "acts for their own senders"),
    (Role.MANAGER, "steers everybody\u2019s campaigns"),
    (Role.ADMIN, "everything, settings too"),
    (Role.VIEWER, "looks, changes nothing"),
)


@require_safe
@member_required(Verb.GOVERN)
def member_list(request: HttpRequest) -> HttpResponseBase:
    return _page(request, InvitationForm())


@require_POST
@member_required(Verb.GOVERN)
def role(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give a member another role."""
    me = member_of(request)
    try:
        member = members.change_role(pk, request.POST.get("role", ""), by=me, now=clock.now())
    except Member.DoesNotExist:
        raise Http404 from None
    except (members.LastAdmin, members.UnknownRole) as refusal:
        toasts.say(request, str(refusal), tone="bad")
        return redirect("members")
    toasts.say(request, f"{member.user.name} is {member.get_role_display()} now, and signs in again.")
    return redirect("members")


@require_POST
@member_required(Verb.GOVERN)
def remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    me = member_of(request)
    try:
        member = members.remove(pk, by=me, now=clock.now())
    except Member.DoesNotExist:
        raise Http404 from None
    except members.LastAdmin as refusal:
        toasts.say(request, str(refusal), tone="bad")
        return redirect("members")
    if member.pk == me.pk:
        toasts.say(request, f"You have left {me.workspace.name}.")
        return redirect("account")
    toasts.say(request, _removed(member), undo=reverse("member-restore", args=[member.pk]))
    return redirect("members")


@require_POST
@member_required(Verb.GOVERN)
def restore(request: HttpRequest, pk: int) -> HttpResponseBase:
    try:
        member = members.restore(pk, by=member_of(request), now=clock.now())
    except Member.DoesNotExist:
        raise Http404 from None
    toasts.say(request, f"{member.user.name} is back as {member.get_role_display()}.")
    return redirect("members")


@require_POST
@member_required(Role.VIEWER)
def leave(request: HttpRequest) -> HttpResponseBase:
    """Leave the present workspace by oneself."""
    me = member_of(request)
    try:
        members.remove(me.pk, by=me, now=clock.now())
    except members.LastAdmin as refusal:
        toasts.say(request, str(refusal), tone="bad")
    else:
        toasts.say(request, f"You have left {me.workspace.name}.")
    return redirect("account")


@require_POST
@member_required(Verb.GOVERN)
def invite(request: HttpRequest) -> HttpResponseBase:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    said = form.cleaned_data
    try:
        made, token = invitations.invite(said["email"], said["role"], by=member_of(request), now=clock.now())
    except invitations.NotInvited as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, form, 422)
    except verification.Unverified as refusal:
        form.add_error("email", str(refusal))
        return _page(request, form, 422)
    except limits.TooMany as refusal:
        form.add_error("email", str(refusal))
        return _page(request, form, 429)
    _send(request, made, token)
    return redirect("members")


@require_POST
@member_required(Verb.GOVERN)
def invite_again(request: HttpRequest, pk: int) -> HttpResponseBase:
    def again() -> None:
        _send(request, *invitations.resend(pk, by=member_of(request), now=clock.now()))

    return _of_invitation(request, again)


@require_POST
@member_required(Verb.GOVERN)
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    def gone() -> None:
        revoked = invitations.revoke(pk, by=member_of(request), now=clock.now())
        toasts.say(request, f"The invitation of {revoked.email} is revoked; its link is dead.")

    return _of_invitation(request, gone)


def _of_invitation(request: HttpRequest, act: Callable[[], None]) -> HttpResponseBase:
    try:
        act()
    except Invitation.DoesNotExist:
        raise Http404 from None
    except (invitations.NotInvited, limits.TooMany) as refusal:
        toasts.say(request, str(refusal), tone="bad")
    return redirect("members")


def _send(request: HttpRequest, invitation: Invitation, token: str) -> None:
    me = member_of(request)
    try:
        mail.send(
            "invitation",
            invitation.email,
            inviter=me.user.name,
            workspace=me.workspace.name,
            role=_a(invitation.role),
            until=f"{invitation.expires_at:%-d %B %Y}",
            link=mail.link("invitation", token=token),
        )
    except mail.NotSent as refusal:
        toasts.say(request, f"{invitation.email} is invited, but: {refusal}", tone="bad")
    else:
        toasts.say(request, f"Sent to {invitation.email}. The invitation holds for seven days.")


def _a(role: str) -> str:
    return {"viewer": "a viewer", "sdr": "an SDR", "manager": "a manager", "admin": "an admin"}[role]


def _removed(member: Member) -> str:
    count = members.senders_of(member)
    if not count:
        return f"{member.user.name} was removed."
    return f"{member.user.name} was removed. {count} sender{'s' if count > 1 else ''} still act in their name."


def _page(request: HttpRequest, form: InvitationForm, status: int = 200) -> HttpResponseBase:
    me, now = member_of(request), clock.now()
    acting = Count("senders", filter=~Q(senders__state=SenderState.ARCHIVED))
    here = Member.objects.visible_to(me).filter(left_at=None).select_related("user").annotate(acting=acting)
    invited = Invitation.objects.visible_to(me).open().select_related("by__user").order_by("-sent_at", "-id")
    context = {
        "form": form,
        "members": here.order_by("joined_at", "id"),
        "invitations": [{"row": row, "expired": row.expired(now)} for row in invited],
        "roles": [(value.value, value.label, does) for value, does in _ROLES],
        "governs": may(me, Verb.GOVERN) is Scope.ALL,
        "mailbox": mailbox.folder() is not None,
    }
    return render(request, "accounts/members.html", context, status=status)
