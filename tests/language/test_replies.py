"""Replies are read as a careful colleague would read them, and "unsure" is said where that one would ask."""

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.sequence import REACTIONS, InboundKind
from outreach.language.replies import Intent, read
from outreach.simulator import replies as simulated

from . import corpus

NOW = datetime(2026, 7, 15, 9, 30, tzinfo=UTC)


def day(reading):
    if reading.until is None:
        return None
    assert (reading.until.hour, reading.until.minute, reading.until.tzinfo) == (0, 0, UTC)
    return reading.until.date().isoformat()


@pytest.mark.parametrize("text", corpus.STOP)
def test_opting_out_is_understood(text):
    reading = read(text, at=NOW)
    assert (reading.kind, reading.intent, reading.until) == (InboundKind.OPT_OUT, Intent.STOP, None)
    assert reading.evidence
    assert REACTIONS[reading.kind].suppresses


@pytest.mark.parametrize("text", corpus.NO_STOP)
def test_words_that_only_look_like_opting_out_suppress_nobody(text):
    assert read(text, at=NOW).kind is not InboundKind.OPT_OUT


@pytest.mark.parametrize(("text", "until"), corpus.AWAY)
def test_out_of_office_is_understood_with_its_day_of_return(text, until):
    reading = read(text, at=NOW)
    assert (reading.kind, reading.intent) == (InboundKind.OUT_OF_OFFICE, Intent.OUT_OF_OFFICE)
    assert day(reading) == until


@pytest.mark.parametrize(
    ("texts", "intent"),
    [
        (corpus.INTERESTED, Intent.INTERESTED),
        (corpus.QUESTION, Intent.QUESTION),
        (corpus.NOT_INTERESTED, Intent.NOT_INTERESTED),
        (corpus.UNSURE, Intent.UNSURE),
    ],
)
def test_what_a_person_intends(texts, intent):
    for text in texts:
        reading = read(text, at=NOW)
        assert (text, reading.kind, reading.intent, reading.until) == (text, InboundKind.MESSAGE, intent, None)
        assert bool(reading.evidence) is (intent is not Intent.UNSURE), text


@pytest.mark.parametrize(("text", "until"), corpus.NOT_NOW)
def test_not_now_is_understood_with_the_day_named(text, until):
    reading = read(text, at=NOW)
    assert (reading.kind, reading.intent) == (InboundKind.MESSAGE, Intent.NOT_NOW)
    assert day(reading) == until


@pytest.mark.parametrize("kind", simulated.KINDS)
def test_the_simulated_people_are_understood_on_every_day_of_two_years(kind):
    for nth in range(730):
        at = NOW + timedelta(days=nth)
        text = simulated.compose(kind, int(at.timestamp() * 1000), 7, nth)
        reading = read(text, at=at)
        assert (text, reading.intent) == (text, kind)
        if kind == "out_of_office":
            assert reading.kind is InboundKind.OUT_OF_OFFICE
            assert reading.until is not None, text
            assert f"{reading.until.day} {reading.until:%B %Y}" in text
        elif kind == "not_now":
            assert reading.until is not None, text
            assert f"{reading.until:%B}" in text and reading.until > at
        else:
            assert reading.kind is (InboundKind.OPT_OUT if kind == "stop" else InboundKind.MESSAGE)
            assert reading.until is None


def test_the_evidence_is_in_the_words_of_the_writer():
    assert (
        read("Hallo,\nbitte KONTAKTIEREN Sie mich nicht mehr!", at=NOW).evidence == "KONTAKTIEREN Sie mich nicht mehr"
    )
    assert read("Ich bin bis 3.8. im Büro nicht. Abwesenheitsnotiz", at=NOW).evidence == "Abwesenheitsnotiz"
    assert read("Well, what does it cost?", at=NOW).evidence == "Well, what does it cost?"


QUOTED = "Do you want to stop? Unsubscribe. Remove me from your list. I am out of the office until 3 August."


