"""The credits of a new month for many senders at once, and lots that end.

Ours: `grant_due` on the first of the month: the grant of every balance, its lot, what is above the cap clipped. Then
`expire_due` when all of these lots have ended. Bound: one statement that inserts the same transfers and lots and
updates the balances. Peer: the same verb called for one balance after the other. `errors`: breaches of the ledger's own
proof, and balances that got nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django_scopes import scopes_disabled

from accounts import ledger
from benchmarks import worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START, World
from campaigns.running.database import rows

SIZES = {"XS": (1, 20), "S": (3, 1_500), "L": (3, 100_000)}
"""Months, senders."""
PEERS = 50
LIFE = 20
"""Days that a lot lives here, so that a month's are over before the next."""

_BARE = """
WITH lot AS (INSERT INTO accounts_creditlot (workspace_id, balance_id, opened_at, expires_at, amount, remaining)
    SELECT workspace_id, id, %(at)s, %(ends)s, 50, 50 FROM accounts_creditbalance WHERE id = ANY(%(balances)s)
    ORDER BY id RETURNING id, balance_id),
  made AS (INSERT INTO accounts_credittransfer
    (workspace_id, balance_id, debit, credit, amount, cause, lot_id, at, note)
    SELECT %(workspace)s, balance_id, 'grant', 'available', 50, %(cause)s, id, %(at)s, '' FROM lot)
UPDATE accounts_creditbalance SET available = available + 50, granted_period = %(period)s
WHERE id = ANY(%(balances)s)"""


def run(size: str) -> Iterator[Line]:
    months, senders = SIZES[size]
    world = worlds.found(1)
    balances = _balances(world, senders)
    peers = balances[-min(PEERS, senders // 2) :]
    few = set(peers)
    many = [balance for balance in balances if balance not in few]
    worlds.settle()
    granted: list[float] = []
    bound, peer, ended, bare_end = [], [], [], []
    errors = 0
    with scopes_disabled():
        for month in range(1, months + 2):
            at = datetime(2026 + (10 + month) // 12, (10 + month) % 12 + 1, 1, tzinfo=START.tzinfo)
            with transaction.atomic():
                bound.append(rate(lambda: _bare(world, many, at)))  # noqa: B023
                transaction.set_rollback(True)
            granted.append(rate(lambda: len(ledger.grant_due(now=at, balances=many))))  # noqa: B023
            peer.append(rate(lambda: sum(len(ledger.grant_due(now=at, balances=[one])) for one in peers)))  # noqa: B023
            over = at + timedelta(days=LIFE + 1)
            with transaction.atomic():
                bare_end.append(rate(lambda: _bare_end(over)))  # noqa: B023
                transaction.set_rollback(True)
            ended.append(rate(lambda: len(ledger.expire_due(now=over))))  # noqa: B023
            errors += abs(_left(balances))
        errors += len(ledger.proof())
    yield compare(
        "months",
        f"grants of a month, {len(many):,} senders",
        "senders/s",
        ours=granted[1:],
        bound=bound[1:],
        peer=peer[1:],
        errors=errors,
    )
    yield compare(
        "months", f"{senders:,} lots that ended", "senders/s", ours=ended[1:], bound=bare_end[1:], errors=errors
    )


def _left(balances: list[int]) -> int:
    """How many of these balances have something, though all of it ended."""
    return int(
        rows("SELECT count(*) AS n FROM accounts_creditbalance WHERE id = ANY(%s) AND available > 0", (balances,))[0][
            "n"
        ]
    )


def _bare(world: World, balances: list[int], at: datetime) -> int:
    period = f"{at:%Y-%m-%d}"
    values: dict[str, Any] = {
        "workspace": world.workspace.pk,
        "balances": balances,
        "at": at,
        "ends": at + timedelta(days=LIFE),
        "cause": f"bare:{period}",
        "period": period,
    }
    rows(_BARE, values)
    return len(balances)


def _bare_end(at: datetime) -> int:
    """The transfers, lots and balances of lots that ended, in one statement."""
    return int(
        rows(
            "WITH over AS (UPDATE accounts_creditlot SET remaining = 0 WHERE remaining > 0 AND expires_at <= %(at)s "
            "RETURNING id, balance_id, workspace_id, amount), made AS (INSERT INTO accounts_credittransfer "
            "(workspace_id, balance_id, debit, credit, amount, cause, lot_id, at, note) SELECT workspace_id, "
            "balance_id, 'available', 'expired', amount, 'bare:' || id, id, %(at)s, '' FROM over "
            "RETURNING balance_id), moved AS (UPDATE accounts_creditbalance SET available = 0 "
            "WHERE id IN (SELECT balance_id FROM made)) "
            "SELECT count(*) AS n FROM made",
            {"at": at},
        )[0]["n"]
    )


def _balances(world: World, senders: int) -> list[int]:
    """An empty balance for each of so many senders of one plan, whose credits live some days."""
    first = world.senders[0].pk
    rows("UPDATE accounts_planterms SET credit_life_days = %s", (LIFE,))
    rows("UPDATE accounts_sender SET anchor_day = 1")
    ids = worlds.clone_sender(world.senders[0], senders)
    return [
        row["id"]
        for row in rows(
            "INSERT INTO accounts_creditbalance (workspace_id, sender_id, product, available, reserved, cap, held, "
            "blocked, granted_period) SELECT workspace_id, n, product, 0, 0, cap, 0, '', granted_period "
            "FROM accounts_creditbalance, unnest(%s::bigint[]) n WHERE sender_id = %s RETURNING id",
            (ids, first),
        )
    ]
