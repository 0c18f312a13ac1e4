"""The people: thousands, made from the seed alone, with what they are like and what a test has scripted for them."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from outreach.simulator import chance, names
from outreach.simulator.rates import Rates


@dataclass(slots=True)
class Person:
    """One member of the network. `warmth` (0 to 1) is how inclined they are to accept and answer. A `newcomer` was not
    seeded (newcomers.py); `other_ids` are further member ids they are known by."""

    index: int
    slug: str
    provider_id: str
    first_name: str
    last_name: str
    title: str
    company: str
    seniority: str
    location: str
    open_profile: bool
    inmail: bool
    needs_email: bool
    premium: bool
    warmth: float
    blocks: bool = False
    script: dict[str, Any] = field(default_factory=dict)
    newcomer: bool = False
    other_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def headline(self) -> str:
        return f"{self.title} at {self.company}"

    @property
    def senior(self) -> bool:
        return self.seniority in names.SENIOR

    @property
    def url(self) -> str:
        return f"https://www.linkedin.com/in/{self.slug}"

    @property
    def urn(self) -> str:
        return f"urn:li:member:{900_000_000 + self.index}"


class People:
    """Everybody, by index, slug and provider id."""

    def __init__(self, seed: int, count: int, rates: Rates) -> None:
        self.seeded = count
        self.everyone = [_make(seed, index, count, rates) for index in range(count)]
        self._by_slug = {person.slug: person for person in self.everyone}
        self._by_provider_id = {person.provider_id: person for person in self.everyone}

    def add(self, person: Person) -> None:
        """One more, with the next index."""
        assert person.index == len(self.everyone)
        self.everyone.append(person)
        self._by_slug[person.slug] = person
        for known_as in (person.provider_id, *person.other_ids):
            self._by_provider_id[known_as] = person

    def __len__(self) -> int:
        return len(self.everyone)

    def by_slug(self, slug: str) -> Person | None:
        """The person behind /in/<slug>, in any case of letters."""
        return self._by_slug.get(slug.lower())

    def by_provider_id(self, provider_id: str) -> Person | None:
        return self._by_provider_id.get(provider_id)

    def find(self, identifier: str) -> Person | None:
        """By provider id or by slug."""
        return self._by_provider_id.get(identifier) or self._by_slug.get(identifier.lower())


def _make(seed: int, index: int, count: int, rates: Rates) -> Person:
    def yes(what: str, share: float) -> bool:
        return chance.fraction(seed, "person", index, what) < share

    first = chance.choose(names.FIRST, seed, "person", index, "first")
    last = chance.choose(names.LAST, seed, "person", index, "last")
    seniority, titles = chance.weigh([((s, t), w) for s, w, t in names.LADDER], seed, "person", index, "seniority")
    firm = chance.number(seed, "person", index, "firm") % max(1, count // 4)
    company = f"{chance.choose(names.FIRM, seed, 'firm', firm)} {chance.choose(names.TRADE, seed, 'trade', firm)}"
    open_profile = yes("open", rates.open_profile)
    return Person(
        index=index,
        slug=f"{make_slug(first, last)}-{index:x}{chance.number(seed, 'person', index, 'slug') % 256:02x}",
        provider_id=make_provider_id(seed, "person", index),
        first_name=first,
        last_name=last,
        title=chance.choose(titles, seed, "person", index, "title"),
        company=company,
        seniority=seniority,
        location=chance.choose(names.PLACES, seed, "person", index, "place"),
        open_profile=open_profile,
        inmail=open_profile or not yes("inmail off", rates.inmail_off),
        needs_email=yes("needs email", rates.needs_email),
        premium=open_profile or yes("premium", rates.premium),  # only paying members can switch Open Profile on
        warmth=chance.fraction(seed, "person", index, "warmth"),
    )


def make_provider_id(seed: int, *key: chance.Key) -> str:
    """A member id as the classic product shows it: ACoAA and thirty-four characters."""
    return "ACoAA" + chance.token(20, seed, *key, "provider id") + chance.token(14, seed, *key, "provider id, rest")


def make_slug(first: str, last: str) -> str:
    """The readable part of a public identifier: plain lower-case letters and hyphens."""
    plain = unicodedata.normalize("NFKD", f"{first}-{last}".lower().replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in plain if c.isascii() and (c.isalnum() or c == "-"))
