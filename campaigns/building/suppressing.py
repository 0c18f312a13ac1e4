"""The list of whom nobody contacts: addresses and profiles put on it, looked up and taken off, known here or not.

The list keeps keyed hashes only. People who are known and match are stopped by `running/do_not_contact`; an address
that nobody here has yet binds whoever is imported with it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts import history, rights
from accounts.models import Member
from campaigns.running import do_not_contact
from campaigns.running.do_not_contact import Forbidden
from outreach.language.plain import clean
from prospects import suppressions
from prospects.files import cells, urls
from prospects.models import Prospect, Suppression

MOST = 2_000
"""Most addresses of one paste."""

SHOWN = 5
"""Most pieces that a refusal names."""

REASON_LONGEST = 60

_NAMED = re.compile(r"[^,;<>\n\r]{0,200}<([^<>\s]+@[^<>\s]+)>")
"""How mail programs write an address: with the person's name before it."""


class NotListed(Exception):
    """What was pasted cannot be put on the list as it stands, or not for that reason. The message is for people.
    `field`: what has to change, "list" or "reason"."""

    def __init__(self, sentence: str, field: str = "list") -> None:
        super().__init__(sentence)
        self.field = field


class NotLifted(Exception):
    """It stays on the list. The message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing by which a person is known: what it is ("email", "slug" or "member_id"), and its normal form."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What one paste did: people stopped, addresses of nobody known that are new on the list, and how many stood there
    already."""

    stopped: Forbidden
    unknown: int
    already: int

    def __str__(self) -> str:
        said = []
        if self.stopped.people:
            people = "1 person" if self.stopped.people == 1 else f"{self.stopped.people:,} people"
            said.append(f"{people} will not be contacted. {self.stopped}")
        if self.unknown:
            addresses = "1 address is" if self.unknown == 1 else f"{self.unknown:,} addresses are"
            said.append(
                f"{addresses} on the list for whoever is imported with {'it' if self.unknown == 1 else 'them'}."
            )
        if self.already:
            said.append(f"{self.already:,} stood there already.")
        return " ".join(said)


def understand(text: str) -> Key:
    """One pasted piece. Raises NotListed when it is neither an e-mail address nor a person's LinkedIn profile."""
    piece = text.strip()
    if found := cells.email(piece):
        return Key("email", found)
    if "@" in piece and "linkedin" not in piece.lower():
        raise NotListed("this is no complete e-mail address")
    try:
        address = urls.understand(piece)
    except urls.NotAProfile as wrong:
        raise NotListed(wrong.sentence[0].lower() + wrong.sentence[1:].rstrip(".")) from None
    if address.member_id:
        return Key("member_id", address.member_id)
    if address.slug:
        return Key("slug", address.slug)
    raise NotListed("this old address names nobody for certain: open it and copy where it leads")


def read(text: str) -> list[Key]:
    """The addresses in a paste, each once. Raises NotListed, naming what cannot be read, and for an empty paste."""
    text = _NAMED.sub(r" \1 ", text)
    pieces = [piece for piece in re.split(r"[\s,;|<>\"]+", text) if piece]
    if not pieces:
        raise NotListed("Paste at least one e-mail address or profile link.")
    if len(pieces) > MOST:
        raise NotListed(f"This is a list of {len(pieces):,}: paste at most {MOST:,} at once.")
    keys: dict[Key, None] = {}
    wrong: list[str] = []
    for piece in pieces:
        try:
            keys[understand(piece)] = None
        except NotListed as problem:
            wrong.append(f"{_short(piece)}: {problem}")
    if wrong:
        others = f" And {len(wrong) - SHOWN:,} more." if len(wrong) > SHOWN else ""
        raise NotListed(f"Nothing was added. Correct or remove {'; '.join(wrong[:SHOWN])}.{others}")
    return list(keys)


