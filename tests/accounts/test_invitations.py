"""An invitation is good once, for one address, for seven days, and says why when it is not."""

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django_scopes import scope

from accounts import invitations, limits, verification
from accounts.models import Invitation, Member, Role, User
from accounts.rights import NotAllowed
from tests.cast import Tidewell, person

pytestmark = pytest.mark.django_db
PASSWORD = "tall ships and tides"


def test_who_is_invited_signs_up_with_that_address_and_belongs(
    now: datetime, in_tidewell: object, alice: Member
) -> None:
    _, token = invitations.invite(" Ada@Example.com", "sdr", by=alice, now=now)
    ada = invitations.accept_as_new(token, name="Ada Byron", password=PASSWORD, zone="Europe/London", now=now)
    assert (ada.workspace, ada.role, ada.user.email) == (alice.workspace, Role.SDR, "ada@example.com")
    assert verification.is_verified(ada.user), "the link came to the mailbox"
    assert not User.objects.get(pk=ada.user_id).memberships.exclude(workspace=alice.workspace).exists()


def test_the_database_keeps_no_token(now: datetime, in_tidewell: object, alice: Member) -> None:
    made, token = invitations.invite("ada@example.com", "sdr", by=alice, now=now)
    assert token not in str(Invitation.objects.filter(pk=made.pk).values().get())


def test_somebody_who_is_here_already_joins_another_workspace(
    now: datetime, in_tidewell: object, alice: Member, charlie: Member
) -> None:
    _, token = invitations.invite(charlie.user.email, "viewer", by=alice, now=now)
    member = invitations.accept(token, charlie.user, now=now)
    assert (member.workspace, member.role) == (alice.workspace, Role.VIEWER)


@pytest.mark.parametrize("who", ["mara", "bob", "vera"])
def test_only_admins_invite(who: str, now: datetime, in_tidewell: object, tidewell: Tidewell) -> None:
    with pytest.raises(NotAllowed):
        invitations.invite("ada@example.com", "admin", by=getattr(tidewell, who), now=now)


@pytest.mark.parametrize(
    ("email", "role", "sentence"),
    [
        ("", "sdr", "Give an e-mail address"),
        ("ada at example", "sdr", "Give an e-mail address"),
        ("ada@example.com\nBcc: all@example.com", "sdr", "Give an e-mail address"),
        ("a" * 64 + "@" + "b" * 200 + ".com", "sdr", "Give an e-mail address|longer than"),
        ("ada@example.com", "owner", "Choose a role"),
        ("BOB@example.com", "sdr", "belongs to this workspace already"),
    ],
)
def test_what_cannot_be_invited_says_why(
    email: str, role: str, sentence: str, now: datetime, in_tidewell: object, alice: Member
) -> None:
    with pytest.raises(invitations.NotInvited, match=sentence):
        invitations.invite(email, role, by=alice, now=now)
    assert not Invitation.objects.exists()


def test_an_admin_whose_address_is_not_confirmed_mails_no_strangers(
    now: datetime, in_tidewell: object, alice: Member
) -> None:
    EmailAddress.objects.filter(user=alice.user).update(verified=False)
    with pytest.raises(verification.Unverified, match="Confirm your address"):
        invitations.invite("ada@example.com", "sdr", by=alice, now=now)


def test_one_open_invitation_for_an_address(now: datetime, in_tidewell: object, alice: Member) -> None:
    invitations.invite("ada@example.com", "sdr", by=alice, now=now)
    with pytest.raises(invitations.NotInvited, match="invited already"):
        invitations.invite("ada@example.com", "manager", by=alice, now=now)
    later = now + timedelta(days=8)
    second, _ = invitations.invite("ada@example.com", "manager", by=alice, now=later)
    assert Invitation.objects.open().get() == second, "the expired one gave way"


def test_two_workspaces_may_invite_the_same_person(now: datetime, alice: Member, charlie: Member) -> None:
    for admin in (alice, charlie):
        with scope(workspace=admin.workspace):
            invitations.invite("ada@example.com", "sdr", by=admin, now=now)


def test_sent_again_only_the_new_link_is_good(now: datetime, in_tidewell: object, alice: Member) -> None:
    made, old = invitations.invite("ada@example.com", "sdr", by=alice, now=now)
    later = now + timedelta(days=9)
    _, new = invitations.resend(made.pk, by=alice, now=later)
    with pytest.raises(Invitation.DoesNotExist):
        invitations.look_up(old)
    invitations.check(invitations.look_up(new), None, now=later + timedelta(days=6))


def test_each_reason_why_it_is_not_good_has_its_sentence(
    now: datetime, in_tidewell: object, alice: Member, bob: Member
) -> None:
    made, token = invitations.invite("ada@example.com", "sdr", by=alice, now=now)
    with pytest.raises(invitations.NotGood, match=r"is for ada@example\.com, and you are signed in as bob@"):
        invitations.accept(token, bob.user, now=now)
    with pytest.raises(invitations.NotGood, match="has expired: ask Alice Lindqvist"):
        invitations.check(made, None, now=now + timedelta(days=7))
    ada = invitations.accept_as_new(token, name="Ada", password=PASSWORD, zone="", now=now)
    with pytest.raises(invitations.NotGood, match="was used already"):
        invitations.accept(token, ada.user, now=now)
    other, token = invitations.invite("eve@example.com", "sdr", by=alice, now=now)
    invitations.revoke(other.pk, by=alice, now=now)
    invitations.revoke(other.pk, by=alice, now=now)
    with pytest.raises(invitations.NotGood, match="was revoked"):
        invitations.accept(token, person("Eve", "eve@example.com"), now=now)
    with pytest.raises(invitations.NotInvited, match="not open any more"):
        invitations.resend(other.pk, by=alice, now=now)
    with pytest.raises(invitations.NotInvited, match="has joined already"):
        invitations.revoke(made.pk, by=alice, now=now)


def test_who_was_removed_comes_back_with_the_role_of_the_invitation(
    now: datetime, in_tidewell: object, alice: Member, bob: Member
) -> None:
    Member.objects.filter(pk=bob.pk).update(left_at=now)
    _, token = invitations.invite(bob.user.email, "manager", by=alice, now=now)
    again = invitations.accept(token, bob.user, now=now)
    assert (again.pk, again.role, again.left_at) == (bob.pk, Role.MANAGER, None)


def test_a_workspace_sends_so_many_invitations_a_day_and_no_more(
    now: datetime, in_tidewell: object, alice: Member
) -> None:
    most = limits.LIMITS[limits.Kind.INVITE].most
    for number in range(most):
        made, _ = invitations.invite(f"person{number}@example.com", "viewer", by=alice, now=now)
    with pytest.raises(limits.TooMany, match="Send the next one tomorrow"):
        invitations.invite("late@example.com", "viewer", by=alice, now=now)
    with pytest.raises(limits.TooMany):
        invitations.resend(made.pk, by=alice, now=now)
    assert Invitation.objects.count() == most
    invitations.invite("late@example.com", "viewer", by=alice, now=now + timedelta(days=1))
