"""Do not contact: a keyed hash per address or profile, so that it outlives erasure and binds a re-import."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from accounts import history
from accounts.models import Member
from prospects.models import Prospect, Suppression


def digest(workspace: int, what: str, value: str) -> str:
    """The keyed hash of one normalised value ("email", "slug" or "member_id") in one workspace."""
    text = f"{workspace}:{what}:{value.strip().lower() if what != 'member_id' else value.strip()}"
    return hmac.new(settings.SUPPRESSION_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def digests(workspace: int, *, email: str = "", slug: str = "", member_id: str = "") -> dict[str, str]:
    """The hashes of what is known of a person, by what they are of."""
    known = {"email": email, "slug": slug, "member_id": member_id}
    return {what: digest(workspace, what, value) for what, value in known.items() if value}


def suppress(prospect: Prospect, *, reason: str, by: Member | None, now: datetime) -> None:
    """This person must not be contacted any more, by anybody here. Doing it twice is doing it once.

    The caller stops what runs (the campaigns know); the gate refuses whatever is left.
    """
    Suppression.objects.bulk_create(
        [
            Suppression(workspace_id=prospect.workspace_id, digest=value, what=what, reason=reason, at=now, by=by)
            for what, value in digests(
                prospect.workspace_id, email=prospect.email, slug=prospect.slug, member_id=prospect.member_id
            ).items()
        ],
        ignore_conflicts=True,
    )
    if prospect.suppressed_at is None:
        prospect.suppressed_at = now
        prospect.facts_version += 1
        prospect.save(update_fields=["suppressed_at", "facts_version"])
        history.note(prospect, "suppressed", by=by, now=now, actor="" if by else "inbound", reason=reason)


def suppressed(workspace: int, hashes: Iterable[str]) -> set[str]:
    """Which of these hashes are suppressed in this workspace."""
    return set(
        Suppression.objects.filter(workspace=workspace, digest__in=list(hashes)).values_list("digest", flat=True)
    )
