"""One's own account: name, address, password, sessions, workspaces."""

import zoneinfo
from typing import Any

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import mail, people, sessions, verification
from accounts.access import person_required
from accounts.forms import NameForm, NewAddressForm, PasswordForm
from accounts.limits import TooMany
from accounts.models import User
from accounts.views.password import tell_changed
from outreach import clock
from outreach.web import toasts


@require_http_methods(["GET", "HEAD", "POST"])
@person_required
def account(request: HttpRequest) -> HttpResponseBase:
    """Everything about oneself on one page; posting to it changes name and time zone."""
    user = _me(request)
    if request.method != "POST":
        return _page(request)
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            people.rename(user, form.cleaned_data["name"], form.cleaned_data["zone"])
        except people.Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            toasts.say(request, "Saved.")
            return redirect("account")
    return _page(request, name=form)


@sensitive_post_parameters("old", "password")
@require_POST
@person_required
def password(request: HttpRequest) -> HttpResponseBase:
    user, form = _me(request), PasswordForm(request.POST, auto_id="new_%s")
    if form.is_valid():
        said = form.cleaned_data
        try:
            people.change_password(user, old=said["old"], new=said["password"], now=clock.now())
        except people.Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        except TooMany as refusal:
            form.add_error("old", str(refusal))
        else:
            sessions.carry_on(request, user)
            tell_changed(user.email, user.name)
            toasts.say(request, "Your new password holds. You were signed out everywhere else.")
            return redirect("account")
    return _page(request, password=form)


@sensitive_post_parameters("old")
@require_POST
@person_required
def address(request: HttpRequest) -> HttpResponseBase:
    """The new address holds once it is confirmed; who has it already hears of it, the one who asks does not."""
    user, form = _me(request), NewAddressForm(request.POST, auto_id="address_%s")
    if form.is_valid():
        said = form.cleaned_data
        try:
            key = people.ask_for_address(user, said["email"], password=said["old"], now=clock.now())
            if key is None:
                mail.send("address_taken", said["email"], link=mail.link("sign-in"))
            else:
                mail.send("address_new", said["email"], name=user.name, link=mail.link("verify", key=key))
        except people.Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        except (TooMany, mail.NotSent) as refusal:
            form.add_error("old", str(refusal))
        else:
            toasts.say(request, f"A mail is on its way to {said['email']}. The old address holds until you confirm it.")
            return redirect("account")
    return _page(request, address=form)


@require_safe
@person_required
def session_list(request: HttpRequest) -> HttpResponseBase:
    rows = [{"session": s, "here": s.session_key == request.session.session_key} for s in sessions.listed(request)]
    return render(request, "accounts/sessions.html", {"rows": rows, "others": any(not row["here"] for row in rows)})


@require_POST
@person_required
def session_end(request: HttpRequest, pk: int) -> HttpResponseBase:
    if not sessions.end_one(_me(request), pk):
        raise Http404
    toasts.say(request, "That session has ended.")
    return redirect("sessions")


@require_POST
@person_required
def sessions_end(request: HttpRequest) -> HttpResponseBase:
    """End every session but this one."""
    sessions.end_all(_me(request), but=request)
    toasts.say(request, "You are signed out everywhere else.")
    return redirect("sessions")


def _page(request: HttpRequest, **forms_: forms.Form) -> HttpResponseBase:
    user = _me(request)
    context: dict[str, Any] = {
        "name_form": forms_.get("name") or NameForm(initial={"name": user.name, "zone": user.zone}),
        "password_form": forms_.get("password") or PasswordForm(auto_id="new_%s"),
        "address_form": forms_.get("address") or NewAddressForm(auto_id="address_%s"),
        "verified": verification.is_verified(user),
        "zones": sorted(zoneinfo.available_timezones()),
    }
    return render(request, "accounts/account.html", context, status=422 if forms_ else 200)


def _me(request: HttpRequest) -> User:
    return User.objects.get(email=request.user.get_username())
