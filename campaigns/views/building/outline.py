"""A campaign's flat steps as an outline of what can happen to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from campaigns.building import drafts, previews
from campaigns.building.fits import Field
from campaigns.models import Step
from campaigns.running.database import Row
from outreach.engine.plays import DAY

ACTS: dict[str, tuple[str, str, str]] = {
    "approach": ("First contact on the best channel", "invite", "invite"),
    "invite": ("Invite with a note", "invite", "invite"),
    "inmail": ("InMail", "inmail", "inmail"),
    "message": ("Message", "message", "message"),
    "view": ("View of the profile", "engage", "eye"),
    "follow": ("Follow", "engage", "signal"),
    "like": ("Like of a post", "engage", "engage"),
    "comment": ("Comment", "engage", "message"),
    "withdraw": ("Withdrawal of the invite", "invite", "withdraw"),
    "email": ("E-mail", "email", "email"),
    "whatsapp": ("WhatsApp", "whatsapp", "whatsapp"),
    "call": ("Call", "engage", "person"),
    "task": ("Task", "engage", "check"),
}
"""Words, channel colour and icon of each act."""


@dataclass(slots=True)
class Node:
    """A step in the outline with what follows it."""

    step: Step
    words: str
    channel: str
    icon: str
    first: str
    counts: tuple[Field, ...]
    problems: int
    here: bool
    wait: str
    branches: list["Branch"] = field(default_factory=list)


@dataclass(slots=True)
class Branch:
    """What can happen after a step: `stop` says how it ends, or `node` goes on."""

    words: str
    tone: str
    icon: str
    stop: str = ""
    node: Node | None = None


def node_of(step: Step, variant: Row, checked: previews.Checked, here: bool) -> Node:
    words, channel, icon = ACTS[step.act]
    if step.act == "invite" and not variant["note"].strip():
        words = "Invite without a note"
    first = next(
        (variant[name] for name in ("note", "text") if name in drafts.FIELDS.get(step.act, ()) and variant[name]), ""
    )
    return Node(
        step=step,
        words=words,
        channel=channel,
        icon=icon,
        first=" ".join(first.split())[:140],
        counts=tuple(one for one in checked.fields if one.longest is not None),
        problems=len(checked.problems),
        here=here,
        wait=wait_words(step),
    )


def wait_words(step: Step) -> str:
    """`1 day`, `7 to 10 days`, or nothing for a step that waits for nothing."""
    low, high = step.wait_min_h // DAY, step.wait_max_h // DAY
    if not high:
        return ""
    if low == high:
        return "1 day" if low == 1 else f"{low} days"
    return f"{low} to {high} days"


def tree(nodes: Sequence[Node]) -> Node | None:
    """The flat steps as the outline of what can happen to a person: an invite parts into who accepted and who did not,
    a message into who answered and who is silent."""
    if not nodes:
        return None
    node, rest = nodes[0], nodes[1:]
    act = node.step.act
    if act in ("invite", "approach"):
        accepted = [one for one in rest if one.step.when == "connected"]
        silent = [one for one in rest if one.step.when != "connected"]
        if accepted:
            node.branches.append(Branch(_after("Accepted", accepted[0]), "ok", "check", node=tree(accepted)))
        elif act == "invite":
            node.branches.append(Branch("Accepted", "ok", "check", stop="On with the messages"))
        node.branches.append(Branch("Replied", "accent", "reply", stop="Stop, thread to inbox"))
        if silent:
            node.branches.append(Branch(_after("No answer", silent[0]), "", "clock", node=tree(silent)))
        return node
    if act in ("message", "inmail", "email", "whatsapp", "comment"):
        ends = "Stop, credit returns" if act == "inmail" else "Stop, thread to inbox"
        node.branches.append(Branch("Any response" if act == "inmail" else "Replied", "accent", "reply", stop=ends))
        if rest:
            node.branches.append(Branch(_after("Silent", rest[0]), "", "clock", node=tree(rest)))
        return node
    if rest:
        node.branches.append(Branch(f"{rest[0].wait} later" if rest[0].wait else "Then", "", "clock", node=tree(rest)))
    return node


def _after(words: str, node: Node) -> str:
    if not node.wait:
        return words
    return f"{words}, {node.wait} later" if words == "Accepted" else f"{words} for {node.wait}"
