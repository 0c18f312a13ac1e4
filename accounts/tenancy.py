"""What keeps tenants apart in the database: the base of every tenant row, and keys that no two tenants can share."""

from typing import Any, cast

from django.db import models
from django.db.backends.ddl_references import Statement
from django.db.models.constraints import BaseConstraint
from django_scopes import ScopedManager


def scoped(queryset: type[models.QuerySet[Any]] = models.QuerySet) -> Any:
    """A manager that refuses to answer outside a workspace's scope: the tripwire against a forgotten filter."""
    return ScopedManager(workspace="workspace", _manager_class=models.Manager.from_queryset(queryset))


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key inside one workspace. The database checks it by the table's TenantKey, which implies the plain
    one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)


class TenantModel(models.Model):
    """A row that belongs to one workspace. Queries start at the member, inside `scope(workspace=…)`."""

    # The unique key (workspace, id) of every tenant table serves as the index.
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class TenantKey(BaseConstraint):
    """A composite foreign key (workspace_id, <field>_id) → (workspace_id, id): rows of two tenants cannot meet.

    Deferred to the end of the migration, because the target may be made later in it.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _sql(self, model: type[models.Model]) -> str:
        child = model._meta
        field = cast("models.ForeignKey[Any, Any]", child.get_field(self.field))
        column, target = field.column, field.remote_field.model._meta
        return (
            f'ALTER TABLE "{child.db_table}" ADD CONSTRAINT "{self.name}" FOREIGN KEY ("workspace_id", "{column}") '
            f'REFERENCES "{target.db_table}" ("workspace_id", "id") DEFERRABLE INITIALLY DEFERRED'
        )

    # Django's own signatures allow no model, and want SQL at once or for later; ours is deferred here in any case, so
    # what is given back does nothing.
    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.append(Statement("%(sql)s", sql=self._sql(model)))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        schema_editor.deferred_sql.append(Statement("%(sql)s", sql=self._sql(model)))
        return Statement("SELECT 1")

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        return f'ALTER TABLE "{model._meta.db_table}" DROP CONSTRAINT "{self.name}"'

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database decides."""

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return "accounts.tenancy.TenantKey", (), {"field": self.field, "name": self.name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TenantKey) and (self.field, self.name) == (other.field, other.name)

    def __hash__(self) -> int:
        return hash((self.field, self.name))


def one_tenant(table: str, *fields: str) -> list[BaseConstraint]:
    """The constraints of a tenant table: its own key per workspace, and a tenant key for each foreign key named."""
    return [
        models.UniqueConstraint(fields=["workspace", "id"], name=f"{table}_tenant"),
        *(TenantKey(field=field, name=f"{table}_{field}_tenant") for field in fields),
    ]
