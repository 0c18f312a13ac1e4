"""`./dev soak …`: manage.py soak on virtual time, on servers of its own, with little patience for late answers."""

import sys

from outreach.embedded import own_servers, run_as_command

PATIENCE_S = "2"


def main(arguments: list[str]) -> int:
    """Play, settle, prove, and return the command's exit code. Raises Refusal."""
    env = {"PARLEY_CLOCK": "virtual", "HTTP_TIMEOUT_S": PATIENCE_S}
    return own_servers.run(["manage.py", "soak", *arguments], "the soak", env, durable=False)


if __name__ == "__main__":
    run_as_command(lambda: main(sys.argv[1:]))
