"""What is known of one person, corrected by hand: name, company, title, and addresses that were missing or wrong."""

from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from django.db import IntegrityError, transaction

from accounts import history, rights
from accounts.models import Member
from prospects import people
from prospects.files import titles, urls
from prospects.files.rows import Row
from prospects.models import Prospect
from prospects.tiers import Changed

FIELDS: Final = {
    "first_name": "name",
    "last_name": "name",
    "title": "title",
    "email": "e-mail address",
    "slug": "profile link",
    "member_id": "profile link",
    "company": "company",
}
"""What can be corrected, in words."""


class ChangedMeanwhile(Exception):
    """Somebody corrected this person since the page was read. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Written:
    """All of a person that can be corrected, as it stands or as it was typed. `profile`: the address of the profile."""

    first_name: str = ""
    last_name: str = ""
    profile: str = ""
    email: str = ""
    company: str = ""
    title: str = ""


def written(person: Prospect) -> Written:
    """The person as they stand."""
    return Written(
        first_name=person.first_name,
        last_name=person.last_name,
        profile=f"linkedin.com/in/{person.slug}" if person.slug else "",
        email=person.email,
        company=person.company.name if person.company else "",
        title=person.title,
    )


def fingerprint(person: Prospect) -> str:
    """Which state of the person somebody has before them."""
    return blake2b(repr(astuple(written(person))).encode(), digest_size=12).hexdigest()


def correct(person: Prospect, new: Written, *, by: Member, now: datetime, changed: Changed, seen: str = "") -> bool:
    """Set what was typed; whether anything differs from before. A profile link is taken where there was none: another
    link is another person. A title gives the seniority; the tier stays. `seen`: the fingerprint that the member read.

    Raises NotAllowed, people.NotAdded with a sentence for each field that is wrong, people.Known when an address is
    that of somebody else in the list, and ChangedMeanwhile.
    """
    rights.require(by, rights.Verb.BUILD)
    row = _read(person, new)
    try:
        with transaction.atomic():
            return _correct(person, row, by, now, changed, seen)
    except IntegrityError:  # somebody with this address came in this very moment
        with transaction.atomic():
            people.refuse_known(row, by, but=person.pk)
        raise


def _read(person: Prospect, new: Written) -> Row:
    typed = people.Typed(profile=new.profile, email=new.email, company=new.company, title=new.title)
    if (person.slug or person.member_id) and new.profile.strip() and not _is_of(person, new.profile):
        raise people.NotAdded(profile="Another profile is another person: add them, and stop this one's campaigns.")
    try:
        return people.read(typed, known=person, named=(new.first_name, new.last_name))
    except people.NotAdded as refusal:
        sentences = dict(refusal.sentences)
        if "name" in sentences:  # one field of the other form, two of this
            where = "last_name" if len(new.last_name) > len(new.first_name) else "first_name"
            sentences[where] = sentences.pop("name")
        raise people.NotAdded(**sentences) from None


def _is_of(person: Prospect, profile: str) -> bool:
    """Whether this address is the one of the person."""
    try:
        address = urls.understand(profile)
    except urls.NotAProfile:
        return False
    return person.slug == address.slug if person.slug and address.slug else person.member_id == address.member_id


def _correct(person: Prospect, row: Row, by: Member, now: datetime, changed: Changed, seen: str) -> bool:
    people.refuse_known(row, by, but=person.pk)
    held = Prospect.objects.select_for_update(no_key=True, of=("self",)).select_related("company")
    found = held.get(pk=person.pk, workspace=by.workspace_id)
    if seen and seen != fingerprint(found):
        raise ChangedMeanwhile(
            "Somebody changed this person meanwhile: compare with what is there now, then save again."
        )
    before = _values(found)
    found.first_name, found.last_name, found.email = row.first_name, row.last_name, row.email
    found.slug, found.member_id = found.slug or row.slug, found.member_id or row.member_id
    if row.title != found.title:
        found.title, found.seniority = row.title, titles.seniority(row.title)
    if row.company.lower() != before["company"].lower():
        found.company = people.employer(row.company, by) if row.company else None
    after = _values(found)
    differ = [name for name in before if before[name] != after[name]]
    if not differ:
        return False
    people.refuse_forbidden(by, **{name: after[name] for name in ("email", "slug", "member_id") if name in differ})
    found.facts_version += 1
    found.save(force_update=True)
    changed([found.pk], now)
    history.note(
        found,
        "corrected",
        by=by,
        now=now,
        what=", ".join(dict.fromkeys(FIELDS[name] for name in differ)),
        before={name: before[name] for name in differ},
        after={name: after[name] for name in differ},
    )
    return True


def _values(person: Prospect) -> dict[str, str]:
    plain = {name: str(getattr(person, name)) for name in FIELDS if name != "company"}
    return plain | {"company": person.company.name if person.company else ""}
