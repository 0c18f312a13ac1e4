"""Credits moved per second through the ledger's verbs, beside the rows that they have to write.

Ours: `reserve`, then `post`, for one touch. Once both in one transaction, against one transaction with two bare inserts
and one update of the balance; once as the path does it, each in a transaction of its own, against two transactions with
an insert and an update each. Peer: the same two movements as ORM code usually does them: lock the balance, create the
transfer, save the balance. `errors`: the difference between the balance and its transfers.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from django.db import transaction
from django_scopes import scopes_disabled

from accounts import ledger
from accounts.models import CreditBalance, CreditTransfer
from benchmarks import worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START, World
from campaigns.running.database import rows

SIZES = {"XS": (1, 5), "S": (9, 200), "L": (15, 2_000)}
"""Rounds, touches in each."""
PLENTY = 1_000_000


def run(size: str) -> Iterator[Line]:
    rounds, count = SIZES[size]
    world = worlds.found(3)
    with scopes_disabled():
        balances = [CreditBalance.objects.get(sender=sender).pk for sender in world.senders]
    rows("UPDATE accounts_creditbalance SET cap = %s", (3 * PLENTY,))
    rows(
        "INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, amount, cause, at, note) "
        "SELECT workspace_id, id, 'grant', 'available', %s, 'plenty', %s, '' FROM accounts_creditbalance",
        (PLENTY, START),
    )
    rows("UPDATE accounts_creditbalance SET available = available + %s", (PLENTY,))
    worlds.settle()
    database = worlds.bare()
    mine, bare, orm = balances
    legs: dict[str, Callable[[int], None]] = {
        "one": lambda touch: _one_transaction(mine, touch),
        "one bound": lambda touch: _bare(database, world, bare, touch, 1),
        "two": lambda touch: _two_transactions(mine, touch),
        "two bound": lambda touch: _bare(database, world, bare, touch, 2),
        "peer": lambda touch: _orm(orm, touch),
    }
    rates: dict[str, list[float]] = {leg: [] for leg in legs}
    touch = 0
    for _ in range(rounds + 1):
        for leg, move in legs.items():
            rates[leg].append(rate(lambda: _times(move, touch, count)))  # noqa: B023
            touch += count
    rates = {leg: found[1:] for leg, found in rates.items()}
    errors = _differences()
    for case, leg, peer in (
        ("reserve and post in one transaction", "one", None),
        ("reserve and post as the path does, two transactions", "two", rates["peer"]),
    ):
        yield compare(
            "ledger", case, "credits/s", ours=rates[leg], bound=rates[f"{leg} bound"], peer=peer, errors=errors
        )


def _times(move: Callable[[int], None], first: int, count: int) -> int:
    for touch in range(first, first + count):
        move(touch)
    return count


def _one_transaction(balance: int, touch: int) -> None:
    with transaction.atomic():
        ledger.reserve(balance, touch=touch, now=START)
        ledger.post(balance, touch=touch, now=START)


def _two_transactions(balance: int, touch: int) -> None:
    with transaction.atomic():
        ledger.reserve(balance, touch=touch, now=START)
    with transaction.atomic():
        ledger.post(balance, touch=touch, now=START)


_TRANSFER = (
    "INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, amount, cause, touch, at, note) "
    "VALUES (%s, %s, %s, %s, 1, %s, %s, %s, '')"
)


def _bare(database: psycopg.Connection[Any], world: World, balance: int, touch: int, transactions: int) -> None:
    """The same rows by key."""
    who = (world.workspace.pk, balance)
    first = (*who, "available", "reserved", f"reserve:{touch}", touch, START)
    second = (*who, "reserved", "spent", f"settle:{touch}", touch, START)
    if transactions == 1:
        with database.transaction():
            database.execute(_TRANSFER, first)
            database.execute(_TRANSFER, second)
            database.execute("UPDATE accounts_creditbalance SET available = available - 1 WHERE id = %s", (balance,))
        return
    with database.transaction():
        database.execute(_TRANSFER, first)
        database.execute(
            "UPDATE accounts_creditbalance SET available = available - 1, reserved = reserved + 1 WHERE id = %s",
            (balance,),
        )
    with database.transaction():
        database.execute(_TRANSFER, second)
        database.execute("UPDATE accounts_creditbalance SET reserved = reserved - 1 WHERE id = %s", (balance,))


def _orm(balance: int, touch: int) -> None:
    for debit, credit, word in (("available", "reserved", "reserve"), ("reserved", "spent", "settle")):
        with transaction.atomic(), scopes_disabled():
            row = CreditBalance.objects.select_for_update().get(pk=balance)
            CreditTransfer.objects.create(
                workspace_id=row.workspace_id,
                balance=row,
                debit=debit,
                credit=credit,
                amount=1,
                cause=f"{word}:{touch}",
                touch=touch,
                at=START,
            )
            setattr(row, debit, getattr(row, debit) - 1)
            if credit == "reserved":
                row.reserved += 1
            row.save(update_fields=["available", "reserved"])


def _differences() -> int:
    """Balances that are not the sum of their transfers."""
    return int(
        rows(
            "SELECT count(*) AS n FROM accounts_creditbalance b WHERE (b.available, b.reserved) <> (SELECT "
            "coalesce(sum(amount) FILTER (WHERE credit = 'available'), 0) - coalesce(sum(amount) FILTER (WHERE "
            "debit = 'available'), 0), "
            "coalesce(sum(amount) FILTER (WHERE credit = 'reserved'), 0) - coalesce(sum(amount) FILTER (WHERE "
            "debit = 'reserved'), 0) "
            "FROM accounts_credittransfer t WHERE t.balance_id = b.id)"
        )[0]["n"]
    )
