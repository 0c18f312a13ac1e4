"""What a role may do, as data: one row per verb, one scope per role. Pages, API and commands ask `may`."""

from enum import StrEnum

from accounts.models import Member, Role


class Scope(StrEnum):
    """How far a right reaches. `READ`: may look at it and change nothing."""

    NONE = "none"
    READ = "read"
    OWN = "own"
    TEAM = "team"
    ALL = "all"


class Verb(StrEnum):
    SEE = "see campaigns, people and reports"
    READ_THREADS = "read threads"
    ANSWER = "reply, triage and note"
    BUILD = "import, edit prospects and build campaigns"
    LAUNCH = "launch and pause own campaigns"
    STEER = "pause anything, hand over and decide what is uncertain for others"
    APPROVE = "move held credits and approve"
    GOVERN = "plans, senders' consent, members, keys, webhooks, suppression removal and audit"


RIGHTS: dict[Verb, dict[Role, Scope]] = {
    verb: dict(zip((Role.VIEWER, Role.SDR, Role.MANAGER, Role.ADMIN), scopes, strict=True))
    for verb, scopes in {
        Verb.SEE: (Scope.ALL, Scope.ALL, Scope.ALL, Scope.ALL),
        Verb.READ_THREADS: (Scope.NONE, Scope.OWN, Scope.TEAM, Scope.ALL),
        Verb.ANSWER: (Scope.NONE, Scope.OWN, Scope.TEAM, Scope.ALL),
        Verb.BUILD: (Scope.NONE, Scope.ALL, Scope.ALL, Scope.ALL),
        Verb.LAUNCH: (Scope.NONE, Scope.OWN, Scope.ALL, Scope.ALL),
        Verb.STEER: (Scope.NONE, Scope.OWN, Scope.ALL, Scope.ALL),
        Verb.APPROVE: (Scope.NONE, Scope.NONE, Scope.ALL, Scope.ALL),
        Verb.GOVERN: (Scope.NONE, Scope.NONE, Scope.READ, Scope.ALL),
    }.items()
}


def may(member: Member, verb: Verb) -> Scope:
    """How far this member's right to do `verb` reaches; nowhere for one who has left."""
    return Scope.NONE if member.left_at is not None else RIGHTS[verb][Role(member.role)]


class NotAllowed(Exception):
    """This member may not do this. The message is one sentence."""


def require(member: Member, verb: Verb, *, owner: int | None = None) -> None:
    """Raise NotAllowed unless the member may do this to something that `owner` (a member's id; None = nobody's)
    owns."""
    scope = may(member, verb)
    if scope in (Scope.NONE, Scope.READ) or (scope is Scope.OWN and owner not in (None, member.pk)):
        raise NotAllowed(f"{member} is {member.get_role_display()} here and may not do this: ask a manager.")
