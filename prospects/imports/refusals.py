"""What an import will not do, and the sentence that says so."""

from typing import Final

from accounts.models import Member, Sender
from accounts.rights import Scope, Verb, may
from prospects.files.mapping import Kind

NAME_LENGTH: Final = 120


class ImportRefused(Exception):
    """This import may not or cannot be made. `sentence` says to a person why, and what to do; `field`: what they would
    change."""

    def __init__(self, sentence: str, field: str = "file") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


def refuse_without_right(by: Member) -> None:
    """Raises ImportRefused unless this member may import."""
    if by.left_at is not None:
        raise ImportRefused("You have left this workspace: ask an admin to invite you again.")
    if may(by, Verb.BUILD) in (Scope.NONE, Scope.READ):
        raise ImportRefused(f"You are here as a {by.role} and may not import: ask an admin for the role of an SDR.")


def refuse_wrong_sender(by: Member, sender: Sender | None, kind: Kind) -> None:
    """Raises ImportRefused for another workspace's sender, for one that has no connections, and for a missing one."""
    if sender is None:
        if kind is Kind.LINKEDIN_CONNECTIONS:
            raise ImportRefused("These are one person's LinkedIn connections: name the sender whose they are.")
        return
    if sender.workspace_id != by.workspace_id:
        raise ImportRefused("There is no such sender in your workspace: choose one of your own.")
    if sender.kind != "linkedin":
        raise ImportRefused(f"{sender.name} has no LinkedIn connections: name the sender whose seat the file is from.")


def refuse_audience(name: str | None) -> None:
    """Raises ImportRefused for a name that no audience can have; None is no audience."""
    if name is not None and not 1 <= len(name.strip()) <= NAME_LENGTH:
        raise ImportRefused(f"Give the audience a name of 1 to {NAME_LENGTH} characters.", "audience")
