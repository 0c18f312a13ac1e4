"""What every page says about itself, and what no template contains."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from tests.cast import Tidewell
from tests.web.matrix import arguments
from tests.web.test_access import addresses

TEMPLATES = sorted(Path(configured.BASE_DIR, "templates").rglob("*.html"))
INLINE = {
    "a style attribute": re.compile(r"\sstyle\s*="),
    "a style element": re.compile(r"<style\b"),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)"),
    "a handler attribute": re.compile(r"\son[a-z]+\s*="),
    "hx-on": re.compile(r"\bhx-on\b"),
    "evaluated htmx": re.compile(r"\b(hx-vals|hx-headers)\s*=\s*['\"]js:|\bhx-trigger\s*=\s*['\"][^'\"]*\["),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape off"),
    "a foreign address": re.compile(r"(\bsrc|\baction|<(link|base|use|image)\b[^>]*\bhref)\s*=\s*['\"]https?:"),
    "a link out that tells where from": re.compile(
        r"<a\b(?![^>]*\brel=\"noreferrer noopener\")[^>]*\bhref\s*=\s*['\"]https?:"
    ),
}
TAG = re.compile(r"\{%.*?%\}")
"""A tag of the template language: what stands in it (`with one=person`) is no attribute."""


def held(text: str) -> list[str]:
    """What of INLINE a template would write into the page, whatever its tags leave out between the parts."""
    written = (text, TAG.sub(" ", text), TAG.sub("", text))
    anywhere = ("text that is not escaped",)
    return [
        name
        for name, pattern in INLINE.items()
        if any(pattern.search(one) for one in (written[:1] if name in anywhere else written[1:]))
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(addresses())))
def test_every_page_is_locked_up(
    name: str, monday: object, tidewell: Tidewell, charlie: Member, signed_in: Callable[[Member | None], Client]
) -> None:
    address = reverse(name, kwargs=arguments(tidewell, name))
    for who in (tidewell.alice, charlie, None):
        locked_up(signed_in(who).get(address))


def locked_up(answer: HttpResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for directive in ("script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert directive in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_error_pages_are_locked_up_too(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    locked_up(answer)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_what_the_policy_forbids(template: Path) -> None:
    assert held(template.read_text()) == []


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ('<p style="color: red">', "a style attribute"),
        ("<style>p { }</style>", "a style element"),
        ("<script>go()</script>", "an inline script"),
        ('<a onclick="go()">', "a handler attribute"),
        ('<a hx-on:click="go()">', "hx-on"),
        ('<a hx-trigger="click[ctrlKey]">', "evaluated htmx"),
        ("{{ name|safe }}", "text that is not escaped"),
        ("{% autoescape off %}{{ name }}{% endautoescape %}", "text that is not escaped"),
        ('<script src="https://cdn.example/x.js">', "a foreign address"),
        ('<link rel="stylesheet" href="https://cdn.example/x.css">', "a foreign address"),
        ('<form action="https://elsewhere.example/">', "a foreign address"),
        ('<a href="https://www.linkedin.com/in/ada">', "a link out that tells where from"),
        ('<a{% if open %} onclick="go()"{% endif %}>', "a handler attribute"),
        ('<a on{% if open %}click{% else %}focus{% endif %}="go()">', "a handler attribute"),
        ('<a href="/"{% if open %}{% endif %}onclick="go()">', "a handler attribute"),
    ],
)
def test_the_scan_finds_it(bad: str, what: str) -> None:
    assert what in held(bad)


def test_the_scan_knows_a_name_in_a_tag_from_an_attribute() -> None:
    assert held('{% include "campaigns/count.html" with one=person %}') == []


@pytest.mark.django_db
def test_the_cookies_are_for_us_alone(monday: object, charlie: Member, client: Client) -> None:
    charlie.user.set_password("tall ships and tides")
    charlie.user.save()
    answer = client.post(reverse("sign-in"), {"username": charlie.user.email, "password": "tall ships and tides"})
    for cookie in answer.cookies.values():
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_our_words(charlie: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(charlie.user)
    answer = client.post(reverse("sign-out"))
    assert answer.status_code == 403
    assert b"This page is too old" in answer.content
    assert client.session.get("_auth_user_id") == str(charlie.user.pk)
