"""Whether an address is proved to be its owner's. It blocks what reaches strangers, not looking around."""

from allauth.account import app_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import signing
from django.db import IntegrityError, transaction

from accounts.models import Member, User

HOLDS_S = 3 * 24 * 3600


class Unverified(Exception):
    """This member's address is not confirmed. The message is one sentence that says what to do."""


class LinkDead(Exception):
    """This confirmation link is not good. The message is one sentence that says what to do."""


def is_verified(user: User) -> bool:
    """Whether the address that this person signs in with is proved to be theirs."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())


def require_verified(member: Member) -> None:
    """Raise Unverified unless the member's address is confirmed."""
    if not is_verified(member.user):
        raise Unverified(
            f"Confirm your address {member.user.email} first: open the link in the mail, or have it sent again."
        )


def key_of(user: User, address: str = "") -> str:
    """What the link in the mail holds: it proves this address of the person (by default the one they sign in with)."""
    row, _ = EmailAddress.objects.get_or_create(
        user=user, email=address or user.email, defaults={"verified": False, "primary": not address}
    )
    return str(EmailConfirmationHMAC(row).key)


def look_up(key: str) -> EmailAddress:
    """The address that a key confirms, or has confirmed already. Raises LinkDead."""
    try:
        number = signing.loads(key, salt=app_settings.SALT, max_age=HOLDS_S)
        address: EmailAddress = EmailAddress.objects.get(pk=number)
    except (signing.BadSignature, EmailAddress.DoesNotExist):
        raise LinkDead(
            "This link is older than three days, or the address has changed: have a new one sent from your account."
        ) from None
    return address


@transaction.atomic
def confirm(key: str) -> tuple[User, str]:
    """The address is proved; a new one takes the place of the old. Gives the person and the address they had before.
    Raises LinkDead."""
    found = look_up(key)
    user = User.objects.select_for_update(no_key=True).get(pk=found.user_id)
    before = user.email
    try:
        with transaction.atomic():
            user.email = found.email
            user.save(update_fields=["email"])
            EmailAddress.objects.filter(user=user).exclude(pk=found.pk).delete()
            EmailAddress.objects.filter(pk=found.pk).update(verified=True, primary=True)
    except IntegrityError:
        raise LinkDead(f"Somebody else signs in with {found.email} by now: choose another address.") from None
    return user, before


def vouch(user: User) -> None:
    """The person has shown that they read this mailbox, by a link that went only there."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