def add(text: str, *, reason: str, by: Member, now: datetime) -> Listed:
    """Put what was pasted on the list and stop whoever is known by it. Adding twice is adding once.

    Two transactions: the list first, which binds imports, then the people. Raises NotAllowed and NotListed.
    """
    rights.require(by, rights.Verb.BUILD)
    reason = " ".join(clean(reason).split())
    if not 1 <= len(reason) <= REASON_LONGEST:
        raise NotListed(f"Say why in a few words, at most {REASON_LONGEST} characters.", "reason")
    keys = read(text)
    hashes = {suppressions.digest(by.workspace_id, key.what, key.value): key for key in keys}
    on_it = suppressions.suppressed(by.workspace_id, hashes)
    found = _people(by, keys)
    known = {(what, getattr(person, what)) for person in found for what in ("email", "slug", "member_id")}
    unknown = {digest: key for digest, key in hashes.items() if (key.what, key.value) not in known}
    fresh = _list(unknown.items(), reason, by, now)
    people = {person.pk for person in found} | {person.pk for person in _people(by, list(unknown.values()))}
    stopped = do_not_contact.forbid_all(sorted(people), reason=reason, by=by, now=now)
    return Listed(stopped, unknown=fresh, already=len(on_it))


@transaction.atomic
def _list(unknown: Iterable[tuple[str, Key]], reason: str, by: Member, now: datetime) -> int:
    """Write the hashes of addresses that nobody here has; how many are new."""
    rows = [
        Suppression(workspace_id=by.workspace_id, digest=digest, what=key.what, reason=reason, at=now, by=by)
        for digest, key in sorted(unknown)
    ]
    had = suppressions.suppressed(by.workspace_id, [row.digest for row in rows])
    Suppression.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    fresh = len(rows) - len(had)
    if fresh:
        history.note(by, "listed", by=by, now=now, addresses=fresh, reason=reason)
    return fresh


def find(text: str, *, by: Member) -> tuple[Key, Suppression | None, list[Prospect]] | None:
    """What the list says of one address: its key, its row, and the people here who have it. None when the text is no
    address."""
    try:
        key = understand(text)
    except NotListed:
        return None
    digest = suppressions.digest(by.workspace_id, key.what, key.value)
    row = Suppression.objects.filter(workspace=by.workspace_id, digest=digest).select_related("by__user").first()
    return key, row, _people(by, [key])


@transaction.atomic
def lift(row: Suppression, *, reason: str, by: Member, now: datetime) -> bool:
    """Take one address off the list, for a reason on record. False when it is gone already.

    Raises NotAllowed for anybody but an admin, and NotLifted without a reason or for an address of somebody known, who
    is lifted as a person.
    """
    rights.require(by, rights.Verb.GOVERN)
    reason = " ".join(clean(reason).split())
    if not reason:
        raise NotLifted("Say why this address comes off the list: the reason is kept on record.")
    if (person := owner(row)) is not None:
        raise NotLifted(f"This address is {person}'s: lift the person, with all their addresses.")
    gone, _ = Suppression.objects.filter(pk=row.pk, workspace=by.workspace_id).delete()
    if gone:
        history.note(row, "address lifted", by=by, now=now, what=row.what, why=row.reason, reason=reason[:300])
    return bool(gone)


def owner(row: Suppression) -> Prospect | None:
    """The person who was stopped when this address was listed, if they are still here and still stopped."""
    return owners([row]).get(row.pk)


def owners(rows: Sequence[Suppression]) -> dict[int, Prospect]:
    """`owner` of many rows, by row id, in one query. A hash tells nothing, so the people who were stopped at the very
    instants of these rows are hashed and compared."""
    if not rows:
        return {}
    people = Prospect.objects.filter(
        workspace=rows[0].workspace_id, suppressed_at__in={row.at for row in rows}
    ).select_related("company")
    by_digest = {
        digest: person
        for person in people
        for digest in suppressions.digests(
            person.workspace_id, email=person.email, slug=person.slug, member_id=person.member_id
        ).values()
    }
    return {row.pk: by_digest[row.digest] for row in rows if row.digest in by_digest}


def _people(by: Member, keys: Sequence[Key]) -> list[Prospect]:
    values = {what: [key.value for key in keys if key.what == what] for what in ("email", "slug", "member_id")}
    asked = Q()
    for what, wanted in values.items():
        if wanted:
            asked |= Q(**{f"{what}__in": wanted})
    if not asked:
        return []
    return list(Prospect.objects.visible_to(by).filter(asked).select_related("company").order_by("pk"))


def _short(piece: str) -> str:
    return piece if len(piece) <= 60 else f"{piece[:57]}…"
