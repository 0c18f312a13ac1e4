"""The stage on which the running path is tested."""

from tests.stage import simulator, stage

__all__ = ["simulator", "stage"]
