"""People whom nobody seeded: made when they are first heard of, from the seed and their slug alone.

With the option `newcomers`, a profile read of an unknown slug or member id makes the person, so that any real file of
prospects can be worked with. POST /sim/newcomers makes many at once and says more about them. Both are kept on disk.
"""

import re
from typing import TYPE_CHECKING, Any

from outreach.simulator import acts, chance, names
from outreach.simulator.people import Person, make_provider_id

if TYPE_CHECKING:
    from outreach.simulator.world import World

Given = dict[str, Any]

MEMBER_ID = re.compile(r"A[A-Z][A-Za-z]AA[A-Za-z0-9_-]{3,90}")
_CLASSIC = "ACoAA"
_SLUG = re.compile(r"[^\s/\\?#%<>\"'`{}|^\[\]():;,=*$!@+]{1,200}")
_WORDS = ("first_name", "last_name", "title", "company", "seniority", "location")
_FACTS = {"slug", "provider_id", *_WORDS}
_SENIORITIES = tuple(seniority for seniority, _, _ in names.LADDER)
_TELLTALES = (
    ("c_level", r"\b(c[efotm]o|coo|chief|founder|owner|president|managing director|partner)\b"),
    ("vp", r"\b([es]?vp|vice president)\b"),
    ("director", r"\b(director|head)\b"),
    ("manager", r"\b(manager|lead)\b"),
)


def expected(world: "World", identifier: str) -> bool:
    """Whether a look at this slug or id makes somebody: nobody has it, anybody could, and the option is on."""
    known = world.people.find(identifier) is not None or any(
        identifier in (seat.slug, seat.provider_id) for seat in world.seats.values()
    )
    return world.options.newcomers and not known and could_be(identifier)


def meet(world: "World", identifier: str) -> Person | None:
    """Whoever has this slug or id; somebody new when that is expected."""
    if not expected(world, identifier):
        return world.people.find(identifier)
    return welcome(world, {"provider_id" if MEMBER_ID.fullmatch(identifier) else "slug": identifier})


def could_be(identifier: str) -> bool:
    """Whether this could be somebody's slug or id."""
    return bool(_SLUG.fullmatch(identifier)) and any(letter.isalnum() for letter in identifier)


def welcome(world: "World", order: Given) -> Person:
    """Make sure that this person exists. Who exists already stays as they are, but for what `acts.script` may settle.

    `slug` or `provider_id` (or both), first_name, last_name, title, company, seniority, location, and everything that
    a script holds, such as `degree`: {account_id: 1} or `accept_after_h`. Raises ValueError with one sentence.
    """
    slug, given_id = (str(order.get(name) or "").strip() for name in ("slug", "provider_id"))
    if not (slug or given_id) or not all(could_be(name) for name in (slug, given_id) if name):
        raise ValueError("A newcomer needs a slug (the end of a profile's address) or a provider_id.")
    if given_id and not MEMBER_ID.fullmatch(given_id):
        raise ValueError(f"{given_id!r} is no member id: one begins with ACoAA or ACwAA.")
    if order.get("seniority") not in (None, "", *_SENIORITIES):
        raise ValueError(f"seniority is one of {', '.join(_SENIORITIES)}.")
    script = {name: value for name, value in order.items() if name not in _FACTS}
    person = (world.people.find(given_id) if given_id else None) or (world.people.find(slug) if slug else None)
    if person is None:
        acts.check(world, script)
        facts = {name: str(order[name]) for name in _WORDS if order.get(name)}
        person = make(world.seed, len(world.people), slug.lower(), given_id, facts, world.rates.as_dict())
        world.people.add(person)
        world.posts.index_person(person)
        world.journal.put("newcomer", str(person.index), [slug.lower(), given_id, facts])
    if script:
        acts.script(world, person, script)
    return person


def make(seed: int, index: int, slug: str, given_id: str, facts: dict[str, str], rates: Given) -> Person:
    """The person: the same for the same seed, slug and id, whatever their index. Facts that are not given are drawn."""
    key = slug or given_id

    def yes(what: str, share: float) -> bool:
        return chance.fraction(seed, "newcomer", key, what) < share

    first, last = name_of(slug)
    first = facts.get("first_name") or first or chance.choose(names.FIRST, seed, "newcomer", key, "first")
    last = facts.get("last_name") or last or chance.choose(names.LAST, seed, "newcomer", key, "last")
    drawn, titles = chance.weigh([((s, t), w) for s, w, t in names.LADDER], seed, "newcomer", key, "seniority")
    title = facts.get("title") or chance.choose(titles, seed, "newcomer", key, "title")
    firm = f"{chance.choose(names.FIRM, seed, 'newcomer', key, 'firm')} "
    firm += chance.choose(names.TRADE, seed, "newcomer", key, "trade")
    open_profile = yes("open", rates["open_profile"])
    return Person(
        index=index,
        slug=slug or f"member-{chance.token(12, seed, 'newcomer', key, 'slug').lower()}",
        provider_id=given_id if given_id.startswith(_CLASSIC) else make_provider_id(seed, "newcomer", key),
        first_name=first,
        last_name=last,
        title=title,
        company=facts.get("company") or firm,
        seniority=facts.get("seniority") or (seniority_of(title) if facts.get("title") else drawn),
        location=facts.get("location") or chance.choose(names.PLACES, seed, "newcomer", key, "place"),
        open_profile=open_profile,
        inmail=open_profile or not yes("inmail off", rates["inmail_off"]),
        needs_email=yes("needs email", rates["needs_email"]),
        premium=open_profile or yes("premium", rates["premium"]),
        warmth=chance.fraction(seed, "newcomer", key, "warmth"),
        newcomer=True,
        other_ids=(given_id,) if given_id and not given_id.startswith(_CLASSIC) else (),
    )


def name_of(slug: str) -> tuple[str, str]:
    """First and last name as a slug tells them: its words without what LinkedIn adds to tell people apart."""
    words = [word for word in re.split(r"[-_.]+", slug) if word and not any(c.isdigit() for c in word)]
    words = [word.capitalize() for word in words if any(c.isalpha() for c in word)]
    return (words[0], " ".join(words[1:])) if words else ("", "")


def seniority_of(title: str) -> str:
    """A rough reading of an English title; `individual` when it says nothing of the kind."""
    found = (seniority for seniority, words in _TELLTALES if re.search(words, title, re.IGNORECASE))
    return next(found, "individual")
