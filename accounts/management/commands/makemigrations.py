"""Django's command, with constraints and indexes written into the table that they belong to.

Django writes each as an operation of its own, and after each it renders all models anew: with two hundred of them that
is nine tenths of the time of a first migration, in every test run and at every first start.
"""

from typing import Any

from django.core.management.commands import makemigrations
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation


def folded(operations: list[Operation]) -> list[Operation]:
    """The same operations, with each index and constraint of a new table in the table's own options; but one that names
    a field which the table gets later in the migration stays where it is."""
    made = {op.name_lower: op for op in operations if isinstance(op, CreateModel)}
    later = {(op.model_name_lower, op.name) for op in operations if isinstance(op, AddField)}
    kept = []
    for op in operations:
        if not isinstance(op, AddIndex | AddConstraint) or op.model_name_lower not in made:
            kept.append(op)
            continue
        name, what = ("indexes", op.index) if isinstance(op, AddIndex) else ("constraints", op.constraint)
        said = str(what.deconstruct())
        if any(model == op.model_name_lower and field in said for model, field in later):
            kept.append(op)
        else:
            made[op.model_name_lower].options.setdefault(name, []).append(what)
    return kept


class Command(makemigrations.Command):
    """`makemigrations`, shorter and quicker to apply."""

    def write_migration_files(self, changes: dict[str, list[Any]], *args: Any, **kwargs: Any) -> None:
        for migrations in changes.values():
            for migration in migrations:
                migration.operations = folded(migration.operations)
        super().write_migration_files(changes, *args, **kwargs)
