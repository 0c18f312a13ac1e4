"""Coming and going."""

from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import demo, sessions
from accounts.forms import SignInForm
from accounts.limits import TooMany
from outreach import clock


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """E-mail address and password. Says the same for an unknown person and a wrong password."""
    to = safe_next(request)
    if request.method != "POST":
        return _page(request, SignInForm(), to)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, to)
    said = form.cleaned_data
    try:
        user = sessions.recognise(request, said["username"], said["password"], now=clock.now())
    except sessions.NotRecognised as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, to)
    except TooMany as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, to, status=429)
    return sessions.begin(request, user, to=to or resolve_url("home"))


@never_cache
@require_safe
def sample(request: HttpRequest) -> HttpResponseBase:
    """The part of the sign-in page about the sample workspace, or with ?strip that of Today. Only where this is a
    demo."""
    if not demo.is_on():
        raise Http404
    if "strip" in request.GET:
        return render(request, "accounts/sample_strip.html", {"percent": demo.percent(), "asked": True})
    return render(request, "accounts/sign_in.html#sample", {"demo": demo.look()})


sign_out = LogoutView.as_view()


def safe_next(request: HttpRequest) -> str:
    """Where the person wanted to go, when that is a page of ours."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    return to if url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure()) else ""


def _page(request: HttpRequest, form: SignInForm, to: str, status: int = 200) -> HttpResponseBase:
    shown = {"form": form, "next": to, "open": settings.SIGN_UP == "open", "demo": demo.look()}
    return render(request, "accounts/sign_in.html", shown, status=status)
