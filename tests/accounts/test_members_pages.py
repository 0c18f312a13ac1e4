"""Settings › Members and Workspace, and the way between workspaces, as pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core import mail as outbox
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_scopes import scope, scopes_disabled

from accounts import invitations, limits
from accounts.access import CHOSEN
from accounts.models import History, Invitation, Member, Role, User, Workspace
from outreach import clock
from tests.cast import MONDAY, Tidewell, workspace
from tests.cast import member as join

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def it_is_monday(settings: Any) -> None:
    settings.PARLEY_CLOCK = "virtual"
    clock.turn_to(MONDAY)


@pytest.fixture
def enter() -> Callable[[Member], Client]:
    def go(member: Member) -> Client:
        client = Client()
        client.force_login(member.user)
        return client

    return go


Enter = Callable[[Member], Client]


def told(answer: Any) -> list[tuple[str, str, str]]:
    """The toasts that wait: tone, sentence, where Undo posts to."""
    return [(m.level_tag, m.message, m.extra_tags) for m in get_messages(answer.wsgi_request)]


def test_an_admin_invites_and_the_mail_leads_to_the_page(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.alice)
    answer = client.post("/settings/members/invite/", {"email": "Ada@example.com", "role": "sdr"})
    assert answer.headers["Location"] == "/settings/members/"
    (letter,) = outbox.outbox
    assert letter.subject == "Alice Lindqvist invites you to Tidewell on Parley"
    assert "http://127.0.0.1:8000/invitations/" in letter.body and "until 9 November 2026" in letter.body
    page = client.get("/settings/members/").content.decode()
    assert "ada@example.com" in page and "Holds until" in page


@pytest.mark.parametrize(
    ("form", "sentence", "status"),
    [
        ({"email": "ada", "role": "sdr"}, "Give an e-mail address such as", 422),
        ({"email": "", "role": "sdr"}, "Give an e-mail address such as", 422),
        ({"email": "ada@example.com", "role": "owner"}, "Choose a role from the list.", 422),
        ({"email": "bob@example.com", "role": "sdr"}, "belongs to this workspace already.", 422),
    ],
)
def test_a_bad_invitation_says_why_beside_its_field(
    form: dict[str, str], sentence: str, status: int, tidewell: Tidewell, enter: Enter
) -> None:
    answer = enter(tidewell.alice).post("/settings/members/invite/", form)
    page = answer.content.decode()
    assert answer.status_code == status and sentence in page
    assert f'value="{form["email"]}"' in page, "what was typed stays"
    assert outbox.outbox == []


def test_a_mail_that_cannot_be_sent_is_said_and_can_be_sent_again(
    tidewell: Tidewell, enter: Enter, settings: Any
) -> None:
    working = settings.MAILERS
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9},
        }
    }
    client = enter(tidewell.alice)
    answer = client.post("/settings/members/invite/", {"email": "ada@example.com", "role": "sdr"})
    assert told(answer)[0][:2] == (
        "error",
        "ada@example.com is invited, but: The mail could not be sent. Try again in a minute, or tell your admin.",
    )
    settings.MAILERS = working
    with scopes_disabled():
        made = Invitation.objects.get()
    client.post(f"/settings/invitations/{made.pk}/again/")
    assert len(outbox.outbox) == 1
    client.post(f"/settings/invitations/{made.pk}/revoke/")
    assert b"Nobody is invited at the moment." in client.get("/settings/members/").content


def test_a_removal_can_be_taken_back_from_its_toast(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.alice)
    answer = client.post(f"/settings/members/{tidewell.bob.pk}/remove/")
    ((_, sentence, undo),) = told(answer)
    assert sentence == "Bob Moreau was removed. 2 senders still act in their name."
    assert b"Bob Moreau" not in client.get("/settings/members/").content.split(b'id="here"')[1].split(b"</table>")[0]
    client.post(undo.split()[0])
    assert b"bob@example.com" in client.get("/settings/members/").content


def test_the_last_admin_is_told_why_they_stay(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.alice)
    for address, form in (
        (f"/settings/members/{tidewell.alice.pk}/remove/", {}),
        (f"/settings/members/{tidewell.alice.pk}/role/", {"role": "viewer"}),
        ("/workspaces/leave/", {}),
    ):
        ((tone, sentence, _),) = told(client.post(address, form))
        assert tone == "error" and "a workspace needs one" in sentence
        client.get("/settings/members/")
    with scope(workspace=tidewell.workspace):
        assert Member.objects.get(pk=tidewell.alice.pk).role == Role.ADMIN


def test_a_manager_reads_and_sees_nothing_to_press(tidewell: Tidewell, enter: Enter) -> None:
    page = enter(tidewell.mara).get("/settings/members/").content.decode().split('id="main"')[1].split("</main>")[0]
    assert "bob@example.com" in page and "<form" not in page


def test_the_list_costs_the_same_for_any_length(tidewell: Tidewell, enter: Enter) -> None:
    def cost() -> int:
        client = enter(tidewell.alice)
        client.get("/account/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/settings/members/").status_code == 200
        return len(queries)

    few = cost()
    with scope(workspace=tidewell.workspace):
        users = User.objects.bulk_create(User(email=f"p{n}@example.com", name=f"P {n}") for n in range(300))
        Member.objects.bulk_create(
            Member(workspace=tidewell.workspace, user=user, role=Role.VIEWER, joined_at=MONDAY) for user in users
        )
        Invitation.objects.bulk_create(
            Invitation(
                workspace=tidewell.workspace,
                email=f"i{n}@example.com",
                role=Role.SDR,
                token_hash=f"{n:064d}",
                by=tidewell.alice,
                created_at=MONDAY,
                sent_at=MONDAY,
                expires_at=MONDAY,
            )
            for n in range(300)
        )
    assert cost() == few


# ---- the page of an invitation --------------------------------------------------------------------------------------


def invite(tidewell: Tidewell, email: str) -> str:
    with scope(workspace=tidewell.workspace):
        return f"/invitations/{invitations.invite(email, 'sdr', by=tidewell.alice, now=MONDAY)[1]}/"


def test_a_stranger_signs_up_and_is_in_the_workspace_at_once(tidewell: Tidewell, client: Client, settings: Any) -> None:
    settings.SIGN_UP = "closed"
    address = invite(tidewell, "ada@example.com")
    page = client.get(address).content.decode()
    assert "Tidewell" in page and "Alice Lindqvist" in page and "Sign up and join" in page
    bad = client.post(address, {"name": "Ada Byron", "password": "short"})
    assert bad.status_code == 422 and b"too short" in bad.content and b'value="Ada Byron"' in bad.content
    good = client.post(address, {"name": "Ada Byron", "password": "tall ships and tides", "zone": "Europe/London"})
    assert good.headers["Location"] == "/"
    assert b"Tidewell" in client.get("/").content
    assert b"was used already" in Client().get(address).content


def test_somebody_with_a_workspace_of_their_own_joins_and_goes_there(
    tidewell: Tidewell, charlie: Member, enter: Enter
) -> None:
    address = invite(tidewell, charlie.user.email)
    stranger = Client()
    assert b"Sign in to join" in stranger.get(address).content
    assert stranger.post(address).headers["Location"] == f"/sign-in/?next={address}"
    client = enter(charlie)
    assert b"Join as" in client.get(address).content
    assert client.post(address).headers["Location"] == "/"
    assert client.session[CHOSEN] == tidewell.workspace.pk
    with scopes_disabled():
        assert Member.objects.filter(user=charlie.user).count() == 2


def test_the_wrong_person_is_told_whose_it_is(tidewell: Tidewell, charlie: Member, enter: Enter) -> None:
    address = invite(tidewell, "ada@example.com")
    client = enter(charlie)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 410
        assert b"is for ada@example.com, and you are signed in as charlie@example.com" in answer.content
    with scopes_disabled():
        assert Member.objects.filter(user=charlie.user).count() == 1


def test_what_has_expired_or_is_made_up_says_so(tidewell: Tidewell, client: Client) -> None:
    address = invite(tidewell, "ada@example.com")
    clock.turn_to(MONDAY + timedelta(days=7))
    answer = client.post(address, {"name": "Ada", "password": "tall ships and tides"})
    assert answer.status_code == 410 and b"has expired: ask Alice Lindqvist" in answer.content
    assert not User.objects.filter(email="ada@example.com").exists()
    assert client.get("/invitations/made-up/").status_code == 404


# ---- workspaces ------------------------------------------------------------------------------------------------------


def test_a_person_founds_another_workspace_and_goes_between_the_two(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.bob)
    assert client.post("/workspaces/new/", {"name": "Bob & Sons"}).headers["Location"] == "/"
    made = Workspace.objects.get(slug="bob-sons")
    assert client.session[CHOSEN] == made.pk
    assert client.get("/settings/members/").status_code == 200, "an admin there"
    client.post("/workspaces/choose/", {"workspace": tidewell.workspace.pk})
    assert client.get("/settings/members/").status_code == 403, "an SDR here"


def test_nobody_chooses_a_workspace_that_is_not_theirs(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.bob)
    for wanted in (workspace("Elsewhere").pk, "x", "", "\x00", "9" * 40):
        assert client.post("/workspaces/choose/", {"workspace": wanted}).status_code == 404
    assert CHOSEN not in client.session


@pytest.mark.parametrize(
    ("name", "sentence"), [("", "at least one letter"), ("…", "at least one letter"), ("a" * 121, "longer than 120")]
)
def test_a_workspace_wants_a_name(name: str, sentence: str, tidewell: Tidewell, enter: Enter) -> None:
    for address in ("/workspaces/new/", "/settings/workspace/"):
        answer = enter(tidewell.alice).post(address, {"name": name})
        assert answer.status_code == 422 and sentence in answer.content.decode()
    assert Workspace.objects.count() == 1


def test_founding_has_a_limit(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.bob)
    answers = [client.post("/workspaces/new/", {"name": f"Number {n}"}).status_code for n in range(6)]
    assert answers == [302] * limits.LIMITS[limits.Kind.FOUND].most + [422]


def test_where_signing_up_is_closed_only_admins_found(tidewell: Tidewell, enter: Enter, settings: Any) -> None:
    settings.SIGN_UP = "closed"
    assert enter(tidewell.alice).get("/workspaces/new/").status_code == 200
    assert enter(tidewell.bob).get("/workspaces/new/").status_code == 403


def test_an_admin_renames_the_workspace_and_the_history_keeps_the_old_name(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.alice)
    assert client.post("/settings/workspace/", {"name": " Tidewell  Ltd "}).status_code == 302
    assert b"Tidewell Ltd" in client.get("/settings/workspace/").content
    with scope(workspace=tidewell.workspace):
        assert History.objects.get(verb="renamed workspace").data == {"before": "Tidewell", "after": "Tidewell Ltd"}


def test_who_leaves_their_only_workspace_can_still_found_one(tidewell: Tidewell, enter: Enter) -> None:
    client = enter(tidewell.vera)
    assert client.post("/workspaces/leave/").headers["Location"] == "/account/"
    assert b"You belong to none." in client.get("/account/").content
    assert client.get("/workspaces/new/").status_code == 200
    join(workspace("Third"), "Vera Novak", Role.VIEWER)
    assert b"Third" in client.get("/account/").content


def test_the_settings_open_on_what_one_may_see(tidewell: Tidewell, enter: Enter) -> None:
    assert enter(tidewell.bob).get("/settings/").headers["Location"] == "/settings/suppression/"
    assert enter(tidewell.mara).get("/settings/").headers["Location"] == "/settings/tiers/"
