"""What is due when: what people will do, grants, and webhooks on their way, in the order of (time, sequence)."""

import heapq
from dataclasses import dataclass, field
from typing import Any

from outreach.simulator.journal import Journal


@dataclass(slots=True)
class Item:
    """One thing to do at an instant. A `webhook` is delivered, every other kind happens inside the simulator."""

    at: int
    seq: int
    kind: str
    args: list[Any]
    done: bool = field(default=False, compare=False)
    out: bool = field(default=False, compare=False)  # taken off the agenda and being worked on

    def row(self) -> list[Any]:
        return [self.at, self.seq, self.kind, self.args]


class Agenda:
    """All items not yet done; every change goes into the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._heap: list[tuple[int, int, Item]] = []
        self._items: dict[int, Item] = {}
        self._seq = 0

    def __len__(self) -> int:
        return len(self._items)

    def restore(self, rows: dict[str, list[Any]]) -> None:
        """Take over what the journal still holds."""
        for at, seq, kind, args in rows.values():
            item = Item(at, seq, kind, args)
            self._items[seq] = item
            self._seq = max(self._seq, seq)
            heapq.heappush(self._heap, (at, seq, item))

    def plan(self, at: int, kind: str, args: list[Any]) -> Item:
        """Something new to do."""
        self._seq += 1
        item = Item(at, self._seq, kind, args)
        self._items[item.seq] = item
        heapq.heappush(self._heap, (at, item.seq, item))
        self._journal.put("agenda", str(item.seq), item.row())
        return item

    def move(self, item: Item, at: int) -> None:
        """Another instant for an item that is not done; its place among equals stays."""
        item.at, item.out = at, False
        heapq.heappush(self._heap, (at, item.seq, item))
        self._journal.put("agenda", str(item.seq), item.row())

    def finish(self, item: Item) -> None:
        """Done, or not wanted any more."""
        item.done = True
        self._items.pop(item.seq, None)
        self._journal.put("agenda", str(item.seq), None)

    def first(self) -> Item | None:
        """The earliest item, left where it is."""
        while self._heap and (self._heap[0][2].done or self._heap[0][0] != self._heap[0][2].at):
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def take(self) -> Item | None:
        """The earliest item, off the heap; the caller must `finish` or `move` it."""
        item = self.first()
        if item is not None:
            heapq.heappop(self._heap)
            item.out = True
        return item

    def of_kind(self, kind: str) -> list[Item]:
        """All items of a kind that are not done, in their order."""
        return sorted((i for i in self._items.values() if i.kind == kind), key=lambda i: (i.at, i.seq))
