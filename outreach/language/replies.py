"""What a reply says: whether a person or a machine wrote it, whether it opts out, what it intends, until when.

Rules, no guessing: opting out comes before everything else, a machine's out-of-office note before intents, and what no
rule is sure of is "unsure". The words that decided are given back, so that a person can judge the judgement. Any text
is read in linear time, its first `EXAMINED` characters.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from outreach.engine.sequence import InboundKind
from outreach.language import dates, phrases
from outreach.language.folding import Folded, fold_tracked, sentence_around
from outreach.language.plain import clean
from outreach.language.quotes import own_words

EXAMINED = 8_000
"""Characters that are read, of a message without its quotations."""

_TAKEN = 4 * EXAMINED
"""Characters that are looked at to find the quotations."""

_LONGEST_AWAY = timedelta(days=550)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_BOOKING = re.compile(r"calendly\.com|cal\.com|meetings\.hubspot|outlook\.office\S*/bookwithme|calendar\.app\.google")


class Intent(StrEnum):
    """What a reply is after."""

    INTERESTED = "interested"
    QUESTION = "question"
    NOT_NOW = "not_now"
    NOT_INTERESTED = "not_interested"
    OUT_OF_OFFICE = "out_of_office"
    STOP = "stop"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reply is read. `kind`: message, out_of_office or opt_out, which decides what the sequence does. `until`:
    midnight UTC of the day of return, or of the day named for "not now". `evidence`: the words that decided."""

    kind: InboundKind
    intent: Intent
    until: datetime | None
    evidence: str


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int


def read(text: str, *, at: datetime) -> Reading:
    """Read what a person wrote at `at` (aware). Never raises, whatever the text."""
    written = fold_tracked(_ADDRESS.sub(_name_address, own_words(clean(text[:_TAKEN]))), EXAMINED)
    today = at.astimezone(UTC).date()
    if found := _opts_out(written.text):
        return Reading(InboundKind.OPT_OUT, Intent.STOP, None, _words(written, found))
    found_intent, decided = _intent(written.text)
    if away := _is_away(written.text, found_intent):
        until = _return_day(written.text, today)
        return Reading(InboundKind.OUT_OF_OFFICE, Intent.OUT_OF_OFFICE, _midnight(until), _words(written, away))
    day = _later_day(written.text, today, decided) if found_intent is Intent.NOT_NOW and decided else None
    evidence = _words(written, decided) if decided else ""
    return Reading(InboundKind.MESSAGE, found_intent, _midnight(day), evidence)


def _name_address(address: re.Match[str]) -> str:
    return "calendly" if _BOOKING.search(address.group().lower()) else "…"


def _words(written: Folded, found: _Match) -> str:
    return written.words(found.start, found.end)[:200]


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


# --- opting out


def _opts_out(text: str) -> _Match | None:
    if said := _only_stop(text):
        return said
    for pattern in (phrases.OPT_OUT, phrases.OPT_OUT_ASKED):
        for found in pattern.finditer(text):
            before = text[max(found.start() - 60, 0) : found.start()]
            if re.search(r"[\n.!?;:,]\s*$", before) is None and phrases.NOT_OPT_OUT.search(before):
                continue
            if phrases.ONLY_FOR_NOW.match(text, found.end()):
                continue
            return _trimmed(text, found.start(), found.end())
    return None


def _only_stop(text: str) -> _Match | None:
    """The word of a message that says "stop" and nothing else, courtesy and a name aside."""
    said: _Match | None = None
    for line in re.finditer(r"[^\n]+", text[:400]):
        for sentence in re.finditer(r"[^.!?,;]+", line.group()):
            words = sentence.group().strip(" \"'*-_()[]:")
            if not words or phrases.COURTESY.fullmatch(words):
                continue
            if phrases.STOP_WORD.fullmatch(words):
                said = said or _trimmed(text, line.start() + sentence.start(), line.start() + sentence.end())
            elif said is None or not _is_name(text, said, line, words):
                return None
    return said if len(text) <= 400 else None


def _is_name(text: str, said: _Match, line: re.Match[str], words: str) -> bool:
    """Whether these words, on a line below, can be the writer's name or a line of a signature."""
    return "\n" in text[said.end : line.end()] and len(words.split()) <= 4


# --- away


def _is_away(text: str, intent: Intent) -> _Match | None:
    """The words that say that somebody is away, when a machine wrote this or nothing in it answers us: a person who
    answers from the beach has answered."""
    for found in phrases.AUTOMATIC.finditer(text):
        _, end = sentence_around(text, found.start(), found.end())
        if text[end - 1 : end] != "?":
            return _trimmed(text, found.start(), found.end())
    if intent in (Intent.INTERESTED, Intent.NOT_INTERESTED, Intent.QUESTION):
        return None
    for found in phrases.AWAY.finditer(text):
        start, _ = sentence_around(text, found.start(), found.end())
        if not phrases.OVER.search(text[max(start, found.start() - 60) : found.start()]):
            return _trimmed(text, found.start(), found.end())
    return None


