"""Becoming one of us, and proving that the address is one's own."""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import limits, mail, people, sessions, verification
from accounts.access import person_required
from accounts.forms import SignUpForm
from accounts.limits import Kind, TooMany
from accounts.models import User
from outreach import clock
from outreach.web import toasts
from outreach.web.back import back


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponseBase:
    """Three fields, then straight into an empty workspace of one's own."""
    if settings.SIGN_UP == "closed":
        raise PermissionDenied("Signing up is by invitation here: ask an admin of your team to invite you.")
    if request.user.is_authenticated:
        return redirect("home")
    if request.method != "POST":
        return _page(request, SignUpForm(), 200)
    form = SignUpForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    now = clock.now()
    try:
        limits.take(Kind.SIGN_UP, sessions.network_of(request), now=now)
        user, _ = people.sign_up_and_found(**form.cleaned_data, now=now)
    except people.Refused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return _page(request, form, 422)
    except TooMany as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, 429)
    response = sessions.begin(request, user, to=resolve_url("home"))
    _send_proof(request, user)
    return response


@require_POST
@person_required
def verify_again(request: HttpRequest) -> HttpResponseBase:
    """Send the mail that proves the address once more."""
    user = request.user
    assert isinstance(user, User)
    if verification.is_verified(user):
        toasts.say(request, "Your address is confirmed already.")
        return back(request, "home")
    try:
        limits.take(Kind.VERIFY, str(user.pk), now=clock.now())
    except TooMany as refusal:
        toasts.say(request, str(refusal), tone="bad")
    else:
        if _send_proof(request, user):
            toasts.say(request, f"Sent to {user.email}. Open the link in the mail.")
    return back(request, "home")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, key: str) -> HttpResponseBase:
    """The link of the mail: one button, because a GET changes nothing (mail scanners open links)."""
    try:
        address = verification.look_up(key)
        if request.method != "POST":
            return render(request, "accounts/verify.html", {"email": address.email, "key": key})
        user, before = verification.confirm(key)
    except verification.LinkDead as refusal:
        return render(request, "accounts/dead_link.html", {"sentence": str(refusal)}, status=410)
    if before != user.email:
        _tell_the_old(before, user)
    toasts.say(request, f"{user.email} is confirmed.")
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "accounts/verified.html", {"email": user.email})


def _send_proof(request: HttpRequest, user: User) -> bool:
    """Send the mail; say so when it cannot be sent."""
    try:
        mail.send("verify", user.email, name=user.name, link=mail.link("verify", key=verification.key_of(user)))
    except mail.NotSent as refusal:
        toasts.say(request, str(refusal), tone="bad")
        return False
    return True


def _tell_the_old(before: str, user: User) -> None:
    with suppress(mail.NotSent):  # it is in the log; the new address holds all the same
        mail.send("address_changed", before, name=user.name, address=user.email)


def _page(request: HttpRequest, form: SignUpForm, status: int) -> HttpResponseBase:
    return render(request, "accounts/sign_up.html", {"form": form}, status=status)
