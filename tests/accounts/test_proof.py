"""The proof finds what no constraint was asked to stop: each kind of damage is done by hand and must be named."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts import ledger
from tests.accounts.amounts import spend
from tests.cast import MONDAY

DAY = timedelta(days=1)
TRANSFER = (
    "INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, amount, cause, touch, at, note) "
    "SELECT workspace_id, id, '{}', '{}', {}, '{}', {}, '2026-11-03', '' FROM accounts_creditbalance"
)
FREE = "ALTER TABLE accounts_credittransfer DROP CONSTRAINT {}"
LOT = (
    "INSERT INTO accounts_creditlot (workspace_id, balance_id, opened_at, amount, remaining) "
    "SELECT workspace_id, id, '2026-11-03', {0}, {0} FROM accounts_creditbalance"
)

DAMAGE = [
    ("I1", "in a way that exists", [TRANSFER.format("spent", "available", 1, "x", 1)]),
    ("I2", "below zero", [TRANSFER.format("available", "reserved", 70, "x", 5)]),
    ("I3", "did not hold", [TRANSFER.format("reserved", "available", 1, "x", 7)]),
    ("I3", "more than one credit at once", [TRANSFER.format("available", "reserved", 2, "x", 7)]),
    (
        "I4",
        "paid more than once",
        ["DROP INDEX credittransfer_spent_once", TRANSFER.format("reserved", "spent", 1, "x", 1)],
    ),
    (
        "I5",
        "returned more than one",
        ["DROP INDEX credittransfer_returned_once", TRANSFER.format("returned", "available", 1, "x", 1)],
    ),
    ("I5", "not spent before", [TRANSFER.format("returned", "available", 1, "x", 7)]),
    (
        "I5",
        "had brought in",
        [
            "INSERT INTO accounts_creditobservation (workspace_id, balance_id, at, provider, ours, in_doubt, outcome) "
            "SELECT workspace_id, id, '2026-11-03', 50, 50, 0, 'equal' FROM accounts_creditbalance",
            "INSERT INTO accounts_credittransfer "
            "(workspace_id, balance_id, debit, credit, amount, cause, touch, at, note) "
            "SELECT workspace_id, balance_id, 'adjustment', 'returned', 1, 'attribute:' || id || ':1', 1, at, '' "
            "FROM accounts_creditobservation",
        ],
    ),
    ("I7", "sum of its transfers", ["UPDATE accounts_creditbalance SET available = available + 1"]),
    (
        "I7",
        "booked twice",
        [
            FREE.format("credittransfer_cause_once"),
            TRANSFER.format("grant", "available", 1, "grant:2026-11-01", "NULL"),
        ],
    ),
    ("I8", "after this transfer", [TRANSFER.format("grant", "available", 101, "x", "NULL")]),
    (
        "I8",
        "keeps more credits than its cap",
        [
            "ALTER TABLE accounts_creditbalance DROP CONSTRAINT creditbalance_cap",
            "UPDATE accounts_creditbalance SET cap = 10",
        ],
    ),
    ("I9", "could be edited", ["ALTER TABLE accounts_credittransfer DISABLE TRIGGER USER"]),
    ("lots", "less what left it", [LOT.format(3)]),
    ("lots", "more credits than are available", [LOT.format(51)]),
]


@pytest.fixture
def used(in_tidewell, balance):
    """A touch that was paid and answered, one that was released, one under way: nothing wrong."""
    spend(balance, 1, MONDAY)
    ledger.give_back(balance.pk, touch=1, sent_at=MONDAY, responded_at=MONDAY, now=MONDAY)
    ledger.reserve(balance.pk, touch=2, now=MONDAY)
    ledger.void(balance.pk, touch=2, now=MONDAY)
    ledger.reserve(balance.pk, touch=3, now=MONDAY)
    return balance


def test_a_ledger_in_order_has_no_breach(used):
    assert ledger.proof() == []


@pytest.mark.breaks_the_ledger
@pytest.mark.parametrize(("rule", "sentence", "statements"), DAMAGE, ids=[f"{d[0]} {d[1]}" for d in DAMAGE])
def test_every_damage_is_found_in_its_workspace_and_named_with_its_rows(used, rule, sentence, statements):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the tables cannot be altered in this transaction
        for statement in statements:
            cursor.execute(statement)
    for breaches in (ledger.proof(), ledger.proof(used.workspace_id)):
        found = [b for b in breaches if b.rule == rule and sentence in b.sentence]
        assert found, breaches
        assert all(":" in row for b in found for row in b.rows)
    if rule != "I9":
        assert ledger.proof(used.workspace_id + 1) == []


@pytest.mark.breaks_the_ledger
def test_more_than_the_cap_of_that_time_is_found_after_the_cap_rose(used, alice, plan, now):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(TRANSFER.format("grant", "available", 101, "x", "NULL"))
        cursor.execute(TRANSFER.format("available", "clipped", 101, "y", "NULL"))
        cursor.execute(
            "INSERT INTO accounts_history (workspace_id, at, actor, subject, verb, data) "
            "SELECT workspace_id, '2026-11-09', 'engine', 'creditbalance:' || id, 'cap', '{\"cap\": 400}' "
            "FROM accounts_creditbalance"
        )
        cursor.execute("UPDATE accounts_creditbalance SET cap = 400")
    assert [b.rule for b in ledger.proof()] == ["I8"]