@pytest.mark.parametrize(
    "quotation",
    [
        f"On Tue, 14 Jul 2026 at 10:00, Bob Moreau <bob@tidewell.example> wrote:\n> {QUOTED}",
        f"On Tue, 14 Jul 2026 at 10:00, Bob Moreau\n<bob@tidewell.example> wrote:\n{QUOTED}",
        f"Am 14.07.2026 um 10:00 schrieb Bob Moreau <bob@tidewell.example>:\n{QUOTED}",
        f"Le mar. 14 juil. 2026 à 10:00, Bob Moreau a écrit :\n{QUOTED}",
        f"El mar, 14 jul 2026 a las 10:00, Bob Moreau escribió:\n{QUOTED}",
        f"Op di 14 jul. 2026 om 10:00 schreef Bob Moreau:\n{QUOTED}",
        f"Il giorno mar 14 lug 2026 alle ore 10:00 Bob Moreau ha scritto:\n{QUOTED}",
        f"-----Original Message-----\n{QUOTED}",
        f"-----Ursprüngliche Nachricht-----\n{QUOTED}",
        f"________________________________\nFrom: Bob Moreau\n{QUOTED}",
        f"From: Bob Moreau <bob@tidewell.example>\nSent: Tuesday, 14 July 2026\nTo: Jon\nSubject: Hi\n\n{QUOTED}",
        f"Von: Bob Moreau\nGesendet: Dienstag\nAn: Jon\nBetreff: Hallo\n\n{QUOTED}",
        f"> {QUOTED}\n>\n>> {QUOTED}",
        f"-- \nJon Smith\n{QUOTED}",
        f"Sent from my iPhone\n\nOn 14 July 2026, Bob wrote:\n{QUOTED}",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_we_wrote_ourselves_is_not_read_as_the_answer(quotation, end):
    whole = f"Sounds good, let's talk.\n\n{quotation}".replace("\n", end)
    assert read(whole, at=NOW).intent is Intent.INTERESTED
    assert read(f"Thanks\n\n{quotation}".replace("\n", end), at=NOW).intent is Intent.UNSURE


def test_an_answer_below_the_quotation_is_read():
    text = "On Tue, 14 Jul 2026 at 10:00, Bob Moreau wrote:\n> Shall we talk?\n> Bob\n\nNo thanks."
    assert read(text, at=NOW).intent is Intent.NOT_INTERESTED


def test_a_person_who_answers_from_a_holiday_has_answered():
    for text in (
        "I'm on vacation until 3 August, but sounds interesting. Let's talk then.",
        "Not interested, and I am on holiday.",
        "I am out of the office this week. What does it cost?",
    ):
        reading = read(text, at=NOW)
        assert (text, reading.kind) == (text, InboundKind.MESSAGE)


def test_opting_out_binds_even_in_an_automatic_answer():
    reading = read("Automatic reply: I am out of office until 3 August. Please do not contact me again.", at=NOW)
    assert reading.kind is InboundKind.OPT_OUT


def test_the_day_is_counted_in_utc_wherever_the_server_stands():
    east = datetime(2026, 7, 16, 1, 0, tzinfo=timezone(timedelta(hours=9)))  # still 15 July in UTC
    assert day(read("I am out of office until tomorrow.", at=east)) == "2026-07-16"


def test_a_wrapped_line_is_one_sentence():
    text = "Hello Bob, thank you very much for your message, but please do not\ncontact me again."
    assert read(text, at=NOW).kind is InboundKind.OPT_OUT


# --- promises

NASTY = st.text(alphabet=st.characters() | st.sampled_from("\0\ud800\udfff\u202e\u200d😀 \n\r>.?'"), max_size=300)
PIECES = st.lists(
    st.sampled_from(corpus.STOP + corpus.NO_STOP + corpus.INTERESTED + corpus.QUESTION)
    | st.sampled_from([text for text, _ in corpus.AWAY + corpus.NOT_NOW])
    | NASTY,
    max_size=5,
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(PIECES, st.sampled_from(["\n", " ", ". ", "\r\n> "]), MOMENTS)
def test_any_text_is_read_the_same_twice_and_says_when_only_ahead(pieces, between, at):
    text = between.join(pieces)
    reading = read(text, at=at)
    assert reading == read(text, at=at)
    assert (reading.kind is InboundKind.OPT_OUT) is (reading.intent is Intent.STOP)
    assert (reading.kind is InboundKind.OUT_OF_OFFICE) is (reading.intent is Intent.OUT_OF_OFFICE)
    assert len(reading.evidence) <= 200
    reading.evidence.encode()
    if reading.until is not None:
        assert reading.intent in (Intent.OUT_OF_OFFICE, Intent.NOT_NOW)
        assert at < reading.until < at + timedelta(days=800)


@pytest.mark.parametrize(
    "piece",
    [
        *("x", " ", "\n", "\0", "\ud800", "😀", "\ufdfa", "> ", ">\n", "- ", "not ", "annual ", "On 3 ", "From: a\n"),
        *("please stop sending these ", "12.08. until ", "ich bin bis ", "can't stop messaging me ", "interested. "),
        "get back out again in ",
    ],
)
def test_no_text_costs_more_than_a_moment(piece, within):
    with within(seconds=1):
        read(piece * (10_000_000 // len(piece)), at=NOW)
        read(piece * (8_000 // len(piece)) + "!", at=NOW)


def test_noise_is_never_an_opt_out():
    dice = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz     .,?!"
    for _ in range(500):
        text = "".join(dice.choice(letters) for _ in range(80))
        assert read(text, at=NOW).intent in (Intent.UNSURE, Intent.QUESTION)
