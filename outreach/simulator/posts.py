"""Posts of people and seats, and who reacted to them or commented."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance, names, touches
from outreach.simulator.clock import DAY
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.people import Person
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

COMMENT_CHARACTERS = 1_250
# how a reaction is written and how it is read
REACTIONS = {
    "like": "LIKE",
    "celebrate": "PRAISE",
    "support": "APPRECIATION",
    "love": "EMPATHY",
    "insightful": "INTEREST",
    "funny": "ENTERTAINMENT",
}


@dataclass(slots=True)
class Post:
    """One post. `author` is a person's index, or the id of a seat."""

    id: str
    author: int | str
    number: int

    @property
    def social_id(self) -> str:
        return f"urn:li:activity:{self.id}"


@dataclass(slots=True)
class Engagement:
    """A reaction (`value` as read) or a comment (`value` is its text). `by` is a person's index or a seat's id."""

    id: str
    post_id: str
    by: int | str
    kind: str
    value: str
    at: int

    def row(self) -> list[Any]:
        return [self.id, self.post_id, self.by, self.kind, self.value, self.at]


class Posts:
    """All posts, made from the seed, and all engagement with them."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._by_id: dict[str, Post] = {}
        self._engagements: dict[str, list[Engagement]] = {}

    def index(self) -> None:
        """Know every post by its id."""
        self._by_id.clear()
        for person in self._world.people.everyone:
            self.index_person(person)
        for seat in self._world.seats.values():
            self.index_seat(seat)

    def index_person(self, person: "Person") -> None:
        """A person's posts: none to three."""
        for number in range(chance.number(self._world.seed, "posts", person.slug) % 4):
            self._add(Post(chance.digits(self._world.seed, "post", person.slug, number), person.index, number))

    def index_seat(self, seat: "Seat") -> None:
        """A seat's own two posts, with a few people who engaged with them."""
        world = self._world
        for number in range(2):
            post = Post(chance.digits(world.seed, "post", seat.id, number), seat.id, number)
            self._add(post)
            seeded = world.people.everyone[: world.people.seeded]  # newcomers change nothing of what was before them
            for nth in range(min(5, len(seeded))):
                person = chance.choose(seeded, world.seed, "fan", post.id, nth)
                kind = "comment" if nth == 0 else "reaction"
                value = "Well said." if nth == 0 else chance.choose(list(REACTIONS.values()), world.seed, post.id, nth)
                at = self.at(post) + chance.number(world.seed, "fan at", post.id, nth) % DAY
                self._enter(Engagement(chance.digits(world.seed, post.id, nth), post.id, person.index, kind, value, at))

    def restore(self, rows: dict[str, list[Any]]) -> None:
        """What the seats did, from the journal."""
        for row in rows.values():
            self._enter(Engagement(*row))

    def find(self, post_id: str) -> Post:
        """By social id or visible number. Raises Refusal when there is none."""
        post = self._by_id.get(post_id.rpartition(":")[2])
        if post is None:
            raise Refusal("resource_not_found", "There is no post with this id.")
        return post

    def by(self, author: int | str) -> list[Post]:
        """The posts of one author, newest first."""
        if isinstance(author, str):
            key: tuple[str, int] = (author, 2)
        else:
            slug = self._world.people.everyone[author].slug
            key = (slug, chance.number(self._world.seed, "posts", slug) % 4)
        found = [self._by_id[chance.digits(self._world.seed, "post", key[0], number)] for number in range(key[1])]
        return sorted(found, key=self.at, reverse=True)

    def at(self, post: Post) -> int:
        """When it was published: within the ninety days before the start."""
        return self._world.started_at - 1 - chance.number(self._world.seed, "post at", post.id) % (90 * DAY)

    def text(self, post: Post) -> str:
        world = self._world
        if isinstance(post.author, str):
            return "What we learnt from a hundred conversations this month."
        person = world.people.everyone[post.author]
        trade = person.company.rpartition(" ")[2].lower()
        place = person.location.partition(",")[0]
        template = chance.choose(names.POSTS, world.seed, "post text", post.id)
        return template.format(place=place, company=person.company, title=person.title, trade=trade)

    def open_to_comments(self, post: Post) -> bool:
        return chance.fraction(self._world.seed, "comments", post.id) >= 0.03

    def engagements(self, post: Post, kind: str) -> list[Engagement]:
        """Reactions or comments, newest first."""
        return [e for e in reversed(self._engagements.get(post.id, [])) if e.kind == kind]

    def react(self, seat: "Seat", post: Post, reaction: str) -> Engagement:
        """A seat reacts. Raises Refusal when it already has."""
        if any(e.by == seat.id for e in self.engagements(post, "reaction")):
            raise Refusal("action_already_performed", "This account has already reacted to the post.")
        return self._engage(seat, post, "reaction", REACTIONS[reaction])

    def comment(self, seat: "Seat", post: Post, text: str) -> Engagement:
        """A seat comments. Raises Refusal when comments are closed or the text is too long."""
        if len(text) > COMMENT_CHARACTERS:
            raise Refusal("too_many_characters", f"The comment is longer than {COMMENT_CHARACTERS} characters.")
        if not self.open_to_comments(post):
            raise Refusal("comments_disabled", "Comments are closed on this post.")
        return self._engage(seat, post, "comment", text)

    def _engage(self, seat: "Seat", post: Post, kind: str, value: str) -> Engagement:
        world = self._world
        touch_kind = "comment" if kind == "comment" else "like"
        seat.check_volume(touch_kind, world.clock.now())
        nth = sum(1 for e in self._engagements.get(post.id, []) if e.by == seat.id)
        number = chance.digits(world.seed, "engagement", seat.id, post.id, nth)
        engagement = Engagement(number, post.id, seat.id, kind, value, world.clock.now())
        self._enter(engagement)
        world.journal.put("engagement", engagement.id, engagement.row())
        if isinstance(post.author, str):
            author = world.seats[post.author]
            provider_id, slug = author.provider_id, author.slug
        else:
            person = world.people.everyone[post.author]
            provider_id, slug = person.provider_id, person.slug
        text = value if kind == "comment" else None
        touches.accept(world, seat, touch_kind, provider_id, slug, text=text, post_id=post.social_id)
        return engagement

    def _add(self, post: Post) -> None:
        self._by_id[post.id] = post

    def _enter(self, engagement: Engagement) -> None:
        self._engagements.setdefault(engagement.post_id, []).append(engagement)
