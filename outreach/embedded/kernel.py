"""What the operating system is asked for: dying with a parent, and running as somebody other than root."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

PR_SET_PDEATHSIG = 1
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Disguise(StrEnum):
    """How a program is run that refuses uid 0 and uids without a name (PostgreSQL does)."""

    NONE = "none"  # we are an ordinary user already
    NAMESPACE = "namespace"  # seen by the program as another uid; files stay ours, nothing is opened up
    NOBODY = "nobody"  # root where user namespaces are forbidden: the program really runs as uid 65534


def die_with(parent: int, sig: signal.Signals) -> None:
    """Have the kernel send `sig` to this process when its `parent` (a pid) ends, even by SIGKILL.

    Linux only; elsewhere the call does nothing. A parent that is gone already counts as ended.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def die_with_every_parent(sig: signal.Signals) -> None:
    """Have every later fork of this process, at any depth, die by `sig` when the process that forked it ends."""
    forking = [os.getpid()]

    def before() -> None:
        forking[0] = os.getpid()

    os.register_at_fork(before=before, after_in_child=lambda: die_with(forking[0], sig))


def enter_namespace() -> None:
    """Be seen as `NOBODY`, by entering a user namespace that maps us to it. Raises OSError where that is forbidden."""
    if sys.platform != "linux":
        raise OSError("user namespaces are a feature of Linux")
    user, group = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def choose_disguise() -> Disguise:
    """The first disguise that works here. PARLEY_NO_NAMESPACE=1 skips the user namespace."""
    root = os.geteuid() == 0
    if not root and _has_name(os.geteuid()):
        return Disguise.NONE
    if not os.environ.get("PARLEY_NO_NAMESPACE"):
        try:
            subprocess.run(["true"], preexec_fn=enter_namespace, check=True)
            return Disguise.NAMESPACE
        except (subprocess.SubprocessError, OSError):
            pass
    return Disguise.NOBODY if root else Disguise.NONE


def _has_name(user: int) -> bool:
    """Is there an account for this uid? Containers often run as one without, which initdb refuses too."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def before_exec(sig: signal.Signals, disguise: Disguise = Disguise.NONE) -> Callable[[], None]:
    """What a child does between fork and exec: put on the disguise, then tie its life to ours.

    The order matters: a change of identity clears the kernel's parent-death signal.
    """
    parent = os.getpid()

    def prepare() -> None:
        if disguise is Disguise.NAMESPACE:
            enter_namespace()
        elif disguise is Disguise.NOBODY:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        die_with(parent, sig)

    return prepare
