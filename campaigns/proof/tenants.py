"""No tenant sees another: every row refers to rows of its own workspace only. Asked of the models themselves, so that a
table or a key that is added tomorrow is asked too."""

from collections.abc import Iterator

from django.apps import apps
from django.db import models

from accounts.tenancy import TenantModel
from campaigns.proof.breach import Check, Question, Values, ask, here


def references() -> Iterator[tuple[type[models.Model], str, type[models.Model]]]:
    """Each way in which a tenant's row refers to another: the model, the column, and the model referred to."""
    for model in apps.get_models():
        if not issubclass(model, TenantModel) or model._meta.proxy:
            continue
        for field in model._meta.concrete_fields:
            target = field.related_model
            if isinstance(target, type) and issubclass(target, TenantModel):
                yield model, str(field.column), target
    transfer = apps.get_model("accounts", "CreditTransfer")  # by number only: the ledger does not know campaigns
    yield transfer, "touch", apps.get_model("campaigns", "Touch")


def checks(values: Values) -> list[Check]:
    questions = []
    tables: dict[str, None] = {}
    for model, column, target in references():
        child, parent = model._meta, target._meta
        tables[child.db_table] = None
        questions.append(
            Question(
                f"The {column.removesuffix('_id')} of this {child.model_name} is of another workspace, or missing.",
                f"SELECT '{child.model_name}:' || c.id AS who FROM \"{child.db_table}\" c "
                f'LEFT JOIN "{parent.db_table}" p ON p.id = c."{column}" AND p.workspace_id = c.workspace_id '
                f'WHERE c."{column}" IS NOT NULL AND p.id IS NULL AND {here("c")}',
            )
        )
    rows = " + ".join(f'(SELECT count(*) FROM "{table}" c WHERE {here("c")})' for table in tables)
    return [ask("tenants: rows refer to their own workspace only", "rows", f"SELECT {rows} AS n", questions, values)]
