"""Credits moved per second through the ledger's verbs, beside the rows that they have to write.

Posting: `post`, each in a transaction of its own, beside one statement that inserts the same transfer and updates the
balance; `post_all` of a hundred, beside one statement with a hundred; eight workers that post on one balance, beside
eight that run that statement. Path: `reserve` and `post` in a transaction each, as the path does it, beside two
statements; peer: the same two movements as ORM code usually does them, lock the balance, create the transfer, save the
balance. The peer of posting is pgledger when PGLEDGER names a folder with its pgledger.sql and vendor/: a transfer, a
hundred in one call, eight workers on one pair of accounts. `errors`: balances that are not the sum of their transfers,
and workers that failed.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, transaction
from django_scopes import scopes_disabled

from accounts import ledger
from accounts.models import CreditBalance, CreditTransfer
from benchmarks import worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START, World
from campaigns.running.database import rows

SIZES = {"XS": (2, 8), "S": (7, 200), "L": (15, 1_600)}
"""Rounds, touches in each."""
BATCH = 100
BEFORE, HAD = 10**9, 3_000
"""The touches that every balance set credits aside for before: a session keeps the plans that it made, and those for an
empty table read all of it."""
WORKERS = 8
PLENTY = 1_000_000
Move = Callable[[int, int], None]
"""Moves the credits of so many touches from this one on."""


def run(size: str) -> Iterator[Line]:
    rounds, count = SIZES[size]
    world = worlds.found(4)
    with scopes_disabled():
        mine, bare, orm, path = [CreditBalance.objects.get(sender=sender).pk for sender in world.senders]
    rows("UPDATE accounts_creditbalance SET cap = %s", (3 * PLENTY,))
    rows(
        "INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, amount, cause, at, note) "
        "SELECT workspace_id, id, 'grant', 'available', %s, 'plenty', %s, '' FROM accounts_creditbalance",
        (PLENTY, START),
    )
    rows("UPDATE accounts_creditbalance SET available = available + %s", (PLENTY,))
    for balance in (mine, bare, orm, path):
        _reserved(balance, BEFORE, HAD)
    worlds.settle()
    peers = Pgledger.there()
    legs: dict[str, Move | None] = {
        "single": lambda first, n: _each(first, n, lambda touch: _post(mine, touch)),
        "single bound": Bare(world, bare).each,
        "single peer": peers and peers.each,
        "batch": lambda first, n: _post_all(mine, first, n),
        "batch bound": Bare(world, bare).all,
        "batch peer": peers and peers.all,
        "hot": lambda first, n: _together(lambda touch: _post(mine, touch), first, n),
        "hot bound": lambda first, n: _workers(lambda: Bare(world, bare).each, first, n),
        "hot peer": peers and (lambda first, n: _workers(lambda: peers.twin().each, first, n)),
        "path": lambda first, n: _each(first, n, lambda touch: _two_transactions(path, touch)),
        "path bound": Bare(world, bare).both,
        "path peer": lambda first, n: _each(first, n, lambda touch: _orm(orm, touch)),
    }
    rates: dict[str, list[float]] = {leg: [] for leg in legs}
    touch = 0
    for _ in range(rounds + 1):
        for leg, move in legs.items():
            if move is None:
                continue
            many = max(count, BATCH) if leg.startswith("batch") else count
            if leg in ("single", "batch", "hot"):
                _reserved(mine, touch, many)
            elif leg.endswith("bound") and leg != "path bound":
                _reserved(bare, touch, many)
            rates[leg].append(rate(lambda: _moved(move, touch, many)))  # noqa: B023
            touch += many
    errors = _differences()
    for case, leg in (
        ("post, one in a transaction", "single"),
        (f"post, {BATCH} in a transaction", "batch"),
        (f"post, {WORKERS} workers on one balance", "hot"),
        ("reserve and post as the path does, two transactions", "path"),
    ):
        ours, bound, peer = (rates[name][1:] for name in (leg, f"{leg} bound", f"{leg} peer"))
        yield compare("ledger", case, "credits/s", ours=ours, bound=bound, peer=peer, errors=errors)


def _moved(move: Move, first: int, count: int) -> int:
    move(first, count)
    return count


def _each(first: int, count: int, move: Callable[[int], None]) -> None:
    for touch in range(first, first + count):
        move(touch)


def _post(balance: int, touch: int) -> None:
    with transaction.atomic():
        ledger.post(balance, touch=touch, now=START)


def _post_all(balance: int, first: int, count: int) -> None:
    for start in range(first, first + count, BATCH):
        with transaction.atomic():
            ledger.post_all([(balance, touch) for touch in range(start, start + BATCH)], now=START)


def _two_transactions(balance: int, touch: int) -> None:
    with transaction.atomic():
        ledger.reserve(balance, touch=touch, now=START)
    with transaction.atomic():
        ledger.post(balance, touch=touch, now=START)


def _together(move: Callable[[int], None], first: int, count: int) -> None:
    """Workers with a Django connection each, on the same balance."""

    def work(start: int, share: int) -> None:
        try:
            _each(start, share, move)
        finally:
            connection.close()

    _workers(lambda: work, first, count)


def _workers(maker: Callable[[], Move], first: int, count: int) -> None:
    share = max(1, count // WORKERS)
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(maker(), first + n * share, share) for n in range(WORKERS)]:
            done.result()


def _reserved(balance: int, first: int, count: int) -> None:
    """So many touches have a credit of this balance set aside."""
    rows(
        "INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, amount, cause, touch, at, note) "
        "SELECT b.workspace_id, b.id, 'available', 'reserved', 1, 'reserve:' || n, n, %s::timestamptz, '' "
        "FROM accounts_creditbalance b, generate_series(%s::int, %s::int) n WHERE b.id = %s",
        (START, first, first + count - 1, balance),
    )
    rows(
        "UPDATE accounts_creditbalance SET available = available - %s, reserved = reserved + %s WHERE id = %s",
        (count, count, balance),
    )


class Bare:
    """The least that has to be written, on a plain connection: one statement that commits by itself."""

    STATEMENT = (
        "WITH moved AS (UPDATE accounts_creditbalance SET reserved = reserved - {count} WHERE id = %(balance)s) "
        "INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, amount, cause, touch, at, note) "
        "SELECT %(workspace)s, %(balance)s, 'reserved', 'spent', 1, 'settle:' || n, n, %(at)s, '' "
        "FROM unnest(%(touches)s::int[]) n"
    )

    def __init__(self, world: World, balance: int) -> None:
        self.database = worlds.bare()
        self.values: dict[str, Any] = {"workspace": world.workspace.pk, "balance": balance, "at": START}

    def each(self, first: int, count: int) -> None:
        for touch in range(first, first + count):
            self.write(1, [touch])

    def all(self, first: int, count: int) -> None:
        for start in range(first, first + count, BATCH):
            self.write(BATCH, list(range(start, start + BATCH)))

    def write(self, count: int, touches: list[int]) -> None:
        self.database.execute(self.STATEMENT.format(count=count), {**self.values, "touches": touches})

    def both(self, first: int, count: int) -> None:
        """Reserve and post, a statement each."""
        reserve = (
            "WITH moved AS (UPDATE accounts_creditbalance SET available = available - 1, reserved = reserved + 1 "
            "WHERE id = %(balance)s) INSERT INTO accounts_credittransfer (workspace_id, balance_id, debit, credit, "
            "amount, cause, touch, at, note) VALUES (%(workspace)s, %(balance)s, 'available', 'reserved', 1, "
            "%(cause)s, %(touch)s, %(at)s, '')"
        )
        for touch in range(first, first + count):
            self.database.execute(reserve, {**self.values, "cause": f"reserve:{touch}", "touch": touch})
            self.write(1, [touch])


class Pgledger:
    """pgledger in a schema of its own: two accounts, a unit from one to the other for each touch."""

    def __init__(self, accounts: tuple[str, str] | None = None) -> None:
        self.database = psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True, prepare_threshold=0)
        if accounts is None:
            self.database.execute("CREATE SCHEMA pgledger")
        self.database.execute("SET search_path = pgledger")
        if accounts is None:
            folder = Path(os.environ["PGLEDGER"])
            for part in sorted(folder.glob("vendor/*/*.sql")) + [folder / "pgledger.sql"]:
                self.database.execute(part.read_bytes(), prepare=False)
            made = [
                self.database.execute("SELECT id FROM pgledger_create_account(%s, 'INMAIL')", (name,)).fetchone()
                for name in ("reserved", "spent")
            ]
            accounts = tuple(row[0] for row in made if row)  # type: ignore[assignment]
        assert accounts is not None
        self.accounts = accounts

    @classmethod
    def there(cls) -> "Pgledger | None":
        return cls() if os.environ.get("PGLEDGER") else None

    def twin(self) -> "Pgledger":
        """The same ledger on a connection of its own."""
        return type(self)(self.accounts)

    def each(self, first: int, count: int) -> None:
        for _ in range(count):
            self.database.execute("SELECT id FROM pgledger_create_transfer(%s, %s, 1)", self.accounts)

    def all(self, first: int, count: int) -> None:
        for _ in range(0, count, BATCH):
            self.database.execute(
                "SELECT count(*) FROM pgledger_create_transfers((SELECT array_agg((%s, %s, 1)::transfer_request) "
                f"FROM generate_series(1, {BATCH})))",
                self.accounts,
            )


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
