"""One person added by hand, under the same normal spellings and the same rule of who is who as in an import."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from accounts import history, rights
from accounts.models import Member
from prospects import suppressions
from prospects.files import cells, names, titles, urls
from prospects.files.mapping import Field
from prospects.files.rows import LENGTHS, Row
from prospects.imports import people
from prospects.models import Company, Prospect


class NotAdded(Exception):
    """The person cannot be added as they were typed. `sentences`: what is wrong, field by field."""

    def __init__(self, **sentences: str) -> None:
        super().__init__(" ".join(sentences.values()))
        self.sentences = sentences


class Known(Exception):
    """The person stands in the list already. The message is one sentence."""

    def __init__(self, prospect: int, name: str) -> None:
        super().__init__(f"{name} is in the list already: open their page to change something.")
        self.prospect = prospect


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form, as it was typed. `tier` "" leaves it to the title, as an import does."""

    name: str = ""
    profile: str = ""
    email: str = ""
    company: str = ""
    title: str = ""
    tier: str = ""


def add(typed: Typed, *, by: Member, now: datetime) -> Prospect:
    """A new prospect of the member's workspace.

    Raises NotAllowed, NotAdded with a sentence for each field that is wrong, and Known for somebody who is there.
    """
    rights.require(by, rights.Verb.BUILD)
    row = read(typed)
    try:
        with transaction.atomic():
            return _add(row, typed.tier, by, now)
    except IntegrityError:  # somebody else added the same person in this very moment
        with transaction.atomic():
            refuse_known(row, by)
        raise


def read(typed: Typed, *, known: Prospect | None = None, named: tuple[str, str] | None = None) -> Row:
    """The row that a file would have given. `known`: who it is about; their profile link stays what it is. `named`:
    first and last name, where they were typed apart. Raises NotAdded."""
    wrong: dict[str, str] = {}
    first, last = named or names.complete("", "", _cell(typed.name), first_alone=True)
    first, last = _cell(first), _cell(last)
    if not names.is_name(f"{first} {last}".strip()):
        wrong["name"] = "Give the person's name."
    email = cells.email(typed.email) or "" if typed.email.strip() else ""
    if typed.email.strip() and not email:
        wrong["email"] = "This is not a valid e-mail address: write it like ana@example.com."
    address = urls.Address("", slug=known.slug, member_id=known.member_id) if known else urls.Address("")
    if typed.profile.strip() and not (address.slug or address.member_id):
        try:
            address = urls.understand(typed.profile)
        except urls.NotAProfile as refusal:
            wrong["profile"] = refusal.sentence
        else:
            if not (address.slug or address.member_id):
                wrong["profile"] = "This is an address of an old kind: open the profile and copy its present address."
    unreachable = known is not None and not known.email  # it was so before: another name may be given all the same
    if not (address.slug or address.member_id or email or wrong or unreachable):
        wrong["profile"] = "Give a profile link or an e-mail address: without one nobody can be reached."
    if typed.tier not in ("", "1", "2", "3"):
        wrong["tier"] = "Choose tier 1, 2 or 3."
    fields = {Field.COMPANY: ("company", typed.company), Field.TITLE: ("title", typed.title)}
    fields |= {Field.FIRST_NAME: ("name", first), Field.LAST_NAME: ("name", last)}
    for field, (where, value) in fields.items():
        if len(_cell(value)) > LENGTHS[field] and where not in wrong:
            wrong[where] = f"This is longer than {LENGTHS[field]} characters: shorten it."
    if wrong:
        raise NotAdded(**wrong)
    return Row(
        line=1,
        first_name=first,
        last_name=last,
        company=_cell(typed.company),
        title=_cell(typed.title),
        email=email,
        slug=address.slug,
        linkedin_url=address.url,
        member_id=address.member_id,
    )


def _cell(text: str) -> str:
    return cells.clean(text.replace("\0", ""))


def refuse_known(row: Row, by: Member, *, but: int = 0) -> None:
    """Raises Known for somebody, other than `but`, whom an import would have taken for the same person."""
    found = [one for one in people.find(by.workspace_id, None, [row], lock=True) if one.id != but]
    if (same := people.Known(found, {}).whom(row)) is not None:
        raise Known(same.id, f"{same.first_name} {same.last_name}".strip() or "This person")


def refuse_forbidden(by: Member, **addresses: str) -> None:
    """Raises NotAdded when somebody with one of these addresses must not be contacted."""
    hashes = suppressions.digests(by.workspace_id, **addresses)
    if suppressions.suppressed(by.workspace_id, hashes.values()):
        field = "profile" if hashes.keys() - {"email"} else "email"
        raise NotAdded(**{field: "This person must not be contacted: an admin can lift that under Suppression."})


def _add(row: Row, tier: str, by: Member, now: datetime) -> Prospect:
    refuse_known(row, by)
    refuse_forbidden(by, email=row.email, slug=row.slug, member_id=row.member_id)
    company = employer(row.company, by) if row.company else None
    seniority = titles.seniority(row.title)
    made = Prospect.objects.create(
        workspace_id=by.workspace_id,
        first_name=row.first_name,
        last_name=row.last_name,
        title=row.title,
        company=company,
        slug=row.slug,
        member_id=row.member_id,
        email=row.email,
        seniority=seniority,
        tier=int(tier) if tier else titles.tier(seniority, company.employees if company else None),
        created_at=now,
    )
    history.note(made, "added", by=by, now=now)
    return made


def employer(name: str, by: Member) -> Company:
    """The company of this name, made when nobody named it before; upper and lower case are alike."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO prospects_company (workspace_id, name, domain) VALUES (%s, %s, '') "
            "ON CONFLICT (lower(name), workspace_id) DO NOTHING",
            [by.workspace_id, name],
        )
        cursor.execute(
            "SELECT id FROM prospects_company WHERE workspace_id = %s AND lower(name) = lower(%s)",
            [by.workspace_id, name],
        )
        [found] = cursor.fetchone()
    company: Company = Company.objects.get(pk=found)
    return company
