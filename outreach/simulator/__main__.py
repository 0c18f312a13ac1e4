"""Starts the simulator: python -m outreach.simulator --port 8100 --state DIR [--clock real|accelerated|manual]."""

import argparse
import os
import socket
import sys
from pathlib import Path

from outreach.simulator.clock import Clock, read_instant
from outreach.simulator.journal import StateInUse
from outreach.simulator.server import Simulator, serve


def main() -> int:
    """Read the command line and serve. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m outreach.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (loopback unless said otherwise)")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--state", type=Path, required=True, help="the folder that keeps what happened")
    parser.add_argument("--api-key", default=os.environ.get("SIMULATOR_API_KEY"), help="or SIMULATOR_API_KEY")
    parser.add_argument("--clock", choices=("real", "accelerated", "manual"), default="real")
    parser.add_argument("--factor", type=float, default=600.0, help="accelerated: people wait this many times less")
    parser.add_argument(
        "--start", default="2026-11-02T08:00:00.000Z", help="manual: the first instant of an empty state"
    )
    given = parser.parse_args()
    if not given.api_key:
        parser.error("give the API key that callers must send, as --api-key or in SIMULATOR_API_KEY")
    if given.factor < 1:
        parser.error("--factor must be at least 1")
    try:
        start = read_instant(given.start) if given.clock == "manual" else 0
        clock = Clock(given.clock, given.factor if given.clock == "accelerated" else 1.0, start)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((given.host, given.port))
        simulator = Simulator(given.state, clock, given.api_key)
    except (ValueError, StateInUse) as wrong:
        print(f"simulator: {wrong}", file=sys.stderr)
        return 2
    except OSError as taken:
        print(f"simulator: cannot use {given.host}:{given.port} or {given.state}: {taken}", file=sys.stderr)
        return 2
    print(f"Simulator ready: http://{given.host}:{given.port} ({given.clock} clock)", flush=True)
    serve(simulator, given.host, given.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
