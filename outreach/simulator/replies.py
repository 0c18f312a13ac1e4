"""What people write back, by kind. Dates are said relative to the simulator's now, as a person would."""

from datetime import UTC, datetime, timedelta

from outreach.simulator import chance

KINDS = ("interested", "question", "not_now", "not_interested", "out_of_office", "stop")

_TEXTS: dict[str, tuple[str, ...]] = {
    "interested": (
        "Sure, send me a few times and let's talk.",
        "This is good timing, we are looking at this right now. Can you do a call on Thursday?",
        "Sounds interesting. Happy to have a chat, my calendar is fairly open next week.",
        "Yes, I would like to know more. Please send over some details and a couple of slots.",
        "Great, let's set up a call.",
    ),
    "question": (
        "How is this different from what we already use?",
        "What does it cost for a team of twelve?",
        "Who else in our industry works with you?",
        "Does it integrate with our CRM, and where is the data hosted?",
        "Can you tell me a bit more about how it works?",
    ),
    "not_now": (
        "Not the right moment for us. Please get back to me in {month}.",
        "We are in a budget freeze until {date}. Ping me after that.",
        "Interesting, but not now. Could you reach out again on {date}?",
        "Swamped this quarter. Let's revisit in {month}.",
    ),
    "not_interested": (
        "Thanks, but not interested.",
        "No thanks, we are happy with what we have.",
        "We are not looking for anything like this. All the best.",
        "I don't think this is a fit for us, thank you.",
    ),
    "out_of_office": (
        "I am out of the office until {date} and will answer when I am back.",
        "Automatic reply: I am on annual leave and return on {date}. For urgent matters please contact my colleagues.",
        "Thank you for your message. I am currently on vacation with limited access to messages and back on {date}.",
    ),
    "stop": (
        "Please stop messaging me.",
        "Unsubscribe. Do not contact me again.",
        "Remove me from your list, please.",
    ),
}


def compose(kind: str, now: int, seed: int, *key: chance.Key) -> str:
    """A text of this kind; `now` in milliseconds since 1970 sets the dates in it."""
    text = chance.choose(_TEXTS[kind], seed, "reply text", *key)
    ahead = 3 + chance.number(seed, "reply date", *key) % (12 if kind == "out_of_office" else 75)
    moment = datetime.fromtimestamp(now // 1000, UTC)
    back = moment + timedelta(days=ahead if kind == "out_of_office" else ahead + 14)
    month = back.replace(day=1) + timedelta(days=32)
    return text.format(date=f"{back.day} {back:%B %Y}", month=f"{month:%B}")
