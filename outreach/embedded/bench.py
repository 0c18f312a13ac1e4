"""`./dev bench …`: python -m benchmarks on servers of its own."""

import sys

from outreach.embedded import own_servers, run_as_command


def main(arguments: list[str]) -> int:
    """Run the benchmarks and return their exit code. Raises Refusal."""
    return own_servers.run(["-m", "benchmarks", *arguments], "the benchmarks")


if __name__ == "__main__":
    run_as_command(lambda: main(sys.argv[1:]))
