"""Writes movements of balances whose rows are locked: transfers, lots and the balance row together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from accounts import history
from accounts.models import CreditBalance, CreditLot, CreditTransfer, Member
from outreach.engine import credits
from outreach.engine.credits import AVAILABLE, Balance, Lot
from outreach.engine.decisions import Move


@dataclass(slots=True)
class Entry:
    """What happens to one locked balance: movements in order, and a new cap or last period when they change.

    `expire`: when the credits that a movement brings in expire, by its cause; the others are only limited by the cap.
    `lot`: what the movements take from, instead of the lots that expire first.
    """

    balance: CreditBalance
    moves: list[Move] = field(default_factory=list)
    cap: int | None = None
    period: str | None = None
    expire: dict[str, datetime] = field(default_factory=dict)
    note: str = ""
    lot: CreditLot | None = None

    @property
    def now_at(self) -> Balance:
        """The balance with everything in this entry applied."""
        row = self.balance
        return credits.apply(
            Balance(row.available, row.reserved, row.cap if self.cap is None else self.cap), self.moves
        )

    def add(self, moves: Iterable[Move], *, since: datetime | None = None, life: int | None = None) -> None:
        """Let these follow. `life`: days after `since` at which what they bring in expires."""
        for move in moves:
            self.moves.append(move)
            if since is not None and life is not None and move.credit == AVAILABLE:
                self.expire[move.cause] = since + timedelta(days=life)

    def recap(self, cap: int, key: str) -> None:
        """A new cap takes effect: what is available above it is clipped. `key` names the occasion."""
        moves = credits.cap_moves(self.now_at, cap, key)
        self.moves.extend(moves)
        self.cap = cap


def locked(*balances: CreditBalance | int) -> list[CreditBalance]:
    """These balances, by row or id, under their lock, in lock order, with their senders."""
    ids = [balance if isinstance(balance, int) else balance.pk for balance in balances]
    rows = CreditBalance.objects.with_scopes_disabled().select_for_update(no_key=True, of=("self",))
    return list(rows.filter(pk__in=ids).select_related("sender").order_by("sender_id", "id"))


def book(entries: Sequence[Entry], *, now: datetime, by: Member | None = None) -> list[CreditTransfer]:
    """Write the entries in a number of statements that does not grow. A cause already in the ledger is not done again.

    Raises WrongMove when a balance would become what it must not be.
    """
    entries = _without_repetitions(entries)
    if not entries:
        return []
    lots = _open_lots([e.balance.pk for e in entries if any(m.debit == AVAILABLE for m in e.moves)])
    opened: list[CreditLot] = []
    transfers: list[CreditTransfer] = []
    after: dict[int, CreditBalance] = {}
    drawn: dict[int, int] = {}
    for entry in entries:
        row, result = entry.balance, entry.now_at
        for move in entry.moves:
            portions: list[tuple[str, int, CreditLot | None]] = [(move.cause, move.amount, entry.lot)]
            if (expires_at := entry.expire.get(move.cause)) is not None:
                lot = _lot(row, move.amount, expires_at, now)
                opened.append(lot)
                portions = [(move.cause, move.amount, lot)]
            elif move.debit == AVAILABLE:
                mine = [entry.lot] if entry.lot is not None else lots.get(row.pk, [])
                portions = _portions(move, mine, drawn)
            transfers += [
                CreditTransfer(
                    workspace_id=row.workspace_id,
                    balance=row,
                    debit=move.debit,
                    credit=move.credit,
                    amount=amount,
                    cause=cause,
                    lot=lot,
                    at=now,
                    by=by,
                    note=entry.note,
                )
                for cause, amount, lot in portions
            ]
        row.available, row.reserved, row.cap = result.available, result.reserved, result.cap
        row.granted_period = row.granted_period if entry.period is None else entry.period
        after[row.pk] = row
    CreditLot.objects.bulk_create(opened)
    CreditTransfer.objects.bulk_create(transfers)
    _write(after.values(), drawn)
    return transfers


def note_cap(balance: CreditBalance, *, by: Member | None, now: datetime) -> None:
    """Record the cap that holds from now on, so that the cap at any instant can be replayed."""
    history.note(balance, "cap", by=by, now=now, cap=balance.cap)


def _without_repetitions(entries: Sequence[Entry]) -> list[Entry]:
    """The entries without movements that the ledger holds already, and without those that then change nothing."""
    causes = [(e.balance.pk, m.cause) for e in entries for m in e.moves]
    if causes:
        made = set(
            CreditTransfer.objects.with_scopes_disabled()
            .filter(balance__in={pk for pk, _ in causes}, cause__in={cause for _, cause in causes})
            .values_list("balance_id", "cause")
        )
        for entry in entries:
            entry.moves = [m for m in entry.moves if (entry.balance.pk, m.cause) not in made]
    return [e for e in entries if e.moves or e.cap is not None or e.period is not None]


def _open_lots(balances: list[int]) -> dict[int, list[CreditLot]]:
    by_balance: dict[int, list[CreditLot]] = {}
    if balances:
        lots = CreditLot.objects.with_scopes_disabled().filter(balance__in=balances, remaining__gt=0)
        for lot in lots.order_by("expires_at", "id"):
            by_balance.setdefault(lot.balance_id, []).append(lot)
    return by_balance


def _lot(row: CreditBalance, amount: int, expires_at: datetime, now: datetime) -> CreditLot:
    return CreditLot(
        workspace_id=row.workspace_id,
        balance=row,
        opened_at=now,
        expires_at=expires_at,
        amount=amount,
        remaining=amount,
    )


def _portions(move: Move, lots: list[CreditLot], drawn: dict[int, int]) -> list[tuple[str, int, CreditLot | None]]:
    """Which lots give what leaves `available`: those that expire first, and after all lots the credits without one."""
    left = {str(lot.pk): lot for lot in lots}
    open_lots = [Lot(key, lot.remaining, lot.expires_at) for key, lot in left.items()]
    from_lots = min(move.amount, sum(lot.remaining for lot in open_lots))
    parts: list[tuple[int, CreditLot | None]] = []
    for key, amount in credits.draw(open_lots, from_lots):
        lot = left[key]
        lot.remaining -= amount
        drawn[lot.pk] = drawn.get(lot.pk, 0) + amount
        parts.append((amount, lot))
    if move.amount > from_lots:
        parts.append((move.amount - from_lots, None))
    return [
        (move.cause if n == 0 else f"{move.cause}:part{n + 1}", amount, lot) for n, (amount, lot) in enumerate(parts)
    ]


def _write(balances: Iterable[CreditBalance], drawn: dict[int, int]) -> None:
    rows = [(b.pk, b.available, b.reserved, b.cap, b.granted_period) for b in balances]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_creditbalance b
            SET available = n.available, reserved = n.reserved, cap = n.cap, granted_period = n.period
            FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::text[])
                 AS n (id, available, reserved, cap, period)
            WHERE b.id = n.id
            """,
            [list(column) for column in zip(*rows, strict=True)],
        )
        if drawn:
            cursor.execute(
                "UPDATE accounts_creditlot l SET remaining = l.remaining - n.amount "
                "FROM unnest(%s::bigint[], %s::int[]) AS n (id, amount) WHERE l.id = n.id",
                [list(drawn), list(drawn.values())],
            )
