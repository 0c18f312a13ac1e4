"""What each role may do: the whole table."""

import pytest

from accounts.models import Member, Role
from accounts.rights import RIGHTS, Scope, Verb, may

TABLE = """
                see  read_threads  answer  build  launch  steer  approve  govern
    viewer      all  none          none    none   none    none   none     none
    sdr         all  own           own     all    own     own    none     none
    manager     all  team          team    all    all     all    all      read
    admin       all  all           all     all    all     all    all      all
"""
VERBS, *ROWS = (line.split() for line in TABLE.strip().splitlines())
CASES = [(role, verb, scope) for role, *scopes in ROWS for verb, scope in zip(VERBS, scopes, strict=True)]


@pytest.mark.parametrize(("role", "verb", "scope"), CASES)
def test_the_table_of_rights(role, verb, scope):
    assert may(Member(role=role), Verb[verb.upper()]) == Scope(scope)


def test_the_table_is_complete():
    assert {verb.name.lower() for verb in Verb} == set(VERBS)
    assert {str(role) for role in Role} == {role for role, *_ in ROWS}
    assert all(set(row) == set(Role) for row in RIGHTS.values())


@pytest.mark.parametrize("verb", Verb)
def test_who_has_left_may_nothing(verb, now):
    assert may(Member(role=Role.ADMIN, left_at=now), verb) is Scope.NONE
