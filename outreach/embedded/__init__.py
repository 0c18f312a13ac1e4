"""The zero-configuration database and broker, and the supervisor that runs Parley on them.

For trying out, development and tests. Production brings its own PostgreSQL and broker (docker-compose.yml) and starts
the same processes without anything from here. Nothing in this package imports Django or the apps: it starts processes.
"""

import errno
import sys
from collections.abc import Callable
from typing import NoReturn

OLDEST, NEWEST = (3, 12), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    raise SystemExit(
        f"Parley needs Python 3.12 or 3.13, this is {sys.version_info[0]}.{sys.version_info[1]}: "
        "use ./dev, which finds or fetches one."
    )


class Refusal(Exception):
    """Parley cannot start or go on here. Its text is one sentence that says why and what to do."""


def run_as_command(main: Callable[[], int | None]) -> NoReturn:
    """Run `main` and exit with its code; what cannot be done is said in one line on stderr, with exit code 1."""
    try:
        code = main() or 0
    except Refusal as refusal:
        raise SystemExit(str(refusal)) from None
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise SystemExit("No disk space: free some on the disk of this checkout and try again.") from None
    raise SystemExit(code)
