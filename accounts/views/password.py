"""A new password for somebody who has forgotten theirs. The same answer and the same work for every address: who is
unknown gets a mail as well."""

from contextlib import suppress

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import limits, mail, people, sessions
from accounts.forms import AddressForm, NewPasswordForm
from accounts.limits import Kind, TooMany
from outreach import clock
from outreach.web import mailbox


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponseBase:
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, 422 if request.method == "POST" else 200)
    address, now = form.cleaned_data["email"], clock.now()
    try:
        limits.take(Kind.RESET_NETWORK, sessions.network_of(request), now=now)
        limits.take(Kind.RESET, address, now=now)
        _send(address)
    except TooMany as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, 429)
    except mail.NotSent as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, 503)
    shown = {"email": address, "mailbox": mailbox.folder() is not None}
    return render(request, "accounts/reset_sent.html", shown)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, person: str, token: str) -> HttpResponseBase:
    """The link of the mail. It signs nobody in: whatever else signing in asks for is asked there."""
    user = people.holder_of(person, token)
    if user is None:
        return render(request, "accounts/dead_link.html", {"sentence": people.LINK_DEAD, "again": True}, status=410)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            people.reset_password(person, token, form.cleaned_data["password"])
        except people.Refused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            tell_changed(user.email, user.name)
            return redirect("reset-done")
    return render(
        request,
        "accounts/reset_choose.html",
        {"form": form, "email": user.email},
        status=422 if request.method == "POST" else 200,
    )


@require_http_methods(["GET", "HEAD"])
def done(request: HttpRequest) -> HttpResponseBase:
    return render(request, "accounts/reset_done.html")


def tell_changed(email: str, name: str) -> None:
    """Tell the owner; the new password holds whether or not the mail goes out."""
    with suppress(mail.NotSent):  # it is in the log
        mail.send("password_changed", email, name=name, link=mail.link("reset"))


def _send(address: str) -> None:
    found = people.reset_token(address)
    if found is None:
        mail.send("reset_unknown", address, link=mail.link("sign-up"))
    else:
        user, person, token = found
        mail.send("reset", user.email, name=user.name, link=mail.link("reset-choose", person=person, token=token))


def _page(request: HttpRequest, form: AddressForm, status: int) -> HttpResponseBase:
    return render(request, "accounts/reset.html", {"form": form}, status=status)
