"""Lengths are checked as the channel counts them, and a frozen text has one hash whatever its line ends."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.engine.kinds import TEXTS, Kind
from outreach.language import fitting


@pytest.mark.parametrize(
    ("kind", "longest", "note_chars"),
    [
        (Kind.INVITE_NOTE, 300, fitting.NOTE_PAID),
        (Kind.INVITE_NOTE, 200, fitting.NOTE_FREE),
        (Kind.DM, 8_000, 300),
        (Kind.INMAIL, 1_900, 300),
        (Kind.OPEN_INMAIL, 1_900, 300),
        (Kind.COMMENT, 1_250, 300),
        (Kind.WHATSAPP, 4_096, 300),
    ],
)
def test_a_text_fits_up_to_its_limit_and_not_one_more(kind, longest, note_chars):
    assert fitting.check(kind, "Hello", "x" * longest, note_chars=note_chars) is None
    sentence = fitting.check(kind, "Hello", "x" * (longest + 7), note_chars=note_chars)
    assert sentence is not None
    assert f"has {longest + 7:,} characters and may have {longest:,}: shorten it by 7." in sentence


@pytest.mark.parametrize("kind", [Kind.INMAIL, Kind.OPEN_INMAIL])
def test_an_inmails_subject_has_200_characters_at_most(kind):
    assert fitting.check(kind, "x" * 200, "Hi", note_chars=300) is None
    sentence = fitting.check(kind, "x" * 201, "Hi", note_chars=300)
    assert sentence is not None and sentence.startswith("The subject of this ")


def test_the_sentence_names_the_note_and_the_invite():
    sentence = fitting.check(Kind.INVITE_NOTE, "", "x" * 212, note_chars=200)
    assert sentence == "The note of this invite has 212 characters and may have 200: shorten it by 12."


def test_an_e_mail_has_no_limit():
    assert fitting.check(Kind.EMAIL, "x" * 5_000, "x" * 100_000, note_chars=300) is None


def test_every_kind_that_carries_a_text_is_in_the_table():
    assert set(fitting.LENGTHS) == set(TEXTS)


def test_an_emoji_counts_as_linkedin_counts_it():
    assert fitting.count("a😀") == 3
    assert fitting.check(Kind.INVITE_NOTE, "", "😀" * 150, note_chars=300) is None
    assert fitting.check(Kind.INVITE_NOTE, "", "😀" * 151, note_chars=300) is not None


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_the_count_is_utf_16_and_never_less_than_the_characters(text):
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    assert fitting.count(text) == len(unified.encode("utf-16-le")) // 2 >= len(unified)


def test_a_long_message_is_advised_against_but_fits():
    assert fitting.advise(Kind.DM, "x" * 1_900) is None
    assert "1,901 characters" in (fitting.advise(Kind.DM, "x" * 1_901) or "")
    assert fitting.check(Kind.DM, "", "x" * 1_901, note_chars=300) is None
    assert fitting.advise(Kind.EMAIL, "x" * 9_000) is None


def test_hashes_are_sha_256_of_lf_text():
    assert fitting.text_hash("Grüezi\r\nAnn") == sha256("Grüezi\nAnn".encode()).hexdigest()
    assert fitting.frozen_hash("Hello", "Hi\r\nAnn") == sha256(b"Hello\nHi\nAnn").hexdigest()
    assert fitting.frozen_hash("", "Hi") == sha256(b"\nHi").hexdigest()


@given(st.text(), st.text())
def test_line_ends_do_not_change_a_hash(subject, text):
    subject = subject.replace("\r", "")  # a subject that has one already would get another line from the next
    assert fitting.frozen_hash(subject.replace("\n", "\r\n"), text) == fitting.frozen_hash(subject, text)
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    assert fitting.text_hash(unified.replace("\n", "\r\n")) == fitting.text_hash(text)


@given(st.text(), st.text())
def test_different_texts_have_different_hashes(one, other):
    same = one.replace("\r\n", "\n").replace("\r", "\n") == other.replace("\r\n", "\n").replace("\r", "\n")
    assert (fitting.text_hash(one) == fitting.text_hash(other)) is same
