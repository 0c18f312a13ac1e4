"""Posts, reactions and comments."""

from typing import TYPE_CHECKING

from outreach.simulator import posts, shapes_posts
from outreach.simulator.api_accounts import page
from outreach.simulator.calls import Answer, Call, acting_seat
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.world import World


def list_posts(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id, reading=True)
    identifier = call.params["identifier"]
    person = world.people.find(identifier)
    author: int | str | None = person.index if person is not None else None
    if author is None:
        author = next((s.id for s in world.seats.values() if identifier in (s.slug, s.provider_id)), None)
    if author is None:
        raise Refusal("resource_not_found", "There is no member with this identifier.")
    some, cursor = page(world.posts.by(author), call, f"posts of {identifier}", 100, 100, account_id=seat.id)
    return 200, {"object": "PostList", "items": [shapes_posts.post(world, post) for post in some], "cursor": cursor}


def get_post(world: "World", call: Call) -> Answer:
    acting_seat(world, call.account_id, reading=True)
    return 200, shapes_posts.post(world, world.posts.find(call.params["post_id"]))


def react(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id)
    post = world.posts.find(call.must("post_id"))
    reaction = call.text("reaction_type", required=False) or "like"
    if reaction not in posts.REACTIONS:
        raise Refusal("invalid_parameters", f"reaction_type must be one of {', '.join(posts.REACTIONS)}.")
    world.posts.react(seat, post, reaction)
    return 201, {"object": "ReactionAdded"}


def comment(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id)
    post = world.posts.find(call.params["post_id"])
    made = world.posts.comment(seat, post, call.must("text"))
    return 201, {"object": "CommentSent", "comment_id": made.id}


def list_comments(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id, reading=True)
    post = world.posts.find(call.params["post_id"])
    found = world.posts.engagements(post, "comment")
    some, cursor = page(found, call, f"comments of {post.id}", 100, 100)
    items = [shapes_posts.comment(world, seat, item) for item in some]
    return 200, {"object": "CommentList", "items": items, "cursor": cursor, "total_items": len(found)}


def list_reactions(world: "World", call: Call) -> Answer:
    seat = acting_seat(world, call.account_id, reading=True)
    post = world.posts.find(call.params["post_id"])
    some, cursor = page(world.posts.engagements(post, "reaction"), call, f"reactions of {post.id}", 100, 100)
    items = [shapes_posts.reaction(world, seat, item) for item in some]
    return 200, {"object": "PostReactionList", "items": items, "cursor": cursor}
