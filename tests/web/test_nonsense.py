"""Nothing that somebody may write into an address or a form breaks a page: it is refused, or it narrows nothing."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member
from outreach.web.numbers import whole
from tests.cast import Tidewell
from tests.web.matrix import arguments
from tests.web.test_access import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

ENDS_THE_SESSION = {"sign-out", "workspace-leave", "member-remove", "sessions-end", "session-end"}
FIELDS = [
    "account",
    "act",
    "after",
    "amount",
    "audience",
    "balance",
    "before",
    "by",
    "campaign",
    "cause",
    "cell-2-0",
    "column-0",
    "company",
    "connection",
    "connector",
    "consent",
    "contact",
    "days_off",
    "degree",
    "email",
    "everybody",
    "expected",
    "from",
    "held",
    "instead_of",
    "invites_week",
    "key",
    "kind",
    "list",
    "mon",
    "month",
    "name",
    "next",
    "note",
    "notes_month",
    "of",
    "old",
    "on",
    "open",
    "owner",
    "page",
    "part",
    "password",
    "people",
    "person",
    "plan",
    "play",
    "price",
    "product",
    "q",
    "reason",
    "role",
    "seen",
    "sender",
    "senders",
    "seniority",
    "show",
    "shown",
    "sort",
    "state",
    "subject",
    "suggested",
    "text",
    "tier",
    "to",
    "touched",
    "valid_from",
    "wait_high",
    "wait_low",
    "what",
    "where",
    "who",
    "whom",
    "why",
    "word",
    "workspace",
    "zone",
]
NONSENSE = {
    "a digit that is no number": "²",
    "a digit of another script": "٣",
    "more digits than a number may have": "9" * 5_000,
    "more than the database counts to": str(2**63),
    "NUL": "a\0b",
    "a part with nonsense": "audience:²",
}


@pytest.mark.parametrize("name", sorted(set(addresses()) - ENDS_THE_SESSION))
def test_no_page_breaks_on_nonsense(
    name: str, tidewell: Tidewell, charlie: Member, signed_in: Callable[[Member | None], Client]
) -> None:
    alices = signed_in(tidewell.alice)
    address = reverse(name, kwargs=arguments(tidewell, name))
    for value in NONSENSE.values():
        typed = dict.fromkeys(FIELDS, value) | ({"act": "add"} if ":" in value else {})
        assert alices.get(address, typed).status_code < 500
        assert alices.post(address, typed).status_code < 500


@pytest.mark.parametrize(
    "name",
    [
        "person-forbid",
        "person-allow",
        "suppression-add",
        "statement-adjust",
        "tier-new",
        "sender-edit",
        "prospect-new",
        "campaign-settings",
        "workspace",
        "account",
    ],
)
def test_what_nobody_sees_does_not_break_a_form_that_is_otherwise_good(
    name: str, tidewell: Tidewell, signed_in: Callable[[Member | None], Client]
) -> None:
    alices = signed_in(tidewell.alice)
    address = reverse(name, kwargs=arguments(tidewell, name))
    good = {
        "reason": "asked\0 by phone",
        "list": "ada@example.com",
        "amount": "1",
        "why": "found\0 it",
        "name": "New\0 name",
        "email": "grace@example.com",
        "profile": "https://www.linkedin.com/in/grace",
        "company": "Na\0vy",
        "zone": "Europe/Paris",
        "mon": "9 to 17",
        "tier": "1",
        "of": "1",
    }
    assert alices.post(address, good).status_code in (200, 302, 422)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" 42 ", 42), ("0", 0), ("9" * 18, int("9" * 18))],
)
def test_a_number_is_read(text: str, number: int) -> None:
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", " ", None, "²", "٣", "-1", "+1", "1.0", "1_0", "9" * 19, "x"])
def test_what_is_no_number_is_none(text: str | None) -> None:
    assert whole(text) is None
