"""Keeps a set of processes running: prints their lines, starts again what ends, stops all of them together.

One thread and one loop: a process is forked only while nothing else runs here.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from types import FrameType
from typing import IO, cast

from outreach.embedded import Refusal

LONGEST_PAUSE_S = 30.0
CALM_AFTER_S = 60.0  # a process that ran so long starts with the shortest pause again
GRACE_S = 10.0
TRIES_BEFORE_READY = 5


class Rank(IntEnum):
    """Lower ones are stopped first: whoever asks, then whoever answers, then what all of them stand on."""

    ASKS = 0
    ANSWERS = 1
    SERVES = 2


@dataclass
class Part:
    """One process. `start` forks it; `stop_with` asks it to end; without a `vital` one a start goes on."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    rank: Rank
    stop_with: signal.Signals = signal.SIGTERM
    vital: bool = True
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    due_at: float = 0.0
    pending: bytes = field(default=b"", repr=False)

    @property
    def pause(self) -> float:
        """Seconds until the next start, doubling with every failure."""
        return min(LONGEST_PAUSE_S, 0.25 * 2.0**self.failures)


class Supervisor:
    """Runs `parts` until SIGINT, SIGTERM or SIGHUP; a second one stops without waiting."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.signals = 0
        self.ready = False
        self.selector = selectors.DefaultSelector()

    def listen(self) -> None:
        """Take over the signals that ask us to end."""

        def count(number: int, frame: FrameType | None) -> None:
            self.signals += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, count)

    @property
    def stopping(self) -> bool:
        return self.signals > 0

    def add(self, part: Part) -> None:
        """Start `part` and keep it running."""
        self.parts.append(part)
        self._start(part)

    def complete(self, name: str, start: Callable[[], subprocess.Popen[bytes]]) -> int:
        """Run one process to its end beside the parts, or until asked to stop; its exit code. Raises Refusal when a
        part ends time and again."""
        task = Part(name, start, Rank.ASKS)
        self._start(task)
        code = 0
        try:
            while task.process is not None and task.process.poll() is None:
                if self.stopping:
                    task.process.terminate()
                self._turn(0.05)
            code = task.process.returncode if task.process is not None else 0
        finally:
            self._bury(task)
        return code

    def await_until(self, is_ready: Callable[[], bool], seconds: float) -> bool:
        """Supervise until `is_ready` says so (True), or so many seconds have passed or we are asked to end (False)."""
        end = time.monotonic() + seconds
        while not is_ready():
            if self.stopping or time.monotonic() > end:
                return False
            self._turn(0.05)
        return True

    def run(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        """Supervise until asked to end; `announce` once, when `is_ready` first says so.

        Raises Refusal when a part ends time and again before that.
        """
        while not self.stopping:
            self._turn(0.1)
            if not self.ready and is_ready():
                self.ready = True
                announce()

    def stop(self) -> None:
        """Ask everything to end, rank by rank, and kill what has not after GRACE_S.

        One more signal shortens that, but not for servers: they are writing data down.
        """
        before = self.signals
        for rank in Rank:
            group = [part for part in self.parts if part.rank == rank and part.process is not None]
            for part in group:
                if part.process is not None and part.process.poll() is None:
                    part.process.send_signal(part.stop_with)
            end = time.monotonic() + GRACE_S
            while any(part.process is not None and part.process.poll() is None for part in group):
                if time.monotonic() > end or (self.signals > before and rank < Rank.SERVES):
                    break
                self._read(0.05)
            for part in group:
                self._bury(part)
        self._read(0)

    def _turn(self, seconds: float) -> None:
        self._read(seconds)
        now = time.monotonic()
        for part in self.parts:
            if part.process is not None and part.process.poll() is not None:
                code = part.process.returncode
                self._bury(part)
                part.failures = 1 if now - part.started_at > CALM_AFTER_S else part.failures + 1
                if not self.ready and part.vital and part.failures >= TRIES_BEFORE_READY:
                    raise Refusal(f"{part.name} ended {part.failures} times while starting; its words stand above.")
                part.due_at = now + part.pause
                how = f"signal {-code}" if code < 0 else f"code {code}"
                say(f"{part.name} ended ({how}); starting it again in {part.pause:.1f} s")
            if part.process is None and now >= part.due_at and not self.stopping:
                self._start(part)

    def _start(self, part: Part) -> None:
        part.process, part.started_at = part.start(), time.monotonic()
        if part.process.stdout is not None:
            os.set_blocking(part.process.stdout.fileno(), False)
            self.selector.register(part.process.stdout, selectors.EVENT_READ, part)

    def _bury(self, part: Part) -> None:
        """Take what it still said, end what it left behind, and forget the process."""
        process, part.process = part.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it led a session of its own
        process.wait()
        if process.stdout is not None:
            with suppress(KeyError):
                self.selector.unregister(process.stdout)
            self._print(part, process.stdout)
            process.stdout.close()

    def _read(self, seconds: float) -> None:
        if not self.selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self.selector.select(seconds):
            pipe = cast(IO[bytes], key.fileobj)
            if not self._print(key.data, pipe):
                self.selector.unregister(pipe)

    def _print(self, part: Part, pipe: IO[bytes]) -> bool:
        """Pass on whole lines, each with the name of its part. False once the pipe has ended."""
        with suppress(BlockingIOError):
            while chunk := os.read(pipe.fileno(), 65536):
                *lines, part.pending = (part.pending + chunk).split(b"\n")
                for line in lines:
                    say(line.decode(errors="replace"), name=part.name)
            return False
        return True


def say(text: str, *, name: str = "parley") -> None:
    """One line for the person at the terminal. A closed terminal is no reason to stop working."""
    with suppress(BrokenPipeError, OSError):
        print(f"{name:9} | {text}", flush=True)


def spawn(argv: Sequence[str], env: dict[str, str], cwd: str, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """A part in a session of its own, its output in a pipe for us."""
    return subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(keep),
    )