def _return_day(text: str, today: date) -> date | None:
    """The day of return an out-of-office note names: the one after "back", else after "until", else the only one."""
    days = [
        mention for mention in dates.find(text, today) if timedelta(0) <= mention.day - today <= _LONGEST_AWAY
    ]  # today counts: it tells that the other day is not the only one
    ahead = [mention for mention in days if mention.day > today]
    backs = [found.end() for found in phrases.BACK.finditer(text)]
    for mention in ahead:
        start, _ = sentence_around(text, mention.start, mention.end)
        if any(max(start, mention.start - 45) <= back <= mention.start for back in backs):
            return mention.day + timedelta(days=1) if _is_through(text, mention) else mention.day
    for mention in ahead:
        if phrases.UNTIL.search(text[max(mention.start - 45, 0) : mention.start]) or _names_until(text, mention):
            return mention.day + timedelta(days=1) if _is_through(text, mention) else mention.day
    for mention in ahead:
        _, end = sentence_around(text, mention.start, mention.end)
        if any(mention.end <= back <= min(end, mention.end + 25) for back in backs):
            return mention.day
    return ahead[0].day if len(days) == 1 and ahead else None


def _names_until(text: str, mention: dates.Mention) -> bool:
    """Whether the mention itself begins with until ("until August")."""
    return bool(re.match(r"(?:until|till?|bis|hasta|tot)\b", text[mention.start : mention.end]))


def _is_through(text: str, mention: dates.Mention) -> bool:
    """Whether the day itself is still away ("through Friday", "bis einschließlich")."""
    near = text[max(mention.start - 30, 0) : mention.start], text[mention.end : mention.end + 15]
    return any(phrases.THROUGH.search(part) for part in near)


# --- intents


def _intent(text: str) -> tuple[Intent, _Match | None]:
    not_now = _first(phrases.NOT_NOW, text)
    refusal = _first(phrases.NOT_INTERESTED, text)
    interest = _interest(text)
    question = _question(text)
    if not_now and not (interest and _same_place(interest, not_now)):
        return Intent.NOT_NOW, not_now
    if refusal and (passing := _for_now(text, refusal)):
        return Intent.NOT_NOW, passing
    if refusal:
        return (
            (Intent.UNSURE, None) if interest and not _overlap(interest, refusal) else (Intent.NOT_INTERESTED, refusal)
        )
    if interest:
        return Intent.INTERESTED, interest
    if question:
        return Intent.QUESTION, question
    whole = _whole(text)
    for pattern, intent in ((phrases.YES, Intent.INTERESTED), (phrases.NO, Intent.NOT_INTERESTED)):
        if pattern.fullmatch(whole):
            return intent, _trimmed(text, 0, len(text))
    return Intent.UNSURE, None


def _first(pattern: re.Pattern[str], text: str) -> _Match | None:
    found = pattern.search(text)
    return _trimmed(text, found.start(), found.end()) if found else None


def _for_now(text: str, refusal: _Match) -> _Match | None:
    """The refusal with the words that limit it to the present, when its sentence has such."""
    start, end = sentence_around(text, refusal.start, refusal.end)
    found = phrases.FOR_NOW.search(text, start, min(end, start + 400))
    return _trimmed(text, min(refusal.start, found.start()), max(refusal.end, found.end())) if found else None


def _interest(text: str) -> _Match | None:
    """Words of interest that are neither denied nor taken back in the same sentence."""
    for found in phrases.INTERESTED.finditer(text):
        start, end = sentence_around(text, found.start(), found.end())
        if phrases.DENIED.search(text[max(start, found.start() - 60) : found.start()]):
            continue
        if phrases.BUT.search(text[start : min(end, start + 400)]):
            continue
        if "tell" in found.group() and "?" in text[end - 1 : end + 1]:
            continue
        return _trimmed(text, found.start(), found.end())
    return None


def _question(text: str) -> _Match | None:
    """A sentence that asks something."""
    for found in re.finditer(r"[^\n.!?;]{1,400}\?", text):
        words = found.group().strip(" ?\"'")
        if words and not phrases.RHETORICAL.fullmatch(words):
            return _trimmed(text, found.start(), found.end())
    for sentence in re.finditer(r"[^\n.!?;]{9,200}", text):
        if phrases.QUESTION_WORDS.match(sentence.group().lstrip()):
            return _trimmed(text, sentence.start(), sentence.end())
    return None


def _same_place(one: _Match, other: _Match) -> bool:
    return one.start <= other.start and one.end >= other.end


def _overlap(one: _Match, other: _Match) -> bool:
    return one.start < other.end and other.start < one.end


def _whole(text: str) -> str:
    """The message without courtesy, when that is one short sentence."""
    said = [
        words
        for sentence in re.split(r"[\n.!?,;]+", text[:200])
        if (words := sentence.strip(" \"'*-")) and not phrases.COURTESY.fullmatch(words)
    ]
    return " ".join(said) if len(text) <= 200 else ""


def _later_day(text: str, today: date, decided: _Match) -> date | None:
    """The day named for later: in the sentence that decided or after it, else before it; only a day ahead."""
    ahead = [mention for mention in dates.find(text, today) if mention.day > today]
    start, _ = sentence_around(text, decided.start, decided.end)
    following = [mention.day for mention in ahead if mention.end > start]
    return next(iter(following or [mention.day for mention in ahead]), None)


def _trimmed(text: str, start: int, end: int) -> _Match:
    found = text[start:end]
    return _Match(start + len(found) - len(found.lstrip(" \n.,;:!?")), start + len(found.rstrip(" \n")))
