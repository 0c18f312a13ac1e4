"""What docs/openapi.yaml says beyond each view: errors in their one shape, bodies without other fields, the key."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from outreach.web.api.bodies import BIGGEST
from outreach.web.api.problems import MEDIA_TYPE, ProblemShape

ERRORS: Final[dict[int, str]] = {
    400: "The request cannot be read, or names a filter that there is not.",
    401: "No key, or one that opens nothing any more.",
    403: "The key's scopes, or the role of whoever made it, do not allow this.",
    404: "There is nothing of that number in the workspace.",
    405: "The address takes another method.",
    409: "It is not so any more: read it again.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "Fields that cannot be taken, or an act that is refused; the Idempotency-Key of another call.",
    429: "Too many calls within this minute.",
    500: "Something broke on our side.",
    503: "The database is away.",
}
_EVERYWHERE = (400, 401, 403, 404, 405, 429, 500, 503)
_OF_BODIES = (409, 413, 415, 422)

IDEMPOTENCY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,100}$"},
    OpenApiParameter.HEADER,
    description="Makes the call good for trying again: within 24 hours the same key gives the same answer, once done.",
)


class Schema(AutoSchema):
    """The schema of one operation."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            self.resolve_serializer(ProblemShape, "response")
            for status in self._errors():
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/Error{status}"}
            operation["x-scope"] = self.view.scopes[self.method]
        return operation

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), *([IDEMPOTENCY] if self.method == "POST" else [])]

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"key": []}]

    def get_operation_id(self) -> str:
        """list_prospects, read_prospect, create_prospect, change_prospect, prospect_do_not_contact."""
        words = [part for part in self.path.removeprefix("/api/v1/").strip("/").split("/") if not part.startswith("{")]
        many, one = words[0], words[0].removesuffix("s")
        inner = "_".join(words[1:]).replace("-", "_")
        match self.method:
            case "GET" if inner:
                return f"list_{one}_{inner}"
            case "GET":
                return f"read_{one}" if "{" in self.path else f"list_{many}"
            case "PATCH":
                return f"change_{one}"
            case _:
                return f"{one}_{inner}" if inner else f"create_{one}"

    def get_description(self) -> str:
        return ""  # the summary says it

    def _get_serializer_name(self, *args: Any, **kwargs: Any) -> str:
        name: str = super()._get_serializer_name(*args, **kwargs)
        return name.removesuffix("Shape").removesuffix("Body")

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _errors(self) -> tuple[int, ...]:
        return _EVERYWHERE if self.method == "GET" else tuple(sorted(_EVERYWHERE + _OF_BODIES))


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last hand at the whole schema (settings.SPECTACULAR_SETTINGS)."""
    parts = result["components"]
    parts["responses"] = {
        f"Error{status}": {
            "description": words,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, words in ERRORS.items()
    }
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for name in _bodies(result):
        parts["schemas"][name]["additionalProperties"] = False
    _tidy(result)
    return result


def _tidy(part: Any) -> None:
    """Without marks for a step that we leave out; numbers in an address are numbers of rows."""
    if isinstance(part, dict):
        part.pop("x-spec-enum-id", None)
        if part.get("in") == "path":
            part["schema"] = {"type": "integer", "minimum": 1, "maximum": BIGGEST}
        for inner in part.values():
            _tidy(inner)
    elif isinstance(part, list):
        for inner in part:
            _tidy(inner)


def _bodies(result: dict[str, Any]) -> set[str]:
    """The names of the shapes that calls take."""
    found: set[str] = set()
    for operations in result["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found.add(content["schema"].get("$ref", "").rpartition("/")[2])
    return found - {""}
