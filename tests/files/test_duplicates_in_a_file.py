"""The same person twice in one file."""

from hypothesis import given
from hypothesis import strategies as st

from prospects.files.duplicates import Duplicate, deduplicate
from prospects.files.rows import Problem, Reason, Row


def kept(*rows: Row) -> list[int | tuple[int, int, str]]:
    return [
        (found.row.line, found.of, found.by) if isinstance(found, Duplicate) else found.line
        for found in deduplicate(rows)
    ]


def test_member_id_comes_before_slug_and_slug_before_email() -> None:
    assert kept(
        Row(2, member_id="ACwAA1", slug="jon", email="jon@a.example"),
        Row(3, member_id="ACwAA1", slug="jon-berg", email="other@a.example"),
        Row(4, slug="jon", email="third@a.example"),
        Row(5, email="jon@a.example"),
        Row(6, slug="ana"),
    ) == [2, (3, 2, "member_id"), (4, 2, "slug"), (5, 2, "email"), 6]


def test_one_mailbox_and_two_slugs_is_two_people() -> None:
    assert kept(
        Row(2, slug="pieter", email="info@a.example"),
        Row(3, slug="saskia", email="info@a.example"),
        Row(4, slug="saskia", email="info@a.example"),
    ) == [2, 3, (4, 3, "slug")]


def test_one_mailbox_and_two_ids_of_one_kind_is_two_people_but_ids_of_two_kinds_prove_nothing() -> None:
    assert kept(Row(2, member_id="ACwAA1", email="a@a.example"), Row(3, member_id="ACwAA2", email="a@a.example")) == [
        2,
        3,
    ]
    assert kept(Row(2, member_id="ACwAA1", email="a@a.example"), Row(3, member_id="ACoAA2", email="a@a.example")) == [
        2,
        (3, 2, "email"),
    ]


def test_what_a_duplicate_adds_is_remembered() -> None:
    assert kept(Row(2, email="jon@a.example"), Row(3, email="jon@a.example", slug="jon"), Row(4, slug="jon")) == [
        2,
        (3, 2, "email"),
        (4, 2, "slug"),
    ]


def test_people_of_whom_nothing_distinguishing_is_known_are_never_duplicates() -> None:
    assert kept(Row(2, first_name="Jon"), Row(3, first_name="Jon")) == [2, 3]


def test_problems_pass_through_in_their_place() -> None:
    problem = Problem(3, "Skipped: no name.", (), Reason.NO_NAME)
    assert list(deduplicate([Row(2, slug="a"), problem, Row(4, slug="b")])) == [
        Row(2, slug="a"),
        problem,
        Row(4, slug="b"),
    ]


some = st.sampled_from(["", "a", "b", "c"])
people = st.lists(
    st.builds(Row, line=st.just(0), slug=some, member_id=some.map(lambda x: x and f"ACwAA{x}"), email=some), max_size=15
)


@given(people)
def test_who_is_kept_is_kept_again_and_nobody_disappears(rows: list[Row]) -> None:
    found = list(deduplicate(rows))
    assert [one.row if isinstance(one, Duplicate) else one for one in found] == rows
    slugs = [one.slug for one in found if isinstance(one, Row) and one.slug]
    ids = [one.member_id for one in found if isinstance(one, Row) and one.member_id]
    assert len(slugs) == len(set(slugs)) and len(ids) == len(set(ids))


@given(people)
def test_the_same_file_twice_adds_nobody_who_can_be_recognised(rows: list[Row]) -> None:
    known = [row for row in rows if row.slug or row.member_id or row.email]
    again = list(deduplicate([*known, *known]))[len(known) :]
    assert all(isinstance(one, Duplicate) for one in again)
