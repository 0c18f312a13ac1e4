"""`./dev timelapse …`: manage.py timelapse on virtual time, on servers of its own."""

import sys

from outreach.embedded import own_servers, run_as_command


def main(arguments: list[str]) -> int:
    """Play the days and return the command's exit code. Raises Refusal."""
    virtual = {"PARLEY_CLOCK": "virtual"}
    return own_servers.run(["manage.py", "timelapse", *arguments], "the time-lapse", virtual, durable=False)


if __name__ == "__main__":
    run_as_command(lambda: main(sys.argv[1:]))
