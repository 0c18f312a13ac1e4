"""The vendor's answer objects about posts."""

from typing import TYPE_CHECKING, Any

from outreach.simulator import tempers
from outreach.simulator.clock import say_age, write_instant
from outreach.simulator.shapes import DISTANCES

if TYPE_CHECKING:
    from outreach.simulator.posts import Engagement, Post
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

Shape = dict[str, Any]


def post(world: "World", item: "Post") -> Shape:
    posts = world.posts
    at = posts.at(item)
    if isinstance(item.author, str):
        slug, name = world.seats[item.author].slug, world.seats[item.author].name
    else:
        slug, name = world.people.everyone[item.author].slug, world.people.everyone[item.author].name
    return {
        "object": "Post",
        "provider": "LINKEDIN",
        "id": item.id,
        "social_id": item.social_id,
        "share_url": f"https://www.linkedin.com/feed/update/{item.social_id}",
        "text": posts.text(item),
        "date": say_age(at, world.clock.now()),
        "parsed_datetime": write_instant(at),
        "reaction_counter": len(posts.engagements(item, "reaction")),
        "comment_counter": len(posts.engagements(item, "comment")),
        "repost_counter": 0,
        "impressions_counter": 0,
        "author": {"public_identifier": slug, "name": name, "is_company": False},
        "permissions": {
            "can_react": True,
            "can_share": True,
            "can_post_comments": posts.open_to_comments(item),
        },
        "is_repost": False,
        "attachments": [],
    }


def _author(world: "World", seat: "Seat", by: int | str) -> tuple[str, Shape]:
    if isinstance(by, str):
        own = world.seats[by]
        return own.name, {
            "id": own.provider_id,
            "headline": own.headline,
            "profile_url": f"https://www.linkedin.com/in/{own.slug}",
            "network_distance": None,
        }
    person = world.people.everyone[by]
    return person.name, {
        "id": person.provider_id,
        "headline": person.headline,
        "profile_url": person.url,
        "network_distance": DISTANCES[tempers.degree(world, seat, person)],
    }


def comment(world: "World", seat: "Seat", item: "Engagement") -> Shape:
    name, details = _author(world, seat, item.by)
    return {
        "object": "Comment",
        "id": item.id,
        "author": name,
        "author_details": details,
        "date": say_age(item.at, world.clock.now()),
        "text": item.value,
        "reaction_counter": 0,
        "reply_counter": 0,
    }


def reaction(world: "World", seat: "Seat", item: "Engagement") -> Shape:
    name, details = _author(world, seat, item.by)
    author = {"type": "INDIVIDUAL", "name": name, **{k: v for k, v in details.items() if v is not None}}
    return {"object": "PostReaction", "value": item.value, "author": author}
