"""Ready-made sequences: steps, waits and first texts in Liquid, to be made one's own before a launch.

Texts use `first_name` and `company`, each with a fallback, so that no variable is ever empty.
"""

from dataclasses import dataclass, replace

from outreach.engine.facts import StepFacts

_HI = 'Hi {{ first_name | default: "there" }}'
_THEM = '{{ company | default: "your team" }}'

DAY = 24
"""Hours of a day: waits are hours."""


@dataclass(frozen=True, slots=True)
class PlayStep:
    """One step of a play. `note` goes with an invite, `subject` and `text` with an InMail, `text` with a message; for
    a call or a task `text` tells the person who does it what to do."""

    key: int
    act: str
    when: str = "any"
    after: str = "last_touch"
    wait_min_h: int = 0
    wait_max_h: int = 0
    text: str = ""
    note: str = ""
    subject: str = ""
    optional: bool = False

    @property
    def facts(self) -> StepFacts:
        """The step as the engine sees it."""
        return StepFacts(
            key=self.key,
            act=self.act,
            when=self.when,
            after=self.after,
            wait_min_h=self.wait_min_h,
            wait_max_h=self.wait_max_h,
            has_text=bool(self.text),
            has_note=bool(self.note),
            optional=self.optional,
        )


@dataclass(frozen=True, slots=True)
class Play:
    """A ready-made sequence. `tiers`: the prospects it is meant for. `practice`: only for seats at the simulator."""

    key: str
    name: str
    summary: str
    tiers: tuple[int, ...]
    steps: tuple[PlayStep, ...]
    practice: bool = False

    @property
    def facts(self) -> tuple[StepFacts, ...]:
        """The steps as the engine sees them."""
        return tuple(step.facts for step in self.steps)


_NOTE = f"{_HI}, I have a question about how {_THEM} finds the right people to talk to. Shall we connect?"

_INMAIL_SUBJECT = f"A question about {_THEM}"

_INMAIL_TEXT = f"""{_HI},

may I ask how {_THEM} looks at outreach today: does somebody know what a reply costs, and in hours or in money?

That is the question I work on, and I would like to compare notes. Is it worth fifteen minutes, or is somebody else at \
{_THEM} the better person to ask?"""


def _invite_after_silence(key: int) -> PlayStep:
    """An invite 7 to 10 days after a message that nobody answered; passed over while an invite is pending."""
    note = f"{_HI}, a short one: I would like to stay in touch with the people at {_THEM}. Shall we connect?"
    return PlayStep(key=key, act="invite", when="not_connected", wait_min_h=7 * DAY, wait_max_h=10 * DAY, note=note)


def _messages(first_key: int) -> tuple[PlayStep, ...]:
    """Three messages to a connection: a day after the acceptance, then after 4 and after 6 silent days."""
    opener = f"""{_HI}, thank you for being in touch.

I am curious how {_THEM} decides whom to approach first. Is there a fixed way of doing it, or does everybody do it \
their own way?"""
    reason = f"""{_HI}, one more thought on this.

Counting what is sent is easy; knowing what a reply costs is not. If that is a question at {_THEM} too, I would gladly \
show you in fifteen minutes how we answer it."""
    close = f"""{_HI}, I will leave it here for now.

Should this become a subject at {_THEM}, a short line is enough and I will pick it up. All the best until then."""
    return (
        PlayStep(first_key, "message", "connected", "accepted", DAY, DAY, text=opener),
        PlayStep(first_key + 1, "message", "connected", "last_touch", 4 * DAY, 4 * DAY, text=reason),
        PlayStep(first_key + 2, "message", "connected", "last_touch", 6 * DAY, 6 * DAY, text=close),
    )


def _withdraw(key: int) -> PlayStep:
    """An invite that nobody answered is withdrawn 21 days after it was sent."""
    return PlayStep(key, "withdraw", "not_connected", "invite", 21 * DAY, 21 * DAY)


VOLUME = Play(
    key="volume",
    name="Volume",
    summary="Invite with a note, messages after acceptance; Open Profiles get a free InMail first.",
    tiers=(1, 2),
    steps=(
        PlayStep(1, "approach", note=_NOTE, subject=_INMAIL_SUBJECT, text=_INMAIL_TEXT),
        _invite_after_silence(2),
        *_messages(3),
        _withdraw(6),
    ),
)

SENIOR_FIRST = Play(
    key="senior",
    name="Senior",
    summary="InMail first (free to an Open Profile), an invite after 7 to 10 silent days, then messages.",
    tiers=(2, 3),
    steps=(
        PlayStep(1, "inmail", subject=_INMAIL_SUBJECT, text=_INMAIL_TEXT),
        _invite_after_silence(2),
        *_messages(3),
        _withdraw(6),
    ),
)

ULTRA = Play(
    key="ultra",
    name="Ultra-high value",
    summary="A view and a like before the InMail, then an invite, messages after acceptance and a call.",
    tiers=(3,),
    steps=(
        PlayStep(1, "view"),
        PlayStep(2, "like", wait_min_h=DAY, wait_max_h=DAY, optional=True),
        PlayStep(3, "inmail", wait_min_h=DAY, wait_max_h=DAY, subject=_INMAIL_SUBJECT, text=_INMAIL_TEXT),
        _invite_after_silence(4),
        *_messages(5),
        PlayStep(
            8,
            "call",
            wait_min_h=3 * DAY,
            wait_max_h=5 * DAY,
            text=f'Call {{{{ first_name | default: "them" }}}} at {_THEM}: refer to the InMail and ask one question.',
        ),
        _withdraw(9),
    ),
)

REHEARSAL = Play(
    key="rehearsal",
    name="Rehearsal",
    summary="The whole way without waits, on practice senders only: the best channel first, messages after acceptance.",
    tiers=(1, 2, 3),
    steps=(
        PlayStep(1, "approach", note=_NOTE, subject=_INMAIL_SUBJECT, text=_INMAIL_TEXT),
        *(replace(step, wait_min_h=0, wait_max_h=0) for step in _messages(2)[:2]),
    ),
    practice=True,
)
"""Nothing waits, so that somebody who tries Parley out sees a sequence from end to end within minutes. Real people
would get messages one right after the other, which is why no real seat may use it."""

PLAYS: dict[str, Play] = {play.key: play for play in (VOLUME, SENIOR_FIRST, ULTRA, REHEARSAL)}
