"""`python -m outreach.embedded.child PARENT MODULE [arguments]`: `python -m MODULE` whose forks die with it.

The kernel forgets the parent-death signal at every fork, so a killed Celery worker would leave its pool behind.
"""

import runpy
import signal
import sys

from outreach.embedded import kernel


def main() -> None:
    parent, module = int(sys.argv[1]), sys.argv[2]
    kernel.die_with(parent, signal.SIGTERM)
    kernel.die_with_every_parent(signal.SIGKILL)
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
